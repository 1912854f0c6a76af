"""What a release holds, and that it works where nothing of the checkout is."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

import celerylint

ROOT = Path(__file__).parents[1]
BARE_RETRY = """\
from celery import shared_task

@shared_task(bind=True)
def import_orders(self, path):
    self.retry(countdown=10)
"""

pytestmark = pytest.mark.xdist_group("package")


def run(*arguments: str | Path, cwd: Path = ROOT, first: Path = ROOT) -> str:
    """Run this Python with a folder before all others on its path; what it prints."""
    environment = os.environ | {"PYTHONPATH": str(first)}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run("-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """A folder with the wheel unpacked, which goes before the checkout on the path."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def sources(folder: str) -> set[str]:
    return {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*.py")}


def test_the_wheel_holds_the_package_the_fixers_and_nothing_else(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    code = sources("celerylint") | {f"celerylint/{name}" for name in sources("fixers")}
    assert {name for name in names if name.endswith(".py")} == code
    assert "celerylint/py.typed" in names
    assert all(name.startswith("celerylint/") for name in names)


def test_the_source_distribution_can_be_tested(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names >= sources("celerylint") | sources("fixers") | sources("tests") | sources("scripts")
    assert names >= {"README.md", "CHANGELOG.md", "LICENSE", "mkdocs.yml", ".pre-commit-hooks.yaml", "docs/index.md"}
    assert any(name.startswith("fixtures/projects/shop/") for name in names)


def test_metadata_and_entry_points(installed: Path) -> None:
    information = next(installed.glob("*.dist-info"))
    assert information.name == f"celerylint-{celerylint.__version__}.dist-info"
    entries = ConfigParser()
    entries.read(information / "entry_points.txt")
    assert dict(entries["console_scripts"]) == {"celerylint": "celerylint.cli:main"}
    assert entries["flake8.extension"]["cel"] == "celerylint.flake8_plugin:Plugin"


def test_the_installed_package_fixes_with_the_fixers_it_brings(installed: Path, tmp_path: Path) -> None:
    module = tmp_path / "tasks.py"
    module.write_text(BARE_RETRY)
    where = run("-c", "import celerylint; print(celerylint.__file__)", cwd=tmp_path, first=installed)
    assert Path(where.strip()).is_relative_to(installed)
    run("-m", "celerylint", "check", "--fix", "--select", "CEL206", ".", cwd=tmp_path, first=installed)
    assert module.read_text() == BARE_RETRY.replace("self.retry", "raise self.retry")
