"""`autoretry_for` with neither `retry_backoff` nor a delay of its own.

Each retry then waits `default_retry_delay`, the same 180 seconds every time. All the calls that failed while a
service was down come back together, three minutes later and in step, which is what brings it down again.
`retry_jitter` does not help: it only spreads what `retry_backoff` works out.

Bad::

    from celery import shared_task

    @shared_task(autoretry_for=(ConnectionError,), max_retries=5)
    def push(order_id):
        send(order_id)

Good::

    from celery import shared_task

    @shared_task(autoretry_for=(ConnectionError,), retry_backoff=True, max_retries=5)
    def push(order_id):
        send(order_id)

Silent where `retry_backoff` is written out, even as `False`, where `default_retry_delay` or a `countdown` in
`retry_kwargs` says that somebody chose the delay, and where a decorator or base outside the project may set them.

Source: `celery.app.autoretry` and `celery.app.task.Task.default_retry_delay` (5.7).
"""

from collections.abc import Iterator

from celerylint.facts import Class, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules import retries
from celerylint.rules.declared import Declared, declared
from celerylint.values import Mapping, Value

rule = Rule(
    __name__,
    severity="warning",
    message="each retry of `{task}` waits the same 180 s, so what failed together comes back together;"
    " add `retry_backoff=True`",
    checklist=("task-design.retries",),
)


@rule.check(Task, Class)
def fixed_delay(subject: Task | Class, file: File, index: Index) -> Iterator[Finding]:
    found = declared(subject, file, index)
    if found is None or retries.lists_errors(found.options.get("autoretry_for")) is not True:
        return
    unset = all(is_unset(found, name, index) for name in ("retry_backoff", "default_retry_delay"))
    if unset and not may_delay(found.options.get("retry_kwargs")):
        yield rule.finding(file, found.place(file, "autoretry_for"), task=found.label)


def is_unset(found: Declared, name: str, index: Index) -> bool:
    """Whether nothing gives an option, as far as everything is known."""
    if found.task is not None:
        return index.option(found.task, name).absent
    return name not in found.options


def may_delay(value: Value | None) -> bool:
    """Whether `retry_kwargs` may hold a delay."""
    if value is None:
        return False
    known = isinstance(value, Mapping) and not value.open
    return not known or any(isinstance(value, Mapping) and value.get(name) for name in ("countdown", "eta"))
