"""Removes options that do nothing. A comment about one stays, and speaks then of what is gone: that is not safe."""

from celerylint.edits import Applicability, Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.lexing import comments
from celerylint.rule import Finding
from celerylint.rules.option_edits import remove_options
from celerylint.source import Source, Span


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    places = finding.data["places"]
    edits = remove_options(file, places)
    explained = any(is_explained(file.source, place) for place in places)
    safety: Applicability = "unsafe" if explained else "safe"
    return None if edits is None else Fix(safety, "Remove what does nothing", edits)


def is_explained(source: Source, place: Span) -> bool:
    """Whether an option on lines of its own has a comment there, or alone on the line above."""
    if source.line(place.line)[: place.column - 1].strip():
        return False
    first = place.line - source.line(place.line - 1).lstrip().startswith("#")
    start, end = source.offset(first, 1), source.offset(place.end_line, len(source.line(place.end_line)) + 1)
    return any(start <= at < end for at, _ in comments(source.text))
