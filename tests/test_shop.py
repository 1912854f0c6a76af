"""The bundled example: every mistake of the shop is found, and its right twin is clean.

`fixtures/projects/shop_expected.tsv` was written by reading the shop: path, line, code, and the line itself.
A finding stands on the line of the `def` or `class` where it is about a task, of the keyword or key where it
is about an option or setting, and on the first line of a call.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from celerylint import engine

ROOT = Path(__file__).parents[1]
PROJECTS = ROOT / "fixtures" / "projects"
SHOP, RIGHT = PROJECTS / "shop", PROJECTS / "shop_right"
TABLE = PROJECTS / "shop_expected.tsv"


class Place(NamedTuple):
    path: str
    line: int
    code: str


def rows() -> list[tuple[Place, str]]:
    """What the table says: a place, and how its line reads."""
    lines = (line.split("\t") for line in TABLE.read_text().splitlines())
    return [(Place(path, int(line), code), text) for path, line, code, text in lines]


def expected() -> set[Place]:
    """The places of the table that the rules there are can find; deployment files need the rules for them."""
    codes = set(engine.rules())
    deployment = any(code.startswith("CEL8") for code in codes)
    return {place for place, _ in rows() if place.code in codes and (deployment or place.path.endswith(".py"))}


def reported(project: Path, *options: str) -> set[Place]:
    """What `celerylint check` reports, with paths relative to the project."""
    command = [sys.executable, "-m", "celerylint", "check", "--isolated", "--no-cache", "--output-format", "json"]
    folder = project.relative_to(ROOT).as_posix()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([*command, *options, folder], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    findings = json.loads(done.stdout)
    return {Place(finding["path"].removeprefix(f"{folder}/"), finding["line"], finding["code"]) for finding in findings}


def listed(places: set[Place]) -> str:
    """Places as one reads them, a line each."""
    return "\n" + "\n".join(f"{place.path}:{place.line}: {place.code}" for place in sorted(places))


@pytest.fixture(scope="module")
def shop_findings() -> set[Place]:
    return reported(SHOP)


def test_every_mistake_is_found(shop_findings: set[Place]) -> None:
    missed = expected() - shop_findings
    assert not missed, listed(missed)


def test_nothing_else_is_reported(shop_findings: set[Place]) -> None:
    extra = shop_findings - expected()
    assert not extra, listed(extra)


def test_right_twin_is_clean() -> None:
    extra = reported(RIGHT, "--select", "ALL")
    assert not extra, listed(extra)


def test_table_quotes_the_shop() -> None:
    places = [place for place, _ in rows()]
    assert places == sorted(set(places))
    quoted = {(place, (SHOP / place.path).read_text().splitlines()[place.line - 1].strip()) for place in places}
    assert quoted == set(rows())


@pytest.mark.parametrize("project", [SHOP, RIGHT], ids=lambda project: project.name)
def test_every_module_compiles(project: Path) -> None:
    modules = sorted(project.rglob("*.py"))
    assert len(modules) > 40
    for module in modules:
        compile(module.read_bytes(), str(module), "exec", dont_inherit=True)
