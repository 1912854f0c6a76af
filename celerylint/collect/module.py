"""Imports, module-level assignments and writes to attributes and items."""

from __future__ import annotations

import ast

from celerylint.facts import Assign, Write
from celerylint.file import File
from celerylint.source import Span
from celerylint.tree import FunctionNode
from celerylint.values import UNKNOWN, Name, Value


def imports(file: File) -> dict[str, str]:
    """The names that module-level imports bind, with the dotted name each stands for."""
    scope = file.arranged.scopes[file.tree]
    found = {}
    for name, bindings in scope.bindings.items():
        imported = next((binding for binding in bindings if binding.kind == "import"), None)
        if imported is not None:
            value = file.names.imported(imported)
            if isinstance(value, Name):
                found[name] = value.dotted
    return found


def stars(file: File) -> tuple[str, ...]:
    """The modules that are star-imported, in order."""
    found = []
    for node in file.nodes(ast.ImportFrom):
        if any(alias.name == "*" for alias in node.names):
            found.append(imported_from(file, node))
    return tuple(found)


def imported_from(file: File, node: ast.ImportFrom) -> str:
    """The dotted name of the module that a `from … import` reads."""
    locator = file.names.locator
    if node.level:
        return locator.relative(file.path, node.level, node.module or "")
    return locator.locate(node.module or "", file.path)


def imported_modules(file: File) -> tuple[str, ...]:
    """Every module that an import anywhere in the file runs, as far as its text tells."""
    found: dict[str, None] = {}
    for node in file.nodes(ast.Import):
        for alias in node.names:
            found[file.names.locator.locate(alias.name, file.path)] = None
    for origin in file.nodes(ast.ImportFrom):
        base = imported_from(file, origin)
        found[base] = None
        for alias in origin.names:
            found[f"{base}.{alias.name}"] = None
    return tuple(found)


LOOSE = (ast.BoolOp, ast.IfExp, ast.Lambda, ast.NamedExpr)


def condition(file: File, node: ast.AST) -> str:
    """The tests of the `if`s around a statement, joined by " and "; "" where there are none."""
    tests, child = [], node
    for above in file.ancestors(node):
        if isinstance(above, ast.If):
            text = file.text(above.test)
            if child in above.body:
                tests.append(f"({text})" if isinstance(above.test, LOOSE) else text)
            elif child in above.orelse:
                tests.append(f"not ({text})")
        elif isinstance(above, FunctionNode):
            break
        child = above
    return " and ".join(reversed(tests))


def targets(node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def assignments(file: File) -> list[tuple[ast.expr, ast.expr, ast.stmt]]:
    """Every target with the expression assigned to it; of `x += y` the y."""
    found: list[tuple[ast.expr, ast.expr, ast.stmt]] = []
    for node in file.nodes(ast.Assign, ast.AnnAssign, ast.AugAssign):
        if node.value is None:
            continue
        for target in targets(node):
            pairs = [(target, node.value)]
            if (
                isinstance(target, ast.Tuple)
                and isinstance(node.value, ast.Tuple)
                and len(target.elts) == len(node.value.elts)
            ):
                pairs = list(zip(target.elts, node.value.elts, strict=True))
            found.extend((left, right, node) for left, right in pairs)
    return found


def assigns(file: File) -> dict[str, tuple[Assign, ...]]:
    """Assignments to module-level names."""
    found: dict[str, list[Assign]] = {}
    for target, value, node in assignments(file):
        if isinstance(target, ast.Name):
            scope = file.scope(node)
            if scope.parent is None or target.id in scope.outer:
                known = UNKNOWN if isinstance(node, ast.AugAssign) or scope.parent is not None else file.value(value)
                row = Assign(target.id, known, file.span(target), file.span(value), condition(file, node))
                found.setdefault(target.id, []).append(row)
    return {name: tuple(sorted(rows, key=lambda row: row.span)) for name, rows in found.items()}


def writes(file: File) -> tuple[Write, ...]:
    """Assignments to attributes and items of something with a name."""
    found = []
    for target, value, node in assignments(file):
        if isinstance(target, ast.Attribute | ast.Subscript) and not isinstance(node, ast.AugAssign):
            where = file.value(target)
            if where != UNKNOWN:
                found.append(write(file, where, value, node, file.span(target)))
    return tuple(sorted(found, key=lambda row: row.span))


def write(file: File, where: Value, value: ast.expr, node: ast.stmt, span: Span) -> Write:
    key = file.function_key(node)
    return Write(where, file.value(value), span, file.span(value), key.partition(":")[2], condition(file, node))
