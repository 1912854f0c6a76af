"""Files that a template fills in, with what is known of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from celerylint.deploy.templates import Block, Template
from celerylint.records import dataclass
from celerylint.source import Source

if TYPE_CHECKING:
    from celerylint.deploy.nodes import Node


class Given(Protocol):
    """What values are known to a template: those of a Helm chart."""

    def given(self, expression: str, scope: str = "") -> Node | str | None:
        """The value of an expression: a node of a values file, a text, None where it is not known. `scope` is the tag
        that says what `.` stands for, "" where that is the whole."""
        ...

    def grants(self, tag: str) -> bool:
        """Whether the values give what a block is there for."""
        ...


@dataclass(frozen=True, slots=True)
class NothingGiven:
    """No values are known."""

    def given(self, expression: str, scope: str = "") -> Node | str | None:
        return None

    def grants(self, tag: str) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Document:
    """The file that nodes are in, with what of it a template fills in."""

    source: Source
    template: Template
    values: Given = NothingGiven()

    def around(self, start: int, end: int | None = None) -> frozenset[Block]:
        """The blocks that a stretch stands in and that nothing is known of."""
        found = self.template.around(start, end)
        return frozenset(block for block in found if not self.values.grants(block.tag)) if found else found

    def given(self, start: int, end: int) -> Node | str | None:
        """The value of the expression between two offsets."""
        return self.values.given(self.source.text[start:end], self.template.scope(start))
