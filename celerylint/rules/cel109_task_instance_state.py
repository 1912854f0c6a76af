"""A task keeps something on itself or in a global variable between calls.

A worker makes one instance of a task for each of its processes and uses that for all calls; module variables live just
as long. What one call leaves in `self.rows` is there when the next one begins, for another customer. With the threads,
gevent and eventlet pools several calls share it at the same time. A retry, or the next task, may as well run in
another process, or on another machine, which has never seen it.

Use local variables and arguments within a call; what must outlive it belongs into a database or a cache.

Bad::

    from celery import shared_task

    @shared_task(bind=True)
    def import_feed(self, path):
        self.rows = read(path)
        save(self.rows)

Good::

    from celery import shared_task

    @shared_task(bind=True)
    def import_feed(self, path):
        rows = read(path)
        save(rows)

Silent about `__init__`, about values that are made once and kept (`if self._client is None: self._client = …`, also for
global variables), and in tests.

Source: Celery's user guide, "Tasks", "Custom task classes", "Instantiation".
"""

import ast
import re
from collections.abc import Iterator

from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, InWorker, Rule
from celerylint.rules.worker import way
from celerylint.tree import FunctionNode
from celerylint.values import Param

rule = Rule(
    __name__,
    severity="warning",
    message="`{target}` outlives this call of task `{task}`: the next one in this process finds it, and no other "
    "process does; use a local variable, or a store that all can reach",
)


@rule.check(InWorker(ast.Attribute))
def keeps_attribute(node: ast.Attribute, file: File, index: Index) -> Iterator[Finding]:
    if isinstance(node.ctx, ast.Store) and is_task(node.value, file, index):
        yield from kept(node, file, index)


@rule.check(InWorker(ast.Global))
def keeps_variable(node: ast.Global, file: File, index: Index) -> Iterator[Finding]:
    function = file.function_node(node)
    for name in file.within(function, ast.Name) if function is not None else ():
        if name.id in node.names and isinstance(name.ctx, ast.Store):
            yield from kept(name, file, index)


def kept(node: ast.Attribute | ast.Name, file: File, index: Index) -> Iterator[Finding]:
    reach = index.reach(file, node)
    if reach is None or is_kept_on_purpose(node, file) or index.modules.is_test(file.path) or not is_first(node, file):
        return
    related = way(index, file.function_key(node))
    yield rule.finding(file, file.span(node), related=related, target=file.text(node), task=reach.task.label)


def is_task(node: ast.expr, file: File, index: Index) -> bool:
    """Whether an expression is the task that a method or a bound function gets."""
    owner = file.value(node)
    return isinstance(owner, Param) and owner.index == 0 and index.task_of(owner) is not None


def is_first(node: ast.Attribute | ast.Name, file: File) -> bool:
    """Whether no assignment to the same stands before in the same function: one finding is enough."""
    function = file.function_node(node)
    others = file.within(function, type(node)) if function is not None else iter([node])
    return next(other for other in others if isinstance(other.ctx, ast.Store) and same(other, node, file)) is node


def same(one: ast.Attribute | ast.Name, other: ast.Attribute | ast.Name, file: File) -> bool:
    return one is other or file.text(one) == file.text(other)


def is_kept_on_purpose(node: ast.Attribute | ast.Name, file: File) -> bool:
    """Whether a value is made once and kept: where the instance is made, or under a test of the very name."""
    name = node.id if isinstance(node, ast.Name) else node.attr
    for above in file.ancestors(node):
        if isinstance(above, FunctionNode):
            return above.name == "__init__"
        if isinstance(above, ast.If) and re.search(rf"\b{name}\b", file.text(above.test)):
            return True
    return False
