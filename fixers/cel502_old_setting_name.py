"""Writes the new names, and reads them: all of the same place at once, as Celery refuses a mixture."""

from celerylint.edits import Fix
from celerylint.facts import Setting
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.setting_names import as_new
from celerylint.rules.setting_renames import renames


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    setting = finding.data["setting"]
    edits = renames(beside(setting, index), file, index)
    return Fix("safe", f"Write `{as_new(setting, setting.name)}`", edits) if edits else None


def beside(setting: Setting, index: Index) -> list[Setting]:
    """The settings under old names in the same place; the one alone where no mixture can come of it."""
    if setting.namespace:
        return [setting]
    rows = index.settings_in(setting.path)
    names = index.configuration.names
    together = [
        row
        for row in rows
        if row.name
        and names.is_old(row.written)
        and (row.holder, row.app, row.form) == (setting.holder, setting.app, setting.form)
    ]
    return list({row.span: row for row in together}.values())
