"""For rules about sending in a transaction: how a task is sent on commit, and where it is sent later anyway."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from celerylint.edits import Edit, insert
from celerylint.facts import Dispatch, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.layout import NotEditable
from celerylint.scopes import Scope
from celerylint.values import Name, Value

ON_COMMIT = "django.db.transaction.on_commit"
METHODS = {"delay": "delay_on_commit", "apply_async": "apply_async_on_commit"}


def method_on_commit(dispatch: Dispatch, index: Index) -> str:
    """The method that sends a task at commit, in place of the one that sends it now; "" where the task has none."""
    has_one = dispatch.task is not None and has_methods(dispatch.task, index)
    return METHODS.get(dispatch.method, "") if has_one else ""


def has_methods(task: Task, index: Index) -> bool:
    """Whether a task is sure to have `delay_on_commit`: Celery 5.4 with the Django fixup, which gives it to tasks of
    its default class only (`celery.contrib.django.task.DjangoTask`, `celery.fixups.django`)."""
    plain_class = task.kind != "class" and not task.open and "base" not in task.options
    in_django = any(link.target == "django" for link in index.configuration.links)
    return index.traits.celery >= (5, 4) and plain_class and in_django and plain_apps(index)


def plain_apps(index: Index) -> bool:
    """Whether every application is a `Celery()` whose tasks are of the default class."""
    apps = index.apps
    return bool(apps) and all(
        isinstance(app.call.func, Name)
        and index.modules.canonical(app.call.func.dotted) == "celery.Celery"
        and app.call.keyword("task_cls") is None
        for app in apps
    )


def replacement(dispatch: Dispatch, call: ast.Call, file: File, index: Index) -> str:
    """What to write instead of sending now, for a message."""
    receiver = file.text(call.func.value) if isinstance(call.func, ast.Attribute) else file.text(call.func)
    method = method_on_commit(dispatch, index)
    name = receiver if "\n" not in receiver and len(receiver) <= 40 else ""
    if method:
        return f"`{name}.{method}(...)`"
    sender = name if dispatch.method == "call" and name else f"{name}.{dispatch.method}" if name else "task.delay"
    return f"`transaction.on_commit(partial({sender}, ...))`"


def runs_later(node: ast.AST, file: File) -> bool:
    """Whether a node is evaluated when a lambda around it is called, and not where that stands."""
    scope: Scope | None = file.scope(node)
    while scope is not None and scope.kind == "comprehension":
        scope = scope.parent
    return scope is not None and scope.kind == "lambda"


def is_on_commit(value: Value, index: Index) -> bool:
    """Whether a value is Django's `transaction.on_commit`."""
    return isinstance(value, Name) and index.modules.canonical(value.dotted) == ON_COMMIT


def sends(function: ast.AST, file: File, index: Index) -> bool:
    """Whether a function, or another piece of code, sends a task."""
    spans = {dispatch.span for dispatch in index.dispatches_in(file.path) if dispatch.sends}
    return any(isinstance(child, ast.Call) and file.span(child) in spans for child in ast.walk(function))


def names_in(node: ast.AST) -> Iterator[str]:
    """The names that an expression reads."""
    for child in ast.walk(node):
        if isinstance(child, ast.Name):
            yield child.id


# Edits


def to_partial(file: File, call: ast.Call, before: str = "", after: str = "") -> tuple[Edit, ...]:
    """`task.delay(a)` -> `functools.partial(task.delay, a)`, `task.delay()` -> `task.delay`, with text around it.

    Raises NotEditable where the call has a bare generator expression, which cannot stand beside another argument.
    """
    if any(isinstance(argument, ast.GeneratorExp) for argument in call.args):
        raise NotEditable("a generator expression as the only argument")
    source = file.source
    whole, func = file.span(call), file.span(call.func)
    start, end = source.offset(whole.line, whole.column), source.offset(whole.end_line, whole.end_column)
    opening = source.text.index("(", source.offset(func.end_line, func.end_column))
    if not call.args and not call.keywords:
        rest = source.text[opening + 1 : end - 1]
        if rest.strip():
            raise NotEditable("a comment in the call")
        return insert(source, start, before), Edit(source.range(opening, end), after)
    gap = "," if source.text[opening + 1].isspace() else ", "
    return (
        insert(source, start, f"{before}functools.partial("),
        Edit(source.range(opening, opening + 1), gap),
        insert(source, end, f"{after}"),
    )
