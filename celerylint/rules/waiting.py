"""Code that asks for a result's state before it fetches it, or over and over until it is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from celerylint.collect.guards import earlier
from celerylint.file import File
from celerylint.index import Index
from celerylint.tree import FunctionNode

ASKING = re.compile(r"\.(?:ready|successful|failed)\(|\.(?:state|status)\b")
EAGERLY = re.compile(r"(?i)eager|testing|debug")
QUESTIONS = frozenset({"ready", "successful", "failed", "waiting", "state", "status"})


def is_asked_first(node: ast.Call, file: File) -> bool:
    """Whether a test before or around a method's call asks its object for the state, or code for eager mode."""
    asked = file.text(node.func.value) if isinstance(node.func, ast.Attribute) else ""
    return any(asks(test, asked, file) for test in deciding(node, file))


def deciding(node: ast.AST, file: File) -> Iterator[ast.expr]:
    """The tests around a node in its function, and those of statements before it in the blocks around it."""
    child = node
    for above in file.ancestors(node):
        if isinstance(above, ast.If | ast.IfExp | ast.While) and child is not above.test:
            yield above.test
        yield from (before.test for before in earlier(above, child) if isinstance(before, ast.If | ast.While))
        if isinstance(above, FunctionNode):
            return
        child = above


def asks(test: ast.expr, asked: str, file: File) -> bool:
    text = file.text(test)
    return EAGERLY.search(text) is not None or (asked in text and ASKING.search(text) is not None)


def polled(loop: ast.While, file: File, index: Index) -> ast.Attribute | None:
    """What a loop asks of a result until it may end: `r.ready` of `while not r.ready()`, or of a test that ends it."""
    tests = [loop.test]
    tests += [s.test for s in loop.body if isinstance(s, ast.If) and isinstance(s.body[-1], ast.Break | ast.Return)]
    asked = [node for test in tests for node in ast.walk(test) if isinstance(node, ast.Attribute)]
    results = (node for node in asked if node.attr in QUESTIONS and index.result_of(file.value(node.value)))
    return next(results, None)
