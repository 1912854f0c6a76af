"""Writes the name of the task that was meant."""

from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.text_edits import replace_text


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    instead = finding.data["instead"]
    edits = replace_text(file, finding.span, instead) if instead else None
    return None if edits is None else Fix("unsafe", f"Write `{instead}`", edits)
