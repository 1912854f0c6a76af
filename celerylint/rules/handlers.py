"""Exception handlers: which of them catch what a place raises, and whether they let it through."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from celerylint.file import File
from celerylint.records import dataclass
from celerylint.values import Call, Name, Sequence, Value


@dataclass(frozen=True, slots=True)
class Catcher:
    """An `except` clause, or a `contextlib.suppress(...)` of a `with`."""

    node: ast.ExceptHandler | ast.withitem

    @property
    def place(self) -> ast.ExceptHandler | ast.expr:
        """The node that has a place in the source."""
        return self.node.context_expr if isinstance(self.node, ast.withitem) else self.node

    def text(self, file: File) -> str:
        """How a message calls it."""
        if isinstance(self.node, ast.withitem):
            return file.text(self.node.context_expr)
        return "except" if self.node.type is None else f"except {file.text(self.node.type)}"


def catchers(file: File, node: ast.AST) -> Iterator[Catcher]:
    """Everything in the same function that may catch what a node raises, in the order in which it is asked."""
    child = node
    for above in file.ancestors(node):
        match above:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() | ast.ClassDef():
                return
            case ast.Try(body=body, handlers=handlers) if child in body:
                yield from map(Catcher, handlers)
            case ast.With(items=items) | ast.AsyncWith(items=items) if child not in items:
                yield from (Catcher(item) for item in reversed(items) if is_suppress(file, item))
            case _:
                pass
        child = above


def is_suppress(file: File, item: ast.withitem) -> bool:
    match file.value(item.context_expr):
        case Call(func=Name(dotted="contextlib.suppress")):
            return True
        case _:
            return False


def names(catcher: Catcher, file: File) -> list[Value | None]:
    """What a handler catches; None for a bare `except`."""
    if isinstance(catcher.node, ast.withitem):
        value = file.value(catcher.node.context_expr)
        return list(value.args) if isinstance(value, Call) else []
    if catcher.node.type is None:
        return [None]
    value = file.value(catcher.node.type)
    return list(value.items) if isinstance(value, Sequence) else [value]


def lets_through(handler: ast.ExceptHandler, file: File) -> bool:
    """Whether a handler may raise what it caught: it has a bare `raise`, raises the name, or asks what it is."""
    for node in file.within(handler, ast.Raise, ast.Call):
        match node:
            case ast.Raise(exc=None):
                return True
            case ast.Raise(exc=ast.Name(id=name)) if name == handler.name:
                return True
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass" | "type"), args=[first, *_]) if handler.name:
                return any(isinstance(part, ast.Name) and part.id == handler.name for part in ast.walk(first))
            case _:
                pass
    return False
