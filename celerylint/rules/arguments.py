"""For rules about what a dispatch passes: each argument with its place, and what its value is known to be."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from celerylint.facts import Class, Dispatch, Function
from celerylint.file import File
from celerylint.index import Index
from celerylint.records import dataclass
from celerylint.source import Span
from celerylint.values import UNKNOWN, Call, Comprehension, Either, Element, Name, Sequence, Typed, Value, heavier
from celerylint.values import Function as FunctionValue

PLAIN = frozenset({"delay", "s", "si", "delay_on_commit"})
# Calls that send a message, or make a signature that is sent later. `apply` sends nothing.
PASSING = PLAIN | {"apply_async", "apply_async_on_commit", "send_task", "signature", "subtask", "retry"}
MAPPING = frozenset({"map", "starmap", "chunks"})
DEEPEST, HEAVIEST, MOST = 5, 300, 20


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a task as a dispatch passes it.

    `name` is the task's parameter, "" where it cannot be told. `node` is the expression where it is written out in
    the call itself, None where it stands elsewhere; `span` is its place, or that of all the arguments.
    """

    name: str
    value: Value
    node: ast.expr | None
    span: Span


def arguments(dispatch: Dispatch, file: File, index: Index) -> Iterator[Argument]:
    """The task's own arguments that are written out in a dispatch, in order; none where its class sends others."""
    call = file.node_at(dispatch.span, ast.Call) if dispatch.method in PASSING | MAPPING else None
    if call is None or (dispatch.task is not None and index.parameters.rewrites(dispatch.task)):
        return
    if dispatch.method in MAPPING:
        yield from mapped(call, dispatch, file, index)
        return
    placed, named = nodes(call, dispatch)
    names = parameters(dispatch, index)
    for position, value in enumerate(dispatch.args or ()):
        node = placed[position] if position < len(placed) else None
        span = file.span(node) if node is not None else span_at(dispatch, position)
        yield Argument(names[position] if position < len(names) else "", value, node, span)
    for name, value in (dispatch.kwargs or {}).items():
        node = named.get(name)
        span = file.span(node) if node is not None else dispatch.kwarg_spans.get(name, dispatch.span)
        yield Argument(name, value, node, span)


def mapped(call: ast.Call, dispatch: Dispatch, file: File, index: Index) -> Iterator[Argument]:
    """The arguments of `task.map(items)`, `task.starmap(rows)` and `task.chunks(rows, 10)`, as far as they are seen."""
    value = file.value(call.args[0]) if call.args else UNKNOWN
    if value == UNKNOWN:
        return
    names, span = [*parameters(dispatch, index), *[""] * MOST], file.span(call.args[0])
    if dispatch.method == "map":
        yield Argument(names[0], Element(value), None, span)
        return
    rows = [value.element] if isinstance(value, Comprehension) else value.items if isinstance(value, Sequence) else ()
    for row in rows[:MOST]:
        for name, item in zip(names, row.items if isinstance(row, Sequence) else (), strict=False):
            yield Argument(name, item, None, span)


def span_at(dispatch: Dispatch, position: int) -> Span:
    """Where an argument stands that is not written out in the call."""
    return dispatch.arg_spans[position] if position < len(dispatch.arg_spans) else dispatch.span


def nodes(call: ast.Call, dispatch: Dispatch) -> tuple[list[ast.expr], dict[str, ast.expr]]:
    """The expressions of the task's positional and keyword arguments, as far as they are written out in a call."""
    written = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    if dispatch.method in PLAIN:
        return call.args, written
    first = 1 if takes_name(call, dispatch) else 0
    given = dict(zip(("args", "kwargs"), call.args[first:], strict=False)) | written
    return items(given.get("args")), pairs(given.get("kwargs"))


def takes_name(call: ast.Call, dispatch: Dispatch) -> bool:
    """Whether the first positional argument is the task's name: `app.signature("name", …)`, not `task.signature(…)`."""
    named = dispatch.method in {"send_task", "signature", "subtask"}
    return named and not (call.args and isinstance(call.args[0], ast.Tuple | ast.List))


def items(node: ast.expr | None) -> list[ast.expr]:
    match node:
        case ast.List(elts=elts) | ast.Tuple(elts=elts) if not any(isinstance(item, ast.Starred) for item in elts):
            return elts
        case _:
            return []


def pairs(node: ast.expr | None) -> dict[str, ast.expr]:
    match node:
        case ast.Dict(keys=keys, values=values):
            found = zip(keys, values, strict=True)
            return {str(key.value): value for key, value in found if isinstance(key, ast.Constant)}
        case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
            return {keyword.arg: keyword.value for keyword in keywords if keyword.arg}
        case _:
            return {}


def parameters(dispatch: Dispatch, index: Index) -> list[str]:
    """The names of the parameters that positional arguments go to; nothing where a result may come before them."""
    task = dispatch.task
    if task is None or dispatch.method in {"s", "signature", "subtask"}:
        return []
    return [parameter.name for parameter in index.parameters_of(task) or () if parameter.kind.startswith("positional")]


# Values


def known(value: Value, index: Index, depth: int = 0) -> Value:
    """A value with names and calls of the project's functions replaced by what they are known to give."""
    if depth > DEEPEST:
        return value
    match value:
        case Name():
            found = index.expand(value)
            return defined(value, index) if found == value else known(found, index, depth + 1)
        case Call(func=Name(dotted=dotted)):
            returned = returns(dotted, index)
            return value if returned is None else known(returned, index, depth + 1)
        case Either(options=options):
            return Either(tuple(known(option, index, depth + 1) for option in options))
        case _:
            return value


def defined(value: Name, index: Index) -> Value:
    """A class or undecorated function of the project, as a value; else the name."""
    definition = index.modules.resolve(value.dotted)
    match definition.what if definition is not None else None:
        case Class(decorators=()):
            return Typed("type")
        case Function(decorators=(), key=key):
            return FunctionValue(key)
        case _:
            return value


def returns(dotted: str, index: Index) -> Value | None:
    """What a plain function of the project returns, None where that is not known."""
    definition = index.modules.resolve(dotted)
    match definition.what if definition is not None else None:
        case Function(is_async=False, is_generator=False, decorators=(), returns=(_, *_) as returned):
            value = returned[0] if len(returned) == 1 else Either(tuple(returned))
            return None if UNKNOWN in returned or heavier(value, HEAVIEST) else value
        case _:
            return None
