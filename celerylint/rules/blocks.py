"""For rules about what happens before and after a statement: its neighbours, and what they save."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from celerylint.file import File
from celerylint.rules.commits import names_in

CREATING = frozenset({"create", "get_or_create", "update_or_create", "bulk_create", "create_user"})
ADDING = frozenset({"add", "add_all", "merge", "delete", "flush"})


def after(node: ast.AST, file: File) -> Iterator[ast.stmt]:
    """The statements that follow one in its function without a jump, nearest first."""
    for block, position in levels(node, file):
        for statement in block[position + 1 :]:
            if isinstance(statement, ast.Return | ast.Raise | ast.Continue | ast.Break):
                return
            yield statement


def before(node: ast.AST, file: File) -> Iterator[ast.stmt]:
    """The statements in front of one in its function, nearest first."""
    for block, position in levels(node, file):
        yield from reversed(block[:position])


def levels(node: ast.AST, file: File) -> Iterator[tuple[list[ast.stmt], int]]:
    """The statement lists around a node up to its function, with the place of the statement that it is in."""
    child: ast.AST = file.statement(node)
    for above in file.ancestors(child):
        if isinstance(above, ast.ExceptHandler):
            return
        for name in ("body", "orelse", "finalbody"):
            block = getattr(above, name, None)
            if isinstance(block, list) and child in block:
                yield block, block.index(child)
        if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module | ast.ClassDef | ast.Lambda):
            return
        child = above


def names_saved(statement: ast.stmt) -> set[str]:
    """The variables whose rows a statement creates or saves: `x = M.objects.create()`, `x.save()`."""
    match statement:
        case ast.Assign(targets=[target], value=ast.Call(func=ast.Attribute(attr=method))) if method in CREATING:
            return {child.id for child in ast.walk(target) if isinstance(child, ast.Name)}
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="save"))):
            return {name}
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Attribute(attr="save"))):
            return {name}
        case _:
            return set()


# SQLAlchemy's sessions.


def commit_in(statement: ast.stmt) -> ast.Call | None:
    """The call of `x.commit()` that a statement is."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="commit"), args=[], keywords=[]) as call):
            return call
        case ast.Expr(value=ast.Await(value=ast.Call(func=ast.Attribute(attr="commit"), args=[]) as call)):
            return call
        case _:
            return None


def receiver(call: ast.Call) -> str:
    return ast.dump(call.func.value) if isinstance(call.func, ast.Attribute) else ""


def names_written(statement: ast.stmt, session: str) -> set[str]:
    """The variables whose objects a statement hands to a session or changes."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=method)) as call) if method in ADDING:
            return {name for arg in call.args for name in names_in(arg)} if receiver(call) == session else set()
        case (
            ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name))])
            | ast.AugAssign(target=ast.Attribute(value=ast.Name(id=name)))
        ):
            return {name}
        case _:
            return set()
