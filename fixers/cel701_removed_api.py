"""Writes what Celery has today: names and their imports, options, the order of command lines."""

from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.old_name_edits import plan


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    found = plan(finding, file, index)
    if found is None:
        return None
    return Fix("safe" if found.sure else "unsafe", found.message, found.edits, found.imports)
