"""For rules about what happens before and after a statement: its neighbours, and what they save."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from celerylint.file import File
from celerylint.rules.commits import names_in

CREATING = frozenset(
    {"create", "get_or_create", "update_or_create", "bulk_create", "create_user", "save", "form_valid"}
)
SAVING = frozenset({"save", "delete", "full_save", "set_password"})
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


def written_before(call: ast.Call, file: File) -> bool:
    """Whether an argument of a call has to do with a row that a statement in front of it saves or deletes."""
    texts = {text for value in values_of(call) for text in texts_in(value)}
    for statement in before(call, file):
        for inner in ast.walk(statement):
            if isinstance(inner, ast.stmt) and rows_saved(inner) & texts:
                return True
        if isinstance(statement, ast.Assign) and any(ast.unparse(target) in texts for target in statement.targets):
            texts |= set(texts_in(statement.value))
    return False


def values_of(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def texts_in(node: ast.AST) -> Iterator[str]:
    """The names and attributes that an expression reads, as text: `self.object.pk`, `self.object`, `self`."""
    for child in ast.walk(node):
        if isinstance(child, ast.Name | ast.Attribute):
            yield ast.unparse(child)


def rows_saved(statement: ast.stmt) -> set[str]:
    """What a statement creates, saves or deletes, as text: `order`, `self.object`."""
    match statement:
        case ast.Assign(targets=targets, value=ast.Call(func=ast.Attribute(value=receiver, attr=method))):
            made = {text for target in targets for text in texts_in(target)} if method in CREATING else set()
            return made | ({ast.unparse(receiver)} if method in SAVING else set())
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=receiver, attr=method))) if method in SAVING:
            return {ast.unparse(receiver)}
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
