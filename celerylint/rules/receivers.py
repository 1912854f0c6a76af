"""For rules about Celery's signals: which calls and decorators connect a receiver."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from celerylint.file import File
from celerylint.index import Index
from celerylint.records import dataclass
from celerylint.tree import FunctionNode
from celerylint.values import Attr, Const, Name, Value

SIGNALS = "celery.signals."
APP_SIGNALS = frozenset({"on_configure", "on_after_configure", "on_after_finalize", "on_after_fork"})
Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Connection:
    """A receiver being connected. `call` holds the options, None for a bare decorator; `node` is the decorator or
    call; `definition` the receiver where it is a function of this file."""

    signal: str
    node: ast.expr
    call: ast.Call | None
    receiver: ast.expr | None
    definition: Definition | None

    def option(self, name: str, file: File) -> Value | None:
        """The value of a keyword, None where it is not given."""
        for keyword in self.call.keywords if self.call is not None else ():
            if keyword.arg == name:
                return file.value(keyword.value)
        return None

    def keeps(self, file: File) -> bool | None:
        """Whether the signal holds on to the receiver; None where that is not known."""
        if self.call is not None and any(keyword.arg is None for keyword in self.call.keywords):
            return None
        weak, retry = self.option("weak", file), self.option("retry", file)
        if weak is None and retry is None:
            return False
        return True if weak == Const(False) or retry == Const(True) else None if weak != Const(True) else False


def connections(file: File, index: Index) -> Iterator[Connection]:
    """Every receiver that a file connects to a signal of Celery or of an application."""
    for node in file.nodes(ast.Call):
        connects = isinstance(node.func, ast.Attribute) and node.func.attr == "connect"
        signal = signal_of(file.callee(node), index) if connects else ""
        if signal and node.args:
            receiver = node.args[0]
            yield Connection(signal, node, node, receiver, defined(receiver, file))
    for definition in file.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        for decorator in definition.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            func = call.func if call is not None else decorator
            signal = (
                signal_of(file.value(func), index) if isinstance(func, ast.Attribute) and func.attr == "connect" else ""
            )
            if signal and not (call is not None and call.args):
                yield Connection(signal, decorator, call, None, definition)


def signal_of(value: Value, index: Index) -> str:
    """The name of the signal whose `connect` a value is, else ""."""
    match value:
        case Name(dotted=dotted) if dotted.endswith(".connect"):
            owner = index.modules.canonical(dotted.removesuffix(".connect"))
            if owner.startswith(SIGNALS):
                return owner.removeprefix(SIGNALS)
            app, _, name = owner.rpartition(".")
            return name if name in APP_SIGNALS and index.applications.is_app(Name(app)) else ""
        case Attr(base=Attr(base=base, name=name), name="connect"):
            return name if name in APP_SIGNALS and index.applications.is_app(base) else ""
        case _:
            return ""


def defined(node: ast.expr, file: File) -> Definition | None:
    """The function of this file that a name is, where it is one and no other."""
    if not isinstance(node, ast.Name):
        return None
    scope = file.scope(node)
    while node.id not in scope.bindings and scope.parent is not None:
        scope = scope.parent
    bindings = scope.bindings.get(node.id, [])
    found = bindings[0].node if len(bindings) == 1 else None
    return found if isinstance(found, FunctionNode) else None
