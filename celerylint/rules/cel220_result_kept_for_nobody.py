"""A task returns nothing, nobody asks for its result, and it is stored all the same.

Each run writes a row or key that says "None" and keeps it for a day, unless `result_expires` says otherwise: memory on
Redis, writes in a database, and a round trip for every task. `ignore_result=True` saves all three.

Bad::

    from celery import Celery

    app = Celery("shop", backend="redis://redis")

    @app.task
    def ping(shelf_id):
        touch(shelf_id)

    def visit(shelf_id):
        ping.delay(shelf_id)

Good::

    from celery import Celery

    app = Celery("shop", backend="redis://redis")

    @app.task(ignore_result=True)
    def ping(shelf_id):
        touch(shelf_id)

    def visit(shelf_id):
        ping.delay(shelf_id)

Not on by default: a result may be read by another service, by Flower or in an admin, which no code here shows. Silent
where the task returns something, where what a dispatch gives is used, where the task is part of a canvas or has
callbacks, where no result backend is configured or that is not known, and where `ignore_result` is set.

Source: Celery's user guide, Tasks, Tips and best practices, "Ignore results you don't want".
"""

from collections.abc import Iterator

from celerylint.facts import Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.backends import backend
from celerylint.rules.declared import is_direct
from celerylint.values import NONE

rule = Rule(
    __name__,
    severity="advice",
    message="`{task}` returns nothing and nobody reads its result, which is stored each time; set `ignore_result=True`",
    strict=True,
)

# What a result backend is, in a setting that is known.
NOWHERE = frozenset({"", "none", "rpc"})


@rule.check(Task)
def unread(task: Task, file: File, index: Index) -> Iterator[Finding]:
    function = index.function_of(task)
    if function is None or not (is_direct(task) or task.kind == "class") or backend(task, index) in NOWHERE:
        return
    gives = function.is_generator or function.is_async or any(value != NONE for value in function.returns)
    if not gives and index.option(task, "ignore_result").absent and not is_asked_for(task, index):
        yield rule.finding(file, task.span, data={"task": task}, task=task.label)


def is_asked_for(task: Task, index: Index) -> bool:
    """Whether more is made of the task than messages whose results are dropped, or results are read by their id."""
    by_id = (*index.lines_with("AsyncResult"), *index.lines_with("TaskResult"))
    if any("(" in line or ".objects" in line for _, line in by_id):
        return True
    return any(
        not (dispatch.sends and dispatch.dropped) or not dispatch.options.keys().isdisjoint({"link", "link_error"})
        for dispatch in index.dispatches
        if dispatch.task == task and dispatch.method != "retry"
    )
