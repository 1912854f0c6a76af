"""Has worker processes replaced after a thousand tasks."""

from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.config_edits import add_settings


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    edits = add_settings(finding.data["app"], {"worker_max_tasks_per_child": "1000"}, index)
    return None if edits is None else Fix("unsafe", "Replace processes after 1000 tasks", edits)
