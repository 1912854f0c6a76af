"""For rules about texts that are put together: the expressions that end up in one as they are."""

from __future__ import annotations

import ast
from collections.abc import Iterator

# Methods and functions that give their text on, and calls that put it into a larger one.
SAME = frozenset({"strip", "lstrip", "rstrip", "lower", "upper", "encode", "decode", "replace", "removeprefix"})
WRAPPERS = frozenset({"str", "repr", "dict", "list", "tuple", "sorted", "dumps", "format", "join", "pformat"})


def parts_of_text(node: ast.expr) -> Iterator[ast.expr]:
    """The expressions whose value is in what an expression gives: those in f-strings, formats, sums and containers.

    A comparison, an index, a slice and what any other call is given is not in it.
    """
    match node:
        case ast.JoinedStr(values=values) | ast.Tuple(elts=values) | ast.List(elts=values) | ast.Set(elts=values):
            for value in values:
                yield from parts_of_text(value)
        case ast.FormattedValue(value=value) | ast.Starred(value=value) | ast.Await(value=value):
            yield from parts_of_text(value)
        case ast.BinOp(left=left, right=right, op=ast.Add() | ast.Mod()):
            yield from parts_of_text(left)
            yield from parts_of_text(right)
        case ast.Dict(values=values):
            for value in values:
                yield from parts_of_text(value)
        case ast.IfExp(body=body, orelse=other):
            yield from parts_of_text(body)
            yield from parts_of_text(other)
        case ast.BoolOp(values=values):
            for value in values:
                yield from parts_of_text(value)
        case ast.Call():
            yield node
            yield from parts_of_call(node)
        case _:
            yield node


def parts_of_call(node: ast.Call) -> Iterator[ast.expr]:
    """What a call that makes a text, or a container for one, puts into it."""
    match node.func:
        case ast.Attribute(value=base, attr=name) if name in SAME | {"format", "join"}:
            yield from parts_of_text(base)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            pass
        case _:
            return
    if name in WRAPPERS:
        for given in [*node.args, *(keyword.value for keyword in node.keywords)]:
            yield from parts_of_text(given)
