"""YAML as a tree of nodes that know where they stand.

What a template puts under a condition is known to be there or not only where that condition is known: the value of
such a key is unknown, an item of a list says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias, Union

from celerylint.deploy import scalars
from celerylint.deploy.filling import Document
from celerylint.deploy.snippets import HIDDEN, Place, Snippet, Word
from celerylint.deploy.templates import COVER, COVERED, NOWHERE, OWNED, Block, Filled
from celerylint.records import dataclass
from celerylint.source import Source, Span

if TYPE_CHECKING:
    import yaml

DEEPEST = 30
TRUE = frozenset({"true", "yes", "on", "y"})
FALSE = frozenset({"false", "no", "off", "n"})


Pairs: TypeAlias = "dict[str, tuple[Node, Node]]"
Changed: TypeAlias = Union["Pairs", "tuple[Node, ...]", str]


@dataclass(frozen=True, eq=False)
class Node:
    """A scalar, list or map. Missing nodes are None; a map's merged keys (`<<`) are its own.

    `key` is the node of the key that it is the value of. `frame` are the blocks of a template that are taken for
    granted, `block` is one that it stands in beyond those, `hidden` says that it is unknown for that. `changed` is
    what a patch makes of it: its pairs, items or text.
    """

    raw: yaml.Node = field(repr=False)
    document: Document = field(repr=False)
    key: Node | None = field(default=None, repr=False)
    frame: frozenset[Block] = NOWHERE
    block: Block | None = None
    hidden: bool = False
    changed: Changed | None = field(default=None, repr=False)

    @property
    def source(self) -> Source:
        return self.document.source

    @property
    def path(self) -> str:
        return self.source.path

    @cached_property
    def start(self) -> int:
        return int(self.raw.start_mark.index)

    @cached_property
    def end(self) -> int:
        """The offset behind its last character; a block has blank lines after it, which are not its own."""
        text, end = self.document.template.text, int(self.raw.end_mark.index)
        while end > self.start and text[end - 1] in " \t\r\n":
            end -= 1
        return end

    @property
    def span(self) -> Span:
        return self.source.range(self.start, self.end)

    @property
    def place(self) -> Place:
        """Where it stands with its key, in the chart's values where it comes from there."""
        given = self.given
        return given.place if isinstance(given, Node) else Place(self.path, self.entry_span)

    @property
    def entry_span(self) -> Span:
        """The place of `key: value`; of the key alone where the value is an alias for one further up."""
        key = self.key
        if key is None or key.path != self.path:
            return self.span
        if key.start > self.start or self.is_null:
            return key.span
        return self.source.range(key.start, max(key.end, self.end))

    @property
    def granted(self) -> Node:
        """The node as it is where the condition holds that it stands under."""
        return replace(self, hidden=False) if self.hidden else self

    # Scalars

    @property
    def is_scalar(self) -> bool:
        if self.hidden or self.changed is not None:
            return self.hidden or isinstance(self.changed, str)
        return type(self.raw).__name__ == "ScalarNode"

    @cached_property
    def text(self) -> str:
        """The text of a scalar with HIDDEN for what is not known; "" for anything else."""
        if self.hidden:
            return HIDDEN
        if self.changed is not None or not self.is_scalar:
            return self.changed if isinstance(self.changed, str) else ""
        written = str(self.raw.value)
        return self.snippet.text if COVER in written or self.blocks_inside else written

    @property
    def known(self) -> bool:
        return self.is_scalar and HIDDEN not in self.text

    @property
    def is_null(self) -> bool:
        return self.is_scalar and not self.hidden and self.raw.tag == "tag:yaml.org,2002:null" and not self.changed

    @property
    def number(self) -> float | None:
        """The number that a scalar is or spells out."""
        try:
            return float(self.text.replace("_", ""))
        except ValueError:
            return None

    @property
    def truth(self) -> bool | None:
        """Whether a scalar is true or false, quoted or not."""
        text = self.text.lower()
        return True if text in TRUE else False if text in FALSE else None

    @cached_property
    def snippet(self) -> Snippet:
        """The text of a scalar with its places."""
        if self.hidden or isinstance(self.changed, str):
            text = HIDDEN if self.hidden else self.text
            return Snippet(self.source, text, [self.start] * len(text) + [self.end])
        found = scalars.placed(self.raw, self.document)
        if COVER not in found.text and not self.blocks_inside:
            return found
        plain = scalars.without(found, self.blocks_inside)
        return plain.replaced(COVERED, lambda match: self.filled_in(plain, match.span()))

    @property
    def blocks_inside(self) -> list[Block]:
        """The blocks of a template within the text of a scalar."""
        blocks = self.document.template.blocks
        return [block for block in blocks if self.start < block.start and block.end <= self.raw.end_mark.index]

    def filled_in(self, snippet: Snippet, span: tuple[int, int]) -> str:
        """What stands for an expression in the text of a scalar."""
        start, last = snippet.offsets[span[0]], snippet.offsets[span[1] - 1]
        given = self.document.given(start, last + 1)
        text = given.text if isinstance(given, Node) and given.is_scalar else given
        return text if isinstance(text, str) else HIDDEN

    @cached_property
    def given(self) -> Node | None:
        """The node of the chart's values that stands for all of it."""
        if self.hidden or self.changed is not None:
            return None
        found = None
        if self.is_null:
            filled = self.filled_below
            found = self.document.given(filled.start, filled.end) if filled is not None else None
        elif self.is_scalar and COVERED.fullmatch(str(self.raw.value)):
            quoted = self.source.text[self.start] in "\"'"
            found = self.document.given(self.start + quoted, self.end - quoted)
        return found if isinstance(found, Node) else None

    @property
    def word(self) -> Word:
        """A scalar as one word of a command, or any number of them where a template may leave it out."""
        given = self.given
        if given is not None and given.is_scalar and self.block is None:
            return given.word
        if self.block is not None:
            return Word(Snippet(self.source, HIDDEN, [self.start, self.end]), self.span, several=True)
        return Word(self.snippet, self.span)

    # Lists

    @property
    def is_list(self) -> bool:
        if self.hidden or self.changed is not None:
            return not self.hidden and isinstance(self.changed, tuple)
        return type(self.raw).__name__ == "SequenceNode"

    @property
    def items(self) -> list[Node]:
        """The items of a list; none of anything else."""
        if not self.is_list:
            return []
        if isinstance(self.changed, tuple):
            return list(self.changed)
        return [self.inside(Node(item, self.document)) for item in self.raw.value]

    def inside(self, item: Node) -> Node:
        """An item with the block that it stands in."""
        around = self.document.around(item.start)
        return replace(item, frame=around, block=innermost(around - self.frame)) if around else item

    # Maps

    @property
    def is_map(self) -> bool:
        if self.hidden or self.changed is not None:
            return not self.hidden and isinstance(self.changed, Mapping)
        return type(self.raw).__name__ == "MappingNode"

    @cached_property
    def pairs(self) -> Pairs:
        """Key and value nodes by key, what is merged before what is written; the last of equal keys."""
        if isinstance(self.changed, dict) and not self.hidden:
            return self.changed
        return dict(merged(self, 0)) if self.is_map else {}

    @property
    def own(self) -> Pairs:
        """The pairs that are written here, without those that are merged."""
        if not self.is_map:
            return {}
        return {str(key.value): self.pair(Node(key, self.document), value) for key, value in self.raw.value}

    def pair(self, key: Node, value: yaml.Node) -> tuple[Node, Node]:
        around = self.document.around(key.start)
        block = innermost(around - self.frame) if around else None
        return key, Node(value, self.document, key, around, block, hidden=block is not None)

    def get(self, *keys: str) -> Node | None:
        """The node at a path of keys; None where there is none."""
        node: Node | None = self
        for key in keys:
            pair = node.pairs.get(key) if node is not None else None
            node = pair[1] if pair is not None else None
        return node

    def entry(self, *keys: str) -> Span | None:
        """The place of `key: value` at a path of keys."""
        node = self.get(*keys)
        return node.entry_span if node is not None else None

    @property
    def open(self) -> bool:
        """Whether a template may put more into it."""
        if self.is_null or self.hidden:
            return self.hidden or self.filled_below is not None
        filled = self.document.template.filled
        if not filled:
            return False
        first, start, last = (self.key or self).line, self.line, self.source.position(self.raw.end_mark.index)[0] - 1
        column = self.raw.start_mark.column
        return any(
            (first <= line <= last and each.indent == column) or (each.indent == OWNED and first < line < start)
            for line, each in filled.items()
        )

    @property
    def line(self) -> int:
        """The line that it begins in, from 0."""
        return self.source.position(self.start)[0] - 1

    @property
    def filled_below(self) -> Filled | None:
        """The expression in the lines below, before anything else."""
        template = self.document.template
        for number in range(self.line + 1, len(self.source.starts)):
            if number in template.filled:
                return template.filled[number]
            if template.text[self.source.starts[number] :].partition("\n")[0].strip():
                break
        return None

    def string(self, *keys: str) -> str:
        """The text at a path of keys, "" without one."""
        node = self.get(*keys)
        return node.text if node is not None else ""


def innermost(blocks: frozenset[Block]) -> Block | None:
    return max(blocks, key=lambda block: block.start, default=None)


def merged(node: Node, depth: int) -> Iterator[tuple[str, tuple[Node, Node]]]:
    """The pairs of a map, those of `<<` first."""
    if depth > DEEPEST or not node.is_map:
        return
    own = node.own
    for key, (_, value) in own.items():
        if key == "<<":
            for part in reversed(value.items) if value.is_list else [value]:
                yield from merged(part, depth + 1)
    yield from ((key, pair) for key, pair in own.items() if key != "<<")
