"""A task that says nothing about failure: no `autoretry_for`, no `retry()`, no `max_retries=0`.

Any failure of it is final, and nobody can tell whether that was meant. Where everything else is retried, such a task is
the one that loses work in the next outage. For a team that wants each task to decide, with `autoretry_for` for errors
that pass, or `max_retries=0` for "once or never".

Bad::

    from celery import shared_task

    @shared_task
    def recount(shelf_id):
        count(shelf_id)

Good::

    from celery import shared_task

    @shared_task(autoretry_for=(ConnectionError,), retry_backoff=True)
    def recount(shelf_id):
        count(shelf_id)

    @shared_task(max_retries=0)
    def greet(user_id):
        say_hello(user_id)

Not on by default: it speaks of every such task, which is most of them in most projects. missing-retry reports those
that do I/O, and those are left to it here.

Source: Celery's user guide, Tasks, Retrying.
"""

from collections.abc import Iterator

from celerylint.facts import Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules import retries
from celerylint.rules.outside import first_io

rule = Rule(
    __name__,
    severity="advice",
    message="every failure of `{task}` is final; say which errors to retry in `autoretry_for`, or `max_retries=0`",
    strict=True,
    checklist=("task-design.retries",),
)


@rule.check(Task)
def undecided(task: Task, file: File, index: Index) -> Iterator[Finding]:
    if not task.function or not index.configuration.is_production(task.path):
        return
    decided = not index.option(task, "max_retries").absent
    if not decided and retries.never_retries(task, file, index) and first_io(task, index) is None:
        yield rule.finding(file, task.span, task=task.label)
