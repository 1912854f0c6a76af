"""What to write in place of old names of Celery's API, for fixers."""

from __future__ import annotations

import ast
from typing import NamedTuple

from celerylint import celery_data, cst
from celerylint.edits import Edit
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.command_edits import is_same, mended
from celerylint.rules.declared import is_read
from celerylint.rules.moved_imports import edits
from celerylint.rules.moved_names import APP, BUILTINS, Statement, drop_in, is_module, moves
from celerylint.rules.old_api import old_options
from celerylint.rules.old_schedules import PERIODIC, schedules
from celerylint.rules.old_task_classes import registrations
from celerylint.rules.option_edits import remove_options

LOGGER = "celery.utils.log.get_task_logger"


class Plan(NamedTuple):
    """What to do, the edits that do it and what they need imported; `sure` says that the program means the same."""

    message: str
    edits: tuple[Edit, ...]
    imports: tuple[str, ...] = ()
    sure: bool = True


def plan(finding: Finding, file: File, index: Index) -> Plan | None:
    """What to do about a use of an old name; None where nothing can be written for it."""
    if "line" in finding.data:
        return of_command(finding, file)
    name: str = finding.data["name"]
    statement = statement_at(finding, file)
    if statement is not None:
        return of_import(finding, statement, file, index)
    attribute = file.node_at(finding.span, ast.Attribute)
    if attribute is not None and name in celery_data.removed_api() and attribute.attr == name.rpartition(".")[2]:
        return of_attribute(attribute, name, file)
    return of_option(finding, name, file, index)


def of_command(finding: Finding, file: File) -> Plan | None:
    """A command line as Celery 5 takes it."""
    problems = finding.data["problems"]
    found = mended(finding.data["line"], problems, file)
    return Plan(*found, sure=is_same(problems[0])) if found is not None else None


def statement_at(finding: Finding, file: File) -> Statement | None:
    """The import that a finding is about."""
    statements: list[Statement] = file.nodes(ast.Import, ast.ImportFrom)
    return next((node for node in statements for alias in node.names if file.span(alias) == finding.span), None)


def of_import(finding: Finding, statement: Statement, file: File, index: Index) -> Plan | None:
    """All that can be moved of a statement, at once."""
    moved = moves(statement, file, index)
    if finding.span not in [file.span(each.alias) for each in moved]:
        return None
    changes, imports = edits(statement, moved, file)
    for each in moved:
        registered = registrations(each.old, file, index) if each.new == "celery.Task" else ()
        if registered is None:
            return None
        periodic = each.uses if each.old in PERIODIC else ()
        planned = [edit for node, _ in periodic for edit in schedules(node, file, index)]
        changes = (*changes, *registered, *planned)
        imports = (*imports, *([APP] if registered or planned else []))
    names = dict.fromkeys(f"`{each.new.removeprefix(BUILTINS)}`" for each in moved)
    return Plan(f"Use {' and '.join(names)}", changes, imports, all(is_shown(each.old) for each in moved))


def is_shown(name: str) -> bool:
    """Whether a Celery that runs today has an old name, and so shows that its drop-in is the same."""
    last = celery_data.removed_api()[name].last
    return last is None or last >= celery_data.OLDEST


def of_attribute(node: ast.Attribute, name: str, file: File) -> Plan | None:
    """Another name for an attribute: of the whole, where it is a dotted name, else of its last part."""
    new = drop_in(name)
    if name == "celery.task.Task.get_logger":
        return of_logger(node, file)
    above = file.parent(node)
    if not new or (isinstance(above, ast.Attribute) and is_module(name)):
        return None
    owner, _, last = new.rpartition(".")
    if owner != name.rpartition(".")[0]:
        needed = APP if new.startswith(f"{APP}.") else new
        return Plan(f"Use `{new}`", (Edit(file.span(node), new),), (needed,), is_shown(name))
    end = file.source.offset(*file.span(node)[2:])
    edit = cst.replace_text(file, end - len(node.attr), node.attr, last)
    return Plan(f"Write `{last}`", (edit,), (), is_shown(name))


def of_logger(node: ast.Attribute, file: File) -> Plan | None:
    """`task.get_logger()` as the old class had it: a logger under the task's name, whatever the arguments."""
    call = file.parent(node)
    if not isinstance(call, ast.Call) or call.func is not node:
        return None
    return Plan("Use `get_task_logger`", (Edit(file.span(call), f"{LOGGER}({file.text(node.value)}.name)"),), (LOGGER,))


# Task options and settings

BOTH = "acks_on_failure_or_timeout"


def of_option(finding: Finding, name: str, file: File, index: Index) -> Plan | None:
    """A task option or setting: two in its place, or none where it does nothing."""
    if name.endswith(BOTH):
        return split(finding, file)
    option = name.removeprefix("celery.Task.")
    if option not in old_options() or is_shown(name) or is_read(option, index):
        return None
    removed = remove_options(file, [finding.span])
    return Plan(f"Remove `{option}`", removed) if removed else None


def split(finding: Finding, file: File) -> Plan | None:
    """`acks_on_failure` and `acks_on_timeout` in place of the one for both, in whatever case it is written."""
    node = file.node_at(finding.span, ast.keyword, ast.Name, ast.Attribute)
    above = file.parent(node) if node is not None else None
    value = node.value if isinstance(node, ast.keyword) else getattr(above, "value", None)
    if not isinstance(value, ast.Constant | ast.Name | ast.Attribute):
        return None
    name = (node.arg or "") if isinstance(node, ast.keyword) else file.text(node)
    first, second = (respelt(name, option) for option in ("acks_on_failure", "acks_on_timeout"))
    message = f"Write `{first.rpartition('.')[2]}` and `{second.rpartition('.')[2]}`"
    if isinstance(node, ast.keyword) and isinstance(above, ast.Call):
        added = cst.add_keyword(file, above, second, file.text(value))
        return Plan(message, (*cst.rename_keyword(file, above, name, first), *added))
    if isinstance(above, ast.Assign | ast.AnnAssign):
        below = cst.insert_after(file, above, [f"{second} = {file.text(value)}"])
        return Plan(message, (Edit(finding.span, first), *below))
    return None


def respelt(name: str, option: str) -> str:
    return name.replace(BOTH, option).replace(BOTH.upper(), option.upper())
