"""Every rule's fixtures: what is marked is found, nothing else is, and fixes give the golden text.

`fixtures/rules/<rule>/x.py` is a project of one file, `fixtures/rules/<rule>/<name>/` one of several files. A line
that must be reported ends in `# error: CEL101 5 words` (column, then words that the message must contain); several
findings on one line are separated by `;`. Where a line cannot end in a comment (a Dockerfile's, a Procfile's), the
mark stands in the line above it, as `# error below: …`. Other comments steer: `# celery: 5.3`,
`# config: key = value` in the first lines of the first file.
`x.fixed.py` is what all of the rule's fixes make of `x.py`. `x.safe.py` is what the safe ones alone do, where that is
neither the same nor, for a rule without safe fixes, nothing.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from celerylint import engine, fixing
from celerylint.config import load
from celerylint.files import shown as shown_path
from celerylint.project import Project
from celerylint.rule import Finding

FIXTURES = Path(__file__).parent.parent / "fixtures" / "rules"
MARK = re.compile(r"#+ error(?P<below> below)?: (?P<marks>.*)$", re.MULTILINE)
GOLDEN = re.compile(r"\.(?:fixed|safe)\.")
STEER = re.compile(r"# (?P<key>celery|config): (?P<value>.*)$", re.MULTILINE)
ABOUT_THE_TOOL = {"CEL000", "CEL090", "CEL091"}


class Expected(NamedTuple):
    path: str
    line: int
    column: int
    code: str


def cases() -> Iterator[Any]:
    for folder in sorted(FIXTURES.glob("cel*")):
        for case in sorted(folder.iterdir()):
            if case.is_dir() or (case.suffix == ".py" and not GOLDEN.search(case.name)):
                yield pytest.param(case, id=f"{folder.name}/{case.name}")


def sources(case: Path) -> dict[str, Path]:
    """The files of a case by their path in the project."""
    if case.is_file():
        return {case.name: case}
    files = (path for path in sorted(case.rglob("*")) if path.is_file() and not GOLDEN.search(path.name))
    return {path.relative_to(case).as_posix(): path for path in files}


def project(case: Path, folder: Path, rule: str, change: tuple[str, str] = ("", "")) -> Project:
    """The case's files in a folder of their own, checked for one rule."""
    for name, path in sources(case).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if change[0]:
            text = path.read_text(encoding="utf-8")
            (folder / name).write_text(
                text.replace(*change).replace(change[0].title(), change[1].title()), encoding="utf-8"
            )
        else:
            shutil.copy(path, folder / name)
    return Project(load([folder], {"select": [rule]} | overrides(case), isolated=True), [folder])


def overrides(case: Path) -> dict[str, Any]:
    files = sources(case)
    first = next((path for name, path in files.items() if name.endswith(".py")), next(iter(files.values()), None))
    found: dict[str, Any] = {}
    head = "\n".join(first.read_text(encoding="utf-8", errors="replace").splitlines()[:5]) if first else ""
    for match in STEER.finditer(head):
        if match["key"] == "celery":
            found["target-version"] = match["value"].strip()
        else:
            key, _, value = match["value"].partition("=")
            words = value.strip()
            found[key.strip()] = (
                words.strip("[]").replace('"', "").replace(" ", "").split(",") if "[" in words else words.strip('"')
            )
    return found


def marks(case: Path) -> dict[Expected, str]:
    """What must be found, with the words that the message must contain."""
    found = {}
    for name, path in sources(case).items():
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            match = MARK.search(line)
            for mark in match["marks"].split(";") if match else ():
                code, column, *words = mark.split()
                below = match is not None and match["below"] is not None
                found[Expected(name, number + below, int(column), code)] = " ".join(words)
    return found


def found(findings: list[Finding], folder: Path) -> dict[Expected, str]:
    return {
        Expected(
            Path(f.path).resolve().relative_to(folder.resolve()).as_posix(), f.span.line, f.span.column, f.code
        ): f.message
        for f in findings
    }


@pytest.mark.parametrize("case", list(cases()))
def test_what_is_marked_is_found_and_nothing_else(case: Path, tmp_path: Path) -> None:
    rule = case.parent.name[:6].upper()
    expected = marks(case)
    report = project(case, tmp_path, rule).check()
    assert report.errors == []
    reported = found(report.findings, tmp_path)
    assert sorted(reported) == sorted(expected)
    for place, words in expected.items():
        assert words in reported[place]


@pytest.mark.parametrize("case", list(cases()))
def test_other_frameworks_are_left_alone(case: Path, tmp_path: Path) -> None:
    rule = case.parent.name[:6].upper()
    if rule in ABOUT_THE_TOOL:
        pytest.skip("about the tool itself, not about Celery")
    report = project(case, tmp_path, rule, ("celery", "huey")).check()
    assert found(report.findings, tmp_path) == {}


def golden() -> Iterator[Any]:
    for path in sorted(FIXTURES.glob("cel*/**/*.fixed.*")):
        yield pytest.param(path, id=path.relative_to(FIXTURES).as_posix())


def fixable_project(fixed: Path, folder: Path) -> tuple[Project, Path]:
    """The project of a golden file, and the file there that is to become it."""
    rule = FIXTURES / fixed.relative_to(FIXTURES).parts[0]
    name = fixed.name.replace(".fixed.", ".")
    case = fixed.parent / name if fixed.parent == rule else rule / fixed.relative_to(rule).parts[0]
    path = folder / (name if case.is_file() else (fixed.parent / name).relative_to(case).as_posix())
    return project(case, folder, rule.name[:6].upper()), path


@pytest.mark.parametrize("fixed", list(golden()))
def test_safe_fixes_alone_give_what_is_safe(fixed: Path, tmp_path: Path) -> None:
    first, path = fixable_project(fixed, tmp_path)
    safe = fixed.with_name(fixed.name.replace(".fixed.", ".safe."))
    some = "safe" in (fixing.applicability(first.selected[0]) or "").split()
    usual = fixed if some else path
    shown = shown_path(path)
    before = path.read_bytes()
    changed = fixing.fix_all(first).changed
    text = changed[shown].text.encode() if shown in changed else before
    assert text == (safe if safe.exists() else usual).read_bytes()
    assert not (safe.exists() and safe.read_bytes() == usual.read_bytes())


@pytest.mark.parametrize("fixed", list(golden()))
def test_fixes_give_the_golden_text_and_then_nothing(fixed: Path, tmp_path: Path) -> None:
    first, path = fixable_project(fixed, tmp_path)
    shown = shown_path(path)
    changed = fixing.fix_all(first, unsafe=True).changed
    text = changed[shown].text if shown in changed else path.read_bytes().decode()
    assert text == fixed.read_bytes().decode()
    path.write_text(text, encoding="utf-8", newline="")
    again = Project(first.config, [tmp_path])
    assert shown not in fixing.fix_all(again, unsafe=True).changed


def test_every_fixer_has_a_golden_file() -> None:
    fixable = {
        rule.module.rpartition(".")[2]
        for rule in engine.rules().values()
        if (fixing.applicability(rule) or "manual") != "manual"
    }
    assert fixable == {path.relative_to(FIXTURES).parts[0] for path in FIXTURES.glob("cel*/**/*.fixed.*")}
