"""What a cold `celerylint check` costs beside `ruff check --no-cache`, on one tree.

    python scripts/benchmark.py PATH [--runs N]

Both programs run in turn, so that what else the machine does hits both alike; one run of each before the
measurement fills the operating system's file cache, and leaves the compiled modules that an installer leaves:
without them, as with PYTHONDONTWRITEBYTECODE in a checkout, each run compiles all of celerylint anew. CPU is
user and system time of the process and of all the workers it waited for, in seconds; memory is the largest
resident set of any one of its processes, in MiB. Ruff runs with its default rules whatever the tree configures.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

MEBIBYTE = 1024 * 1024
# Linux counts ru_maxrss in KiB, macOS in bytes.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took: seconds of CPU, seconds of wall clock, MiB of memory at the peak."""

    cpu: float
    wall: float
    memory: float


def commands(tree: Path) -> dict[str, list[str]]:
    """The programs to compare, by name."""
    cold = ["check", "--no-cache", "--isolated", str(tree)]
    return {
        "celerylint": [sys.executable, "-m", "celerylint", *cold],
        "ruff": [sys.executable, "-m", "ruff", *cold, "--silent"],
    }


def run(command: list[str]) -> Cost:
    """Run a command to its end. Raises RuntimeError where it could not do its work."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"exit status {process.returncode}: {' '.join(command)}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * RSS_UNIT / MEBIBYTE)


def measure(programs: dict[str, list[str]], runs: int) -> list[dict[str, Cost]]:
    """The costs of each pair of runs; who goes first changes with every pair."""
    for command in programs.values():
        run(command)
    names = list(programs)
    return [{name: run(programs[name]) for name in names[:: 1 if turn % 2 else -1]} for turn in range(runs)]


def row(label: str, values: list[float]) -> str:
    cells = "".join(f"{value:>10.2f}" for value in values)
    return f"{label:<24}{cells}{statistics.median(values):>12.2f}"


def table(pairs: list[dict[str, Cost]]) -> list[str]:
    """One line per program and measure, then the ratios of the pairs; the median stands last in each."""
    lines = [f"{'':<24}" + "".join(f"{f'pair {n}':>10}" for n in range(1, len(pairs) + 1)) + f"{'median':>12}"]
    for label, unit in (("cpu", "s"), ("wall", "s"), ("memory", "MiB")):
        ours, theirs = ([getattr(pair[name], label) for pair in pairs] for name in ("celerylint", "ruff"))
        ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
        lines += [row(f"celerylint {label} ({unit})", ours), row(f"ruff {label} ({unit})", theirs)]
        lines += [row(f"{label} ratio", ratios), ""]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, help="the tree to analyse")
    parser.add_argument("--runs", type=int, default=5, help="measured runs of each program (5)")
    options = parser.parse_args()
    files = sum(1 for _ in options.path.rglob("*.py"))
    print(f"{options.path}: {files} Python files, {options.runs} pairs of runs, {os.cpu_count()} processors\n")
    print("\n".join(table(measure(commands(options.path), options.runs))))


if __name__ == "__main__":
    main()
