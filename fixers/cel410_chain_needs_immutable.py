"""Makes the signature immutable."""

import ast

from celerylint import cst
from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    place = finding.data["maker"]
    call = file.node_at(place, ast.Call) if place is not None else None
    match call:
        case ast.Call(func=ast.Attribute(attr="s")):
            edits = cst.rename_callee(file, call, "si")
        case ast.Call(func=ast.Attribute(attr="signature" | "subtask")):
            edits = cst.add_keyword(file, call, "immutable", "True")
        case _:
            return None
    return Fix("safe", "Make the signature immutable", edits)
