"""Renames a setting to the one that was meant, which turns it on."""

from celerylint.edits import Fix, replace
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    instead = finding.data["instead"]
    text = file.source.cut(finding.span)
    owner, dot, name = text.rpartition(".")
    written = name.strip("\"'")
    if not instead or not written.isidentifier():
        return None
    return Fix(
        "unsafe", f"Rename it to `{instead}`", (replace(finding.span, f"{owner}{dot}{name.replace(written, instead)}"),)
    )
