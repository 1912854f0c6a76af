"""The plugin inside the real flake8: the same findings as the command line's, however flake8 runs."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import multiprocessing
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from celerylint.flake8_plugin import Plugin

ROOT = Path(__file__).parents[1]
SHOP = ROOT / "fixtures" / "projects" / "shop"
ENTRY = "celerylint.flake8_plugin:Plugin"

# Runs flake8 with a start method, and notes which processes work findings out and what was loaded.
DRIVER = """\
import atexit, multiprocessing, os, sys
from celerylint.project import Project

check = Project.check

def noted(project):
    with open(os.environ["NOTES"], "a") as file:
        file.write(f"check {os.getpid()}\\n")
    if "FAIL" in os.environ:
        raise ZeroDivisionError("by nought\\nand more")
    return check(project)

Project.check = noted

if __name__ == "__main__":
    from flake8.main.cli import main

    if method := os.environ.get("START_METHOD"):
        multiprocessing.set_start_method(method)
    status = main(sys.argv[1:])
    with open(os.environ["NOTES"], "a") as file:
        file.write(f"loaded {' '.join(sys.modules)}\\n")
    sys.exit(status)
"""
TASK = """\
from celery import shared_task


@shared_task(bind=True)
def send(self, order):
    self.retry()
"""
CLEAN = TASK.replace("self.retry", "raise self.retry")
FINDING = re.compile(r"(?P<path>.+?):(?P<line>\d+):(?P<column>\d+): (?P<code>[A-Z]+\d+) (?P<message>.*)")


class Shown(NamedTuple):
    """One line of flake8."""

    path: str
    line: int
    column: int
    code: str
    message: str


class Run(NamedTuple):
    """How a run of flake8 ended."""

    status: int
    out: str
    err: str
    checks: list[str]
    loaded: set[str]

    @property
    def shown(self) -> list[Shown]:
        matches = [FINDING.fullmatch(line) for line in self.out.splitlines()]
        return [
            Shown(os.path.normpath(match["path"]), int(match["line"]), int(match["column"]), match["code"], match[5])
            for match in matches
            if match
        ]

    @property
    def places(self) -> list[tuple[str, int, int, str]]:
        return [shown[:4] for shown in self.shown]


class Flake8:
    """Runs flake8 in a folder."""

    def __init__(self, folder: Path, aside: Path) -> None:
        self.folder, self.aside = folder, aside
        registered = [entry.value for entry in importlib.metadata.entry_points(group="flake8.extension")]
        local = "" if ENTRY in registered else f"[flake8:local-plugins]\nextension =\n    CEL = {ENTRY}\n"
        (aside / "flake8.cfg").write_text(f"[flake8]\n{local}")
        (aside / "driver.py").write_text(DRIVER)

    def __call__(self, *arguments: str, stdin: bytes = b"", only: str = "CEL", **environment: str) -> Run:
        notes = self.aside / "notes"
        notes.write_text("")
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("CELERYLINT")}
        select = [f"--select={only}"] if only else []
        done = subprocess.run(
            [sys.executable, self.aside / "driver.py", "--config", self.aside / "flake8.cfg", *select, *arguments],
            cwd=self.folder,
            env={
                **inherited,
                "PYTHONPATH": str(ROOT),
                "XDG_CACHE_HOME": str(self.aside),
                "NOTES": str(notes),
                **environment,
            },
            input=stdin,
            capture_output=True,
            check=False,
        )
        noted = [line.partition(" ")[::2] for line in notes.read_text().splitlines()]
        checks = [rest for kind, rest in noted if kind == "check"]
        loaded = {name for kind, rest in noted if kind == "loaded" for name in rest.split()}
        return Run(done.returncode, done.stdout.decode(), done.stderr.decode(), checks, loaded)

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path


@pytest.fixture
def flake8(tmp_path: Path) -> Flake8:
    """A project with the rules that its tests are about, and one finding in each of three files."""
    (tmp_path / "aside").mkdir()
    runner = Flake8(tmp_path / "project", tmp_path / "aside")
    runner.write("pyproject.toml", '[tool.celerylint]\nselect = ["CEL000", "CEL206"]\n')
    for name in "abc":
        runner.write(f"shop/{name}.py", TASK)
    return runner


EXPECTED = [(f"shop/{name}.py", 6, 5, "CEL206") for name in "abc"]


def test_the_findings_are_those_of_the_command_line() -> None:
    """In the bundled example, file by file, with columns and messages; but for what deployment files show."""
    done = subprocess.run(
        [sys.executable, "-m", "celerylint", "check", ".", "--output-format", "json"],
        cwd=SHOP,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    expected = [
        Shown(finding["path"], finding["line"], finding["column"], finding["code"], finding["message"])
        for finding in json.loads(done.stdout)
        if finding["path"].endswith(".py") and not finding["code"].startswith("CEL8")
    ]
    assert len(expected) > 10
    assert sorted(run_in(SHOP).shown) == sorted(expected)


def run_in(folder: Path) -> Run:
    import tempfile

    with tempfile.TemporaryDirectory() as aside:
        return Flake8(folder, Path(aside))(".")


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_workers_show_what_one_process_shows_and_findings_are_worked_out_once(flake8: Flake8, method: str) -> None:
    done = flake8("-j", "2", ".", START_METHOD=method)
    assert sorted(done.places) == EXPECTED
    assert (done.status, done.err, len(done.checks)) == (1, "", 1)
    for name in "abc":
        flake8.write(f"shop/{name}.py", CLEAN)
    clean = flake8("-j", "2", ".", START_METHOD=method)
    assert (clean.status, clean.out, len(clean.checks)) == (0, "", 1)


def test_what_spawned_workers_read_is_removed(flake8: Flake8) -> None:
    assert flake8("-j", "2", ".", START_METHOD="spawn", TMPDIR=str(flake8.aside)).places
    assert not list(flake8.aside.glob("celerylint-*.json"))


def test_one_process(flake8: Flake8) -> None:
    done = flake8("-j", "1", "shop/a.py", "shop/c.py")
    assert done.places == [EXPECTED[0], EXPECTED[2]]
    assert len(done.checks) == 1


def test_nothing_heavy_is_loaded_and_nothing_is_written(flake8: Flake8) -> None:
    before = sorted(flake8.folder.rglob("*"))
    done = flake8(".")
    assert done.places == EXPECTED
    assert sorted(flake8.folder.rglob("*")) == before
    assert not done.loaded & {"libcst", "click", "yaml", "celery", "kombu", "celerylint.cli", "celerylint.fixing"}


def test_a_cache_folder_in_the_tree_is_not_written_to(flake8: Flake8) -> None:
    flake8.write("pyproject.toml", '[tool.celerylint]\nselect = ["CEL206"]\ncache-dir = "cache"\n')
    for path in flake8.folder.rglob("*.py"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    assert flake8(".").places == EXPECTED
    assert not (flake8.folder / "cache").exists()


def test_project_knowledge_silences_findings(flake8: Flake8) -> None:
    """A time limit in the settings counts for every task; without it each is reported."""
    flake8.write("pyproject.toml", '[tool.celerylint]\nselect = ["CEL211"]\n')
    flake8.write("shop/app.py", "from celery import Celery\n\napp = Celery('shop')\n")
    assert {code for _, _, _, code in flake8("shop/a.py").places} == {"CEL211"}
    flake8.write("shop/app.py", "from celery import Celery\n\napp = Celery('shop')\napp.conf.task_time_limit = 60\n")
    assert flake8("shop/a.py").places == []
    stdin = ["-", "--stdin-display-name", "shop/a.py"]
    assert flake8(*stdin, stdin=TASK.encode()).places == []


def test_standard_input_stands_for_the_file_of_its_name(flake8: Flake8) -> None:
    flake8.write("shop/a.py", CLEAN)
    done = flake8("-", "--stdin-display-name", "shop/a.py", stdin=b"\n" + TASK.encode())
    assert done.places == [("shop/a.py", 7, 5, "CEL206")]
    assert flake8("-", "--stdin-display-name", "shop/b.py", stdin=CLEAN.encode()).out == ""


@pytest.mark.parametrize("name", ["shop/new.py", "shop/script", "nowhere/else.py", "/nowhere/else.py"])
def test_standard_input_may_have_a_name_that_no_file_has(flake8: Flake8, name: str) -> None:
    assert flake8("-", "--stdin-display-name", name, stdin=TASK.encode()).places == [(name, 6, 5, "CEL206")]


def test_standard_input_without_a_name(flake8: Flake8) -> None:
    assert flake8("-", stdin=TASK.encode()).places == [("stdin", 6, 5, "CEL206")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252"])
def test_columns_count_characters_in_every_encoding(flake8: Flake8, encoding: str) -> None:
    cookie = "" if "utf" in encoding else f"# coding: {encoding}\n"
    text = cookie + TASK.replace("    self.retry()", "    x = 'é';\tself.retry()").replace("\n", "\r\n")
    flake8.write("shop/a.py", text.encode(encoding))
    line = 6 + text.startswith("#")
    assert flake8("shop/a.py").places == [("shop/a.py", line, 14, "CEL206")]
    stdin = ["-", "--stdin-display-name", "shop/a.py"]
    flake8.write("shop/a.py", CLEAN)
    assert flake8(*stdin, stdin=text.encode(encoding)).places == [("shop/a.py", line, 14, "CEL206")]


def test_suppressions_of_both_kinds(flake8: Flake8) -> None:
    flake8.write("shop/a.py", TASK.replace("retry()", "retry()  # noqa: CEL206"))
    flake8.write("shop/b.py", TASK.replace("retry()", "retry()  # celerylint: ignore[CEL206] on purpose"))
    flake8.write("shop/c.py", TASK.replace("    self", "    # celerylint: ignore[retry-not-raised]\n    self"))
    assert flake8(".").out == ""


def test_the_configuration_is_that_of_the_command_line(flake8: Flake8) -> None:
    flake8.write("pyproject.toml", '[tool.celerylint]\nselect = ["CEL206"]\nexclude = ["a.py"]\n')
    flake8.write("shop/celerylint.toml", 'select = ["CEL206"]\nper-file-ignores = { "c.py" = ["CEL2"] }\n')
    assert flake8(".").places == EXPECTED[1:]
    flake8.write("other/a.py", TASK)
    assert sorted(flake8("shop", "other").places) == EXPECTED[:2]


def test_other_codes_only_cost_nothing(flake8: Flake8) -> None:
    done = flake8(".", only="E,F")
    assert (done.out, done.checks) == ("", [])
    assert len(flake8(".", only="C").checks) == 1
    assert len(flake8(".", only="").checks) == 1


def test_a_file_that_cannot_be_parsed_is_flake8s_to_report(flake8: Flake8) -> None:
    flake8.write("shop/b.py", "from celery import shared_task\ndef f(:\n")
    done = flake8(".", only="CEL,E9")
    assert [code for _, _, _, code in done.places] == ["CEL206", "E999", "CEL206"]


def test_without_a_project(tmp_path: Path) -> None:
    (tmp_path / "aside").mkdir()
    runner = Flake8(tmp_path / "alone", tmp_path / "aside")
    runner.write("task.py", TASK)
    assert ("task.py", 6, 5, "CEL206") in runner("task.py").places


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_an_internal_error_is_one_clear_message(flake8: Flake8, method: str) -> None:
    flake8.write("shop/a.py", CLEAN + "import os\n")
    done = flake8("-j", "2", ".", only="CEL,F", START_METHOD=method, FAIL="1")
    first, *rest = done.shown
    assert first[:4] == ("shop/a.py", 1, 1, "CEL000")
    assert "internal error: ZeroDivisionError: by nought and more" in first.message
    assert "/issues" in first.message
    assert [shown.code for shown in rest] == ["F401"]
    assert done.err == ""


def test_a_bad_configuration_is_one_clear_message(flake8: Flake8) -> None:
    flake8.write("pyproject.toml", "[tool.celerylint]\nselekt = []\n")
    (shown,) = flake8(".").shown
    assert shown[:4] == ("shop/a.py", 1, 1, "CEL000")
    assert "pyproject.toml: unknown key selekt; did you mean select?" in shown.message
    (shown,) = flake8("-", "--stdin-display-name", "shop/b.py", stdin=TASK.encode()).shown
    assert shown[:4] == ("shop/b.py", 1, 1, "CEL000")


@pytest.fixture
def bare() -> Iterator[type[Plugin]]:
    """The plugin as other tools may use it: nobody has called `parse_options`."""
    Plugin.options, Plugin.rows = None, None
    yield Plugin
    Plugin.options, Plugin.rows = None, None


def test_the_tree_is_left_as_it_is(bare: type[Plugin], flake8: Flake8, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(flake8.folder)
    tree = ast.parse(TASK)
    before = ast.dump(tree, include_attributes=True)
    found = list(bare(tree, "shop/a.py", TASK.splitlines(keepends=True)).run())
    assert [(line, column, text[:6], kind) for line, column, text, kind in found] == [(6, 4, "CEL206", bare)]
    assert ast.dump(tree, include_attributes=True) == before
