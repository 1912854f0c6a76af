"""Has results expire after a day, as they do by default."""

import ast

from celerylint import cst
from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding

DAY = "86400"


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    span = finding.data["node"]
    node = file.node_at(span, ast.expr) if span is not None else None
    if node is None:
        return None
    return Fix("unsafe", "Keep results for a day", cst.replace_expression(file, node, DAY))
