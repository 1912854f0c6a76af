"""Gives `max_retries` a number."""

from celerylint import cst
from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.option_edits import option_value

NUMBER = 10


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    value = option_value(file, finding.span)
    if value is None:
        return None
    return Fix("unsafe", f"Give up after {NUMBER} retries", cst.replace_expression(file, value, str(NUMBER)))
