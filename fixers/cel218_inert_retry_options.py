"""Removes options that do nothing."""

from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.option_edits import remove_options


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    edits = remove_options(file, finding.data["places"])
    return None if edits is None else Fix("safe", "Remove what does nothing", edits)
