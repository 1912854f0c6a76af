"""For rules about callbacks: what stands where a signature has to be, and what an error callback gets."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from celerylint.facts import Function, Parameter
from celerylint.file import File
from celerylint.index import Index
from celerylint.index.arguments import ONE, Arguments, unfit
from celerylint.index.canvas import Made
from celerylint.rules.canvases import canvas_kind, members, takes_link
from celerylint.values import Attr, Const, Name, Value

ATTACHING = {"link": "link", "link_error": "link_error", "on_error": "link_error"}
OPTIONS = ("link", "link_error")
# What Celery calls a new-style error callback with: request, exception, traceback.
FAILURE = Arguments(3)
NEW_STYLE = (5, 7)


def attached(call: ast.Call, file: File, index: Index) -> Iterator[tuple[str, ast.expr]]:
    """The callbacks of a call, each with `link` or `link_error`: as options, or by `signature.link(...)`."""
    func = call.func
    if not isinstance(func, ast.Attribute):
        return
    if func.attr in ATTACHING and len(call.args) == 1 and index.canvases.is_signature(file.value(func.value)):
        yield ATTACHING[func.attr], call.args[0]
    for keyword in call.keywords:
        if keyword.arg in OPTIONS and takes_link(func, file, index):
            for callback in items(keyword.value):
                yield str(keyword.arg), callback


def items(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.List | ast.Tuple) else [node]


def steps(node: ast.expr, file: File, index: Index) -> Iterator[ast.expr]:
    """The expressions in a canvas that have to be signatures; in a chord's header Celery takes tasks too."""
    match node:
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            sides = [file.value(left), file.value(right)]
            tasks = all(index.task_of(side) is not None for side in sides)
            if tasks or any(index.canvases.is_signature(side) for side in sides):
                yield from (left, right)
        case ast.Call() if canvas_kind(node, file, index) in {"chain", "group"}:
            for member in members(node):
                yield element(member)
        case ast.Call(args=[_, body, *_]) if canvas_kind(node, file, index) == "chord":
            yield body
        case ast.Call(func=ast.Call() as func, args=[body]) if canvas_kind(func, file, index) == "chord":
            yield body
        case _:
            return


def element(node: ast.expr) -> ast.expr:
    """What a comprehension makes, for any other expression the expression."""
    return node.elt if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp) else node


def form(node: ast.expr, file: File, index: Index) -> str:
    """What an expression is instead of a signature: `task`, `result`, `name`, `method`, `function`; else ""."""
    value = file.value(node)
    if index.canvases.is_signature(value):
        return ""
    if isinstance(value, Const) and isinstance(value.value, str):
        return "name"
    if index.task_of(value) is not None:
        return "task"
    if is_method(value, index):
        return "method"
    if index.result_of(value) is not None:
        return "result"
    return "function" if is_plain_function(value, index) else ""


def is_method(value: Value, index: Index) -> bool:
    """Whether a value is `task.delay` or the like, not called."""
    match value:
        case Name(dotted=dotted):
            owner, _, name = dotted.rpartition(".")
            return name in {"delay", "apply_async", "s", "si"} and index.task_of(Name(owner)) is not None
        case Attr(base=base, name=name):
            return name in {"delay", "apply_async", "s", "si"} and index.task_of(base) is not None
        case _:
            return False


def is_plain_function(value: Value, index: Index) -> bool:
    """Whether a value is a function of the project that nothing decorates."""
    definition = index.modules.resolve(value.dotted) if isinstance(value, Name) else None
    what = definition.what if definition is not None else None
    return isinstance(what, Function) and not what.decorators and not index.registry.by_function.get(what.key)


# Error callbacks


def is_new_style(made: Made, parameters: tuple[Parameter, ...], index: Index) -> bool | None:
    """Whether Celery calls an error callback in place, with three arguments, instead of sending it with the task's id.

    It does for functions of two parameters and more (`Backend._call_task_errbacks`): from 5.7 on without those that
    the signature fills, before with them. None where that is not known.
    """
    task = made.task
    if task is None or task.kind == "class" or task.bound:
        return False
    if any(p.kind == "var_positional" for p in parameters):
        return True
    free = [p.name for p in parameters if p.kind in {"positional", "positional_only"}]
    if index.traits.celery >= NEW_STYLE and not made.immutable:
        if made.arguments.more or made.arguments.others:
            return None
        free = free[made.arguments.count :]
        named = [place for place, name in enumerate(free) if name in made.arguments.names]
        free = free[: min(named, default=len(free))]
    return len(free) > 1


def failing(made: Made, index: Index) -> tuple[bool, str]:
    """Whether an error callback is called in place, and why that fails, "" where it may succeed."""
    parameters = index.parameters_of(made.task) if made.task is not None else None
    new_style = is_new_style(made, parameters, index) if parameters is not None else None
    if parameters is None or new_style is None:
        return False, ""
    return new_style, unfit(parameters, made.called(FAILURE if new_style else ONE))
