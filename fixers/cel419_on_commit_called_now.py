"""Hands the call over instead of making it."""

import ast

from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.commits import to_partial


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    call = file.node_at(finding.span, ast.Call)
    if call is None:
        return None
    imports = ("functools.partial",) if call.args or call.keywords else ()
    return Fix("safe", "Send it at the commit", to_partial(file, call), imports)
