"""Writes the clock that is in use where nothing is set: UTC."""

from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.config_edits import add_settings


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    edits = add_settings(finding.data["app"], {"timezone": '"UTC"'}, index)
    return None if edits is None else Fix("unsafe", "Say that UTC is meant", edits)
