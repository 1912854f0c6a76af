"""Two tasks are registered under one name, so one of them never runs.

Of two functions with one name Celery keeps one, and says nothing up to 5.6: the first where the app is finalized by
then, and otherwise either of them, as it goes through a set. Of two classes it keeps the last. Who sends the other
gets the result of the one that was kept. A decorator below the task's that does not use `functools.wraps`
gives all its functions the name of its own inner one, and so they all collide.

Bad::

    from celery import shared_task

    @shared_task(name="orders.completed")
    def completed(order_id):
        return order_id

    @shared_task(name="orders.completed")
    def cancelled(order_id):
        return order_id

Good::

    from celery import shared_task

    @shared_task(name="orders.completed")
    def completed(order_id):
        return order_id

    @shared_task(name="orders.cancelled")
    def cancelled(order_id):
        return order_id

Silent in tests, on tasks of different apps, on modules that cannot be in one process since they share their own name,
and on names that are not known.

Source: `celery.app.base.Celery._task_from_fun`, `register_task`, `celery._state._announce_app_finalized` (4.4 to 5.7).
"""

import ast
from collections.abc import Iterator
from functools import lru_cache

from celerylint.facts import Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.reaching import blocks
from celerylint.rule import Finding, Related, Rule
from celerylint.rules.unwrapped import registered_names
from celerylint.tree import FunctionNode

rule = Rule(
    __name__,
    severity="error",
    message="`{name}` is already the name of `{other}`, so Celery runs only one of the two; {advice}",
)


@rule.check(Task)
def duplicate(task: Task, file: File, index: Index) -> Iterator[Finding]:
    if not index.configuration.is_production(task.path):
        return
    name, wrapper = registered_names(index).get(task.key, ("", ""))
    others = [other for other in same_name(name, task, index) if comes_before(other, task)] if name else []
    if others:
        first = others[0]
        yield rule.finding(
            file,
            task.span,
            related=(Related(first.path, first.span, f"the other `{name}`"),),
            name=name,
            other=first.label if first.label != task.label else first.key.replace(":", "."),
            advice=f"use `functools.wraps` in `{wrapper}`" if wrapper else "give it a name of its own",
        )


@rule.check(Task)
def redefined(task: Task, file: File, index: Index) -> Iterator[Finding]:
    """A function below another one in the same block that is a task of the same name."""
    node = file.body(task.function) if index.configuration.is_production(task.path) else None
    first = next((each for each in earlier(node, file) if makes_same(each, task, file, index)), None) if node else None
    if first is not None:
        yield rule.finding(
            file,
            task.span,
            related=(Related(file.path, file.span(first), f"the other `{task.name}`"),),
            name=task.name,
            other=f"{task.label} above",
            advice="give it a name of its own",
        )


def earlier(node: ast.FunctionDef | ast.AsyncFunctionDef, file: File) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions of the same name before one in the same block."""
    above = file.parent(node)
    block: list[ast.AST] = next((each for each in blocks(above) if node in each), []) if above is not None else []
    return [each for each in block if isinstance(each, FunctionNode) and each is not node and each.name == node.name]


def makes_same(node: ast.FunctionDef | ast.AsyncFunctionDef, task: Task, file: File, index: Index) -> bool:
    """Whether a decorator makes a function a task of the same app and name as another of the same function name."""
    for decorator in node.decorator_list:
        factory, call = index.registry.factories.decoration(file.value(decorator))
        given = call.keyword("name") if call is not None else None
        if factory is not None and factory.app == task.app and given == task.options.get("name"):
            return True
    return False


def same_name(name: str, task: Task, index: Index) -> list[Task]:
    """The other tasks that Celery registers under a name, in one process with a task."""
    return [
        other for other in tasks_by_name(index).get(name, ()) if other.key != task.key and may_meet(task, other, index)
    ]


@lru_cache(maxsize=1)
def tasks_by_name(index: Index) -> dict[str, list[Task]]:
    """The tasks of production code by the names that Celery registers them under."""
    found: dict[str, list[Task]] = {}
    for task in index.tasks:
        if index.configuration.is_production(task.path):
            found.setdefault(registered_names(index).get(task.key, ("", ""))[0], []).append(task)
    return found


def comes_before(other: Task, task: Task) -> bool:
    return (other.path, other.span) < (task.path, task.span)


def may_meet(task: Task, other: Task, index: Index) -> bool:
    """Whether two tasks are registered in one app: not in two apps, nor in two programs beside each other."""
    if task.app and other.app and task.app != other.app:
        return False
    one, two = index.modules.module(task.path)[0], index.modules.module(other.path)[0]
    if index.modules.imported_as(one) == index.modules.imported_as(two):
        return one == two
    return root_of(task.path, index) == root_of(other.path, index)


def root_of(path: str, index: Index) -> str:
    """The folder from which a file's package is imported."""
    folder = index.modules.relatives.get(path, path).rpartition("/")[0]
    while folder in index.modules.packages:
        folder = folder.rpartition("/")[0]
    return folder
