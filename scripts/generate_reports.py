"""Write the reports, graphs and models of the bundled shops that tests compare with.

    python scripts/generate_reports.py

Run it when a change to items, rules or formats is meant to change them, and read what `git diff` shows.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECTS = ROOT / "fixtures" / "projects"
GOLDEN = ROOT / "fixtures" / "reports"
SHOPS = ("shop", "shop_right")
# File suffix by format.
REPORTS = {"text": "txt", "markdown": "md", "json": "json", "html": "html"}
GRAPHS = {"mermaid": "mmd", "dot": "dot", "svg": "svg"}
MODELS = {"text": "inspect.txt", "json": "inspect.json"}
DEPLOYED = ("--workers", "--beats", "--flowers", "--exporters", "--brokers", "--not-understood")
# When it is in the reports: a Monday.
NOW = "2026-03-02T09:00"


def celerylint(shop: str, *arguments: str) -> str:
    """What a command prints in the folder of a shop. Raises RuntimeError where it could not do its work."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "celerylint", *arguments]
    done = subprocess.run(
        command, cwd=PROJECTS / shop, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(arguments)}: exit status {done.returncode}: {done.stderr}")
    return done.stdout


def report(shop: str, name: str) -> str:
    """The checklist of a shop in a format."""
    return celerylint(shop, "checklist", "--at", NOW, "--output-format", name)


def graph(shop: str, name: str) -> str:
    """The graph of a shop in a format."""
    return celerylint(shop, "graph", "--output-format", name)


def model(shop: str, name: str) -> str:
    """What is deployed of a shop, in a format."""
    return celerylint(shop, "inspect", "--isolated", *DEPLOYED, "--output-format", name)


def main() -> None:
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for shop in SHOPS:
        for name, suffix in REPORTS.items():
            (GOLDEN / f"{shop}.{suffix}").write_text(report(shop, name), encoding="utf-8")
        for name, suffix in GRAPHS.items():
            (GOLDEN / f"{shop}.{suffix}").write_text(graph(shop, name), encoding="utf-8")
        for name, suffix in MODELS.items():
            (GOLDEN / f"{shop}.{suffix}").write_text(model(shop, name), encoding="utf-8")


if __name__ == "__main__":
    main()
