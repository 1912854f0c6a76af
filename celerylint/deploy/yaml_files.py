"""Reads YAML. PyYAML parses; it is imported here, when a file is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from celerylint.deploy.filling import Document, Given, NothingGiven
from celerylint.deploy.nodes import Node
from celerylint.deploy.templates import NOT_NEWLINE, Template, covered, is_template
from celerylint.source import Source, Span

if TYPE_CHECKING:
    import yaml


NOTHING = NothingGiven()


class UnreadableYaml(ValueError):
    """The text is no YAML: `message` says why, `line` and `column` (from 1) where."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


def documents(source: Source, values: Given = NOTHING) -> list[Node]:
    """The root nodes of a file's documents, empty ones left out. Raises UnreadableYaml."""
    return read(source, covered(source.text) if is_template(source.text) else Template(source.text), values)


def read(source: Source, template: Template, values: Given = NOTHING) -> list[Node]:
    """The root nodes of what a template leaves of a file. Raises UnreadableYaml."""
    import yaml

    document = Document(source, template, values)
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
    return [root(raw, document) for raw in roots]


def within(node: Node) -> list[Node]:
    """The root nodes of YAML that is written as the text of a scalar, each at its place in the file. Raises ValueError
    where it is written with quotes or folded, so that places cannot be told, and UnreadableYaml."""
    text, start, end = node.source.text, node.start, node.end
    if getattr(node.raw, "style", None) == "|":
        start = text.find("\n", start, end) + 1 or end
    elif text[start:end].strip("\"'") != node.text:
        raise ValueError("a patch in quotes is not read; write it as `|-` or a file")
    else:
        start, end = (start + 1, end - 1) if text[start] in "\"'" else (start, end)
    blank = NOT_NEWLINE.sub(" ", text)
    return read(node.source, Template(blank[:start] + text[start:end] + blank[end:]))


def scalar(source: Source, span: Span, text: str | None = None) -> Node:
    """A stretch of a file of another kind as a scalar, with another text where one is given."""
    import yaml

    start, end = source.offset(span.line, span.column), source.offset(span.end_line, span.end_column)
    first, last = (yaml.Mark(source.path, offset, 0, 0, None, 0) for offset in (start, end))
    raw = yaml.ScalarNode("tag:yaml.org,2002:str", source.text[start:end], first, last)
    return Node(raw, Document(source, Template(source.text)), changed=text)


def root(raw: yaml.Node, document: Document) -> Node:
    """The node of a whole document, with the block that all of it stands in."""
    node = Node(raw, document)
    around = document.around(node.start, max(node.end, node.start + 1))
    block = max(around, key=lambda block: block.start, default=None)
    return Node(raw, document, frame=around, block=block)


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
