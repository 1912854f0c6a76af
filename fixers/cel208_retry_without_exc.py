"""Passes the caught error on, so that it is what the last try raises.

Safe where the project knows nothing of the error that was raised instead.
"""

import ast

from celerylint import cst
from celerylint.edits import Applicability, Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    call = file.node_at(finding.span, ast.Call)
    if call is None:
        return None
    counted_on = any(True for _ in index.lines_with("MaxRetriesExceededError"))
    safety: Applicability = "unsafe" if counted_on else "safe"
    return Fix(safety, "Pass the error", cst.add_keyword(file, call, "exc", finding.data["error"]))
