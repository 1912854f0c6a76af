"""What changes files, or shows how they would change; and standard input."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Runner

ROOT = Path(__file__).parents[2]


def test_fix_writes_and_reports_what_remains(run: Runner) -> None:
    run.write("shop/broken.py", "from celery import shared_task\ndef f(:\n")
    done = run("--fix", "--select", "CEL000,CEL206")
    assert done.status == 1
    assert "Found 2 findings (1 fixed, 1 remaining: 1 error).\n" in done.out
    assert (run.folder / "shop/tasks.py").read_text() == run.fixed
    (run.folder / "shop/broken.py").unlink()
    assert run("--fix").out.startswith("No findings")


def test_fix_exits_0_where_everything_was_fixed(run: Runner) -> None:
    assert run("--fix", ".") == (0, "Fixed 1 finding, none remain.\n", "")
    assert (run.folder / "shop/tasks.py").read_text() == run.fixed


def test_fixes_that_cannot_be_written_exit_2(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*paths: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    done = run("--fix", "--show-fixes")
    assert done.status == 2
    assert done.err == "celerylint: error: shop/tasks.py: cannot be written: Permission denied\n"
    # It is not said to be fixed.
    assert "shop/tasks.py:6:5" in done.out
    assert done.out.endswith("Found 1 finding (1 warning).\n[*] 1 can be fixed with `--fix`.\n")
    assert (run.folder / "shop/tasks.py").read_text() == run.task
    assert run("--add-noqa").err.startswith("Suppressed 0 findings.\n")


def test_what_could_be_written_is_said_to_be_fixed_beside_what_could_not(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse_one(source: Path, target: Path) -> None:
        if target.name == "tasks.py":
            raise PermissionError(13, "Permission denied")
        replace(source, target)

    replace = os.replace
    run.write("shop/more.py", run.task)
    monkeypatch.setattr(os, "replace", refuse_one)
    done = run("--fix")
    assert done.status == 2
    assert "Found 2 findings (1 fixed, 1 remaining: 1 warning).\n" in done.out
    assert (run.folder / "shop/more.py").read_text() == run.fixed


def test_show_fixes_and_fix_only(run: Runner) -> None:
    run.write("shop/broken.py", "from celery import shared_task\ndef f(:\n")
    done = run("--fix-only", "--show-fixes", "--select", "CEL000,CEL206")
    assert done.status == 0
    assert done.out == "shop/tasks.py: fixed\n  1 x CEL206 (retry-not-raised)\n\nFixed 1 finding.\n"
    assert (run.folder / "shop/tasks.py").read_text() == run.fixed


@pytest.mark.parametrize(
    ("before", "encoding"),
    [("# coding: latin-1\n# é\n{}", "latin-1"), ("{}", "utf-8-sig"), ("# é\n{}", "utf-8")],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_diff_writes_nothing_and_is_a_patch(run: Runner, before: str, encoding: str, newline: str) -> None:
    text = before.format(run.task.replace("\n\n\n", "\n")).replace("\n", newline).rstrip().encode(encoding)
    path = run.write("shop/tasks.py", text)
    done = subprocess.run(
        [sys.executable, "-m", "celerylint", "--diff", "."],
        cwd=run.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, b"Would fix 1 finding.\n")
    assert path.read_bytes() == text
    subprocess.run(["git", "apply", "-p0"], input=done.stdout, cwd=run.folder, check=True)
    assert path.read_bytes() == text.replace(b"self.retry", b"raise self.retry")


def test_diff_exits_0_where_nothing_would_change(run: Runner) -> None:
    run.write("shop/tasks.py", run.fixed)
    assert run("--diff") == (0, "", "")


def test_add_noqa_silences_what_was_found_and_nothing_else(run: Runner) -> None:
    run.write("shop/broken.py", "from celery import shared_task\ndef f(:\n")
    done = run("--add-noqa", "--select", "CEL000,CEL206")
    assert (done.status, done.out, done.err) == (0, "", "Suppressed 1 finding.\n")
    text = (run.folder / "shop/tasks.py").read_text()
    assert text == run.task.replace("self.retry()", "self.retry()  # noqa: CEL206")
    assert run("--select", "CEL000,CEL206", "--output-format", "concise").codes == ["CEL000"]


def test_standard_input_stands_for_a_file_of_the_project(run: Runner) -> None:
    run.write("shop/tasks.py", run.fixed)
    done = run("-", "--stdin-filename", "shop/tasks.py", "--output-format", "concise", stdin=run.task.encode())
    assert (done.status, done.codes) == (1, ["CEL206"])
    assert done.out.startswith("shop/tasks.py:6:5: ")
    assert (run.folder / "shop/tasks.py").read_text() == run.fixed


@pytest.mark.parametrize(("arguments", "name"), [([], "-"), (["--stdin-filename", "new"], "new")])
def test_standard_input_has_the_name_that_the_user_gives_it(run: Runner, arguments: list[str], name: str) -> None:
    done = run("-", *arguments, stdin=run.task.encode())
    assert f" --> {name}:6:5\n  |\n" in done.out


def test_fixed_standard_input_goes_to_standard_output_and_the_report_to_standard_error(run: Runner) -> None:
    text = run.task.replace("\n", "\r\n").encode()
    done = run("-", "--fix", stdin=text)
    assert (done.status, done.out.encode()) == (0, text.replace(b"self.retry", b"raise self.retry"))
    assert done.err == "Fixed 1 finding, none remain.\n"
    clean = run("-", "--fix", "-q", stdin=run.fixed.encode())
    assert clean == (0, run.fixed, "")


def test_diff_of_standard_input(run: Runner) -> None:
    done = run("-", "--diff", "--stdin-filename", "shop/tasks.py", stdin=run.task.encode())
    assert done.status == 1
    assert done.out.startswith("--- shop/tasks.py\n+++ shop/tasks.py\n")


def test_standard_input_that_is_no_python_is_not_read_as_such(run: Runner) -> None:
    for name in ("Procfile", "compose.yaml"):
        done = run("-", "--stdin-filename", name, "--select", "ALL", stdin=b"worker: celery -A shop worker\n")
        assert (done.status, "CEL000" in done.out) == (0, False)
