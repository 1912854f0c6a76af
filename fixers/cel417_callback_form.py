"""Makes a signature of a task."""

import ast

from celerylint.edits import Fix, insert
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    node = file.node_at(finding.span, ast.Name, ast.Attribute)
    if node is None or finding.data["kind"] != "task":
        return None
    span = finding.span
    end = file.source.offset(span.end_line, span.end_column)
    return Fix("safe", "Make it a signature", (insert(file.source, end, ".s()"),))
