"""Passes the caught error on, so that it is what the last try raises."""

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
    return Fix("safe", "Pass the error", cst.add_keyword(file, call, "exc", finding.data["error"]))
