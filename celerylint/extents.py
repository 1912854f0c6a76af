"""Which lines belong together: those of one statement, and those that one string or backslash joins."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from celerylint.lexing import LexError, token_at
from celerylint.source import Source


def joined_lines(source: Source) -> dict[int, tuple[int, int]]:
    """First and last line of what a multi-line string or a backslash joins, for each of its lines.

    flake8 reads a `noqa` on any of them for all of them.
    """
    groups: list[tuple[int, int]] = []
    for start, end in spanning_tokens(source.text):
        first, last = source.position(start)[0], source.position(end)[0]
        if groups and first <= groups[-1][1]:
            first = groups.pop()[0]
        groups.append((first, last))
    return {line: group for group in groups for line in range(group[0], group[1] + 1)}


def spanning_tokens(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each token that goes over the end of a line, but for the line's end itself."""
    at = 0
    try:
        while at < len(text):
            token = token_at(text, at)
            if token.kind in ("string", "space") and ("\n" in text[at : token.end] or "\r" in text[at : token.end]):
                yield at, token.end
            at = token.end
    except LexError:
        return


def statement_lines(source: Source, tree: ast.Module) -> dict[int, tuple[int, set[int]]]:
    """For each line the first line of the innermost statement there, and the lines where it may be said to end.

    Of a compound statement that is its head, decorators included, each of which also ends by itself.
    """
    lines: dict[int, tuple[int, set[int]]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt | ast.excepthandler | ast.match_case):
            first, last = head(source, node)
            for line in range(first, last + 1):
                lines[line] = first, {last}
            for decorator in getattr(node, "decorator_list", ()):
                for line in range(decorator.lineno, decorator.end_lineno + 1):
                    lines[line] = first, {last, decorator.end_lineno}
    return lines


def head(source: Source, node: ast.stmt | ast.excepthandler | ast.match_case) -> tuple[int, int]:
    """First and last line of a statement, of a compound one without what is indented below it."""
    start: int = node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno
    first = min([start, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))])
    body = getattr(node, "body", None) or getattr(node, "cases", None)
    if not body:
        return first, getattr(node, "end_lineno", None) or start
    inside = head(source, body[0])[0]
    last = inside - 1
    while last > start and not is_code(source.line(last)):
        last -= 1
    return first, max(last, start)


def is_code(line: str) -> bool:
    """Whether a line holds more than blanks and a comment."""
    return bool(line.strip()) and not line.lstrip().startswith("#")
