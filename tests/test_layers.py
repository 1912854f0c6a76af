"""The layers hold: imports go downwards only, and a lint loads nothing heavy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# What the lint path does without: parsers for fixes, the command line and deployment files, and what is analysed.
HEAVY = ("libcst", "click", "yaml", "celery", "kombu", "django", "pydantic")

LINT = """
import sys
from pathlib import Path
from celerylint import flake8_plugin
from celerylint.config import load
from celerylint.project import Project

folder = Path(sys.argv[1])
report = Project(load([folder], {}), [folder]).check()
print(*(finding.code for finding in report.findings))
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
TASK = """
from celery import shared_task

@shared_task(bind=True)
def import_orders(self, path):
    self.retry(countdown=10)
"""


def lint_imports(checkout: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter with the contract in `pyproject.toml` over the package of a checkout."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as main; main()"]
    arguments = ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    environment = os.environ | {"PYTHONPATH": str(checkout), "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run(
        [*command, *arguments], cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )


def test_every_import_goes_downwards() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "addition"),
    [
        ("source.py", "from celerylint import engine"),
        ("facts.py", "def late():\n    import celerylint.project"),
        ("nowhere.py", "x = 1"),
    ],
    ids=["upwards", "upwards in a function", "module without a layer"],
)
def test_the_contract_notices(module: str, addition: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "celerylint", tmp_path / "celerylint", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "celerylint" / module).open("a") as file:
        file.write(f"\n{addition}\n")
    done = lint_imports(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert module.removesuffix(".py") in done.stdout


def test_a_lint_loads_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text(TASK)
    done = subprocess.run([sys.executable, "-c", LINT, tmp_path], cwd=ROOT, capture_output=True, text=True, check=True)
    codes, loaded = done.stdout.splitlines()
    assert "CEL206" in codes.split()
    assert not set(loaded.split()) & set(HEAVY)


@pytest.mark.parametrize("fixer", sorted((ROOT / "fixers").glob("*.py")), ids=lambda path: str(path.stem))
def test_fixers_stand_alone(fixer: Path) -> None:
    """A fixer is loaded by path, so it can import the package and no other fixer."""
    lines = [line.split() for line in fixer.read_text().splitlines() if line.startswith(("import ", "from "))]
    imported = {line[1].partition(".")[0] for line in lines}
    assert imported <= {"celerylint", "libcst"} | set(sys.stdlib_module_names)
