"""Options and configuration files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Runner


@pytest.mark.parametrize(
    ("arguments", "codes"),
    [
        (["--ignore", "CEL206"], []),
        (["--ignore", "retry-not-raised"], []),
        (["--select", "CEL000"], []),
        (["--select", "CEL000", "--extend-select", "CEL2,CEL0"], ["CEL206"]),
        (["--select", "retry-not-raised,CEL000"], ["CEL206"]),
        (["--per-file-ignores", "shop/*:CEL206,docs/*:CEL1"], []),
        (["--per-file-ignores", "docs/*:CEL206"], ["CEL206"]),
        (["--exclude", "shop"], []),
        (["--extend-exclude", "tasks.py"], []),
        (["--config", 'ignore = ["CEL206"]'], []),
        (["--config", "other.toml"], []),
        (["--isolated", "--select", "CEL206", "--config", "broker='redis'"], ["CEL206"]),
        (["--no-cache", "--jobs", "1"], ["CEL206"]),
        (["--cache-dir", "elsewhere", "--target-version", "5.4"], ["CEL206"]),
    ],
)
def test_options_choose_rules_and_files(run: Runner, arguments: list[str], codes: list[str]) -> None:
    run.write("other.toml", 'select = ["CEL000"]\n')
    done = run("--output-format", "concise", *arguments)
    assert (done.codes, done.status) == (codes, 1 if codes else 0), done.err


def test_every_option_of_the_configuration_that_the_command_line_has_too_is_passed_on(run: Runner) -> None:
    run.write(
        "pyproject.toml", '[tool.celerylint]\nselect = ["CEL206"]\noutput-format = "concise"\nshow-fixes = true\n'
    )
    assert run("-q").codes == ["CEL206"]
    assert run("--output-format", "full", "-q").out.startswith("CEL206")
    done = run("--fix")
    assert "1 x CEL206" in done.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--no-such-option"], ["--no-such-option"]),
        (["--output-format", "xml"], ["xml", "sarif"]),
        (["--select", "CEL299"], ["--select", "CEL299"]),
        (["--select", ""], ["--select", "names no rule"]),
        (["--ignore", " , "], ["--ignore", "names no rule"]),
        (["--select", "retry-not-raisd"], ["did you mean retry-not-raised?"]),
        (["--target-version", "new"], ["--target-version"]),
        (["--jobs", "0"], ["--jobs"]),
        (["--per-file-ignores", "CEL206"], ["PATTERN:CODE"]),
        (["--config", "broker=redis"], ["broker=redis", "quotes"]),
        (["--config", "borker='redis'"], ["borker", "did you mean broker?"]),
        (["--config", "a.toml", "--config", "b.toml"], ["one file"]),
        (["--config", "nowhere.toml"], ["nowhere.toml"]),
        (["-", "shop"], ["standard input"]),
        (["--add-noqa", "-"], ["--add-noqa"]),
    ],
)
def test_a_bad_option_exits_2_and_says_what_is_wrong(run: Runner, arguments: list[str], words: list[str]) -> None:
    done = run(*arguments, stdin=b"")
    assert done.status == 2
    assert done.out == ""
    assert [word for word in words if word not in done.err] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tool.celerylint]\nselekt = []\n", ["pyproject.toml", "selekt", "did you mean select?"]),
        ("[tool.celerylint]\njobs = 'two'\n", ["pyproject.toml", "jobs", "two"]),
        ("[tool.celerylint\n", ["pyproject.toml", "not TOML"]),
    ],
)
def test_a_bad_configuration_exits_2_and_names_file_and_key(run: Runner, text: str, words: list[str]) -> None:
    run.write("pyproject.toml", text)
    for command in (["check"], ["config"], ["inspect"]):
        done = run(*command)
        assert done.status == 2
        assert [word for word in words if word not in done.err] == []
        assert done.err.startswith("celerylint: error: ")


@pytest.mark.parametrize(
    ("text", "arguments", "codes"),
    [
        ('select = ["CEL999"]', [], ["CEL091"]),
        ('select = ["CEL999", "CEL206"]', [], ["CEL091", "CEL206"]),
        ('select = ["CEL999"]', ["--ignore", "CEL091"], []),
        ('select = ["CEL999"]', ["--select", "CEL206"], ["CEL206"]),
        ('select = ["CEL206"]\nignore = ["CEL999"]', [], ["CEL206"]),
        ('ignore = ["CEL999"]\nextend-select = ["CEL0"]', ["--ignore", "CEL101"], ["CEL091", "CEL206"]),
    ],
)
def test_a_mistyped_code_does_not_silence_everything(
    run: Runner, text: str, arguments: list[str], codes: list[str]
) -> None:
    run.write("pyproject.toml", f"[tool.celerylint]\n{text}\n")
    done = run("--output-format", "concise", *arguments)
    assert (done.status, [code for code in done.codes if code in {"CEL091", "CEL206"}]) == (int(bool(codes)), codes)


def test_each_path_has_the_configuration_above_it(run: Runner) -> None:
    run.write("other/pyproject.toml", '[tool.celerylint]\nselect = ["CEL000"]\n')
    run.write("other/tasks.py", run.task)
    run.write("third/pyproject.toml", '[tool.celerylint]\nselect = ["CEL206"]\n')
    run.write("third/tasks.py", run.task)
    done = run("third", "other", "shop", "--output-format", "concise")
    assert [line.split(":")[0] for line in done.out.splitlines()[:-2]] == ["shop/tasks.py", "third/tasks.py"]
    assert "Found 2 findings" in done.out
