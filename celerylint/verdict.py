"""Whether a fixed text may be kept: it parses, has its comments and its encoding, and no finding that was not there."""

from __future__ import annotations

import ast
import warnings
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from celerylint import lowering
from celerylint.edits import Edit, offsets
from celerylint.lexing import comments
from celerylint.records import dataclass
from celerylint.rule import Finding
from celerylint.source import Source, Span, UnreadableSource

Place: TypeAlias = tuple[int, int]
Key: TypeAlias = tuple[object, ...]

BROKEN = (SyntaxError, ValueError, RecursionError, MemoryError)


def harm(old: Source, text: str, about: Iterable[Span] = (), *, python: bool = True) -> str:
    """What a new text of a file does that no fix may do; "" where it is fine. `about` are the fixed findings' spans."""
    try:
        new = Source.from_bytes(old.path, old.to_bytes(text))
    except UnicodeEncodeError as error:
        return f"{text[error.start : error.end]!r} is not in {old.encoding}"
    except UnreadableSource as error:
        return error.message
    if (new.text, new.encoding, new.bom) != (text, old.encoding, old.bom):
        return "the file would be read in another encoding"
    return broken(old, text) or lost_comments(old, text, about) if python else ""


def broken(old: Source, text: str) -> str:
    """Why a new text is no Python; "" where it is, or the old one was none either."""
    try:
        tree = lowering.parse(text)
    except BROKEN as error:
        return f"the result does not parse: {error}"
    reason = uncompilable(tree)
    return reason if reason and not uncompilable(lowering.parse(old.text)) else ""


def uncompilable(tree: ast.Module) -> str:
    """What only the compiler refuses: a keyword twice, `return` outside a function, a late `__future__` import."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(tree, "<fix>", "exec", dont_inherit=True)
        except (*BROKEN, TypeError) as error:
            return f"the result does not compile: {error}"
    return ""


def lost_comments(old: Source, text: str, about: Iterable[Span]) -> str:
    """The first comment that is gone, unless a fixed finding is about the comment itself."""
    places = [old.offset(span.line, span.column) for span in about]
    kept = Counter(text[start:end].rstrip() for start, end in comments(text))
    for start, end in comments(old.text):
        comment = old.text[start:end].rstrip()
        if kept[comment]:
            kept[comment] -= 1
        elif not any(start <= place < end for place in places):
            return f"a comment would be lost: {comment}"
    return ""


@dataclass(frozen=True, slots=True)
class Moved:
    """Where the positions of a text are after edits."""

    old: Source
    new: Source
    ends: list[int]
    shifts: list[int]

    @classmethod
    def by(cls, old: Source, new: Source, edits: Iterable[Edit]) -> Moved:
        ends, shifts = [], [0]
        for start, end, content in sorted({(*offsets(old, edit), edit.content) for edit in edits}):
            ends.append(end)
            shifts.append(shifts[-1] + len(content) - (end - start))
        return cls(old, new, ends, shifts)

    def position(self, span: Span) -> Place:
        """The line and column where a span begins now; somewhere near where an edit replaced that place."""
        offset = self.old.offset(span.line, span.column)
        return self.new.position(max(0, offset + self.shifts[bisect_right(self.ends, offset)]))


def added(before: Sequence[Finding], after: Sequence[Finding], moved: dict[str, Moved]) -> list[Finding]:
    """The findings that were not there before the edits: at no such place, and with no such message in the symbol."""
    old, new = list(before), list(after)
    for key in (same_all, same_words, same_place):
        places = [moved[f.path].position(f.span) if f.path in moved else f.span[:2] for f in old]
        keys = [key(finding, place) for finding, place in zip(old, places, strict=True)]
        old, new = without_pairs(keys, old, [key(finding, finding.span[:2]) for finding in new], new)
    return new


def same_all(finding: Finding, place: Place) -> Key:
    return finding.code, finding.path, finding.message, place


def same_words(finding: Finding, place: Place) -> Key:
    return finding.code, finding.path, finding.message, finding.symbol


def same_place(finding: Finding, place: Place) -> Key:
    return finding.code, finding.path, place


def without_pairs(
    old_keys: Sequence[Key], old: Sequence[Finding], new_keys: Sequence[Key], new: Sequence[Finding]
) -> tuple[list[Finding], list[Finding]]:
    """What remains of two lists when findings with equal keys are taken out of both, one for one."""
    waiting: defaultdict[Key, list[Finding]] = defaultdict(list)
    for key, finding in zip(old_keys, old, strict=True):
        waiting[key].append(finding)
    rest = []
    for key, finding in zip(new_keys, new, strict=True):
        if waiting[key]:
            waiting[key].pop()
        else:
            rest.append(finding)
    return [finding for group in waiting.values() for finding in group], rest
