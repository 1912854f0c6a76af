"""Takes out a suppression, or those of its codes, that suppress nothing."""

from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    return Fix("safe", "Remove the unused suppression", finding.data["edits"])
