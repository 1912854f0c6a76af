"""A signature or canvas is made as a statement and never sent.

`task.s(...)` only describes a call; so do `chain(...)`, `group(...)` and `chord(...)` until they are called themselves
or sent with `delay()` or `apply_async()`. As a statement of its own such a line does nothing at all: no message, no
error, and the task never runs. The same goes for `task.delay` without its parentheses.

Bad::

    from celery import chain, shared_task

    @shared_task
    def pack(order_id):
        ...

    @shared_task
    def ship(order_id):
        ...

    def buy(order_id):
        chain(pack.si(order_id), ship.si(order_id))

Good::

    from celery import chain, shared_task

    @shared_task
    def pack(order_id):
        ...

    @shared_task
    def ship(order_id):
        ...

    def buy(order_id):
        chain(pack.si(order_id), ship.si(order_id)).delay()

Also found where a lambda handed to `on_commit` only makes a signature. Silent where the signature is kept, returned
or handed on, about methods that change one in place (`signature.link(...)`), and in code that expects an error.

Source: Celery's user guide, "Canvas"; `celery.canvas.Signature.__call__` (5.7).
"""

import ast
from collections.abc import Iterator

from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.canvases import KEEPING, canvas_kind
from celerylint.rules.commits import is_on_commit
from celerylint.rules.expecting import expects_error

rule = Rule(
    __name__,
    severity="error",
    message="`{made}` only makes a {kind}, and nothing sends it: {what} never runs; write `{instead}`",
)
UNCALLED = "`{made}` without parentheses does nothing: the task is not sent; write `{made}(...)`"
SENDING = frozenset({"delay", "apply_async", "delay_on_commit", "apply_async_on_commit"})
MAKING = frozenset({"s", "si", "signature", "subtask", "map", "starmap", "chunks"})


@rule.check(ast.Expr)
def dropped(node: ast.Expr, file: File, index: Index) -> Iterator[Finding]:
    if isinstance(node.value, ast.Attribute):
        yield from uncalled(node.value, file, index)
    elif isinstance(node.value, ast.Call | ast.BinOp):
        yield from never_sent(node.value, file, index)


@rule.check(ast.Lambda)
def made_on_commit(node: ast.Lambda, file: File, index: Index) -> Iterator[Finding]:
    call = file.parent(node)
    if isinstance(call, ast.Call) and node in call.args and is_on_commit(file.callee(call), index):
        yield from never_sent(node.body, file, index)


def uncalled(node: ast.Attribute, file: File, index: Index) -> Iterator[Finding]:
    if node.attr in SENDING and index.task_of(file.value(node.value)) is not None:
        yield rule.finding(file, file.span(node), message=UNCALLED, made=file.text(node))


def never_sent(node: ast.expr, file: File, index: Index) -> Iterator[Finding]:
    kind = made_here(node, file, index)
    if kind and not expects_error(node, file):
        name, func = shown(node, file), node.func if isinstance(node, ast.Call) else None
        plain = kind == "signature" and isinstance(func, ast.Attribute) and func.attr in {"s", "si"}
        yield rule.finding(
            file,
            file.span(node),
            made=name,
            kind=kind,
            what="the task" if kind == "signature" else "it",
            instead=f"{name.rpartition('.s')[0]}.delay(...)" if plain else f"{name}.delay()",
        )


def made_here(node: ast.expr, file: File, index: Index) -> str:
    """What kind of signature an expression makes anew, "" where it makes none."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in KEEPING:
        node = node.func.value
    if isinstance(node, ast.BinOp):
        return "chain" if isinstance(node.op, ast.BitOr) and index.canvases.is_signature(file.value(node)) else ""
    kind = canvas_kind(node, file, index)
    if kind or not isinstance(node, ast.Call):
        return kind
    making = isinstance(node.func, ast.Name) or (isinstance(node.func, ast.Attribute) and node.func.attr in MAKING)
    return "signature" if making and index.canvases.is_signature(file.value(node)) else ""


def shown(node: ast.expr, file: File) -> str:
    """An expression in a message."""
    if isinstance(node, ast.Call):
        func = file.text(node.func)
        if "\n" not in func and len(func) <= 50:
            return f"{func}(...)"
    return "..."
