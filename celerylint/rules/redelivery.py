"""Messages that come back when a worker child dies: which tasks, and what bounds it."""

from __future__ import annotations

from collections.abc import Iterator
from weakref import WeakKeyDictionary

from celerylint.facts import Task
from celerylint.index import Index
from celerylint.rules.delays import broker_of, delays_natively
from celerylint.rules.limits import app_key
from celerylint.values import Value, truth

# From here on a lost child can count as a retry, which has an end (`task_retry_on_worker_lost`).
BOUNDED_SINCE = (5, 7)

LATE: WeakKeyDictionary[Index, dict[str, tuple[Task, ...]]] = WeakKeyDictionary()


def bound_option(index: Index) -> str:
    """The option that brings a lost child's message back: bounded where Celery knows how."""
    return "retry_on_worker_lost" if index.traits.celery >= BOUNDED_SINCE else "reject_on_worker_lost"


def lose_work(index: Index) -> dict[str, tuple[Task, ...]]:
    """The tasks that ask for late acknowledgement themselves and lose their work with a child, by their app's key."""
    if index not in LATE:
        found: dict[str, list[Task]] = {}
        for task in tasks_that_lose_work(index):
            found.setdefault(app_key(task, index), []).append(task)
        LATE[index] = {key: tuple(tasks) for key, tasks in found.items()}
    return LATE[index]


def tasks_that_lose_work(index: Index) -> Iterator[Task]:
    for task in index.tasks:
        late = "acks_late" in task.options and truth(index.expand(task.options["acks_late"])) is True
        options = ("reject_on_worker_lost", "retry_on_worker_lost")
        if late and index.configuration.is_production(task.path) and all(index.option(task, o).absent for o in options):
            yield task


def is_counted(value: Value | None, app: str, index: Index) -> bool:
    """Whether redelivery may have an end: `retry_on_worker_lost` may be on, or the broker may count deliveries."""
    on = value is not None and truth(value) is not False
    if (on and index.traits.celery >= BOUNDED_SINCE) or delays_natively(app, index):
        return True
    # SQS has its redrive policy; a broker that is not known may be SQS.
    return broker_of(app, index) in ("", "sqs")
