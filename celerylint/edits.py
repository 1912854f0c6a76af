"""Edits of a text: what a fix is made of, and how several are applied at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from celerylint.records import dataclass
from celerylint.source import Source, Span

Applicability: TypeAlias = Literal["safe", "unsafe", "manual"]


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace what stands in a span by `content`; an empty span inserts. `path` is "" for the finding's own file."""

    span: Span
    content: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Fix:
    """All the edits that mend one finding: applied together or not at all.

    `message` says what it does, in the imperative. `imports` are needed names as `module.name` (or a bare
    module), which the fix engine adds to the file where they are not there yet.
    """

    applicability: Applicability
    message: str
    edits: tuple[Edit, ...]
    imports: tuple[str, ...] = ()


def insert(source: Source, offset: int, content: str, path: str = "") -> Edit:
    """An edit that inserts at an offset of the text."""
    return Edit(source.range(offset, offset), content, path)


def replace(span: Span, content: str, path: str = "") -> Edit:
    """An edit that replaces a span."""
    return Edit(span, content, path)


def offsets(source: Source, edit: Edit) -> tuple[int, int]:
    """The start and end of an edit in the text."""
    span = edit.span
    return source.offset(span.line, span.column), source.offset(span.end_line, span.end_column)


def apply(source: Source, edits: Iterable[Edit]) -> str:
    """The text with edits applied, which must not overlap. Raises ValueError where they do."""
    text, out, at = source.text, [], 0
    for start, end, content in sorted({(*offsets(source, edit), edit.content) for edit in edits}):
        if start < at:
            raise ValueError(f"overlapping edits at offset {start} of {source.path}")
        out += [text[at:start], content]
        at = end
    return "".join([*out, text[at:]])
