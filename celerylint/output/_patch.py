"""What a fix changes, as lines taken out and put in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from celerylint.edits import Edit, apply
from celerylint.output._terminal import cells, clip, paint
from celerylint.source import NEWLINE, Source, Span


def patch(source: Source, edits: Sequence[Edit], color: bool = False) -> list[str]:
    """The changed lines between their neighbours, numbered as they will be."""
    above, part, edits = excerpt(source, edits)
    new = Source.from_text(source.path, apply(part, edits))
    changed = [[(sign, above + number, text) for sign, number, text in rows] for rows in hunks(part, new, edits)]
    width = len(str(max((number for rows in changed for _, number, _ in rows), default=0)))
    empty = paint(f"{'':{width}} |", "blue", color)
    out = [empty]
    for index, rows in enumerate(changed):
        if index:
            out.append(paint("...", "blue", color))
        out.extend(show(sign, number, text, width, color) for sign, number, text in rows)
    return [*out, empty]


def excerpt(source: Source, edits: Sequence[Edit]) -> tuple[int, Source, list[Edit]]:
    """The lines around edits as a text of their own, how many lines are above it, and the edits of it."""
    first = max(min((edit.span.line for edit in edits), default=1) - 1, 1)
    last = max((edit.span.end_line for edit in edits), default=1) + 1
    end = source.starts[last] if last < len(source.starts) else len(source.text)
    part = Source.from_text(source.path, source.text[source.starts[first - 1] : end])
    return first - 1, part, [replace(edit, span=moved_up(edit.span, first - 1)) for edit in edits]


def moved_up(span: Span, lines: int) -> Span:
    """A span in a text that has so many lines less above it."""
    return span._replace(line=span.line - lines, end_line=span.end_line - lines)


def show(sign: str, number: int, text: str, width: int, color: bool) -> str:
    """One line of a patch; what is taken out has no number, as it will have no line."""
    label = f"{number if sign != '-' else '':>{width}} {sign}"
    line = f"{label} {clip(cells(text))}".rstrip()
    if sign == "|":
        return line.replace(label, paint(label, "blue", color), 1)
    return paint(line, "green" if sign == "+" else "red", color)


def hunks(old: Source, new: Source, edits: Sequence[Edit]) -> Iterator[list[tuple[str, int, str]]]:
    """Runs of lines that change together: sign (`-`, `+`, `|`), new line number, text."""
    moved = 0
    for first, last, growth in groups(edits):
        before = [old.line(number) for number in range(first, last + 1)]
        after = [new.line(number) for number in range(first + moved, last + moved + growth + 1)]
        same = common(before, after)
        tail = common(before[same:][::-1], after[same:][::-1])
        start, end = first + moved + same, last + moved + growth + 1 - tail
        rows = [("-", 0, text) for text in before[same : len(before) - tail]]
        rows += [("+", number, new.line(number)) for number in range(start, end)]
        neighbours = [("|", number, new.line(number)) for number in (start - 1, end)]
        head, foot = ([row] if 1 <= row[1] <= len(new.starts) and row[2].strip() else [] for row in neighbours)
        yield [*head, *rows, *foot]
        moved += growth


def groups(edits: Sequence[Edit]) -> Iterator[tuple[int, int, int]]:
    """First and last old line of edits that touch the same lines, and how many lines they add."""
    pending: tuple[int, int, int] | None = None
    for edit in sorted(edits, key=lambda edit: edit.span):
        first, last = edit.span.line, edit.span.end_line
        growth = len(NEWLINE.findall(edit.content)) - (last - first)
        if pending is not None and first <= pending[1] + 1:
            pending = pending[0], max(pending[1], last), pending[2] + growth
            continue
        if pending is not None:
            yield pending
        pending = first, last, growth
    if pending is not None:
        yield pending


def common(left: Sequence[str], right: Sequence[str]) -> int:
    """How many items both start with."""
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count
