"""For rules about canvases: the signatures in an expression that a result or argument in front of them reaches."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from celerylint.facts import Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.index.arguments import ANY, ONE, Arguments, unfit
from celerylint.index.canvas import Made
from celerylint.index.dispatches import CANVASES
from celerylint.records import dataclass
from celerylint.rule import CallOf, call_of
from celerylint.values import Name

COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.GeneratorExp
# Calls that may make a canvas, or put a body to a chord's header; what may attach callbacks.
CANVAS = call_of("", *(name.rpartition(".")[2] for name in CANVASES))
TAKING = frozenset({"apply_async", "apply_async_on_commit", "set", "signature", "subtask", "send_task", "apply"})
LINKING = CallOf(CANVAS.names | TAKING | {"link"})
# Methods of a signature that return it.
KEEPING = frozenset({"set", "on_error"})


@dataclass(frozen=True, slots=True)
class Place:
    """A signature where it stands in an expression, and what Celery will call it with."""

    node: ast.expr
    made: Made
    given: Arguments
    why: str = ""

    @property
    def task(self) -> Task | None:
        return self.made.task


def canvas_kind(node: ast.AST, file: File, index: Index) -> str:
    """`chain`, `group`, `chord` for a call that makes one, else ""."""
    func = file.callee(node) if isinstance(node, ast.Call) else None
    kind = CANVASES.get(index.modules.canonical(func.dotted), "") if isinstance(func, Name) else ""
    return kind if kind in {"chain", "group", "chord"} else ""


def members(call: ast.Call) -> list[ast.expr]:
    """The members of a chain or group, or of a chord's header, as they are written."""
    first = call.args[0] if call.args else None
    if len(call.args) == 1 and isinstance(first, ast.List | ast.Tuple):
        return first.elts
    return call.args


def header(call: ast.Call) -> list[ast.expr]:
    """The members of a chord's header."""
    written = [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "header")]
    first = written[0] if written else None
    return first.elts if isinstance(first, ast.List | ast.Tuple) else written


def body(call: ast.Call) -> ast.expr | None:
    """A chord's body, None where it is not given yet."""
    named = [keyword.value for keyword in call.keywords if keyword.arg == "body"]
    return next(iter([*call.args[1:2], *named]), None)


def entries(node: ast.expr, file: File, index: Index) -> Iterator[tuple[ast.expr, Made]]:
    """The signatures in an expression that get what it is called with, each at its place."""
    match node:
        case ast.Starred():
            return
        case ast.ListComp(elt=inner) | ast.SetComp(elt=inner) | ast.GeneratorExp(elt=inner) | ast.Await(value=inner):
            yield from entries(inner, file, index)
        case ast.List(elts=elts) | ast.Tuple(elts=elts):
            for element in elts:
                yield from entries(element, file, index)
        case ast.BinOp(op=ast.BitOr(), left=left):
            yield from entries(left, file, index)
        case ast.IfExp(body=one, orelse=other):
            yield from entries(one, file, index)
            yield from entries(other, file, index)
        case ast.Call(func=ast.Attribute(value=inner, attr=method)) if method in KEEPING and is_canvas(
            inner, file, index
        ):
            yield from entries(inner, file, index)
        case ast.Call() if kind := canvas_kind(node, file, index):
            written = header(node) if kind == "chord" else members(node)
            for member in written[:1] if kind == "chain" else written:
                yield from entries(member, file, index)
        case _:
            for made in index.canvases.entries(file.value(node)):
                yield node, made


def is_canvas(node: ast.expr, file: File, index: Index) -> bool:
    return bool(canvas_kind(node, file, index)) or isinstance(node, ast.BinOp)


def following(node: ast.expr, file: File, index: Index) -> Iterator[tuple[ast.expr, str]]:
    """The expressions in a canvas that get the result of what is before them, and what they are for the reader."""
    match node:
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            if index.canvases.is_signature(file.value(left)):
                yield right, "the result before it"
        case ast.Call() if canvas_kind(node, file, index) == "chain":
            after = False
            for member in members(node):
                if after:
                    yield member, "the result before it"
                after = after or not isinstance(member, ast.Starred | COMPREHENSIONS)
        case ast.Call() if canvas_kind(node, file, index) == "chord":
            written = body(node)
            if written is not None:
                yield written, "the header's results"
        case ast.Call(func=ast.Call() as func, args=[first, *_]) if canvas_kind(func, file, index) == "chord":
            if body(func) is None:
                yield first, "the header's results"
        case ast.Call():
            yield from linked(node, file, index)


def linked(node: ast.Call, file: File, index: Index) -> Iterator[tuple[ast.expr, str]]:
    """The callbacks that a call attaches: `link=` of a dispatch or signature, `signature.link(...)`."""
    if not isinstance(node.func, ast.Attribute):
        return
    if node.func.attr == "link" and node.args and index.canvases.is_signature(file.value(node.func.value)):
        yield node.args[0], "the task's result"
    for keyword in node.keywords:
        if keyword.arg == "link" and takes_link(node.func, file, index):
            written = keyword.value.elts if isinstance(keyword.value, ast.List | ast.Tuple) else [keyword.value]
            yield from ((callback, "the task's result") for callback in written)


def takes_link(func: ast.Attribute, file: File, index: Index) -> bool:
    receiver = file.value(func.value)
    return func.attr in TAKING and (
        index.task_of(receiver) is not None
        or index.canvases.is_signature(receiver)
        or index.applications.is_app(receiver)
    )


def places(node: ast.expr, file: File, index: Index) -> Iterator[Place]:
    """The signatures in a canvas that get the result of what is before them."""
    for member, why in following(node, file, index):
        for place, made in entries(member, file, index):
            yield Place(place, made, ONE, why)


def broken_alone(made: Made, index: Index) -> bool:
    """Whether a signature's own arguments can fit its task in no call at all, which is said where it is made."""
    parameters = index.parameters_of(made.task) if made.task is not None else None
    own = made.arguments if made.immutable else made.arguments.behind(ANY)
    return parameters is not None and bool(unfit(parameters, own))


def reason(place: Place, index: Index) -> str:
    """Why a signature's task must fail with what it is called with; "" where it may succeed, or fails anyway."""
    parameters = index.parameters_of(place.task) if place.task is not None else None
    if parameters is None or broken_alone(place.made, index):
        return ""
    return unfit(parameters, place.made.called(place.given))


def needs_immutable(place: Place, index: Index) -> bool:
    """Whether a signature fits its task without what comes before its arguments, and not with it."""
    parameters = index.parameters_of(place.task) if place.task is not None else None
    exact = not place.made.arguments.more and not place.made.arguments.others
    return (
        parameters is not None
        and exact
        and place.made.immutable is False
        and place.given.count > 0
        and not unfit(parameters, place.made.arguments)
        and bool(reason(place, index))
    )


def maker(node: ast.expr) -> ast.Call | None:
    """The call of `.s()`, `.signature()` … that makes a signature, where it is written out in the expression."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in {"s", "si", "signature", "subtask"}:
            return node
        if node.func.attr not in KEEPING:
            return None
        node = node.func.value
    return None
