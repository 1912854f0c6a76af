"""Old methods and properties of tasks, results and apps."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cache

from celerylint import celery_data
from celerylint.celery_data import RemovedName
from celerylint.file import File
from celerylint.index import Index
from celerylint.index.dispatches import SENDERS
from celerylint.rules.old_api import Use, instead, old_options
from celerylint.values import Attr, Call, Function, Item, Name, Param, Typed, Value, walk

# What gives a result: a value that holds none of these is not worth following.
GIVE_RESULTS = SENDERS | {"apply", "send_task", "AsyncResult", "EagerResult", "GroupResult", "ResultSet", "parent"}


@cache
def by_member() -> dict[str, dict[str, RemovedName]]:
    """The old methods and properties of tasks, results and apps: attribute -> class -> row."""
    found: dict[str, dict[str, RemovedName]] = {}
    for row in celery_data.removed_api().values():
        owner, _, name = row.name.rpartition(".")
        if owner in OWNERS and name not in old_options():
            found.setdefault(name, {})[owner] = row
    return found


def of_member(node: ast.Attribute, file: File, index: Index) -> Iterator[Use]:
    """An old attribute of a task, result or app."""
    receiver = file.value(node.value)
    for owner, row in by_member().get(node.attr, {}).items():
        if OWNERS[owner](receiver, index):
            new = row.replacement.rpartition(".")[2]
            what = f"write `{file.text(node.value)}.{new}`" if new else row.advice
            yield Use(row, file.span(node), f"`{file.text(node)}`", what, "this raises `AttributeError`")
            return


def is_task(value: Value, index: Index) -> bool:
    return index.task_of(value) is not None or index.sending.is_some_task(value)


def is_result(value: Value, index: Index) -> bool:
    """Whether a value is the result of one task."""
    found = index.result_of(value) if may_give_result(value) else None
    return found is not None and found.kind != "group"


def is_group(value: Value, index: Index) -> bool:
    """Whether a value is the result of a group."""
    found = index.result_of(value) if may_give_result(value) else None
    return found is not None and found.kind == "group"


def may_give_result(value: Value) -> bool:
    """Whether a value mentions what makes results; following others may mean to parse whatever they lead to."""
    for part in walk(value):
        match part:
            case Attr(name=name) | Name(dotted=name) | Typed(type=name) if name.rpartition(".")[2] in GIVE_RESULTS:
                return True
            case Param(annotation=Name(dotted=name)) if name.rpartition(".")[2] in GIVE_RESULTS:
                return True
            case _:
                pass
    return False


def is_app(value: Value, index: Index) -> bool:
    return index.applications.is_app(value)


def is_log(value: Value, index: Index) -> bool:
    """Whether a value is the `log` of an app."""
    match value:
        case Name(dotted=dotted) if dotted.endswith(".log"):
            return is_app(Name(dotted.removesuffix(".log")), index)
        case Attr(base=base, name="log"):
            return is_app(base, index)
        case _:
            return False


def is_worker_command(value: Value, index: Index) -> bool:
    return isinstance(value, Call) and value.func == Name("celery.bin.worker.worker")


def is_beat_command(value: Value, index: Index) -> bool:
    return isinstance(value, Call) and value.func == Name("celery.bin.beat.beat")


OWNERS: dict[str, Callable[[Value, Index], bool]] = {
    "celery.Task": is_task,
    "celery.task.Task": is_task,
    "celery.Celery": is_app,
    "celery.app.log.Logging": is_log,
    "celery.bin.beat.beat": is_beat_command,
    "celery.bin.worker.worker": is_worker_command,
    "celery.result.AsyncResult": is_result,
    "celery.result.ResultSet": is_group,
}


def of_call(node: ast.Call, file: File, index: Index) -> Iterator[Use]:
    """`app.user_options["worker"].add(function)`: a function for argparse, where Celery 5 wants click's options."""
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Subscript(value=ast.Attribute(attr="user_options")), attr="add"), args=[given]
        ):
            receiver, value = file.callee(node), file.value(given)
        case _:
            return
    match receiver:
        case Attr(base=Item(base=Name(dotted=options))) if is_app(Name(options.rpartition(".")[0]), index):
            pass
        case Attr(base=Item(base=Attr(base=app))) if is_app(app, index):
            pass
        case _:
            return
    named = index.modules.function_named(value.dotted) if isinstance(value, Name) else None
    if named is not None or isinstance(value, Function):
        row = celery_data.removed_api()["celery.bin.base.Option"]
        yield Use(row, file.span(node), "options of argparse", instead(row), "`celery` stops with `AttributeError`")
