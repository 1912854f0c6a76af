"""A task does I/O that fails now and then, and nothing retries it.

Connections drop, mail servers refuse for a minute, services answer 503 while they deploy. A web request that meets
that is repeated by its user; a task is repeated by nobody. It fails once, its message is gone, and the mail is never
sent. `autoretry_for` with the errors that pass, and a delay that grows, is all it takes.

Bad::

    import requests
    from celery import shared_task

    @shared_task
    def push(order_id):
        requests.post("https://shop.example/orders", json={"id": order_id}, timeout=10)

Good::

    import requests
    from celery import shared_task

    @shared_task(
        autoretry_for=(requests.ConnectionError, requests.Timeout),
        retry_backoff=True,
        max_retries=3,
    )
    def push(order_id):
        requests.post("https://shop.example/orders", json={"id": order_id}, timeout=10)

Looks at calls of well-known libraries (HTTP clients, mail, FTP, SSH, XML-RPC) in the task and in the functions that it
calls, and at calls that raise one of the project's own `transient-exceptions`. Silent where the errors may be caught
anywhere on the way, where `retry()` is called, where a base, a decorator or a retrying session may bring retries, for
mail sent with `fail_silently`, and for SDKs that retry by themselves (boto3, Google, Azure, OpenAI …).

Source: Celery's user guide, Tasks, Automatic retry for known exceptions; the libraries' documentation.
"""

from collections.abc import Iterator

from celerylint.facts import Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Related, Rule
from celerylint.rules import retries
from celerylint.rules.outside import Reached, first_io

rule = Rule(
    __name__,
    severity="warning",
    message="`{task}` {does}, and when that fails the work is lost; retry it with `autoretry_for` and `retry_backoff`",
    checklist=("task-design.error-handling", "task-design.retries"),
)

MAIL = frozenset({"django.core.mail", "smtplib"})


@rule.check(Task)
def not_retried(task: Task, file: File, index: Index) -> Iterator[Finding]:
    if not task.function or not index.configuration.is_production(task.path):
        return
    reached = first_io(task, index)
    if reached is not None and retries.never_retries(task, file, index):
        data = {"errors": list(reached.io.errors), "task": task}
        yield rule.finding(
            file, task.span, related=way(reached), data=data, task=task.label, does=described(reached, index)
        )


def described(reached: Reached, index: Index) -> str:
    """What the task does, for the message."""
    library = reached.io.library
    if library in index.traits.transient_exceptions:
        return f"may raise `{library.rpartition('.')[2]}`"
    return "sends mail" if library in MAIL else f"does I/O with `{library}`"


def way(reached: Reached) -> tuple[Related, ...]:
    """The calls that lead to the I/O, outermost first."""
    *steps, last = reached.steps
    return (
        *(Related(step.path, step.span, "through this call") for step in steps),
        Related(last.path, last.span, "the call that may fail"),
    )
