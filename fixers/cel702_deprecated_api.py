"""Writes what both Celery 4.4 and the newest have, as CEL701's fixer does."""

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
