"""Adds what is missing of a bound task: `bind=True`, the parameter `self`, or both."""

import ast

from celerylint.cst import NotEditable, decorator_to_call, replace_keyword_value
from celerylint.edits import Edit, Fix, insert
from celerylint.facts import Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.source import NEWLINE


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    task = next((task for task in index.tasks_in(file.path) if task.span == finding.span), None)
    body = file.body(task.function) if task is not None else None
    if task is None or body is None:
        return None
    edits: tuple[Edit, ...] = ()
    if finding.data["parameter"]:
        edits += (first_parameter(finding, file, body),)
    if finding.data["bind"]:
        edits += bind(task, file)
    return Fix("unsafe", "Bind the task", edits)


def first_parameter(finding: Finding, file: File, body: ast.FunctionDef | ast.AsyncFunctionDef) -> Edit:
    """`self` before all other parameters, on a line of its own where they are."""
    text, end = file.source.text, file.source.offset(finding.span.end_line, finding.span.end_column)
    opening = text.index("(", end) + 1
    rest = NEWLINE.sub("\n", text[opening:])
    gap = rest[: len(rest) - len(rest.lstrip())]
    if not any_parameter(body.args):
        return insert(file.source, opening, "self")
    if "\n" in gap:
        return insert(file.source, opening, f"{gap}self,")
    return insert(file.source, opening, "self," if rest.lstrip().startswith("#") else "self, ")


def any_parameter(args: ast.arguments) -> bool:
    return bool(args.posonlyargs or args.args or args.vararg or args.kwonlyargs or args.kwarg)


def bind(task: Task, file: File) -> tuple[Edit, ...]:
    """`bind=True` in the task's decorator. Raises NotEditable where that is not one."""
    decorator = file.node_at(task.spans[""], ast.expr)
    if decorator is None or not isinstance(file.parent(decorator), ast.FunctionDef | ast.AsyncFunctionDef):
        raise NotEditable("the task is not made by a decorator")
    if isinstance(decorator, ast.Call) and any(keyword.arg == "bind" for keyword in decorator.keywords):
        return replace_keyword_value(file, decorator, "bind", "True")
    return decorator_to_call(file, decorator, {"bind": "True"})
