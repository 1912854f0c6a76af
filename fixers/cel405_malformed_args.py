"""Writes the tuple, list or keyword that was meant."""

import ast
import re
from dataclasses import replace

from celerylint.edits import Edit, Fix, insert
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.shapes import Broken, broken

CLOSING = re.compile(r"(?:\s|#[^\r\n]*)*\)")


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    for dispatch in index.dispatches_in(file.path):
        call = file.node_at(dispatch.span, ast.Call)
        shapes = broken(dispatch, call, file, index) if call is not None else []
        for shape in shapes:
            if call is not None and file.span(shape.node) == finding.data["place"]:
                found = mended(shape, call, dispatch.method, file)
                return replace(found, applicability="unsafe") if found and finding.data["spread"] else found
    return None


def mended(shape: Broken, call: ast.Call, method: str, file: File) -> Fix | None:
    start, end = offsets(shape.node, file)
    keyword = next((keyword for keyword in call.keywords if keyword.value is shape.node), None)
    if shape.name == "kwargs":
        return None
    if method == "retry" and shape.kind == "Exception":
        return renamed(keyword, "exc", start, call, file)
    if shape.kind == "dict":
        return renamed(keyword, "kwargs", start, call, file)
    if shape.kind == "generator":
        return (
            Fix("safe", "Make it a list", (insert(file.source, start, "list"),))
            if in_parentheses(start, file)
            else None
        )
    if shape.kind in {"set", "frozenset"}:
        return None
    if shape.swallows is not None:
        _, last = offsets(shape.swallows, file)
        return Fix("safe", "Pass both in a tuple", (insert(file.source, start, "("), insert(file.source, last, ")")))
    return Fix("safe", "Make it a tuple", as_tuple(start, end, shape.node, call, file))


def as_tuple(start: int, end: int, node: ast.expr, call: ast.Call, file: File) -> tuple[Edit, ...]:
    """The comma alone where parentheses are there, else both."""
    before = file.source.text[:start].rstrip()
    own = before.endswith("(") and len(before) - 1 != opening(call, file)
    if own and CLOSING.match(file.source.text, end):
        return (insert(file.source, end, ","),)
    return insert(file.source, start, "("), insert(file.source, end, ",)")


def opening(call: ast.Call, file: File) -> int:
    """The offset of the parenthesis that opens a call's arguments."""
    _, end = offsets(call.func, file)
    return file.source.text.index("(", end)


def in_parentheses(start: int, file: File) -> bool:
    return file.source.text[start] == "("


def renamed(keyword: ast.keyword | None, name: str, start: int, call: ast.Call, file: File) -> Fix | None:
    """The value under another keyword, where that is free."""
    if any(other.arg in {name, None} for other in call.keywords) or (keyword is None and len(call.args) > 1):
        return None
    if keyword is None:
        return Fix("safe", f"Pass it as `{name}`", (insert(file.source, start, f"{name}="),))
    first, _ = offsets(keyword, file)
    return Fix("safe", f"Pass it as `{name}`", (Edit(file.source.range(first, first + len(keyword.arg or "")), name),))


def offsets(node: ast.expr | ast.keyword, file: File) -> tuple[int, int]:
    span = file.span(node)
    return file.source.offset(span.line, span.column), file.source.offset(span.end_line, span.end_column)
