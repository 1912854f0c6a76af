"""Writes the default of today."""

from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.config_edits import add_settings


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    name, today = finding.data["setting"], finding.data["today"]
    edits = add_settings(finding.data["app"], {name: today}, index)
    return Fix("safe", f"Set `{name} = {today}`", edits) if edits else None
