"""Turns events on."""

from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.config_edits import add_settings


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    settings = dict.fromkeys(finding.data["settings"], "True")
    edits = add_settings(finding.data["app"], settings, index) if settings else None
    return None if edits is None else Fix("unsafe", "Send events", edits)
