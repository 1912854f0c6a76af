"""The cache: the same findings with and without it, nothing stale, nothing in the tree that is analysed."""

from __future__ import annotations

import os
import pickle
import time
from pathlib import Path

import pytest

from celerylint import cache
from celerylint.config import Config, load
from celerylint.project import Project

TASK = """from celery import shared_task


@shared_task(bind=True)
def ship(self):
    {statement}
"""
OLD = time.time() - 3600


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    root.mkdir()
    write(root / "tasks.py", TASK.format(statement="self.retry()"), OLD)
    write(root / "plain.py", "x = 1\n", OLD)
    return root


def write(path: Path, text: str, when: float) -> None:
    path.write_text(text, encoding="utf-8")
    os.utime(path, (when, when))


def config(root: Path, **more: object) -> Config:
    return load([root], {"select": ["CEL206"], "cache-dir": str(root.parent / "cache"), **more}, isolated=True)


def codes(root: Path, **more: object) -> list[str]:
    return [finding.code for finding in Project(config(root, **more), [root]).check().findings]


def test_a_second_run_parses_nothing_and_finds_the_same(tree: Path) -> None:
    first = Project(config(tree), [tree])
    second = Project(config(tree), [tree])
    assert first.check().findings == second.check().findings != []
    assert first.parsed
    assert not second.parsed


def test_facts_are_kept_where_findings_cannot_be(tree: Path) -> None:
    Project(config(tree), [tree]).check()
    write(tree / "plain.py", "x = 2\n", OLD + 1)
    project = Project(config(tree), [tree])
    assert project.index.tasks
    assert not project.parsed


@pytest.mark.parametrize("age", [3500, 0], ids=["long ago", "just now"])
def test_a_changed_file_is_read_again(tree: Path, age: int) -> None:
    assert codes(tree) == ["CEL206"]
    write(tree / "tasks.py", TASK.format(statement="raise self.retry()"), time.time() - age)
    assert codes(tree) == []


def test_a_file_that_may_still_change_is_not_kept(tree: Path) -> None:
    write(tree / "tasks.py", TASK.format(statement="self.retry()"), time.time())
    project = Project(config(tree), [tree])
    project.check()
    assert "tasks.py" not in {Path(path).name for path in project.cache.facts.entries}
    assert project.digest == ""


def test_another_configuration_is_another_run(tree: Path) -> None:
    assert codes(tree) == ["CEL206"]
    assert codes(tree, ignore=["CEL206"]) == []


def test_a_new_file_changes_what_names_mean(tree: Path) -> None:
    codes(tree)
    write(tree / "more.py", TASK.format(statement="self.retry()"), OLD)
    assert codes(tree) == ["CEL206", "CEL206"]


@pytest.mark.parametrize("damage", [b"", b"not a cache", b"\x80\x04garbage"])
def test_a_damaged_cache_is_none(tree: Path, damage: bytes) -> None:
    codes(tree)
    for path in cache.folder_of(config(tree)).iterdir():
        path.write_bytes(path.read_bytes().partition(b"\n")[0] + b"\n" + damage)
    assert codes(tree) == ["CEL206"]


def test_a_cache_of_another_version_is_not_opened(tree: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tree / "sprung"),)

    codes(tree)
    for path in cache.folder_of(config(tree)).iterdir():
        path.write_bytes(b"another version\n" + pickle.dumps(Trap()))
    assert codes(tree) == ["CEL206"]
    assert not (tree / "sprung").exists()


def test_nothing_is_written_below_the_tree_by_default(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tree.parent / "home"))
    before = sorted(tree.rglob("*"))
    Project(load([tree], {}, isolated=True), [tree]).check()
    assert sorted(tree.rglob("*")) == before


def test_without_a_cache_nothing_is_written(tree: Path) -> None:
    codes(tree, cache=False)
    assert not (tree.parent / "cache").exists()


def test_a_folder_that_cannot_be_written_is_done_without(tree: Path) -> None:
    (tree.parent / "cache").write_text("a file where the folder should be", encoding="utf-8")
    assert codes(tree) == ["CEL206"]


def test_remove_takes_the_projects_cache_away(tree: Path) -> None:
    codes(tree)
    assert cache.remove(config(tree))
    assert not cache.remove(config(tree))
    assert not cache.folder_of(config(tree)).exists()
