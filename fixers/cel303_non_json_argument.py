"""Passes an equal value that JSON carries; the task then gets that instead of what it would have got from pickle."""

import ast

from celerylint.cst import wrap_expression
from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding

TIGHT = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Set, ast.SetComp, ast.JoinedStr)


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    template = finding.data["instead"]
    node = file.node_at(finding.span, ast.expr)
    if not template or node is None:
        return None
    before, _, after = template.partition("{}")
    if after.startswith(".") and not isinstance(node, TIGHT):
        before, after = f"{before}(", f"){after}"
    edits = tuple(edit for edit in wrap_expression(file, node, before, after) if edit.content)
    imports = ("dataclasses.asdict",) if before.startswith("dataclasses.asdict") else ()
    return Fix("unsafe", f"Pass `{template.format('…')}`", edits, imports)
