"""Writes the new names, as CEL502's fixer does."""

from celerylint.edits import Fix
from celerylint.facts import Setting
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.setting_renames import renames


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    setting: Setting = finding.data["setting"]
    names = index.configuration.names
    rows = [row for row in index.settings_in(file.path) if row.holder == setting.holder and names.is_old(row.written)]
    edits = renames([row for row in {row.span: row for row in rows}.values() if row.name], file, index)
    return Fix("safe", "Write the new names", edits) if edits else None
