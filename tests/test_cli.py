"""The command line as users and scripts meet it: what is printed where, what is written, and the exit status."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from celerylint import __version__, cli
from celerylint.config import OPTIONS
from celerylint.engine import rules
from celerylint.project import Project

ROOT = Path(__file__).parents[1]
TASK = """\
from celery import shared_task


@shared_task(bind=True)
def send(self, order):
    self.retry()
"""
FIXED = TASK.replace("self.retry", "raise self.retry")
PLAIN = "x = 1\n"


class Done(NamedTuple):
    """How a run ended."""

    status: int
    out: str
    err: str

    @property
    def codes(self) -> list[str]:
        """The codes of `concise` output."""
        return [line.split()[1] for line in self.out.splitlines() if line.count(":") > 2]


class Runner:
    """Runs command lines in a folder."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.folder, self.capture, self.patch = folder, capture, patch

    def __call__(self, *arguments: str, stdin: bytes | None = None) -> Done:
        if stdin is not None:
            self.patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        self.capture.readouterr()
        status = cli.run(arguments)
        return Done(status, *self.capture.readouterr())

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path


@pytest.fixture
def run(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Runner:
    """A project with one finding, CEL206, as far as only that rule is selected."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CELERYLINT_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    for name in ("NO_COLOR", "FORCE_COLOR", "CELERYLINT_OUTPUT_FORMAT", "CELERYLINT_NO_CACHE"):
        monkeypatch.delenv(name, raising=False)
    runner = Runner(tmp_path, capfd, monkeypatch)
    runner.write("pyproject.toml", '[tool.celerylint]\nselect = ["CEL206"]\n')
    runner.write("shop/tasks.py", TASK)
    runner.write("shop/plain.py", PLAIN)
    return runner


# What is checked, and what is said


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
    run.write("shop/tasks.py", FIXED)
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


def test_exit_zero(run: Runner) -> None:
    done = run("--exit-zero")
    assert done.status == 0
    assert "CEL206" in done.out


def test_quiet_prints_findings_only(run: Runner) -> None:
    done = run("-q", "--output-format", "concise")
    assert len(done.out.splitlines()) == 1
    run.write("shop/tasks.py", FIXED)
    assert run("-q") == (0, "", "")


def test_verbose_says_what_takes_how_long_on_standard_error(run: Runner) -> None:
    done = run("-v", "--output-format", "json")
    assert [line.split()[0] for line in done.err.splitlines()] == ["configuration", "index", "rules", "fixes", "output"]
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


# Options and configuration


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


def test_each_path_has_the_configuration_above_it(run: Runner) -> None:
    run.write("other/pyproject.toml", '[tool.celerylint]\nselect = ["CEL000"]\n')
    run.write("other/tasks.py", TASK)
    run.write("third/pyproject.toml", '[tool.celerylint]\nselect = ["CEL206"]\n')
    run.write("third/tasks.py", TASK)
    done = run("third", "other", "shop", "--output-format", "concise")
    assert [line.split(":")[0] for line in done.out.splitlines()[:-2]] == ["shop/tasks.py", "third/tasks.py"]
    assert "Found 2 findings" in done.out


# Fixes


def test_fix_writes_and_reports_what_remains(run: Runner) -> None:
    run.write("shop/broken.py", "from celery import shared_task\ndef f(:\n")
    done = run("--fix", "--select", "CEL000,CEL206")
    assert done.status == 1
    assert "Found 2 findings (1 fixed, 1 remaining: 1 error).\n" in done.out
    assert (run.folder / "shop/tasks.py").read_text() == FIXED
    (run.folder / "shop/broken.py").unlink()
    assert run("--fix").out.startswith("No findings")


def test_fix_exits_0_where_everything_was_fixed(run: Runner) -> None:
    assert run("--fix", ".") == (0, "Fixed 1 finding, none remain.\n", "")
    assert (run.folder / "shop/tasks.py").read_text() == FIXED


def test_fixes_that_cannot_be_written_exit_2(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*paths: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    done = run("--fix")
    assert done.status == 2
    assert "shop/tasks.py: cannot be written" in done.err
    assert (run.folder / "shop/tasks.py").read_text() == TASK


def test_show_fixes_and_fix_only(run: Runner) -> None:
    run.write("shop/broken.py", "from celery import shared_task\ndef f(:\n")
    done = run("--fix-only", "--show-fixes", "--select", "CEL000,CEL206")
    assert done.status == 0
    assert done.out == "shop/tasks.py: fixed\n  1 x CEL206 (retry-not-raised)\n\nFixed 1 finding.\n"
    assert (run.folder / "shop/tasks.py").read_text() == FIXED


def test_diff_writes_nothing_and_is_a_patch(run: Runner) -> None:
    before = ("# coding: latin-1\n# \xe9\n" + TASK).replace("\n", "\r\n").rstrip().encode("latin-1")
    path = run.write("shop/tasks.py", before)
    done = subprocess.run(
        [sys.executable, "-m", "celerylint", "--diff", "."],
        cwd=run.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, b"Would fix 1 finding.\n")
    assert path.read_bytes() == before
    subprocess.run(["git", "apply", "-p0"], input=done.stdout, cwd=run.folder, check=True)
    assert path.read_bytes() == before.replace(b"self.retry", b"raise self.retry")


def test_diff_exits_0_where_nothing_would_change(run: Runner) -> None:
    run.write("shop/tasks.py", FIXED)
    assert run("--diff") == (0, "", "")


def test_add_noqa_silences_what_was_found_and_nothing_else(run: Runner) -> None:
    run.write("shop/broken.py", "from celery import shared_task\ndef f(:\n")
    done = run("--add-noqa", "--select", "CEL000,CEL206")
    assert (done.status, done.out, done.err) == (0, "", "Suppressed 1 finding.\n")
    text = (run.folder / "shop/tasks.py").read_text()
    assert text == TASK.replace("self.retry()", "self.retry()  # noqa: CEL206")
    assert run("--select", "CEL000,CEL206", "--output-format", "concise").codes == ["CEL000"]


# Standard input


def test_standard_input_stands_for_a_file_of_the_project(run: Runner) -> None:
    run.write("shop/tasks.py", FIXED)
    done = run("-", "--stdin-filename", "shop/tasks.py", "--output-format", "concise", stdin=TASK.encode())
    assert (done.status, done.codes) == (1, ["CEL206"])
    assert done.out.startswith("shop/tasks.py:6:5: ")
    assert (run.folder / "shop/tasks.py").read_text() == FIXED


@pytest.mark.parametrize(("arguments", "name"), [([], "-"), (["--stdin-filename", "new"], "new")])
def test_standard_input_has_the_name_that_the_user_gives_it(run: Runner, arguments: list[str], name: str) -> None:
    done = run("-", *arguments, stdin=TASK.encode())
    assert f" --> {name}:6:5\n  |\n" in done.out


def test_fixed_standard_input_goes_to_standard_output_and_the_report_to_standard_error(run: Runner) -> None:
    text = TASK.replace("\n", "\r\n").encode()
    done = run("-", "--fix", stdin=text)
    assert (done.status, done.out.encode()) == (0, text.replace(b"self.retry", b"raise self.retry"))
    assert done.err == "Fixed 1 finding, none remain.\n"
    clean = run("-", "--fix", "-q", stdin=FIXED.encode())
    assert clean == (0, FIXED, "")


def test_diff_of_standard_input(run: Runner) -> None:
    done = run("-", "--diff", "--stdin-filename", "shop/tasks.py", stdin=TASK.encode())
    assert done.status == 1
    assert done.out.startswith("--- shop/tasks.py\n+++ shop/tasks.py\n")


# When things go wrong


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


def test_an_interrupt_is_quiet(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(project: Project) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Project, "check", interrupt)
    done = run()
    assert (done.status, done.out, done.err.strip()) == (130, "", "")


def test_a_reader_that_goes_away_is_no_error(run: Runner) -> None:
    run.write("shop/tasks.py", TASK + "    self.retry()\n" * 3000)
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
    run.write(name, TASK.replace("order", "größe"))
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


# Other commands


def test_version_and_help(run: Runner) -> None:
    assert run("--version").out == f"celerylint {__version__}\n"
    shown = run("--help").out
    assert [name for name in ("check", "clean", "config", "inspect", "rule") if f"\n  {name}" not in shown] == []
    assert "--select" in run("check", "-h").out


def test_a_word_that_is_no_command_is_a_path(run: Runner) -> None:
    done = run("chekc")
    assert done.status == 2
    assert "chekc: no such file or directory" in done.err


@pytest.mark.parametrize("name", ["CEL206", "cel206", "retry-not-raised", "Retry-Not-Raised"])
def test_rule_prints_the_page(run: Runner, name: str) -> None:
    done = run("rule", name)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("# retry-not-raised (CEL206)\n\n`self.retry()` stands as a statement")
    assert "\n            raise self.retry(" in done.out or "\n        raise self.retry(" in done.out


def test_rule_as_json(run: Runner) -> None:
    one = json.loads(run("rule", "CEL206", "--output-format", "json").out)
    assert (one["code"], one["name"], one["severity"], one["fix"]) == ("CEL206", "retry-not-raised", "warning", "safe")
    assert one["explanation"].startswith("# retry-not-raised (CEL206)")
    every = json.loads(run("rule", "--all", "--output-format", "json").out)
    assert [rule["code"] for rule in every] == sorted(rules())
    assert one in every


def test_rule_prints_all_pages(run: Runner) -> None:
    done = run("rule", "--all")
    assert [line.split("(")[1] for line in done.out.splitlines() if line.startswith("# ") and line.endswith(")")] == [
        f"{code})" for code in rules()
    ]


@pytest.mark.parametrize("arguments", [["CEL999"], ["retry-not-rased"], [], ["CEL206", "--all"]])
def test_rule_without_one_exits_2(run: Runner, arguments: list[str]) -> None:
    done = run("rule", *arguments)
    assert (done.status, done.out) == (2, "")
    if arguments == ["retry-not-rased"]:
        assert "did you mean retry-not-raised" in done.err


def test_config_tells_where_each_value_comes_from(run: Runner) -> None:
    run.write("pyproject.toml", '[tool.celerylint]\nselect = ["CEL206"]\nper-file-ignores = { "a/*" = ["CEL1"] }\n')
    shown = run("config", "--config", "jobs = 3").out
    assert 'select = ["CEL206"]  # pyproject.toml\n' in shown
    assert 'per-file-ignores = { "a/*" = ["CEL1"] }  # pyproject.toml\n' in shown
    assert "jobs = 3  # --jobs\n" in shown
    assert "time-limit = 600  # default\n" in shown
    data = json.loads(run("config", "shop", "--output-format", "json").out)
    assert data["root"] == run.folder.as_posix()
    assert data["options"]["select"] == {"value": ["CEL206"], "source": "pyproject.toml"}
    assert list(data["options"]) == list(OPTIONS)


MODEL = {
    "pyproject.toml": "",
    "shop/__init__.py": "",
    "shop/app.py": """\
from celery import Celery
from celery.schedules import crontab
from kombu import Queue

app = Celery("shop")
app.conf.task_queues = [Queue("fast"), Queue(name="slow")]
app.conf.task_routes = {"shop.tasks.*": {"queue": "fast"}, "other.*": "bulk"}
app.conf.beat_schedule = {"nightly": {"task": "shop.tasks.send", "schedule": crontab(hour=3, minute=0)}}
app.conf.task_time_limit = 60
""",
    "shop/tasks.py": """\
from shop.app import app


@app.task(bind=True, max_retries=3, queue="slow")
def send(self, order):
    return order


def shipped(order, when):
    send.apply_async((order, 1), {"late": True}, eta=when)
    app.send_task("elsewhere.work")
""",
}


@pytest.fixture
def model(run: Runner) -> Runner:
    for name, text in MODEL.items():
        run.write(name, text)
    return run


def test_inspect_shows_the_model_as_json(model: Runner) -> None:
    shown = json.loads(model("inspect", "--output-format", "json").out)
    (app,), (task,), sent = shown["apps"], shown["tasks"], shown["dispatches"]
    assert (app["name"], app["path"], app["line"]) == ("shop.app.app", "shop/app.py", 5)
    assert (task["name"], task["line"], task["bound"]) == ("shop.tasks.send", 5, True)
    assert task["options"] == {"bind": True, "max_retries": 3, "queue": "slow"}
    assert [(row["method"], row["task"], row["known"]) for row in sent] == [
        ("apply_async", "shop.tasks.send", True),
        ("send_task", "elsewhere.work", False),
    ]
    assert sent[0]["args"][1] == 1
    assert sent[0]["kwargs"] == {"late": True}
    assert sent[0]["options"]["eta"] == {"expression": "when"}
    assert {row["name"]: row["value"] for row in shown["settings"]}["task_time_limit"] == 60
    assert [row["name"] for row in shown["queues"]] == ["bulk", "fast", "slow"]
    assert [len(row["declared"]) for row in shown["queues"]] == [0, 1, 1]
    assert [(row["pattern"], row["target"]) for row in shown["routes"]] == [
        ("shop.tasks.*", {"queue": "fast"}),
        ("other.*", "bulk"),
    ]
    (entry,) = shown["schedules"]
    assert (entry["name"], entry["task"]) == ("nightly", "shop.tasks.send")
    assert entry["schedule"] == {"expression": "celery.schedules.crontab(hour=3, minute=0)"}


def test_inspect_shows_the_model_as_text(model: Runner) -> None:
    lines = model("inspect", "shop").out.splitlines()
    headings = [line for line in lines if not line.startswith(" ")]
    assert headings == [
        "apps (1)",
        "tasks (1)",
        "dispatches (2)",
        "settings (4)",
        "queues (3)",
        "routes (2)",
        "schedules (1)",
    ]
    assert "  shop.tasks.send  shop/tasks.py:5:5  app.task  bind=True  max_retries=3  queue=slow" in lines
    assert any("elsewhere.work" in line and line.endswith("task not found") for line in lines)


def test_clean_removes_the_cache_that_a_run_left(run: Runner) -> None:
    path = run.write("shop/tasks.py", TASK)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    run("--cache-dir", "left")
    assert list((run.folder / "left").iterdir())
    assert run("clean", "--cache-dir", "left").out.startswith("Removed ")
    assert not list((run.folder / "left").iterdir())
    done = run("clean", "--cache-dir", "left")
    assert (done.status, done.out.split(" at ")[0]) == (0, "No cache")


def test_inspect_of_a_path_that_is_not_there_exits_2(run: Runner) -> None:
    done = run("inspect", "nowhere")
    assert (done.status, done.out) == (2, "")
    assert "nowhere" in done.err
