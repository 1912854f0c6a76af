"""Who sends which task, through which queue, to which worker: as Mermaid, DOT or SVG."""

from __future__ import annotations

import importlib
from typing import Protocol, cast

from celerylint.graph.model import Graph

FORMATS = ("dot", "mermaid", "svg")


class Format(Protocol):
    """What a format's module offers."""

    def render(self, graph: Graph) -> str:
        """The whole picture, ending in a newline."""


def load(name: str) -> Format:
    """The format of that name. Raises ModuleNotFoundError."""
    return cast(Format, importlib.import_module(f"{__name__}.{name}"))
