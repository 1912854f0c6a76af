"""For rules about what a dispatch passes: its arguments as far as they are written out, and beat entries."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from celerylint.facts import Dispatch, Setting, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.index.arguments import ANY, Arguments
from celerylint.index.canvas import counted
from celerylint.records import dataclass
from celerylint.values import Call, Comprehension, Const, Name, Sequence, Value

PLAIN = frozenset({"delay", "s", "si", "delay_on_commit", "call"})
BY_NAME = frozenset({"send_task", "signature", "subtask"})
# Execution options that nobody would name a task's parameter after, and those that somebody might.
OPTIONS = frozenset(
    {
        "countdown", "eta", "expires", "queue", "priority", "routing_key", "exchange", "serializer", "compression",
        "time_limit", "soft_time_limit", "ignore_result", "link", "link_error", "retry", "retry_policy", "task_id",
        "headers", "args", "kwargs", "shadow", "argsrepr", "kwargsrepr", "immutable",
    }
)  # fmt: skip


def of_dispatch(dispatch: Dispatch, call: ast.Call, file: File, index: Index) -> Arguments | None:
    """What a dispatch passes to the task, or to the signature that it sends; None where that cannot be told."""
    value = file.value(call)
    if not isinstance(value, Call):
        return None
    match dispatch.method:
        case "s":
            return index.canvases.passed(value).behind(ANY)
        case method if method in PLAIN:
            return index.canvases.passed(value)
        case "map":
            return Arguments(1)
        case "starmap" | "chunks":
            return each(value.args[0], index) if value.args else None
        case "retry":
            return of_retry(value, index)
        case method if method in BY_NAME and takes_name(dispatch, call, index):
            packed = index.canvases.packed(Call(value.func, value.args[1:], value.keywords))
            return packed if method == "send_task" else partial(packed, value, index)
        case "signature" | "subtask":
            return partial(index.canvases.packed(value), value, index)
        case _:
            return index.canvases.packed(value)


def takes_name(dispatch: Dispatch, call: ast.Call, index: Index) -> bool:
    """Whether the first argument is the task or its name, and not the task's arguments."""
    return dispatch.method == "send_task" or index.task_of(dispatch.receiver) is None


def partial(arguments: Arguments, call: Call, index: Index) -> Arguments:
    """The arguments of a signature, to which others may come unless it is immutable."""
    return arguments if index.canvases.immutability(call) is True else arguments.behind(ANY)


def of_retry(call: Call, index: Index) -> Arguments | None:
    """What `retry(args=…, kwargs=…)` sends the task again with; what it leaves out comes from the first message."""
    written = dict(zip(("args", "kwargs"), call.args, strict=False)) | {
        key: value for key, value in call.keywords if key
    }
    given = {name: value for name, value in written.items() if name in {"args", "kwargs"} and value != Const(None)}
    if not given or call.splat:
        return None
    packed = index.canvases.packed(Call(call.func, (), tuple(given.items())))
    return packed if len(given) == 2 else packed.behind(ANY)


def each(value: Value, index: Index) -> Arguments | None:
    """The arguments that `starmap` passes for each item, where all items are written with the same number."""
    match index.expand(value):
        case Call(func=Name(dotted="builtins.zip"), args=args, keywords=()) if args:
            count, more = counted(args)
            return None if more else Arguments(count)
        case Sequence(items=items) if items:
            found = [item_arguments(item) for item in items]
            return found[0] if all(one == found[0] for one in found) else None
        case Comprehension(element=element):
            return item_arguments(element)
        case _:
            return None


def item_arguments(value: Value) -> Arguments | None:
    match value:
        case Sequence(type="list" | "tuple", items=items):
            count, more = counted(items)
            return None if more else Arguments(count)
        case _:
            return None


# What other rules say


def misplaced_options(dispatch: Dispatch, index: Index) -> list[str]:
    """The execution options that `.delay()` or `.s()` passes to a task which has no such parameter (CEL406)."""
    if dispatch.method not in {"delay", "s", "si", "delay_on_commit"} or dispatch.task is None:
        return []
    parameters = index.parameters_of(dispatch.task)
    if parameters is None or any(p.kind == "var_keyword" for p in parameters):
        return []
    names = {p.name for p in parameters}
    return [name for name in dispatch.kwarg_spans if name in OPTIONS and name not in names]


# Beat


@dataclass(frozen=True, slots=True)
class Entry:
    """A beat entry: the task it sends, what with, and where that stands."""

    task: Task
    arguments: Arguments
    node: ast.expr


def beat_entries(setting: Setting, file: File, index: Index) -> Iterator[Entry]:
    """The entries of a `beat_schedule` that are written out in a file and name a known task."""
    written = file.node_at(setting.value_span, ast.Dict)
    for value in written.values if written is not None else ():
        pairs = items(value, file)
        task = named(pairs.get("task"), file, index)
        if task is not None and pairs:
            call = Call(
                Name(""), (), tuple((key, file.value(pairs[key])) for key in ("args", "kwargs") if key in pairs)
            )
            yield Entry(task, index.canvases.packed(call), pairs.get("args", pairs.get("kwargs", pairs["task"])))


def items(node: ast.expr, file: File) -> dict[str, ast.expr]:
    """The keys and values of an entry, empty where some are not written out."""
    match node:
        case ast.Dict(keys=keys, values=values):
            if not all(isinstance(key, ast.Constant) for key in keys):
                return {}
            return {
                str(key.value): value for key, value in zip(keys, values, strict=True) if isinstance(key, ast.Constant)
            }
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            return {} if any(k.arg is None for k in keywords) else {k.arg: k.value for k in keywords if k.arg}
        case _:
            return {}


def named(node: ast.expr | None, file: File, index: Index) -> Task | None:
    value = index.expand(file.value(node)) if node is not None else None
    if isinstance(value, Const) and isinstance(value.value, str):
        found = index.registry.by_name.get(value.value, [])
        return found[0] if len(found) == 1 else None
    return None
