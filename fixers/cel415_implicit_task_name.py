"""Writes the name that the task has today."""

import ast

from celerylint import cst
from celerylint.edits import Applicability, Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    task = next((task for task in index.tasks_in(file.path) if task.span == finding.span), None)
    decorator = file.node_at(task.spans[""], ast.expr) if task is not None and "" in task.spans else None
    if decorator is None:
        return None
    name = finding.data["name"]
    safety: Applicability = "safe" if is_proven(file, index) else "unsafe"
    edits = cst.add_decorator_keyword(file, decorator, "name", f'"{name}"')
    return Fix(safety, f"Name it `{name}`", edits)


def is_proven(file: File, index: Index) -> bool:
    """Whether some file about Celery imports the module by the name that its folders give it."""
    name = index.modules.imported_as(file.module)
    owner, _, last = name.rpartition(".")
    spellings = [f"import {name}", f"from {name} import", *([f"from {owner} import {last}"] if owner else [])]
    contents = (index.read(facts.path) or b"" for facts in index.facts)
    return any(spelling.encode() in content for content in contents for spelling in spellings)
