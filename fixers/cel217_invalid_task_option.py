"""Makes a tuple of the one exception class that stands where a tuple belongs."""

from celerylint.edits import Fix, insert
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.option_edits import option_value
from celerylint.statements import bounds


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    node = option_value(file, finding.span) if finding.data.get("tuple") else None
    if node is None:
        return None
    start, end = bounds(file, node)
    source = file.source
    if source.text[:start].rstrip().endswith("(") and source.text[end:].lstrip().startswith(")"):
        above = file.source.offset(finding.span.line, finding.span.column)
        # In `autoretry_for=(OSError)` the parentheses are there, and only the comma is missing.
        if "(" in source.text[above:start]:
            return Fix("safe", "Make it a tuple", (insert(source, end, ","),))
    return Fix("safe", "Make it a tuple", (insert(source, start, "("), insert(source, end, ",)")))
