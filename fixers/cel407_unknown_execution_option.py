"""Renames an option to the one that was meant."""

import ast

from celerylint import cst
from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    keyword, instead = file.node_at(finding.span, ast.keyword), finding.data["instead"]
    call = file.parent(keyword) if keyword is not None else None
    if not instead or not isinstance(call, ast.Call):
        return None
    edits = cst.rename_keyword(file, call, finding.data["option"], instead)
    return Fix("safe", f"Rename it to `{instead}`", edits)
