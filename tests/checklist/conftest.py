"""The answers for every world, worked out once."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timezone
from functools import cache
from pathlib import Path

import pytest

from celerylint import checklist
from celerylint.checklist import Sheet
from celerylint.config import load
from tests import tools
from tests.checklist import worlds

PROJECTS = Path(__file__).parents[2] / "fixtures" / "projects"
NOW = datetime(2026, 3, 2, 9, tzinfo=timezone.utc)
WORLDS = {
    "empty": worlds.EMPTY,
    "two apps": worlds.TWO_APPS,
    "half": worlds.HALF,
    "rabbit": worlds.RABBIT,
    "rabbit with dead letters": worlds.RABBIT_DEAD,
    "hidden": worlds.HIDDEN,
    "idle": worlds.IDLE,
    "modest": worlds.MODEST,
    "at home": worlds.AT_HOME,
}
ALL = [*WORLDS, "shop", "shop_right"]


def answered(folder: Path) -> Sheet:
    """The checklist of a folder, with paths that are relative to it."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        config = load([Path(".")], {**checklist.ALL_RULES, "cache": False}, isolated=True)
        return checklist.answer(config, NOW)
    finally:
        os.chdir(before)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, Sheet]]:
    """The folder and the answers of a world by its name."""

    @cache
    def of(name: str) -> tuple[Path, Sheet]:
        if name not in WORLDS:
            return PROJECTS / name, answered(PROJECTS / name)
        folder = tmp_path_factory.mktemp("world")
        tools.project(folder, WORLDS[name])
        return folder, answered(folder)

    return of
