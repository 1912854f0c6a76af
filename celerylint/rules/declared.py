"""Task options where they are written: in a task's decorator or class, or in a base class of tasks."""

from __future__ import annotations

import ast
import re

from celerylint.facts import Class, Function, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.index.spreading import named_items
from celerylint.records import dataclass
from celerylint.source import Span
from celerylint.values import Value


@dataclass(frozen=True, slots=True)
class Declared:
    """The options that one place writes, values as `Index.expand` gives them. `task` is None for an abstract base.

    `nodes` are the keywords or assignments by option, for one in `**options` that keyword; `direct` says that Celery
    gets them just as they stand, which it does not where a decorator of the project takes them first.
    """

    label: str
    span: Span
    options: dict[str, Value]
    nodes: dict[str, ast.keyword | ast.stmt]
    task: Task | None = None
    direct: bool = True

    def place(self, file: File, name: str) -> Span:
        """Where an option stands: the keyword, or the name that is assigned to."""
        node = self.nodes[name]
        return file.span(target(node)) if isinstance(node, ast.Assign | ast.AnnAssign) else file.span(node)

    def value_node(self, name: str) -> ast.expr | None:
        """The expression that an option is given, None where it stands in a dict that is passed as `**options`."""
        node = self.nodes.get(name)
        if isinstance(node, ast.keyword) and node.arg is None:
            return None
        return node.value if isinstance(node, ast.keyword | ast.Assign | ast.AnnAssign) else None


def target(node: ast.Assign | ast.AnnAssign) -> ast.expr:
    return node.targets[0] if isinstance(node, ast.Assign) else node.target


def declared(subject: Task | Class, file: File, index: Index) -> Declared | None:
    """The options that a task or an abstract base of tasks writes in this file; None for any other class."""
    if isinstance(subject, Class):
        if (
            not subject.attributes
            or subject.key in index.registry.by_key
            or not index.registry.bases.is_task_class(subject)
        ):
            return None
        return from_class(subject.name, subject.span, subject.key, None, file, index)
    if subject.kind == "class":
        return from_class(subject.label, subject.span, subject.key, subject, file, index)
    nodes: dict[str, ast.keyword | ast.stmt] = {}
    options: dict[str, Value] = {}
    for keyword in keywords(subject, file):
        given = index.expand(file.value(keyword.value))
        items = {keyword.arg: given} if keyword.arg else named_items(given) or {}
        nodes |= dict.fromkeys(items, keyword)
        options |= {name: index.expand(value) for name, value in items.items()}
    return Declared(subject.label, subject.span, options, nodes, subject, is_direct(subject))


def is_direct(task: Task) -> bool:
    """Whether Celery's own decorator gets the options."""
    return task.via == "app.task" or task.via.startswith("celery.")


def from_class(label: str, span: Span, key: str, task: Task | None, file: File, index: Index) -> Declared | None:
    node = file.definition(key)
    if not isinstance(node, ast.ClassDef):
        return None
    nodes: dict[str, ast.keyword | ast.stmt] = {}
    options = {}
    for child in node.body:
        if isinstance(child, ast.Assign | ast.AnnAssign) and child.value is not None:
            named = target(child)
            if isinstance(named, ast.Name):
                nodes[named.id], options[named.id] = child, index.expand(file.value(child.value))
    return Declared(label, span, options, nodes, task)


def keywords(task: Task, file: File) -> list[ast.keyword]:
    """The keywords of a task's decorator, or of the call that makes it."""
    call = decorator(task, file)
    found = []
    while isinstance(call, ast.Call):
        found += call.keywords
        call = call.func
    return found


def decorator(task: Task, file: File) -> ast.expr | None:
    """The decorator that makes a function a task, or the call that does."""
    span = task.spans.get("")
    return None if span is None else file.node_at(span, ast.expr)


def passes_on(task: Task, option: str, index: Index) -> bool:
    """Whether the project's decorator hands an option to Celery's: it takes any keyword, and this one by no name."""
    definition = index.modules.resolve(task.via)
    wrapper = definition.what if definition is not None else None
    if not isinstance(wrapper, Function):
        return False
    named = {parameter.name for parameter in wrapper.parameters}
    return option not in named and any(parameter.kind == "var_keyword" for parameter in wrapper.parameters)


def is_read(option: str, index: Index) -> bool:
    """Whether any line of the project reads an attribute of this name."""
    reads = re.compile(rf"""\.{option}\b(?!\s*=[^=])|["']{option}["']""")
    return any(reads.search(line) for _, line in index.lines_with(option))
