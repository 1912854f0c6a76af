"""Lets a retry through: `except Retry: raise` before the handler that catches it."""

import ast

from celerylint import cst
from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    handler = file.node_at(finding.data["handler"], ast.ExceptHandler)
    if handler is None:
        return None
    edits = cst.insert_before(file, handler, ["except celery.exceptions.Retry:", "    raise"])
    return Fix("unsafe", "Let the retry through", edits, ("celery.exceptions.Retry",))
