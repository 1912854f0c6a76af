"""Adds `retry_backoff=True`, which brings jitter with it."""

from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.option_edits import add_option


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    edits = add_option(file, finding.span, {"retry_backoff": "True"})
    return None if edits is None else Fix("unsafe", "Wait longer before each retry", edits)
