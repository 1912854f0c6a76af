"""How answers are shown: one module per format, whose name is the format's.

Each has `render(sheet, style) -> str`; the text ends in a newline.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from pathlib import Path
from typing import Protocol, cast
from urllib.parse import quote

from celerylint.checklist import Sheet
from celerylint.checklist.item import Place, State
from celerylint.records import dataclass

# How much evidence people are shown at once; the HTML page folds it, and JSON has all of it.
SHOWN: dict[State, int] = {"fail": 5, "partly": 5, "unknown": 3, "manual": 3, "pass": 2}


@dataclass(frozen=True, slots=True)
class Style:
    """What the user asked for: ANSI colours, where evidence links to, and the folder that the report will be in.

    `links` is a URL with `{path}` and `{line}` in it; without one links lead from the folder to the files.
    """

    color: bool = False
    links: str = ""
    folder: Path = Path(".")

    def link(self, place: Place) -> str:
        """The address of a line."""
        if self.links:
            return self.links.replace("{path}", quote(place.path)).replace("{line}", str(place.line))
        try:
            relative = os.path.relpath(place.path, self.folder).replace(os.sep, "/")
        except ValueError:  # Another drive.
            relative = Path(place.path).absolute().as_uri()
        return f"{quote(relative, safe='/:')}#L{place.line}"


class Format(Protocol):
    """What a format's module offers."""

    def render(self, sheet: Sheet, style: Style) -> str:
        """The whole report."""


def names() -> list[str]:
    """The names of all formats."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def load(name: str) -> Format:
    """The format of that name. Raises ModuleNotFoundError."""
    return cast(Format, importlib.import_module(f"{__name__}.{name}"))


def counted(counts: dict[State, int]) -> str:
    """`2 fail, 3 pass`: the states that there are, with their numbers."""
    return ", ".join(f"{number} {state}" for state, number in counts.items() if number)
