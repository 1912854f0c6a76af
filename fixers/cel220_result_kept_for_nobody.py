"""Has the result not stored."""

from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.option_edits import add_to_task


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    edits = add_to_task(file, finding.data["task"], {"ignore_result": "True"})
    return None if edits is None else Fix("unsafe", "Do not store the result", edits)
