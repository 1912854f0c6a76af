"""Writes `raise` before a retry, which changes nothing at run time."""

from celerylint.edits import Fix, insert
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    start = file.source.offset(finding.span.line, finding.span.column)
    return Fix("safe", "Raise the retry", (insert(file.source, start, "raise "),))
