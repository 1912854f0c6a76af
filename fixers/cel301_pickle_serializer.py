"""Writes JSON in place of pickle or YAML, and has the workers accept it where they do not yet.

Safe with evidence: everything that the project is seen to pass to the tasks concerned, and all that they return, is
proven to pass JSON unchanged.
"""

import ast

from celerylint.edits import Edit, Fix, insert, replace
from celerylint.facts import Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.serializing import JSON, accepted, name_of, passes, proven_json
from celerylint.rules.setting_places import written


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    span = finding.data["span"]
    if span is None:
        return None
    literal = file.source.cut(span)
    quote = "'" if literal.endswith("'") else '"'
    edit = replace(span, f"{quote}json{quote}")
    names = accepted(index)
    if names is not None and names & JSON:
        safe = is_proven(finding, file, index)
        return Fix("safe" if safe else "unsafe", "Serialise with JSON", (edit,))
    accept = accepting(file, index, quote)
    if accept is None:
        return Fix("manual", "Serialise with JSON, once `accept_content` has it", (edit,))
    return Fix("unsafe", "Serialise with JSON, and accept it", (edit, accept))


def is_proven(finding: Finding, file: File, index: Index) -> bool:
    scope = finding.data["scope"]
    if scope == "call":
        return any(d.span == finding.data["call"] and passes(d, index) for d in index.dispatches_in(file.path))
    return scope != "other" and proven_json(concerned(scope, index), index)


def concerned(scope: str, index: Index) -> list[Task]:
    """The tasks whose serialiser it is: one by its key, or all that take it from the settings."""
    if scope != "tasks":
        return [task for task in index.tasks if task.key == scope]
    return [task for task in index.tasks if name_of(index.option(task, "serializer").value) != "json"]


def accepting(file: File, index: Index, quote: str) -> Edit | None:
    """The edit that puts JSON first in this file's `accept_content`."""
    rows = [row for row in index.configuration.production("accept_content") if row.path == file.path]
    value = written(file, rows[0])[1] if len(rows) == 1 else None
    if not isinstance(value, ast.List | ast.Tuple | ast.Set) or not value.elts:
        return None
    first = file.span(value.elts[0])
    own_line = first.line > value.lineno
    indent = file.source.line(first.line)[: first.column - 1]
    gap = f"\n{indent}" if own_line and not indent.strip() else " "
    return insert(file.source, file.source.offset(*first[:2]), f"{quote}json{quote},{gap}")
