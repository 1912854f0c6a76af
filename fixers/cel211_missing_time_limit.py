"""Sets both limits once, where the app's settings are; in the decorator or class where there is no app."""

import ast
from collections.abc import Mapping

from celerylint import cst
from celerylint.edits import Edit, Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.config_edits import add_settings
from celerylint.rules.declared import decorator


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    limits = {"time_limit": str(index.traits.time_limit), "soft_time_limit": str(index.traits.soft_time_limit)}
    edits = add_settings(finding.data["app"], {f"task_{name}": code for name, code in limits.items()}, index)
    if edits is None and finding.data["task"] is not None:
        edits = in_task(finding, file, limits)
    return None if edits is None else Fix("unsafe", "Set both time limits", edits)


def in_task(finding: Finding, file: File, limits: Mapping[str, str]) -> tuple[Edit, ...] | None:
    """Edits that write the limits into the task itself."""
    task = finding.data["task"]
    if task.kind == "class":
        node = file.definition(task.key)
        methods = (
            [child for child in node.body if isinstance(child, ast.FunctionDef)]
            if isinstance(node, ast.ClassDef)
            else []
        )
        lines = [f"{name} = {code}" for name, code in limits.items()]
        return cst.insert_before(file, methods[0], [*lines, ""]) if methods else None
    node = decorator(task, file)
    return None if node is None else cst.decorator_to_call(file, node, limits)
