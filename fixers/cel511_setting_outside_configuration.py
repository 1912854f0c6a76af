"""Writes the variable to the app's configuration, which turns it on."""

import ast

from celerylint import cst
from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    instead = finding.data["instead"]
    node = file.node_at(finding.span, ast.Name) if instead else None
    if node is None or not isinstance(file.parent(node), ast.Assign):
        return None
    return Fix("unsafe", f"Write `{instead}`", cst.replace_expression(file, node, instead))
