"""Lets the soft time limit through: a clause that raises it again, before the broad one."""

import ast

from celerylint import cst
from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    handler = file.node_at(finding.span, ast.ExceptHandler)
    if handler is None:
        return None
    edits = cst.insert_before(file, handler, ["except celery.exceptions.SoftTimeLimitExceeded:", "    raise"])
    return Fix("unsafe", "Let the soft time limit through", edits, ("celery.exceptions.SoftTimeLimitExceeded",))
