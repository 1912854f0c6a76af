"""Files of sections with `name = value` lines: supervisord's and systemd's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from celerylint.deploy.snippets import Snippet
from celerylint.records import dataclass
from celerylint.source import Source, Span

SECTION = re.compile(r"[ \t]*\[([^\]\r\n]+)\]")
ENTRY = re.compile(r"([ \t]*)([\w.-]+)[ \t]*[=:][ \t]*(.*?)[ \t\r\f]*$", re.DOTALL)
COMMENT = re.compile(r"[ \t]*[;#]")
# configparser's inline comment, as supervisord has it.
INLINE = re.compile(r"\s+;.*$")


@dataclass(frozen=True, slots=True)
class Entry:
    """One `name = value`: the value with its places, lines that go on joined."""

    name: str
    value: Snippet
    span: Span


@dataclass(frozen=True, slots=True)
class Section:
    """`[name]` and its entries in order; `span` is the heading's."""

    name: str
    span: Span
    entries: tuple[Entry, ...]

    def get(self, name: str) -> Entry | None:
        """The last entry of a name, whatever its case."""
        return next((entry for entry in reversed(self.entries) if entry.name.lower() == name.lower()), None)

    def text(self, name: str) -> str:
        entry = self.get(name)
        return entry.value.text if entry is not None else ""


def sections(source: Source, *, backslashes: bool = False) -> list[Section]:
    """The sections of a file. A value goes on in lines that are indented more, or behind a backslash (systemd)."""
    found: list[Section] = []
    entries: list[Entry] = []
    indent = 0
    for start, end in lines(source, backslashes=backslashes):
        text = source.text[start:end]
        if COMMENT.match(text) or not text.strip():
            continue
        heading = SECTION.match(text)
        depth = len(text) - len(text.lstrip(" \t"))
        if heading:
            entries = []
            span = source.range(start + heading.start(), start + heading.end())
            found.append(Section(heading[1], span, ()))
        elif found and not backslashes and entries and depth > indent:
            entries[-1] = longer(entries[-1], source, start, end)
        elif found and (match := ENTRY.match(text)):
            indent = depth
            entries.append(entry(source, start, match, backslashes=backslashes))
        if found and entries:
            found[-1] = Section(found[-1].name, found[-1].span, tuple(entries))
    return found


def lines(source: Source, *, backslashes: bool) -> Iterator[tuple[int, int]]:
    """The offsets of lines, those that a backslash joins as one."""
    start = 0
    text = source.text
    for number in range(1, len(source.starts) + 1):
        end = source.starts[number] if number < len(source.starts) else len(text)
        if backslashes and text[start:end].rstrip("\r\n").endswith("\\") and number < len(source.starts):
            continue
        yield start, end
        start = end


def entry(source: Source, start: int, match: re.Match[str], *, backslashes: bool) -> Entry:
    value = match[3] if backslashes else INLINE.sub("", match[3])
    first = start + match.start(3)
    text = Snippet.of(source, first, first + len(value))
    if backslashes:
        text = text.replaced(re.compile(r"\\\r?\n"), lambda _: " ")
    return Entry(match[2], text, source.range(start + match.start(2), first + len(value)))


def longer(before: Entry, source: Source, start: int, end: int) -> Entry:
    """An entry with one more line."""
    text = source.text[start:end]
    value = INLINE.sub("", text.rstrip())
    first = start + len(text) - len(text.lstrip())
    more = Snippet.of(source, first, max(first, start + len(value)))
    joined = Snippet(
        source, f"{before.value.text}\n{more.text}", [*before.value.offsets[:-1], first - 1, *more.offsets]
    )
    return Entry(before.name, joined, Span(*before.span[:2], *source.position(start + len(value))))
