"""Build the tree of f-strings and t-strings that the running Python cannot read (PEP 701, PEP 750).

Positions are those that Python 3.12 gives: every field and every expression where it really stands.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

from celerylint.lexing import Field, Literal, Token
from celerylint.lowering.host import host_tree
from celerylint.lowering.lines import Lines

Parse: TypeAlias = Callable[[str], ast.Module]
E = TypeVar("E", bound=ast.expr)

NEWLINE = re.compile(r"\r\n?")
PART = re.compile(r"(\\N\{[^{}\r\n]*\}|\\[^{}])|(\{\{|\}\})|([\"'])|(\\)", re.DOTALL)


class TemplateStr(ast.expr):
    """What Python 3.14 has under this name in `ast`: `values` are constants and interpolations."""

    _fields = ("values",)
    values: list[ast.expr]


class Interpolation(ast.expr):
    """What Python 3.14 has under this name in `ast`: a field of a t-string; `str` is its lines."""

    _fields = ("value", "str", "conversion", "format_spec")
    value: ast.expr
    str: str
    conversion: int
    format_spec: ast.expr | None


class Unreadable(Exception):
    """The string is wrong in every Python."""


def joined(lines: Lines, run: Sequence[Token], parse: Parse) -> ast.expr:
    """The node of adjacent strings, which Python reads as one. Raises Unreadable."""
    templates = {"t" in token.prefix for token in run}
    if len(templates) > 1 or any("b" in token.prefix for token in run):
        raise Unreadable("strings of different kinds side by side")
    values = merged([value for token in run for value in token_values(lines, token, parse)])
    start, end = run[0].start, run[-1].end
    if templates == {False}:
        return placed(ast.JoinedStr(values=values), lines, start, end)
    node = TemplateStr.__new__(TemplateStr)
    node.values = values
    return placed(node, lines, start, end)


def token_values(lines: Lines, token: Token, parse: Parse) -> list[ast.expr]:
    """The constants and fields of one string."""
    if not {"f", "t"} & set(token.prefix):
        value = evaluated(lines.text[token.start : token.end])
        return [placed(ast.Constant(value=value), lines, token.start, token.end)]
    return piece_values(lines, token, token.pieces, parse)


def piece_values(
    lines: Lines, token: Token, pieces: Sequence[Literal | Field], parse: Parse, *, doubled: bool = True
) -> list[ast.expr]:
    """The nodes of an f-string's pieces; `doubled` says that doubled braces stand for one."""
    values: list[ast.expr] = []
    for piece in pieces:
        if isinstance(piece, Field):
            values += field_values(lines, token, piece, parse)
        else:
            value = unescaped(lines.text[piece.start : piece.end], raw="r" in token.prefix, doubled=doubled)
            values.append(placed(ast.Constant(value=value), lines, piece.start, piece.end))
    return values


def field_values(lines: Lines, token: Token, field: Field, parse: Parse) -> list[ast.expr]:
    """A field's node, with the text before it that `=` repeats."""
    value = expression(lines, field.expression, field.expression_end, parse)
    spec: ast.expr | None = None
    if field.spec is not None:
        parts = merged(piece_values(lines, token, field.spec, parse, doubled=False))
        spec = placed(ast.JoinedStr(values=parts), lines, field.expression_end, field.end - 1)
    if field.conversion not in ("", "a", "r", "s"):
        raise Unreadable(f"unknown conversion {field.conversion}")
    shown = field.shown >= 0
    conversion = ord(field.conversion or ("r" if shown and spec is None else "\0")) or -1
    node: ast.expr = ast.FormattedValue(value=value, conversion=conversion, format_spec=spec)
    if "t" in token.prefix:
        node = interpolation(value, lines.text[field.expression : field.expression_end], conversion, spec)
    found = [placed(node, lines, field.start, field.end)]
    if not shown:
        return found
    text = NEWLINE.sub("\n", lines.text[field.expression : field.shown])
    return [placed(ast.Constant(value=text), lines, field.expression, field.shown), *found]


def interpolation(value: ast.expr, text: str, conversion: int, spec: ast.expr | None) -> Interpolation:
    """A field of a t-string."""
    node = Interpolation.__new__(Interpolation)
    node.value, node.str, node.conversion, node.format_spec = value, text.strip(), conversion, spec
    return node


def expression(lines: Lines, start: int, end: int, parse: Parse) -> ast.expr:
    """The tree of the expression between two offsets, every node where it stands. Raises Unreadable."""
    line, column = lines.position(start)
    try:
        body = parse("(\n" + " " * column + lines.text[start:end] + "\n)").body
    except SyntaxError as error:
        raise Unreadable(str(error)) from None
    match body:
        case [ast.Expr(value=ast.Tuple(lineno=1, elts=[_, *_]) as node)]:
            node.lineno, node.col_offset = node.elts[0].lineno, node.elts[0].col_offset
            node.end_lineno, node.end_col_offset = node.elts[-1].end_lineno, node.elts[-1].end_col_offset
        case [ast.Expr(value=ast.expr(lineno=at) as node)] if at > 1:
            pass
        case _:
            raise Unreadable("no expression")
    ast.increment_lineno(node, line - 2)
    return node


def placed(node: E, lines: Lines, start: int, end: int) -> E:
    """The node with the position of a stretch of text."""
    node.lineno, node.col_offset = lines.position(start)
    node.end_lineno, node.end_col_offset = lines.position(end)
    return node


def merged(values: Sequence[ast.expr]) -> list[ast.expr]:
    """The values with adjacent constants made one and empty ones dropped, as `ast` has them."""
    out: list[ast.expr] = []
    for value in values:
        match value, out[-1:]:
            case ast.Constant(value=""), _:
                pass
            case ast.Constant(value=str() as more), [ast.Constant(value=str() as text) as last]:
                last.value = text + more
                last.end_lineno, last.end_col_offset = value.end_lineno, value.end_col_offset
            case _:
                out.append(value)
    return out


def unescaped(text: str, *, raw: bool, doubled: bool) -> str:
    """What a stretch of an f-string's text stands for. Raises Unreadable for a broken escape."""
    text = NEWLINE.sub("\n", text)
    if raw:
        return text.replace("{{", "{").replace("}}", "}") if doubled else text

    def part(match: re.Match[str]) -> str:
        escape, braces, quote, _ = match.groups()
        return escape or (braces[0] if doubled else braces) if escape or braces else "\\" + (quote or "\\")

    return evaluated('"""' + PART.sub(part, text) + '"""')


def evaluated(literal: str) -> str:
    """The value of a plain string literal. Raises Unreadable."""
    try:
        body = host_tree(literal).body
    except SyntaxError as error:
        raise Unreadable(str(error)) from None
    match body:
        case [ast.Expr(value=ast.Constant(value=str() as value))]:
            return value
        case _:
            raise Unreadable("no text")
