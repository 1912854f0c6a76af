"""Sends with `apply_async`, or sets the options on the signature."""

import ast

from celerylint import cst
from celerylint.edits import Fix, insert
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding

SENDERS = {"delay": "apply_async", "delay_on_commit": "apply_async_on_commit"}
SHAPES = frozenset({"args", "kwargs"})


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    call = file.node_at(finding.data["call"], ast.Call)
    if call is None or not isinstance(call.func, ast.Attribute):
        return None
    options, method = finding.data["options"], call.func.attr
    if any(keyword.arg is None for keyword in call.keywords):
        return None
    if method in SENDERS:
        return with_apply_async(call, SENDERS[method], options, file)
    return on_signature(call, options, file) if SHAPES.isdisjoint(options) else None


def with_apply_async(call: ast.Call, method: str, options: list[str], file: File) -> Fix | None:
    others = [*call.args, *(keyword for keyword in call.keywords if keyword.arg not in options)]
    if others and not SHAPES.isdisjoint(options):
        return None
    edits = cst.rename_callee(file, call, method)
    if others:
        edits += cst.pack_arguments(file, call, options)
    return Fix("safe", f"Send it with `{method}`", edits)


def on_signature(call: ast.Call, options: list[str], file: File) -> Fix:
    """`task.s(1, queue="x")` -> `task.s(1).set(queue="x")`."""
    values = {keyword.arg: file.text(keyword.value) for keyword in call.keywords}
    span = file.span(call)
    end = file.source.offset(span.end_line, span.end_column)
    code = ", ".join(f"{name}={values[name]}" for name in options)
    edits = (*cst.remove_keywords(file, call, options), insert(file.source, end, f".set({code})"))
    return Fix("safe", "Set the options on the signature", edits)
