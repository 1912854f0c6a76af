"""What `celerylint check` finds and how it says so: what is printed where, and the exit status."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Runner


@pytest.mark.parametrize("arguments", [[], ["."], ["check"], ["check", "."], ["--no-fix", "."], ["shop/tasks.py"]])
def test_check_is_the_default_command_and_the_working_directory_the_default_path(
    run: Runner, arguments: list[str]
) -> None:
    done = run(*arguments)
    assert done.status == 1
    assert done.out.startswith("CEL206 [*] ")
    assert "\n --> shop/tasks.py:6:5\n" in done.out
    assert done.out.endswith("Found 1 finding (1 warning).\n[*] 1 can be fixed with `--fix`.\n")
    assert done.err == ""


def test_a_clean_project_exits_0(run: Runner) -> None:
    run.write("shop/tasks.py", run.fixed)
    done = run()
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("No findings in ")


def test_a_file_that_cannot_be_parsed_is_a_finding_and_no_reason_to_stop(run: Runner) -> None:
    run.write("shop/broken.py", "from celery import shared_task\ndef f(:\n")
    done = run("--select", "CEL000,CEL206", "--output-format", "concise")
    assert (done.status, done.codes, done.err) == (1, ["CEL000", "CEL206"], "")


def test_a_path_that_is_not_there_exits_2_and_the_rest_is_checked(run: Runner) -> None:
    done = run("nowhere", "shop", "--output-format", "concise")
    assert (done.status, done.codes) == (2, ["CEL206"])
    assert done.err == "celerylint: error: nowhere: no such file or directory\n"
    assert run("nowhere", "shop", "--exit-zero").status == 2


@pytest.mark.parametrize("path", ["shop/secret.py", "compose.yaml"])
@pytest.mark.parametrize("arguments", [["."], [".", "--jobs", "2"], ["{path}", "shop/tasks.py"], [".", "--fix"]])
def test_a_file_that_cannot_be_read_exits_2_every_time(
    run: Runner, monkeypatch: pytest.MonkeyPatch, path: str, arguments: list[str]
) -> None:
    """A folder's mode does not stop root, who may run this."""

    def refuse(absolute: str, *rest: int) -> int:
        if absolute == str(run.folder / path):
            raise PermissionError(13, "Permission denied")
        return opened(absolute, *rest)

    opened = os.open
    multiprocessing.set_start_method("fork", force=True)
    file = run.write(path, "services:\n  w:\n    command: celery -A shop worker\n")
    os.utime(file, (0, 0))
    monkeypatch.setattr(os, "open", refuse)
    for _ in range(2):
        run.write("shop/tasks.py", run.task)
        os.utime(run.folder / "shop/tasks.py", (0, 0))
        done = run(*(argument.format(path=path) for argument in arguments), "--output-format", "concise")
        assert done.status == 2
        assert done.err == f"celerylint: error: {path}: cannot be read: Permission denied\n"
        assert done.codes == ([] if "--fix" in arguments else ["CEL206"])


def test_what_cannot_be_read_and_was_not_asked_about_is_no_error(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: str) -> Any:
        if folder == str(run.folder / "data"):
            raise PermissionError(13, "Permission denied")
        return scan(folder)

    scan = os.scandir
    (run.folder / "data").mkdir()
    monkeypatch.setattr(os, "scandir", refuse)
    assert run("shop/plain.py", "-q") == (0, "", "")
    assert run("-q").err == "celerylint: error: data: Permission denied\n"
    assert run("data", "-q") == (2, "", "celerylint: error: data: Permission denied\n")


def test_files_in_utf_16_are_findings_where_they_are_about_celery(run: Runner) -> None:
    run.write("shop/wide.py", run.task.encode("utf-16"))
    run.write("shop/other.py", "x = 1\n".encode("utf-16"))
    done = run("--select", "CEL000", "--output-format", "concise")
    assert done.out.startswith("shop/wide.py:1:1: CEL000 ")
    assert "Found 1 finding" in done.out


def test_exit_zero(run: Runner) -> None:
    done = run("--exit-zero")
    assert done.status == 0
    assert "CEL206" in done.out


def test_quiet_prints_findings_only(run: Runner) -> None:
    done = run("-q", "--output-format", "concise")
    assert len(done.out.splitlines()) == 1
    run.write("shop/tasks.py", run.fixed)
    assert run("-q") == (0, "", "")


def test_verbose_says_what_takes_how_long_on_standard_error(run: Runner) -> None:
    done = run("-v", "--output-format", "json")
    assert [line.split()[0] for line in done.err.splitlines()] == ["configuration", "check", "fixes", "output"]
    assert json.loads(done.out)[0]["code"] == "CEL206"


@pytest.mark.parametrize("name", ["github", "gitlab", "json", "jsonl", "junit", "sarif"])
def test_formats_for_machines_have_nothing_but_findings(run: Runner, name: str) -> None:
    done = run("--output-format", name)
    assert done.status == 1
    assert "Found" not in done.out
    assert "CEL206" in done.out


def test_json_has_the_fix(run: Runner) -> None:
    (finding,) = json.loads(run("--output-format", "json").out)
    assert finding["fix"]["applicability"] == "safe"
    assert finding["symbol"] == "shop.tasks.send"
    (edit,) = finding["fix"]["edits"]
    assert (edit["line"], edit["column"], edit["content"]) == (6, 5, "raise ")


def test_output_goes_to_a_file(run: Runner) -> None:
    done = run("--output-file", "report.txt", "--color", "always")
    assert (done.status, done.out) == (1, "")
    text = (run.folder / "report.txt").read_text()
    assert text.startswith("CEL206 [*] ")
    assert "\x1b" not in text
    assert "Found 1 finding" in text


def test_an_output_file_that_cannot_be_written_exits_2(run: Runner) -> None:
    done = run("--output-file", "nowhere/report.txt")
    assert done.status == 2
    assert "nowhere/report.txt: cannot be written" in done.err


def test_statistics(run: Runner) -> None:
    assert run("--statistics", "-q").out == "1\tCEL206\t[*]\tretry-not-raised\n"
    assert json.loads(run("--statistics", "--output-format", "json").out)[0]["count"] == 1
    assert run("--statistics", "--output-format", "github").status == 2


def test_colours_are_for_terminals_and_those_who_ask(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" not in run().out
    assert "\x1b[" in run("--color", "always").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run().out
    assert "\x1b[" not in run("--color", "never").out
    monkeypatch.delenv("FORCE_COLOR")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[" in run().out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run().out


def test_the_environment_may_name_the_format(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELERYLINT_OUTPUT_FORMAT", "concise")
    assert run("-q").codes == ["CEL206"]
