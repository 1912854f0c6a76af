"""`autoretry_for` holds `Exception` or `BaseException`, so bugs are retried as well.

A `TypeError` or a row that does not exist fails the same way each time; retried, it fails late, after all the tries
and their delays, and repeats whatever the task did before it. `Exception` also catches `SoftTimeLimitExceeded`,
so a task that is too slow starts again, and `Reject`, which was meant to end it.

Bad::

    from celery import shared_task

    @shared_task(autoretry_for=(Exception,), retry_backoff=True)
    def push(order_id):
        send(order_id)

Good::

    from celery import shared_task

    @shared_task(autoretry_for=(ConnectionError, TimeoutError), retry_backoff=True)
    def push(order_id):
        send(order_id)

Silent where `dont_autoretry_for` (Celery 5.3 and later) names exceptions, and where one may come from a decorator or
base outside the project.

Source: `celery.app.autoretry` (5.7); `SoftTimeLimitExceeded` is a plain `Exception` (`billiard.exceptions`).
"""

from collections.abc import Iterator

from celerylint.facts import Class, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules import retries
from celerylint.rules.declared import declared
from celerylint.values import Name

rule = Rule(
    __name__,
    severity="warning",
    message="`{task}` retries bugs and its own soft time limit too, since `autoretry_for` holds `{error}`;"
    " name the errors that pass{instead}",
    checklist=("task-design.retries",),
)

BROAD = {Name("builtins.Exception"): "Exception", Name("builtins.BaseException"): "BaseException"}


@rule.check(Task, Class)
def broad(subject: Task | Class, file: File, index: Index) -> Iterator[Finding]:
    found = declared(subject, file, index)
    if found is None or "autoretry_for" not in found.options:
        return
    errors = retries.autoretry_errors(found.options["autoretry_for"], index)
    error = next((BROAD[error] for error in errors if error in BROAD), None)
    others = found.options.get("dont_autoretry_for")
    if found.task is not None:
        others = index.option(found.task, "dont_autoretry_for").value
    if error is not None and retries.lists_errors(others) is False:
        instead = ", or the others in `dont_autoretry_for`" if index.traits.celery >= (5, 3) else ""
        yield rule.finding(file, found.place(file, "autoretry_for"), task=found.label, error=error, instead=instead)
