"""Texts that are read out of files, with the place of each character: a YAML scalar, a line, an expanded variable."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from celerylint.records import dataclass
from celerylint.source import Source, Span

# Stands for text that is not known: an unset variable, the output of a command, a template's expression.
HIDDEN = "\0"


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a file."""

    path: str
    span: Span

    def symbol_at(self, span: Span) -> str:
        """Nothing: deployment files define no symbols."""
        return ""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that is not understood, and why. `about` is `command`, `template`, `file` or `kustomization`."""

    about: str
    place: Place
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Snippet:
    """A text and the offsets of its characters in a source, one more for its end."""

    source: Source
    text: str
    offsets: Sequence[int]

    @classmethod
    def of(cls, source: Source, start: int, end: int) -> Snippet:
        """A stretch of a source as it stands there."""
        return cls(source, source.text[start:end], range(start, end + 1))

    def span(self, start: int, end: int) -> Span:
        """The place of a part of the text."""
        first = self.offsets[start]
        return self.source.range(first, max(first, self.offsets[end - 1] + 1 if end > start else first))

    def cut(self, start: int, end: int) -> Snippet:
        return Snippet(self.source, self.text[start:end], self.offsets[start : end + 1])

    def replaced(self, pattern: re.Pattern[str], value: Callable[[re.Match[str]], str]) -> Snippet:
        """The text with every match replaced; what replaces it stands where the match did."""
        parts: list[str] = []
        offsets: list[int] = []
        at = 0
        for match in pattern.finditer(self.text):
            new = value(match)
            parts += [self.text[at : match.start()], new]
            offsets += [*self.offsets[at : match.start()], *spread(self.offsets, match, len(new))]
            at = match.end()
        if not parts:
            return self
        return Snippet(self.source, "".join([*parts, self.text[at:]]), [*offsets, *self.offsets[at:]])


def spread(offsets: Sequence[int], match: re.Match[str], length: int) -> list[int]:
    """Offsets for what replaces a match: all at its beginning but the last, which is at its end."""
    if not length:
        return []
    start, end = offsets[match.start()], offsets[match.end() - 1]
    return [*[start] * (length - 1), end]


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command line as the program gets it: its text, which has HIDDEN where it is not known.

    `span` is what stands for it in the file, quotes included. `several` says that it may be any number of words.
    """

    snippet: Snippet
    span: Span
    several: bool = False

    @property
    def text(self) -> str:
        return self.snippet.text

    @property
    def path(self) -> str:
        return self.snippet.source.path

    @property
    def place(self) -> Place:
        return Place(self.path, self.span)

    @property
    def known(self) -> bool:
        return HIDDEN not in self.text


def aligned(source: Source, start: int, end: int, text: str) -> Snippet:
    """A value that was read from a stretch of a source, where quotes, escapes and line breaks are written otherwise."""
    raw = source.text
    if raw.startswith(text, start) and start + len(text) <= end:
        return Snippet.of(source, start, start + len(text))
    offsets, at = [], start
    for character in text:
        at = found(raw, at, end, character)
        offsets.append(at)
        at += at < end
    return Snippet(source, text, [*offsets, min(at, end)])


def found(raw: str, at: int, end: int, character: str) -> int:
    """Where a character of a value stands, from an offset on; the offset itself where it is written otherwise."""
    if character.isspace():
        while at < end and not raw[at].isspace() and raw[at] != "\\":
            at += 1
        return at
    place = raw.find(character, at, end)
    return place if place >= 0 else at


PIECE = r"""[^\s\\'"]+|\\.|'[^']*'|"(?:[^"\\]|\\.)*\""""
PIECES = re.compile(PIECE, re.DOTALL)
WORDS = re.compile(rf"(?:{PIECE})+", re.DOTALL)
ESCAPED = re.compile(r'\\["\\]')
BACKSLASH = re.compile(r"\\.", re.DOTALL)


def split(snippet: Snippet) -> list[Word]:
    """The words of a command that no shell runs, cut at blanks and quotes; [] where a quote is not closed."""
    words = []
    at = 0
    for match in WORDS.finditer(snippet.text):
        if snippet.text[at : match.start()].strip():
            return []
        at = match.end()
        text = unquoted(snippet.cut(match.start(), at))
        words.append(Word(text, snippet.span(match.start(), at), match[0] == HIDDEN))
    return [] if snippet.text[at:].strip() else words


def unquoted(snippet: Snippet) -> Snippet:
    """A word without its quotes and escapes."""
    kept: list[int] = []
    for piece in PIECES.finditer(snippet.text):
        start, end = piece.span()
        if piece[0][0] in "'\"":
            start, end = start + 1, end - 1
        if piece[0][0] == "'":
            kept += range(start, end)
        else:
            escapes = ESCAPED if piece[0][0] == '"' else BACKSLASH
            dropped = {start + match.start() for match in escapes.finditer(snippet.text[start:end])}
            kept += [place for place in range(start, end) if place not in dropped]
    offsets = [snippet.offsets[place] for place in kept]
    return Snippet(snippet.source, "".join(snippet.text[place] for place in kept), [*offsets, snippet.offsets[-1]])
