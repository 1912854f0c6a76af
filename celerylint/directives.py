"""Comments that suppress findings: flake8's `noqa`, and `celerylint: ignore[...]`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import Literal, NamedTuple, TypeAlias

from celerylint.lexing import comments
from celerylint.records import dataclass
from celerylint.source import Source

Kind: TypeAlias = Literal["noqa", "file", "ignore"]

CODE = r"[A-Z]+[0-9]+"
# flake8 wants one blank after the `#`, ruff any number; both take commas or blanks between codes.
NOQA = re.compile(rf"#\s*noqa(?:\s*:\s*(?P<codes>{CODE}(?:[,\s]+{CODE})*),*)?", re.IGNORECASE)
FILE = re.compile(rf"#\s*flake8\s*[:=]\s*noqa(?:\s*:\s*(?P<codes>{CODE}(?:[,\s]+{CODE})*),*)?", re.IGNORECASE)
IGNORE = re.compile(r"#\s*celerylint:\s*ignore\b(?:\[(?P<codes>[^\]\r\n]*)\])?[^#\r\n]*")
PATTERNS: dict[Kind, re.Pattern[str]] = {"file": FILE, "ignore": IGNORE, "noqa": NOQA}
OURS = re.compile(r"noqa[^\r\n]*CEL|celerylint:", re.IGNORECASE)
WORD = re.compile(r"[^,\s]+")
COMMENT_LINE = re.compile(r"[ \t\f]*#")
# A `#` inside of a word is none where there are no tokens to go by.
PLAIN = re.compile(r"(?:^|(?<=\s))#[^\r\n]*", re.MULTILINE)


class Code(NamedTuple):
    """A rule named in a directive, by code, prefix or name; with its offsets."""

    text: str
    start: int
    end: int


@dataclass(slots=True)
class Directive:
    """A suppression: its offsets, its line, and what it names, which is nothing for all rules.

    `comment` are the offsets of the comment that it stands in. `alone` says that there is no code on its line.
    `used` are the indices of the codes that suppressed something.
    """

    kind: Kind
    start: int
    end: int
    line: int
    comment: tuple[int, int]
    alone: bool
    bare: bool
    codes: tuple[Code, ...]
    used: set[int] = field(default_factory=set)


def python_directives(source: Source) -> list[Directive]:
    """The directives in the comments of Python text. A `flake8: noqa` counts on a line of its own."""
    if not may_have(source.text):
        return []
    found = directives(source, comments(source.text))
    return [directive for directive in found if directive.kind != "file" or directive.alone]


def may_have(text: str) -> bool:
    """Whether there can be a directive in a text; much sooner told than by cutting it into tokens."""
    lowered = text.lower()
    return "noqa" in lowered or "celerylint:" in lowered


def may_name_ours(text: str) -> bool:
    """Whether a directive in a text may name a rule of ours: only such can be unused or unknown."""
    return may_have(text) and OURS.search(text) is not None


def plain_directives(source: Source) -> list[Directive]:
    """The `celerylint: ignore` directives in any text with comments from `#` to the end of the line."""
    if "celerylint:" not in source.text:
        return []
    found = directives(source, [match.span() for match in PLAIN.finditer(source.text)])
    return [directive for directive in found if directive.kind == "ignore"]


def directives(source: Source, found: Iterable[tuple[int, int]]) -> Iterator[Directive]:
    """The directives in comments, given with their offsets."""
    for start, end in found:
        comment = source.text[start:end]
        if may_have(comment):
            line, column = source.position(start)
            alone = not source.line(line)[: column - 1].strip()
            for kind, pattern in PATTERNS.items():
                for match in pattern.finditer(comment):
                    yield directive(kind, match, line, (start, end), alone)


def directive(kind: Kind, match: re.Match[str], line: int, comment: tuple[int, int], alone: bool) -> Directive:
    """The directive that a pattern found in a comment."""
    start = comment[0]
    listed = match["codes"]
    codes = tuple(
        Code(word[0], start + match.start("codes") + word.start(), start + match.start("codes") + word.end())
        for word in WORD.finditer(listed or "")
    )
    end = start + match.start() + len(match[0].rstrip())
    return Directive(kind, start + match.start(), end, line, comment, alone, listed is None, codes)
