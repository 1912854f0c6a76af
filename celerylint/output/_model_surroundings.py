"""What a project's code runs in: the Python environment with the packages that it lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celerylint.output._model import Row
from celerylint.paths import shown

if TYPE_CHECKING:
    from celerylint.index import Index


def environments(index: Index) -> list[Row]:
    """The Python environment in which listed packages are looked up, with the tasks that they bring; none where no
    environment has any of them."""
    found = index.installed.environment
    if found is None:
        return []
    names = sorted(index.installed.names)
    return [{"name": shown(found.site), "origin": found.origin, "tasks": names}]
