"""Put back into the tree of a lowered text what the replacements lost."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable

from celerylint.lowering.forms import Lowered
from celerylint.lowering.fstrings import Unreadable, joined
from celerylint.lowering.lines import Lines, Position


def restored(tree: ast.Module, lowered: Lowered, parse: Callable[[str], ast.Module]) -> ast.Module:
    """The tree of the lowered text made that of the text. Raises Unreadable, and SyntaxError for Python 2."""
    lines = Lines.of(lowered.text)
    place = lines.position
    built = {place(start): joined(lines, run, parse) for start, run in lowered.strings.items()}
    graft(tree, built, {place(start) for start in lowered.markers}, {place(start) for start in lowered.aliases})
    clauses = {place(start): [place(comma) for comma in commas] for start, commas in lowered.clauses.items()}
    for node in ast.walk(tree) if clauses else ():
        if isinstance(node, ast.ExceptHandler) and (node.lineno, node.col_offset) in clauses:
            node.type = caught(node.type, clauses[node.lineno, node.col_offset])
            refuse_python_2(tree, node.type)
    return tree


def graft(tree: ast.Module, built: dict[Position, ast.expr], markers: set[Position], aliases: set[Position]) -> None:
    """Put built strings in the place of their markers, and take out what only marked a statement."""

    def mended(node: ast.AST) -> list[ast.AST]:
        match node:
            case ast.Set(lineno=line, col_offset=column) if (line, column) in built:
                return [built.pop((line, column))]
            case ast.Expr(lineno=line, col_offset=column) if (line, column) in markers:
                return []
            case ast.Subscript(lineno=line, col_offset=column, value=ast.Name() as name) if (line, column) in aliases:
                name.ctx = node.ctx
                return [name]
        return [node]

    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if isinstance(value, list):
                value[:] = [new for old in value for new in (mended(old) if isinstance(old, ast.AST) else [old])]
            elif isinstance(value, ast.expr):
                setattr(parent, name, mended(value)[0])
    if built:
        raise Unreadable("a string where none may be")


def caught(types: ast.expr | None, commas: list[Position]) -> ast.Tuple:
    """The exceptions of an `except` whose commas were made operators. Raises Unreadable."""
    elements: list[ast.expr] = []
    for comma in reversed(commas):
        match types:
            case ast.BinOp(left=left, op=ast.BitOr(), right=right) if end(left) <= comma < start(right):
                elements.insert(0, right)
                types = left
            case _:
                raise Unreadable("operators between the commas")
    if types is None:
        raise Unreadable("no exception")
    elements.insert(0, types)
    node = ast.Tuple(elements, ast.Load())
    node.lineno, node.col_offset = start(types)
    node.end_lineno, node.end_col_offset = end(elements[-1])
    return node


def start(node: ast.expr) -> Position:
    """Where an expression begins, as `ast` counts."""
    return node.lineno, node.col_offset


def end(node: ast.expr) -> Position:
    """Where an expression ends, as `ast` counts."""
    return node.end_lineno or node.lineno, node.end_col_offset or 0


def refuse_python_2(tree: ast.Module, types: ast.Tuple) -> None:
    """Raise SyntaxError for `except A, e:` where nothing in the file binds `e`: in Python 2 that clause does."""
    match types.elts:
        case [_, ast.Name(id=name) as last] if (
            name.islower() and not hasattr(builtins, name) and not may_bind(tree, name)
        ):
            where = ("<unknown>", last.lineno, last.col_offset + 1, "")
            raise SyntaxError(f"Python 2 code: a comma before `{name}` where Python 3 has `as`", where)
        case _:
            pass


def may_bind(tree: ast.Module, name: str) -> bool:
    """Whether anything in a file may bind a name."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=bound, ctx=ast.Store()) | ast.arg(arg=bound) if bound == name:
                return True
            case ast.alias(name=path, asname=asname) if path == "*" or (asname or path.partition(".")[0]) == name:
                return True
            case ast.alias():
                pass
            case _ if getattr(node, "name", "") == name:
                return True
            case _:
                pass
    return False
