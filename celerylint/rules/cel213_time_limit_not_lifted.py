"""`time_limit=0` or `None`, meant to lift the app's limit, leaves it in force.

The worker takes the first limit that is not empty: the message's, the task's, the app's. Zero and None are empty, so a
task that was to run as long as it needs is killed at the app's limit after all, usually in the middle of the one
long run that it was written for. A larger number does override the app's.

Bad::

    from celery import Celery

    app = Celery("shop", task_time_limit=600)

    @app.task(time_limit=None)
    def reindex(catalog):
        rebuild(catalog)

Good::

    from celery import Celery

    app = Celery("shop", task_time_limit=600)

    @app.task(time_limit=6 * 3600)
    def reindex(catalog):
        rebuild(catalog)

Silent where the app sets no limit of that kind, and where its settings cannot be read.

Source: `celery.worker.request.Request.execute_using_pool` and `celery.app.task.Task.from_config` (5.7).
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Dispatch, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Related, Rule
from celerylint.rules.declared import declared
from celerylint.rules.numbers import amount
from celerylint.values import NONE, Value, either

rule = Rule(
    __name__,
    severity="warning",
    message="`{name}={value}` does not lift the app's limit of {limit:g} s: `{task}` is ended there all the same; give"
    " a larger number",
    checklist=("config.soft-time-limit", "config.time-limit"),
)

SETTINGS = {"time_limit": "task_time_limit", "soft_time_limit": "task_soft_time_limit"}


@rule.check(Task)
def of_task(task: Task, file: File, index: Index) -> Iterator[Finding]:
    found = declared(task, file, index)
    for name in SETTINGS:
        if found is not None and is_empty(found.options.get(name), index) and (rows := app_limit(task, name, index)):
            limit, others = rows
            node = found.value_node(name)
            value = "" if node is None else file.text(node)
            yield rule.finding(
                file, found.place(file, name), related=others, name=name, value=value, limit=limit, task=task.label
            )


@rule.check(Dispatch)
def of_call(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    task = dispatch.task
    for name in SETTINGS:
        # None is what a call without the option passes; only a zero says that somebody meant to lift the limit.
        if task is None or amount(dispatch.options.get(name), index) != 0 or dispatch.method == "retry":
            continue
        own = amount(index.option(task, name).value, index)
        rows = app_limit(task, name, index)
        value = file.node_at(dispatch.option_spans[name], ast.expr)
        above = file.parent(value) if value is not None else None
        if own and rows and isinstance(above, ast.keyword):
            yield rule.finding(file, file.span(above), related=rows[1], name=name, value=0, limit=own, task=task.label)


def is_empty(value: Value | None, index: Index) -> bool:
    return value is not None and (value == NONE or amount(value, index) == 0)


def app_limit(task: Task, name: str, index: Index) -> tuple[float, tuple[Related, ...]] | None:
    """The number that the app's settings limit a task to, with its place; None where none is known."""
    rows = index.configuration.in_force(SETTINGS[name], task)
    limit = amount(either([row.value for row in rows]), index)
    return (limit, (Related(rows[-1].path, rows[-1].span, "the app's limit"),)) if limit else None
