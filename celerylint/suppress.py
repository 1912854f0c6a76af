"""Which findings the comments of a file suppress, and which of these comments are of no use."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cached_property

from celerylint.directives import (
    COMMENT_LINE,
    Code,
    Directive,
    may_name_ours,
    plain_directives,
    python_directives,
)
from celerylint.edits import Edit
from celerylint.extents import joined_lines, statement_lines
from celerylint.files import is_python
from celerylint.records import dataclass
from celerylint.rule import Finding
from celerylint.source import Source, Span

OURS = re.compile(r"CEL\d+", re.IGNORECASE)
PREFIX = re.compile(r"CEL\d{0,3}", re.IGNORECASE)
# What the tool says of suppressions is not suppressed for want of findings.
ABOUT_SUPPRESSIONS = ("CEL090", "CEL091")


@dataclass(frozen=True, slots=True)
class Unused:
    """Codes of one comment that suppress nothing, as written; where the first stands; how to take them out."""

    codes: tuple[str, ...]
    span: Span
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """What a suppression names although no rule is called so; "" for an `ignore` that names nothing."""

    code: str
    span: Span


class Suppressions:
    """The suppressions of one file. `covers` remembers what was of use, so `unused` comes last.

    With a tree a `noqa` on the last line of a statement holds for all of it, as formatters move comments there.
    """

    def __init__(self, source: Source, tree: ast.Module | None = None) -> None:
        self.source, self.tree = source, tree
        self.python = is_python(source.path) or tree is not None

    @cached_property
    def directives(self) -> list[Directive]:
        return python_directives(self.source) if self.python else plain_directives(self.source)

    @property
    def naming(self) -> list[Directive]:
        """The directives, where any may name a rule of ours: else there is no need to find them."""
        return self.directives if may_name_ours(self.source.text) else []

    @cached_property
    def joined(self) -> dict[int, tuple[int, int]]:
        return joined_lines(self.source) if self.python else {}

    @cached_property
    def statements(self) -> dict[int, tuple[int, set[int]]]:
        return statement_lines(self.source, self.tree) if self.tree else {}

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is suppressed."""
        applied = [self.applies(directive, finding) for directive in self.directives]
        return any(applied)

    def applies(self, directive: Directive, finding: Finding) -> bool:
        """Whether a directive suppresses a finding, noting which of its codes do."""
        matching = {index for index, code in enumerate(directive.codes) if names(code.text, finding.code, finding.name)}
        everything = directive.bare and directive.kind != "ignore"
        if not (matching or everything) or not self.reaches(directive, finding.span.line):
            return False
        directive.used |= matching
        return True

    def reaches(self, directive: Directive, line: int) -> bool:
        """Whether a directive stands where it holds for findings in a line."""
        if directive.kind == "file":
            return True
        first, ends = self.statements.get(line, (line, set[int]()))
        if directive.kind == "ignore" and directive.alone:
            return below(self.source, directive.line) in (line, first)
        start, end = self.joined.get(line, (line, line))
        return start <= directive.line <= end or directive.line in ends

    def unused(self, enabled: Mapping[str, str]) -> list[Unused]:
        """What suppressed nothing although the rules that it names ran: `enabled` has their names by code.

        Without codes a `noqa` is everyone's and never unused; codes of other tools are not looked at.
        """
        idle: dict[tuple[int, int], list[tuple[Directive, list[Code]]]] = {}
        for directive in self.naming:
            codes = [
                code
                for index, code in enumerate(directive.codes)
                if index not in directive.used and any(names(code.text, *rule) for rule in checkable(enabled))
            ]
            if codes:
                idle.setdefault(directive.comment, []).append((directive, codes))
        return [unused(self.source, comment, found) for comment, found in sorted(idle.items())]

    def unknown(self, known: Mapping[str, str]) -> list[Unknown]:
        """What names no rule; `known` has the names of all rules by code."""
        found = [
            Unknown(code.text, self.source.range(code.start, code.end))
            for directive in self.naming
            for code in directive.codes
            if (directive.kind == "ignore" or OURS.fullmatch(code.text))
            and not any(names(code.text, *rule) for rule in known.items())
        ]
        found += [
            Unknown("", self.source.range(directive.start, directive.end))
            for directive in self.naming
            if directive.kind == "ignore" and not directive.codes
        ]
        return sorted(found, key=lambda unknown: unknown.span)


def checkable(enabled: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Code and name of the rules whose findings were there to be suppressed."""
    return ((code, name) for code, name in enabled.items() if code not in ABOUT_SUPPRESSIONS)


def names(written: str, code: str, name: str) -> bool:
    """Whether what is written in a directive names a rule: its code, a prefix of that, or its name."""
    return written == name or (bool(PREFIX.fullmatch(written)) and code.startswith(written.upper()))


def below(source: Source, line: int) -> int:
    """The line that a comment alone in its line is about: the next that is no comment."""
    line += 1
    while COMMENT_LINE.match(source.line(line)):
        line += 1
    return line


def unused(source: Source, comment: tuple[int, int], idle: list[tuple[Directive, list[Code]]]) -> Unused:
    """What is of no use in one comment, and the edit that takes it out."""
    codes = sorted((code for _, found in idle for code in found), key=lambda code: code.start)
    start, end = comment
    text = source.text[start:end]
    for directive, found in sorted(idle, key=lambda each: each[0].start, reverse=True):
        text = shortened(text, directive, found, start)
    edit = Edit(source.range(start, end), text) if text else removal(source, comment, alone=idle[0][0].alone)
    return Unused(tuple(code.text for code in codes), source.range(codes[0].start, codes[0].end), (edit,))


def shortened(text: str, directive: Directive, idle: list[Code], start: int) -> str:
    """The text of a comment, which begins at `start`, without some codes of a directive, or without all of it."""
    kept = [code for code in directive.codes if code not in idle]
    before, after = text[: directive.start - start], text[directive.end - start :]
    if kept:
        first, second, last = directive.codes[0], directive.codes[1], directive.codes[-1]
        separator = text[first.end - start : second.start - start]
        codes = separator.join(code.text for code in kept)
        return text[: first.start - start] + codes + text[last.end - start :]
    before, after = before.rstrip(), after.strip()
    after = after if not after or after.startswith("#") else f"# {after}"
    return "  ".join(part for part in (before, after) if part)


def removal(source: Source, comment: tuple[int, int], *, alone: bool) -> Edit:
    """The edit that removes a comment: with its line where nothing else is in it, else with the blanks before it."""
    text, (start, end) = source.text, comment
    if alone:
        line = source.position(start)[0]
        end_of_line = source.starts[line] if line < len(source.starts) else len(text)
        return Edit(source.range(source.starts[line - 1], end_of_line), "")
    while text[start - 1] in " \t\f":
        start -= 1
    return Edit(source.range(start, end), "")
