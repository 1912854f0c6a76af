"""The texts of YAML's scalars, with the place of each character in the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from celerylint.deploy.filling import Document
from celerylint.deploy.snippets import HIDDEN, Snippet, aligned
from celerylint.deploy.templates import Block
from celerylint.source import Source

if TYPE_CHECKING:
    import yaml

LINE = re.compile(r"\r\n|\r|\n")


def placed(raw: yaml.Node, document: Document) -> Snippet:
    """The text of a scalar, as the template leaves it."""
    text, written = document.template.text, str(raw.value)
    start, end = int(raw.start_mark.index), int(raw.end_mark.index)
    if getattr(raw, "style", None) == "|":
        offsets = literal(text, start, written)
        if offsets is not None:
            return Snippet(document.source, written, offsets)
    read = document.source if text == document.source.text else Source.from_text(document.source.path, text)
    found = aligned(read, start, end, written)
    return Snippet(document.source, found.text, found.offsets)


def literal(text: str, start: int, written: str) -> list[int] | None:
    """The offsets of a block scalar that is taken as it is (`|`): its lines without what they are indented by. None
    where it is written otherwise."""
    header = LINE.search(text, start)
    at = header.end() if header is not None else len(text)
    offsets: list[int] = []
    for line in written.split("\n"):
        stop = LINE.search(text, at)
        end = stop.start() if stop is not None else len(text)
        if not text.endswith(line, at, end):
            return None
        offsets += range(end - len(line), end + 1)
        at = stop.end() if stop is not None else len(text)
    return offsets


def without(snippet: Snippet, blocks: list[Block]) -> Snippet:
    """A text with HIDDEN for the stretches that stand in some blocks."""
    text: list[str] = []
    offsets: list[int] = []
    inside = False
    for character, offset in zip(snippet.text, snippet.offsets, strict=False):
        before, inside = inside, any(block.start <= offset < block.end for block in blocks)
        if not inside or not before:
            text.append(HIDDEN if inside else character)
            offsets.append(offset)
    return Snippet(snippet.source, "".join(text), [*offsets, snippet.offsets[-1]])
