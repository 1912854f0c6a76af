"""Sets both limits once, where the app's settings are; in the decorator or class where there is no app."""

from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.config_edits import add_settings
from celerylint.rules.option_edits import add_to_task


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    limits = {"time_limit": str(index.traits.time_limit), "soft_time_limit": str(index.traits.soft_time_limit)}
    edits = add_settings(finding.data["app"], {f"task_{name}": code for name, code in limits.items()}, index)
    if edits is None and finding.data["task"] is not None:
        edits = add_to_task(file, finding.data["task"], limits)
    return None if edits is None else Fix("unsafe", "Set both time limits", edits)
