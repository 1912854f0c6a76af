"""Where a setting's name and value stand, in every form in which settings are written."""

from __future__ import annotations

import ast

from celerylint.facts import Setting
from celerylint.file import File
from celerylint.source import Span

Written = tuple[Span, "ast.expr | None"]


def written(file: File, setting: Setting) -> Written:
    """The place to report a setting at, and the expression of its value (None where that stands elsewhere).

    The place is the name that is assigned to, the whole keyword of a call, or the key of a dict.
    """
    node = file.node_at(setting.value_span, ast.expr)
    above = file.parent(node) if node is not None else None
    if setting.span != setting.value_span:
        return setting.span, node
    match above:
        case ast.keyword(arg=name) if name == setting.written or setting.form == "keyword":
            return file.span(above), node
        case ast.Assign(targets=targets, value=value) if node in targets:
            return setting.span, value
        case ast.AnnAssign(target=target, value=value) if node is target:
            return setting.span, value
        case _:
            return in_dict(file, node, setting) if isinstance(node, ast.Call) else (setting.span, None)


def in_dict(file: File, call: ast.Call, setting: Setting) -> Written:
    """The key and value of a dict that is passed to a call."""
    for arg in call.args:
        for key, value in entries(arg):
            if isinstance(key, ast.Constant) and key.value == setting.written:
                return file.span(key), value
    return setting.span, None


def entries(node: ast.expr | None) -> list[tuple[ast.expr | None, ast.expr]]:
    """The keys and values of a dict that is written out."""
    return list(zip(node.keys, node.values, strict=True)) if isinstance(node, ast.Dict) else []
