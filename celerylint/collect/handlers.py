"""What the handlers around a call catch."""

from __future__ import annotations

import ast

from celerylint.file import File
from celerylint.tree import FunctionNode
from celerylint.values import UNKNOWN, Name, Sequence


def handled(file: File, node: ast.Try) -> tuple[str, ...]:
    """The dotted names of what the handlers of a `try` catch, "" for everything and for what is not known."""
    found: list[str] = []
    for handler in node.handlers:
        value = UNKNOWN if handler.type is None else file.value(handler.type)
        items = value.items if isinstance(value, Sequence) else (value,)
        found += [item.dotted if isinstance(item, Name) else "" for item in items]
    return tuple(found)


def caught(file: File, node: ast.Call, catching: dict[ast.Try, tuple[str, ...]]) -> tuple[str, ...]:
    """What the handlers around a call in its function catch."""
    if not catching:
        return ()
    found: tuple[str, ...] = ()
    child: ast.AST = node
    for above in file.ancestors(node):
        if isinstance(above, FunctionNode):
            break
        if isinstance(above, ast.Try) and child in above.body:
            found += catching[above]
        child = above
    return found
