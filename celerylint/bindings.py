"""Which nodes bind names, and put things into containers: noted in the scope where they stand."""

from __future__ import annotations

import ast
from collections.abc import Callable

from celerylint.scopes import Binding, BindingKind, Growth, Scope

# What is put into a container after it was made.

WRITTEN_OUT = (ast.List, ast.ListComp, ast.Set, ast.SetComp, ast.Dict, ast.DictComp)


def note_call(node: ast.AST, scope: Scope) -> None:
    """Remember `name.append(x)` and the like: the container that `name` was bound to holds x too."""
    assert isinstance(node, ast.Call)
    func = node.func
    if isinstance(func, ast.Attribute) and func.attr in GROWERS and isinstance(func.value, ast.Name):
        scope.grow(func.value.id, GROWERS[func.attr](node))


def one_more(call: ast.Call) -> list[Growth]:
    return [Growth(call.args[0])] if len(call.args) == 1 and not call.keywords else []


def several_more(call: ast.Call) -> list[Growth]:
    return [
        *(Growth(arg, many=True) for arg in call.args),
        *(Growth(k.value, ast.Constant(k.arg)) if k.arg else Growth(k.value, many=True) for k in call.keywords),
    ]


def default_for_key(call: ast.Call) -> list[Growth]:
    return [Growth(call.args[1], call.args[0])] if len(call.args) == 2 else []


def key_taken_out(call: ast.Call) -> list[Growth]:
    return [Growth(call, call.args[0], out=True)] if call.args else []


GROWERS: dict[str, Callable[[ast.Call], list[Growth]]] = {
    "append": one_more,
    "add": one_more,
    "extend": several_more,
    "update": several_more,
    "setdefault": default_for_key,
    "pop": key_taken_out,
}


# What binds names, by node type.


def bind_target(
    target: ast.AST, scope: Scope, kind: BindingKind, node: ast.AST, value: ast.expr | None, path: tuple[int, ...] = ()
) -> None:
    match target:
        case ast.Name(id=name):
            owner = scope
            while owner.kind == "comprehension" and isinstance(node, ast.NamedExpr) and owner.parent is not None:
                owner = owner.parent
            if name in owner.outer:
                while owner.parent is not None:
                    owner = owner.parent
                kind = "other"
            owner.bind(name, Binding(kind, node, value, path))
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            starred = any(isinstance(item, ast.Starred) for item in elts)
            for index, item in enumerate(elts):
                bind_target(item, scope, kind, node, value, (*path, -1 if starred else index))
        case ast.Starred(value=inner):
            bind_target(inner, scope, "other", node, None)
        case _:
            pass


def bind_assign(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.Assign)
    for target in node.targets:
        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) and len(node.targets) == 1:
            scope.grow(target.value.id, [Growth(node.value, target.slice)])
        elif not isinstance(target, ast.Attribute):
            bind_target(target, scope, "assign", node, node.value)


def bind_annotated(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.AnnAssign)
    if node.value is not None:
        bind_target(node.target, scope, "assign", node, node.value)
    elif scope.kind != "class":
        bind_target(node.target, scope, "other", node, None)


def bind_augmented(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.AugAssign)
    target = node.target
    if scope.kind == "function" and isinstance(target, ast.Name) and isinstance(node.value, WRITTEN_OUT):
        scope.grow(target.id, [Growth(node.value, many=True)])
    else:
        bind_target(target, scope, "other", node, None)


def bind_walrus(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.NamedExpr)
    bind_target(node.target, scope, "assign", node, node.value)


def bind_for(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.For | ast.AsyncFor)
    bind_target(node.target, scope, "iterate", node, node.iter)


def bind_comprehension(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.comprehension)
    bind_target(node.target, scope, "iterate", node, node.iter)


def bind_with(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.With | ast.AsyncWith)
    for item in node.items:
        if item.optional_vars is not None:
            bind_target(item.optional_vars, scope, "enter", node, item.context_expr)


def bind_import(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.Import)
    for alias in node.names:
        top = alias.name.partition(".")[0]
        scope.bind(alias.asname or top, Binding("import", node, target=alias.name if alias.asname else top))


def bind_import_from(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.ImportFrom)
    for alias in node.names:
        if alias.name != "*":
            scope.bind(alias.asname or alias.name, Binding("import", node, target=alias.name))


def bind_definition(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    scope.bind(node.name, Binding("class" if isinstance(node, ast.ClassDef) else "function", node))


def bind_argument(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.arg)
    scope.bind(node.arg, Binding("parameter", node))


def bind_handler(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.ExceptHandler)
    if node.name:
        scope.bind(node.name, Binding("caught", node, node.type))


def bind_capture(node: ast.AST, scope: Scope) -> None:
    name = getattr(node, "name", None) or getattr(node, "rest", None)
    if name:
        scope.bind(name, Binding("other", node))


def bind_outer(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.Global)
    scope.outer.update(node.names)


def bind_deleted(node: ast.AST, scope: Scope) -> None:
    assert isinstance(node, ast.Delete)
    for target in node.targets:
        bind_target(target, scope, "other", node, None)


BINDERS: dict[type[ast.AST], Callable[[ast.AST, Scope], None]] = {
    ast.Call: note_call,
    ast.Assign: bind_assign,
    ast.AnnAssign: bind_annotated,
    ast.AugAssign: bind_augmented,
    ast.NamedExpr: bind_walrus,
    ast.For: bind_for,
    ast.AsyncFor: bind_for,
    ast.comprehension: bind_comprehension,
    ast.With: bind_with,
    ast.AsyncWith: bind_with,
    ast.Import: bind_import,
    ast.ImportFrom: bind_import_from,
    ast.FunctionDef: bind_definition,
    ast.AsyncFunctionDef: bind_definition,
    ast.ClassDef: bind_definition,
    ast.arg: bind_argument,
    ast.ExceptHandler: bind_handler,
    ast.MatchAs: bind_capture,
    ast.MatchStar: bind_capture,
    ast.MatchMapping: bind_capture,
    ast.Global: bind_outer,
    ast.Delete: bind_deleted,
}
