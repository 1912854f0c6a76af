"""Writes the number or boolean that stands in quotes."""

import ast

from celerylint import cst
from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    span, instead = finding.data["node"], finding.data["instead"]
    node = file.node_at(span, ast.Constant) if span is not None and instead else None
    if node is None:
        return None
    return Fix("safe", f"Write `{instead}`", cst.replace_expression(file, node, instead))
