"""Has the messages of a frequent entry expire before the next one is due."""

import ast

from celerylint import cst
from celerylint.edits import Edit, Fix
from celerylint.facts import ScheduleEntry
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.text_edits import add_item, quote_of


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    entry, seconds = finding.data["entry"], str(finding.data["seconds"])
    edits = in_call(entry, file, seconds) if entry.source == "call" else in_dict(entry, file, seconds)
    return None if edits is None else Fix("unsafe", f"Drop messages after {seconds} s", edits)


def in_call(entry: ScheduleEntry, file: File, seconds: str) -> tuple[Edit, ...] | None:
    call = file.node_at(entry.span, ast.Call)
    return cst.add_keyword(file, call, "expires", seconds) if call is not None else None


def in_dict(entry: ScheduleEntry, file: File, seconds: str) -> tuple[Edit, ...] | None:
    """An edit of the options, where the entry has some, else of the entry itself."""
    key = file.node_at(entry.keys["schedule"], ast.expr) if "schedule" in entry.keys else None
    node = file.parent(key) if key is not None else None
    if not isinstance(node, ast.Dict):
        return None
    quote = quote_of(file, node)
    for name, value in zip(node.keys, node.values, strict=True):
        if isinstance(name, ast.Constant) and name.value == "options":
            return add_item(file, value, "expires", seconds, quote) if isinstance(value, ast.Dict) else None
    return add_item(file, node, "options", f"{{{quote}expires{quote}: {seconds}}}", quote)
