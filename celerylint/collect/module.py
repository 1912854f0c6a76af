"""Imports, module-level assignments and writes to attributes and items."""

from __future__ import annotations

import ast

from celerylint.facts import Assign, Write
from celerylint.file import File
from celerylint.source import Span
from celerylint.tree import FunctionNode
from celerylint.values import UNKNOWN, Binary, Item, Name, Value


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
    """The tests around a statement, as Python joined by " and "; "" where there are none. Those of an `except` and a
    `case` are written as an `if` would ask them."""
    tests, child = [], node
    for above in file.ancestors(node):
        match above:
            case ast.If(test=test, body=body, orelse=orelse):
                text = file.text(test)
                if child in body:
                    tests.append(f"({text})" if isinstance(test, LOOSE) else text)
                elif child in orelse:
                    tests.append(f"not ({text})")
            case ast.ExceptHandler(type=caught):
                tests.append(f"isinstance(error, {file.text(caught) if caught is not None else 'BaseException'})")
            case ast.Match(subject=subject, cases=cases):
                tests.append(cased(file, subject, [case for case in cases if case is child] or cases, cases))
            case _ if isinstance(above, FunctionNode):
                break
            case _:
                pass
        child = above
    return " and ".join(reversed(tests))


def cased(file: File, subject: ast.expr, chosen: list[ast.match_case], cases: list[ast.match_case]) -> str:
    """What a `case` asks of the subject: one of its values, none of all the others' for `case _`."""
    values = patterns(chosen)
    sign = "in" if values else "not in"
    texts = [file.text(value) for value in values or patterns(cases)]
    return f"{file.text(subject)} {sign} ({''.join(f'{text}, ' for text in texts)})"


def patterns(cases: list[ast.match_case]) -> list[ast.expr]:
    """The values that the patterns of some cases are."""
    return [part.value for case in cases for part in ast.walk(case.pattern) if isinstance(part, ast.MatchValue)]


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
        if isinstance(target, ast.Name) and not is_union(node):
            scope = file.scope(node)
            if scope.parent is None or target.id in scope.outer:
                known = UNKNOWN if isinstance(node, ast.AugAssign) or scope.parent is not None else file.value(value)
                row = Assign(target.id, known, file.span(target), file.span(value), condition(file, node))
                found.setdefault(target.id, []).append(row)
    return {name: tuple(sorted(rows, key=lambda row: row.span)) for name, rows in found.items()}


def writes(file: File) -> tuple[Write, ...]:
    """Assignments to attributes and items of something with a name; `setattr(x, name, value)` is written as an item."""
    found = []
    for call in file.nodes(ast.Call):
        match call:
            case ast.Call(func=ast.Name(id="setattr"), args=[target, key, value]):
                base = file.value(target)
                if base != UNKNOWN:
                    found.append(write(file, Item(base, file.value(key)), value, call, file.span(key)))
            case _:
                pass
    for target, value, node in assignments(file):
        plain = isinstance(target, ast.Attribute | ast.Subscript) and not isinstance(node, ast.AugAssign)
        if plain or is_union(node):
            where = file.value(target) if not isinstance(target, ast.Name) else named(file, target, node)
            if where != UNKNOWN:
                found.append(write(file, where, value, node, file.span(target)))
    return tuple(sorted(found, key=lambda row: row.span))


def is_union(node: ast.AST) -> bool:
    """Whether a statement puts more items into a dict: `x |= {…}`."""
    return isinstance(node, ast.AugAssign) and isinstance(node.op, ast.BitOr)


def named(file: File, target: ast.Name, node: ast.stmt) -> Value:
    """The dotted name of a module-level name that is assigned to."""
    return Name(f"{file.module}.{target.id}") if file.scope(node).parent is None else UNKNOWN


def write(file: File, where: Value, value: ast.expr, node: ast.stmt | ast.Call, span: Span) -> Write:
    key = file.function_key(node)
    known = Binary("BitOr", where, file.value(value)) if is_union(node) else file.value(value)
    return Write(where, known, span, file.span(value), key.partition(":")[2], condition(file, node))
