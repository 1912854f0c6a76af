"""Writes out the fields that were left out as 0, which is what the schedule reads as."""

import ast

from celerylint import cst
from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    call = file.node_at(finding.span, ast.Call)
    if call is None:
        return None
    missing = dict.fromkeys(finding.data["missing"], "0")
    return Fix("unsafe", f"Set {' and '.join(f'{name}=0' for name in missing)}", cst.add_keywords(file, call, missing))
