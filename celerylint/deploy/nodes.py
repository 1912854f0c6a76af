"""YAML as a tree of nodes that know where they stand. PyYAML parses; it is imported here, when a file is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from celerylint.deploy.snippets import HIDDEN, Snippet, Word, aligned
from celerylint.deploy.templates import COVER, COVERED, Template, covered, is_template
from celerylint.source import Source, Span

if TYPE_CHECKING:
    import yaml

Scalar: TypeAlias = "str | int | float | bool | None"
DEEPEST = 30
TRUE = frozenset({"true", "yes", "on", "y"})
FALSE = frozenset({"false", "no", "off", "n"})


class UnreadableYaml(Exception):
    """The text is no YAML: `message` says why, `line` and `column` (from 1) where."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


@dataclass(frozen=True, slots=True)
class Document:
    """The file that nodes are in, with what of it a template fills in."""

    source: Source
    template: Template


@dataclass(frozen=True, eq=False)
class Node:
    """A scalar, list or map. Missing nodes are None; a map's merged keys (`<<`) are its own."""

    raw: yaml.Node = field(repr=False)
    document: Document = field(repr=False)

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

    # Scalars

    @property
    def is_scalar(self) -> bool:
        return type(self.raw).__name__ == "ScalarNode"

    @property
    def text(self) -> str:
        """The text of a scalar with HIDDEN for what a template fills in; "" for anything else."""
        return COVERED.sub(HIDDEN, str(self.raw.value)) if self.is_scalar else ""

    @property
    def known(self) -> bool:
        return self.is_scalar and COVER not in self.raw.value

    @property
    def is_null(self) -> bool:
        return self.is_scalar and self.raw.tag == "tag:yaml.org,2002:null"

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

    @property
    def snippet(self) -> Snippet:
        """The text of a scalar with its places."""
        found = aligned(self.source_as_read, self.start, self.end, str(self.raw.value))
        if self.known:
            return Snippet(self.source, found.text, found.offsets)
        covered_up = Snippet(self.source, found.text, found.offsets)
        return covered_up.replaced(COVERED, lambda match: HIDDEN)

    @property
    def source_as_read(self) -> Source:
        return Source.from_text(self.path, self.document.template.text) if not self.known else self.source

    @property
    def word(self) -> Word:
        """A scalar as one word of a command."""
        return Word(self.snippet, self.span)

    @property
    def expression(self) -> str:
        """What stands for a scalar in the file, a template's expressions as they are written."""
        return self.source.text[self.start : self.end]

    # Lists

    @property
    def is_list(self) -> bool:
        return type(self.raw).__name__ == "SequenceNode"

    @property
    def items(self) -> list[Node]:
        """The items of a list; none of anything else."""
        return [Node(item, self.document) for item in self.raw.value] if self.is_list else []

    # Maps

    @property
    def is_map(self) -> bool:
        return type(self.raw).__name__ == "MappingNode"

    @cached_property
    def pairs(self) -> dict[str, tuple[Node, Node]]:
        """Key and value nodes by key, what is merged before what is written; the last of equal keys."""
        return dict(merged(self, 0)) if self.is_map else {}

    @property
    def own(self) -> dict[str, tuple[Node, Node]]:
        """The pairs that are written here, without those that are merged."""
        if not self.is_map:
            return {}
        doc = self.document
        return {str(key.value): (Node(key, doc), Node(value, doc)) for key, value in self.raw.value}

    def get(self, *keys: str) -> Node | None:
        """The node at a path of keys; None where there is none."""
        node: Node | None = self
        for key in keys:
            pair = node.pairs.get(key) if node is not None else None
            node = pair[1] if pair is not None else None
        return node

    def key(self, *keys: str) -> Node | None:
        """The key node at a path of keys."""
        parent = self.get(*keys[:-1])
        pair = parent.pairs.get(keys[-1]) if parent is not None else None
        return pair[0] if pair is not None else None

    def entry(self, *keys: str) -> Span | None:
        """The place of `key: value` at a path of keys."""
        key, value = self.key(*keys), self.get(*keys)
        if key is None or value is None or key.start > value.start:
            return None if key is None else key.span
        return self.source.range(key.start, max(key.end, value.end) if not value.is_null else key.end)

    @property
    def open(self) -> bool:
        """Whether a template may put more into it."""
        if self.is_null:
            return self.filled_below
        filled = self.document.template.filled
        first, last, column = self.raw.start_mark.line, self.raw.end_mark.line, self.raw.start_mark.column
        return any(first <= line <= last and indented == column for line, indented in filled.items())

    @property
    def filled_below(self) -> bool:
        """Whether an expression stands in the lines below, before anything else does."""
        template = self.document.template
        for number in range(self.raw.end_mark.line + 1, len(self.source.starts)):
            if number in template.filled:
                return True
            if template.text[self.source.starts[number] :].partition("\n")[0].strip():
                break
        return False

    def string(self, *keys: str) -> str:
        """The text at a path of keys, "" without one."""
        node = self.get(*keys)
        return node.text if node is not None else ""


def merged(node: Node, depth: int) -> Iterator[tuple[str, tuple[Node, Node]]]:
    """The pairs of a map, those of `<<` first."""
    if depth > DEEPEST or not node.is_map:
        return
    for key, (_, value) in node.own.items():
        if key == "<<":
            for part in reversed(value.items) if value.is_list else [value]:
                yield from merged(part, depth + 1)
    yield from ((key, pair) for key, pair in node.own.items() if key != "<<")


def documents(source: Source) -> list[Node]:
    """The root nodes of a file's documents, empty ones left out. Raises UnreadableYaml."""
    import yaml

    template = covered(source.text) if is_template(source.text) else Template(source.text)
    document = Document(source, template)
    try:
        roots = composed(template.text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise UnreadableYaml(str(error.problem or error.context), *place) from None
    except yaml.reader.ReaderError as error:
        raise UnreadableYaml(error.reason, *source.position(int(error.position))) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UnreadableYaml(str(error) or type(error).__name__, 1, 1) from None
    return [Node(root, document) for root in roots]


def composed(text: str) -> list[yaml.Node]:
    """PyYAML's nodes, by libyaml where that is there. An anchor may be used again, as YAML 1.2 has it."""
    import yaml

    try:
        return list(yaml.compose_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.composer.ComposerError as error:
        if "duplicate anchor" not in str(error.context):
            raise

    class Lenient(yaml.SafeLoader):
        def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
            peek: Callable[[], object] = self.peek_event
            event = peek()
            if not isinstance(event, yaml.AliasEvent):
                self.anchors.pop(getattr(event, "anchor", None), None)
            return super().compose_node(parent, index)

    return list(yaml.compose_all(text, Loader=Lenient))
