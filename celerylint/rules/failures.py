"""What becomes of a failure that a handler in a task catches: nothing, a line in the log, or something else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Literal, TypeAlias

from celerylint.file import File
from celerylint.index import Index
from celerylint.rules.handlers import Catcher, names
from celerylint.rules.libraries import io_call
from celerylint.tree import FunctionNode
from celerylint.values import Attr, Name

BROAD = frozenset({"builtins.Exception", "builtins.BaseException"})
LOGGING = frozenset({"debug", "info", "warning", "warn", "error", "critical", "fatal", "log", "msg", "echo"})
TRACING = frozenset({"exception", "print_exc", "format_exc", "capture_exception", "exc_info"})
QUICK = ("builtins.", "json.", "re.", "datetime.", "decimal.", "uuid.", "math.", "urllib.parse.", "time.", "logging.")

Doing: TypeAlias = Literal["nothing", "log", "trace", "other"]


def is_broad(handler: ast.ExceptHandler, file: File) -> bool:
    """Whether a handler catches Exception or more."""
    kinds = names(Catcher(handler), file)
    return any(kind is None or (isinstance(kind, Name) and kind.dotted in BROAD) for kind in kinds)


def earlier(handler: ast.ExceptHandler, file: File) -> list[ast.ExceptHandler]:
    """The handlers of the same `try` that are asked before."""
    around = file.parent(handler)
    handlers = around.handlers if isinstance(around, ast.Try) else [handler]
    return handlers[: handlers.index(handler)]


def raises(handler: ast.ExceptHandler, file: File) -> bool:
    """Whether a handler may raise, the same or something else."""
    return any(True for _ in file.within(handler, ast.Raise))


def doing(handler: ast.ExceptHandler) -> Doing:
    """What a handler does with an exception: nothing, a line in the log, one with the traceback, or anything else."""
    found = {step(statement, handler.name or "") for statement in handler.body}
    worst: tuple[Doing, ...] = ("other", "trace", "log")
    return next((kind for kind in worst if kind in found), "nothing")


def step(statement: ast.stmt, name: str) -> Doing:
    match statement:
        case ast.Pass() | ast.Continue() | ast.Break() | ast.Expr(value=ast.Constant()):
            return "nothing"
        case ast.Return(value=value):
            return "nothing" if value is None or tells_nothing(value, name) else "other"
        case ast.Expr(value=ast.Call() as call):
            return logging(call)
        case _:
            return "other"


def tells_nothing(value: ast.expr, name: str) -> bool:
    """Whether an expression holds nothing of the exception `name`, and calls nothing."""
    parts = list(ast.walk(value))
    return not any(isinstance(part, ast.Call) or (isinstance(part, ast.Name) and part.id == name) for part in parts)


def logging(call: ast.Call) -> Doing:
    """What a call does that is a statement of its own: write to a log, or anything else."""
    method = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    words = {part.attr for part in ast.walk(call) if isinstance(part, ast.Attribute)}
    words |= {part.id for part in ast.walk(call) if isinstance(part, ast.Name)}
    if words & TRACING or any(keyword.arg in TRACING for keyword in call.keywords):
        return "trace"
    logs = isinstance(call.func, ast.Attribute) and method in LOGGING
    return "log" if logs or method == "print" else "other"


# Work that is interrupted, and work that goes on.


def in_loop(node: ast.stmt, file: File) -> bool:
    """Whether a statement is repeated in its function."""
    for above in file.ancestors(node):
        if isinstance(above, ast.For | ast.AsyncFor | ast.While):
            return True
        if isinstance(above, FunctionNode | ast.Lambda):
            break
    return False


def following(node: ast.stmt, file: File) -> Iterator[ast.stmt]:
    """The statements behind a statement in the blocks around it, up to its function's end."""
    child: ast.AST = node
    for above in file.ancestors(node):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(above, name, None)
            if isinstance(block, list) and child in block:
                yield from block[block.index(child) + 1 :]
        if isinstance(above, FunctionNode):
            return
        child = above


def works(statements: list[ast.stmt], file: File, index: Index) -> bool:
    """Whether statements certainly do work that takes time: I/O, functions of the project, loops with calls."""
    calls = [call for statement in statements for call in file.within(wrapped(statement), ast.Call)]
    return any(is_work(call, file, index) for call in calls)


def wrapped(statement: ast.stmt) -> ast.AST:
    """A parent for a statement, since what is looked through is what is below a node."""
    return ast.Module([statement], [])


def is_work(call: ast.Call, file: File, index: Index) -> bool:
    func = file.callee(call)
    if isinstance(func, Name) and index.modules.resolve(func.dotted) is not None:
        return True
    return io_call(file.value(call), index) is not None


def may_take_time(statements: list[ast.stmt], file: File) -> bool:
    """Whether statements call anything but what is done at once."""
    calls = [call for statement in statements for call in file.within(wrapped(statement), ast.Call)]
    return any(logging(call) == "other" and not is_quick(call, file) for call in calls)


def is_quick(call: ast.Call, file: File) -> bool:
    func = file.callee(call)
    return (isinstance(func, Name) and func.dotted.startswith(QUICK)) or (isinstance(func, Attr) and func.name in DICTS)


DICTS = frozenset({"get", "items", "keys", "values", "append", "strip", "split", "format", "lower", "upper", "encode"})
