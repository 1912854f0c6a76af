"""Has each process reserve one message."""

import ast

from celerylint import cst
from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.config_edits import add_settings


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    span = finding.data["node"]
    node = file.node_at(span, ast.expr) if span is not None else None
    if node is not None:
        return Fix("unsafe", "Reserve one message", cst.replace_expression(file, node, "1"))
    edits = add_settings(finding.data["app"], {"worker_prefetch_multiplier": "1"}, index) if span is None else None
    return None if edits is None else Fix("unsafe", "Reserve one message", edits)
