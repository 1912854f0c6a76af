"""The hooks, as users get them: the real pre-commit, on a real repository, with a copy of this checkout as `repo`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# What a build of the package reads.
SHIPPED = ("celerylint", "fixers", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
CONFIG = """\
repos:
  - repo: {hooks}
    rev: {revision}
    hooks:
      - id: celerylint-fix
      - id: celerylint
"""
BARE_RETRY = """\
from celery import shared_task


@shared_task(bind=True, time_limit=60, soft_time_limit=50)
def import_orders(self, path):
    try:
        load(path)
    except OSError as error:
        self.retry(exc=error)  # the file comes late


def load(path):
    return open(path)
"""
RAISED_RETRY = BARE_RETRY.replace("self.retry", "raise self.retry")

# Two installations of the hooks would take twice as long and show nothing more.
pytestmark = pytest.mark.xdist_group("pre-commit")


def run(folder: Path, home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command with nothing of the surrounding git or pre-commit in its environment."""
    outside = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "PRE_COMMIT"))}
    identity = {f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**outside, **identity, "GIT_CONFIG_GLOBAL": os.devnull, "PRE_COMMIT_HOME": str(home)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def commit_all(folder: Path, home: Path) -> str:
    """Make a folder a repository, if it is none yet, commit what is in it, and give the revision."""
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "--no-verify", "-m", "All of it"]):
        done = run(folder, home, "git", *command)
        assert done.returncode == 0, done.stderr
    return run(folder, home, "git", "rev-parse", "HEAD").stdout.strip()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps the environment that it installs the hooks into."""
    return tmp_path_factory.mktemp("pre-commit-home")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, home: Path) -> str:
    """The configuration of a project that uses both hooks of this checkout, as it is on disk."""
    hooks = tmp_path_factory.mktemp("hooks") / "celerylint"
    hooks.mkdir()
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, hooks / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / name, hooks / name)
    return CONFIG.format(hooks=hooks, revision=commit_all(hooks, home))


@pytest.fixture
def project(tmp_path: Path, home: Path, config: str) -> Path:
    """A repository with one task that is wrong, committed, and its pre-commit configuration."""
    (tmp_path / ".pre-commit-config.yaml").write_text(config)
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / "__init__.py").touch()
    (tmp_path / "orders" / "tasks.py").write_text(BARE_RETRY)
    commit_all(tmp_path, home)
    return tmp_path


def pre_commit(project: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(project, home, sys.executable, "-m", "pre_commit", *arguments)


def test_the_check_hook_fails_and_changes_nothing(project: Path, home: Path) -> None:
    done = pre_commit(project, home, "run", "--all-files", "celerylint")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "CEL206" in done.stdout
    assert "orders/tasks.py" in done.stdout
    assert (project / "orders" / "tasks.py").read_text() == BARE_RETRY


def test_the_fix_hook_mends_the_file_and_then_both_pass(project: Path, home: Path) -> None:
    first = pre_commit(project, home, "run", "--all-files", "celerylint-fix")
    assert first.returncode == 1, first.stdout + first.stderr
    assert "files were modified by this hook" in first.stdout
    assert (project / "orders" / "tasks.py").read_text() == RAISED_RETRY
    commit_all(project, home)
    second = pre_commit(project, home, "run", "--all-files")
    assert second.returncode == 0, second.stdout + second.stderr


def test_a_commit_is_stopped_until_it_is_right(project: Path, home: Path) -> None:
    installed = pre_commit(project, home, "install")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    (project / "orders" / "late.py").write_text(BARE_RETRY)
    run(project, home, "git", "add", "orders/late.py")
    stopped = run(project, home, "git", "commit", "-m", "Import late orders too")
    assert stopped.returncode == 1
    assert (project / "orders" / "late.py").read_text() == RAISED_RETRY
    assert (project / "orders" / "tasks.py").read_text() == BARE_RETRY, "not part of the commit"
    run(project, home, "git", "add", "orders/late.py")
    passed = run(project, home, "git", "commit", "-m", "Import late orders too")
    assert passed.returncode == 0, passed.stdout + passed.stderr


def test_the_rest_of_the_project_is_known_to_the_hook(project: Path, home: Path) -> None:
    """A wrong call is found in a commit that does not hold the task that it calls."""
    (project / "orders" / "tasks.py").write_text(RAISED_RETRY)
    commit_all(project, home)
    (project / "orders" / "views.py").write_text("from orders.tasks import import_orders\n\nimport_orders.delay()\n")
    run(project, home, "git", "add", "orders/views.py")
    done = pre_commit(project, home, "run", "celerylint")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "CEL403" in done.stdout
    assert "orders/views.py" in done.stdout


def test_files_of_other_kinds_are_passed_over(project: Path, home: Path) -> None:
    (project / "orders" / "tasks.py").write_text(RAISED_RETRY)
    (project / "README.md").write_text("# Orders\n\n    self.retry()\n")
    (project / "notes.yaml").write_text("{{ not: yaml }}: [\n")
    (project / "orders.bin").write_bytes(b"\x00\xff")
    commit_all(project, home)
    done = pre_commit(project, home, "run", "--all-files")
    assert done.returncode == 0, done.stdout + done.stderr
