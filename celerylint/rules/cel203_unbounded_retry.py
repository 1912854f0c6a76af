"""`max_retries=None` on a task that retries: it never gives up.

A message whose failure does not heal (a deleted row, a revoked key, a host that is gone) is published again and
again for good. A few of them are noise; a provider that changes its API makes thousands, which crowd out the work
that could succeed, and nobody is told, since a task that retries never counts as failed.

Bad::

    from celery import shared_task

    @shared_task(autoretry_for=(ConnectionError,), retry_backoff=True, max_retries=None)
    def push(order_id):
        send(order_id)

Good::

    from celery import shared_task

    @shared_task(autoretry_for=(ConnectionError,), retry_backoff=True, max_retries=8)
    def push(order_id):
        send(order_id)

Silent where each `retry()` passes a `max_retries` of its own, where the body looks at `request.retries` itself, and
where nothing retries. `retry(max_retries=None)` means the task's own number, not for ever.

Source: `celery.app.task.Task.max_retries` and `Task.retry` (5.7).
"""

import ast
import re
from collections.abc import Iterator

from celerylint.facts import Class, Dispatch, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules import retries
from celerylint.rules.declared import Declared, declared
from celerylint.values import Const, Mapping, Value

rule = Rule(
    __name__,
    severity="warning",
    message="`{task}` retries for ever, so a message that can never succeed never leaves; give `max_retries` a number",
    checklist=("task-design.retries",),
)

COUNTS = re.compile(r"\brequest\.retries\b")


@rule.check(Task, Class)
def unbounded(subject: Task | Class, file: File, index: Index) -> Iterator[Finding]:
    found = declared(subject, file, index)
    if found is None or found.options.get("max_retries") != Const(None):
        return
    node = file.definition(subject.key)
    if not isinstance(node, ast.stmt) or COUNTS.search(file.text(node)):
        return
    if autoretries(found) or any(unbounded_call(call) for call in calls(found, index)):
        yield rule.finding(file, found.place(file, "max_retries"), task=found.label)


def autoretries(found: Declared) -> bool:
    """Whether `autoretry_for` retries for ever: no number in `retry_kwargs` takes the place of the None."""
    errors: Value | None = found.options.get("autoretry_for")
    limits = found.options.get("retry_kwargs", Mapping(()))
    known = isinstance(limits, Mapping) and not limits.open and limits.get("max_retries") in (None, Const(None))
    return retries.lists_errors(errors) is True and known


def calls(found: Declared, index: Index) -> list[Dispatch]:
    """The `retry()` calls of the task's own code; whether a base's methods run cannot be told."""
    task = found.task
    return [
        call
        for call in ([] if task is None else retries.retry_calls(task, index))
        if task is not None and (task.kind != "class" or retries.class_around(call) == task.key)
    ]


def unbounded_call(call: Dispatch) -> bool:
    """Whether a `retry()` leaves the number to the task; a `max_retries=None` does."""
    return not call.open and call.options.get("max_retries", Const(None)) == Const(None)
