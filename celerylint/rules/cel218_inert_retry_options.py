"""Retry options on a task that never retries.

`max_retries=5, retry_backoff=True` reads as if failures were tried again. They are not: a task retries only for the
errors in `autoretry_for`, or where its body calls `retry()`. This one fails at the first error, once, and the work is
lost until somebody looks for it. `retry_backoff`, `retry_jitter` and `retry_kwargs` belong to `autoretry_for` alone: a
`retry()` in the body does not look at them and waits `default_retry_delay`, 180 seconds.

Bad::

    from celery import shared_task

    @shared_task(max_retries=5, retry_backoff=True)
    def push(order_id):
        send(order_id)

Good::

    from celery import shared_task

    @shared_task(autoretry_for=(ConnectionError,), max_retries=5, retry_backoff=True)
    def push(order_id):
        send(order_id)

Silent where a base, a decorator or a function that gets the task may retry it, where code of the project reads the
option itself, for `max_retries=0`, and with `retry_on_worker_lost`, which counts retries too. The fix removes what does
nothing; if retries were meant, name the errors instead. It is unsafe where a comment explains the option.

Source: `celery.app.autoretry` and `celery.app.task.Task.retry` (5.7).
"""

from collections.abc import Iterator

from celerylint.facts import Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules import retries
from celerylint.rules.declared import Declared, declared
from celerylint.values import Const, truth

rule = Rule(
    __name__,
    severity="warning",
    message="{options}: nothing retries `{task}`; name the errors to retry in `autoretry_for`, or remove {them}",
    checklist=("task-design.retries",),
)

BY_HAND = (
    "{options}: `retry()` does not look at {them}, only `autoretry_for` does; pass a `countdown`, or remove {them}"
)
ANY_RETRY = ("max_retries", "default_retry_delay")
AUTORETRY = ("retry_backoff", "retry_backoff_max", "retry_jitter", "retry_kwargs", "dont_autoretry_for")


@rule.check(Task)
def inert(task: Task, file: File, index: Index) -> Iterator[Finding]:
    found = declared(task, file, index)
    written = [name for name in (*ANY_RETRY, *AUTORETRY) if found is not None and is_meant(name, found)]
    if found is None or not written or retries.autoretried(task, index) is not False:
        return
    never = not counts_otherwise(task, index) and retries.never_retries(task, file, index)
    names = [name for name in written if never or (name in AUTORETRY and by_hand(task, index))]
    names = [name for name in names if not retries.reads(task, file, index, name)]
    if names:
        places = sorted(found.place(file, name) for name in names)
        words = listed(names) + (" does nothing" if len(names) == 1 else " do nothing")
        them = "it" if len(names) == 1 else "them"
        message = "" if never else BY_HAND
        data = {"places": places}
        yield rule.finding(file, places[0], message=message, data=data, options=words, task=found.label, them=them)


def is_meant(name: str, found: Declared) -> bool:
    """Whether an option is written so that it would do something on a task that retries."""
    return name in found.options and not (name == "max_retries" and found.options[name] == Const(0))


def counts_otherwise(task: Task, index: Index) -> bool:
    """Whether lost workers count as retries, as far as the project says; settings elsewhere hardly ever do that."""
    option = index.option(task, "retry_on_worker_lost")
    hidden = option.source == "setting" and not option.path
    return option.value is not None and not hidden and truth(option.value) is not False


def by_hand(task: Task, index: Index) -> bool:
    """Whether the task retries by calls of `retry()`, and certainly not by `autoretry_for`."""
    return bool(retries.retry_calls(task, index)) and not index.registry.bases.has_foreign(task)


def listed(names: list[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
