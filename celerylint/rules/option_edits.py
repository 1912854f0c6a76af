"""Edits of task options, for fixers: an option is known by its place, as `Declared.place` gives it."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from celerylint import cst
from celerylint.edits import Edit
from celerylint.facts import Task
from celerylint.file import File
from celerylint.rules.declared import decorator
from celerylint.source import Span


def option_node(file: File, place: Span) -> ast.keyword | ast.Assign | ast.AnnAssign | None:
    """The keyword or assignment that writes an option at a place, None where it is in `**options`."""
    keyword = file.node_at(place, ast.keyword)
    if keyword is not None:
        return keyword if keyword.arg else None
    name = file.node_at(place, ast.Name)
    above = file.parent(name) if name is not None else None
    return above if isinstance(above, ast.Assign | ast.AnnAssign) else None


def option_value(file: File, place: Span) -> ast.expr | None:
    """The expression that the option at a place is given."""
    node = option_node(file, place)
    return node.value if node is not None else None


def add_option(file: File, place: Span, options: Mapping[str, str]) -> tuple[Edit, ...] | None:
    """Edits that write options beside the one at a place: keywords in its call, or lines below its assignment."""
    node = option_node(file, place)
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return cst.insert_after(file, node, [f"{name} = {code}" for name, code in options.items()])
    call = file.parent(node) if node is not None else None
    return cst.add_keywords(file, call, options) if isinstance(call, ast.Call) else None


def remove_options(file: File, places: Sequence[Span]) -> tuple[Edit, ...] | None:
    """Edits that take away the options at some places, all of one task."""
    nodes = [option_node(file, place) for place in places]
    calls = {file.parent(node) for node in nodes if isinstance(node, ast.keyword)}
    if len(calls) == 1 and isinstance(call := calls.pop(), ast.Call):
        names = [node.arg for node in nodes if isinstance(node, ast.keyword) and node.arg]
        return cst.remove_keywords(file, call, names) if len(names) == len(nodes) else None
    statements = [node for node in nodes if isinstance(node, ast.Assign | ast.AnnAssign)]
    if len(statements) != len(nodes):
        return None
    return tuple(edit for node in statements for edit in cst.remove_statement(file, node))


def add_to_task(file: File, task: Task, options: Mapping[str, str]) -> tuple[Edit, ...] | None:
    """Edits that give a task options, in its decorator or class; None where that cannot be done."""
    if task.kind != "class":
        node = decorator(task, file)
        return None if node is None else cst.decorator_to_call(file, node, options)
    cls = file.definition(task.key)
    body: list[ast.stmt] = cls.body if isinstance(cls, ast.ClassDef) else []
    lines = [f"{name} = {code}" for name, code in options.items()]
    assigned = [child for child in body if isinstance(child, ast.Assign | ast.AnnAssign)]
    if assigned:
        return cst.insert_after(file, assigned[-1], lines)
    method = next((child for child in body if isinstance(child, ast.FunctionDef)), None)
    return None if method is None else cst.insert_before(file, method, [*lines, ""])
