"""The lines of source around a span, with the span marked."""

from __future__ import annotations

from collections.abc import Iterator

from celerylint.output._terminal import WIDTH, cells, clip, paint
from celerylint.source import Source, Span

CONTEXT = 2
LONGEST = 8
HEAD, TAIL = 4, 2


def frame(source: Source, span: Span, color: bool = False) -> list[str]:
    """Numbered lines with carets below the span; long spans and long lines are cut in the middle."""
    width = gutter(source, span)
    span = normal(source, span)
    empty = paint(f"{'':{width}} |", "blue", color)
    out = [empty]
    for number, text, marks in marked_lines(source, span, shown(source, span)):
        label = f"{number:>{width}} |" if number else f"{'...':<{width + 2}}"
        out.append(f"{paint(label, 'blue', color)} {paint_margin(text, span, color)}".rstrip())
        if marks:
            out.append(f"{empty} {paint(marks, 'red', color)}")
    return [*out, empty]


def gutter(source: Source, span: Span) -> int:
    """How wide the line numbers beside a span are."""
    return len(str(shown(source, normal(source, span))[-1]))


def normal(source: Source, span: Span) -> Span:
    """The span inside the text, and ending on the line of its last character rather than at the next line's start."""
    line, column, end_line, end_column = span
    line = min(max(line, 1), len(source.starts))
    end_line = min(max(end_line, line), len(source.starts))
    if end_line > line and end_column <= 1:
        end_line, end_column = end_line - 1, len(source.line(end_line - 1)) + 1
    return Span(line, max(column, 1), end_line, max(end_column, column + 1 if end_line == line else 2))


def shown(source: Source, span: Span) -> list[int]:
    """The numbers of the lines to show, blank ones at the edges left out; 0 stands for those left out inside."""
    first, last = max(1, span.line - CONTEXT), min(len(source.starts), span.end_line + CONTEXT)
    while first < span.line and not source.line(first).strip():
        first += 1
    while last > span.end_line and not source.line(last).strip():
        last -= 1
    if span.end_line - span.line < LONGEST:
        return list(range(first, last + 1))
    return [*range(first, span.line + HEAD), 0, *range(span.end_line - TAIL + 1, last + 1)]


def marked_lines(source: Source, span: Span, numbers: list[int]) -> Iterator[tuple[int, str, str]]:
    """Line number, text and the marks below it, for every line shown."""
    if span.line == span.end_line:
        yield from one_line(source, span, numbers)
    else:
        yield from many_lines(source, span, numbers)


def one_line(source: Source, span: Span, numbers: list[int]) -> Iterator[tuple[int, str, str]]:
    """The span within one line: carets below it."""
    text = source.line(span.line)
    start, end = (len(cells(text[: column - 1])) for column in (span.column, span.end_column))
    end = max(end, start + 1)
    shift = 0 if end <= WIDTH else max(0, min(start - WIDTH // 3, end + WIDTH // 6 - WIDTH))
    for number in numbers:
        marks = " " * (start - shift) + "^" * (min(end, shift + WIDTH) - start)
        yield number, clip(cells(source.line(number)), shift), marks if number == span.line else ""


def many_lines(source: Source, span: Span, numbers: list[int]) -> Iterator[tuple[int, str, str]]:
    """The span over several lines: a rule beside them, from its first character to its last."""
    first, last = source.line(span.line), source.line(span.end_line)
    start = len(cells(first[: span.column - 1]))
    end = max(len(cells(last[: span.end_column - 1])), 1)
    whole = not first[: span.column - 1].strip()
    for number in numbers:
        inside = number == 0 or span.line < number <= span.end_line
        edge = "|" if inside else "/" if whole and number == span.line else " "
        marks = ""
        if number == span.line and not whole:
            marks = f" {'_' * min(start + 1, WIDTH)}^"
        elif number == span.end_line:
            marks = f"|{'_' * min(end, WIDTH)}^"
        yield number, f"{edge} {clip(cells(source.line(number)))}", marks


def paint_margin(text: str, span: Span, color: bool) -> str:
    """The rule beside the lines of a long span in the colour of its carets."""
    if color and span.line != span.end_line and text[:1] in ("|", "/"):
        return paint(text[0], "red", color) + text[1:]
    return text
