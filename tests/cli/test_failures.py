"""When things go wrong, outside or inside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from celerylint import proposing
from celerylint.edits import Edit, Fix
from celerylint.project import Project

if TYPE_CHECKING:
    from celerylint.file import File
    from celerylint.index import Index
    from celerylint.rule import Finding
    from tests.cli.conftest import Runner

ROOT = Path(__file__).parents[2]


def test_an_internal_error_exits_2_and_says_where_to_report_it(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(project: Project) -> None:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(Project, "check", fail)
    done = run()
    assert done.status == 2
    assert "internal error: ZeroDivisionError: by nought" in done.err
    assert "/issues" in done.err
    assert "Traceback" not in done.err
    assert "Traceback" in run("--verbose").err


@pytest.mark.parametrize("arguments", [[], ["--fix"], ["--diff"]])
def test_a_fixer_that_fails_is_an_internal_error_and_the_finding_is_there(
    run: Runner, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    def fail(finding: Finding, file: File, index: Index) -> Fix:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(proposing, "fixer", lambda code: fail)
    done = run(*arguments)
    assert done.status == 2
    assert "internal error: the fixer of CEL206 failed at shop/tasks.py:6:5: ZeroDivisionError" in done.err
    assert "/issues" in done.err
    assert ("CEL206" in done.out) is (arguments != ["--diff"])
    assert (run.folder / "shop/tasks.py").read_text() == run.task


def test_a_fix_that_would_do_harm_is_not_applied_and_verbose_says_why(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(finding: Finding, file: File, index: Index) -> Fix:
        return Fix("safe", "Spoil it", (Edit(finding.span, "(("),))

    monkeypatch.setattr(proposing, "fixer", lambda code: spoil)
    done = run("--fix", "--verbose")
    assert done.status == 1
    assert "shop/tasks.py:6: CEL206 is not fixed: the result does not parse" in done.err
    assert (run.folder / "shop/tasks.py").read_text() == run.task


def test_an_interrupt_is_quiet(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(project: Project) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Project, "check", interrupt)
    done = run()
    assert (done.status, done.out, done.err.strip()) == (130, "", "")


HANGING = """
import multiprocessing, pathlib, signal, time
from celerylint import cli
from celerylint.project import Project

def hang(project, path):
    pathlib.Path("started").touch()
    time.sleep(60)

multiprocessing.set_start_method("fork")
# Tests that run in the background inherit that interrupts are ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
Project.check_file = hang
cli.main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals to groups of processes are POSIX's")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_ends_all_processes_quietly(run: Runner, jobs: str) -> None:
    run.write("shop/more.py", run.task)
    process = subprocess.Popen(
        [sys.executable, "-c", HANGING, "--jobs", jobs],
        cwd=run.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    deadline = time.monotonic() + 30
    while not (run.folder / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert (process.returncode, out.strip()) == (130, b"")


def test_a_reader_that_goes_away_is_no_error(run: Runner) -> None:
    run.write("shop/tasks.py", run.task + "    self.retry()\n" * 3000)
    process = subprocess.Popen(
        [sys.executable, "-m", "celerylint", "."],
        cwd=run.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().startswith(b"CEL206")
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 1


def test_any_name_and_any_terminal(run: Runner) -> None:
    name = os.fsdecode(b"shop/t\xff.py")
    run.write(name, run.task.replace("order", "größe"))
    command = [sys.executable, "-m", "celerylint", "check", "--output-format"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    for form in ("full", "json", "junit", "sarif", "gitlab"):
        done = subprocess.run([*command, form], cwd=run.folder, env=environment, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (1, b""), form
        done.stdout.decode("ascii")


def test_the_command_line_starts_without_the_analysis(run: Runner) -> None:
    code = "import sys; from celerylint import cli; cli.run(sys.argv[1:]); print('loaded', *sys.modules)"
    for arguments in (["--version"], ["--help"], ["check", "--help"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
        loaded = set(done.stdout.rpartition("loaded")[2].split())
        assert "celerylint.cli" in loaded
        assert not loaded & {"celerylint.project", "celerylint.index", "libcst", "yaml", "celery"}
