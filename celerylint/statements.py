"""Edits of whole statements: where their lines begin and end, and how they are indented."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from celerylint.edits import Edit, insert
from celerylint.layout import NotEditable
from celerylint.source import Source

if TYPE_CHECKING:
    from celerylint.file import File

Statement: TypeAlias = ast.stmt | ast.excepthandler

SEMICOLON = re.compile(r"(?:[ \t\f]|\\(?:\r\n|\r|\n))*;(?:[ \t\f]|\\(?:\r\n|\r|\n))*")
REST = re.compile(r"[ \t\f]*(?P<comment>#[^\r\n]*)?(?P<newline>\r\n|\r|\n|\Z)")
UNIT = "    "


def bounds(file: File, node: ast.expr | ast.keyword | Statement) -> tuple[int, int]:
    """The offsets of a node in the text, without decorators."""
    span = file.span(node)
    return file.source.offset(span.line, span.column), file.source.offset(span.end_line, span.end_column)


def extent(file: File, statement: Statement) -> tuple[int, int]:
    """The offsets of a statement in the text, with its decorators."""
    start, end = bounds(file, statement)
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    if decorators:
        start = file.source.text.rindex("@", 0, bounds(file, decorators[0])[0])
    return start, end


def line_start(source: Source, offset: int) -> int:
    """The offset at which the line of an offset begins."""
    return source.starts[source.position(offset)[0] - 1]


def indentation(source: Source, offset: int) -> str | None:
    """The white space before an offset in its line; None where something else stands there."""
    prefix = source.text[line_start(source, offset) : offset]
    # A form feed sets the indentation back to nothing.
    return None if prefix.strip(" \t\f") else prefix.rpartition("\f")[2]


def blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """The statement lists of a node."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list) and block:
            yield block


def block_of(file: File, statement: Statement) -> list[ast.stmt]:
    """The statements among which one stands; an empty list for an `except` clause."""
    above = file.parent(statement)
    return next((block for block in blocks(above) if statement in block), []) if above is not None else []


def unit(file: File, statement: Statement) -> str:
    """By how much the code around a statement is indented for each level."""
    around = [statement, *file.ancestors(statement)]
    for node in [*around, *file.tree.body]:
        outer = indentation(file.source, extent(file, node)[0]) if isinstance(node, Statement) else None
        for block in blocks(node):
            inner = indentation(file.source, extent(file, block[0])[0])
            if outer is not None and inner is not None and inner.startswith(outer) and inner != outer:
                return inner[len(outer) :]
    return UNIT


def indented(file: File, statement: Statement, lines: Sequence[str], indent: str) -> str:
    """Lines as a block at an indentation; each four spaces that they begin with become one level of the file's."""
    step, out = unit(file, statement), []
    for line in lines:
        code = line.lstrip(" ")
        levels, rest = divmod(len(line) - len(code), len(UNIT))
        out.append(indent + step * levels + " " * rest + code if code else "")
    return "".join(f"{line}\n" for line in out)


def insert_before(file: File, statement: Statement, lines: Sequence[str]) -> tuple[Edit, ...]:
    """New lines above a statement or `except` clause, at its indentation.

    In `if x: statement` and `a; statement` the lines go in front of it, which only simple statements can.
    """
    start, _ = extent(file, statement)
    indent = indentation(file.source, start)
    if indent is None:
        return (insert(file.source, start, "".join(f"{line}; " for line in simple(lines))),)
    return (insert(file.source, line_start(file.source, start), indented(file, statement, lines, indent)),)


def insert_after(file: File, statement: ast.stmt, lines: Sequence[str]) -> tuple[Edit, ...]:
    """New lines below a statement, at its indentation; comments at its end stay there."""
    source = file.source
    start, end = extent(file, statement)
    indent, rest = indentation(source, start), REST.match(source.text, end)
    if indent is None or rest is None:
        if compound(statement):
            raise NotEditable("something else stands on its line")
        return (insert(source, end, "".join(f"; {line}" for line in simple(lines))),)
    content = indented(file, statement, lines, indent)
    if not rest["newline"]:
        content = "\n" + content.removesuffix("\n")
    return (insert(source, rest.end(), content),)


def compound(statement: ast.stmt) -> bool:
    """Whether a statement has blocks."""
    return "body" in statement._fields or "cases" in statement._fields


def simple(lines: Sequence[str]) -> Sequence[str]:
    """Lines that are one simple statement each. Raises NotEditable where one is not."""
    for line in lines:
        try:
            body = ast.parse(line).body
        except SyntaxError:
            body = []
        if len(body) != 1 or compound(body[0]):
            raise NotEditable("no line of its own for a compound statement")
    return lines


def replace_statement(file: File, statement: ast.stmt, lines: Sequence[str]) -> tuple[Edit, ...]:
    """Other lines in place of a statement, at its indentation; a comment at its end stays behind the last line."""
    start, end = extent(file, statement)
    indent = indentation(file.source, start)
    if indent is None:
        return (Edit(file.source.range(start, end), "; ".join(simple(lines))),)
    content = indented(file, statement, lines, indent).removeprefix(indent).removesuffix("\n")
    return (Edit(file.source.range(start, end), content),)


def remove_statement(file: File, statement: ast.stmt) -> tuple[Edit, ...]:
    """A statement away with its line; `pass` where a block would be empty. Comments beside it stay."""
    source, block = file.source, block_of(file, statement)
    start, end = extent(file, statement)
    if len(block) == 1:
        return (Edit(source.range(start, end), "pass"),)
    after, rest = SEMICOLON.match(source.text, end), REST.match(source.text, end)
    index = block.index(statement)
    if after is not None and index + 1 < len(block) and extent(file, block[index + 1])[0] == after.end():
        return (Edit(source.range(start, after.end()), ""),)
    if indentation(source, start) is None:
        return (Edit(source.range(extent(file, block[index - 1])[1], end), ""),)
    rest = REST.match(source.text, after.end() if after is not None else end)
    if rest is None:
        raise NotEditable("something else stands on its line")
    if rest["comment"]:
        return (Edit(source.range(start, rest.start("comment")), ""),)
    return (Edit(source.range(line_start(source, start), rest.end()), ""),)
