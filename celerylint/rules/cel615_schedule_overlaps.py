"""An entry of the schedule is due again before the time limit of its task, and nothing keeps two runs apart.

Beat does not look whether the last run has ended. On a slow day the next one starts beside it, both work on the same
rows, and each makes the other slower, until every slot of the pool runs the same task.

Bad::

    from celery import Celery

    app = Celery("shop")

    @app.task(time_limit=600)
    def sync_stock():
        return fetch()

    app.conf.beat_schedule = {"stock": {"task": "tasks.sync_stock", "schedule": 120.0}}

Good::

    from celery import Celery
    from redis import Redis

    app = Celery("shop")

    @app.task(time_limit=600)
    def sync_stock():
        lock = Redis().lock("sync-stock", timeout=660)
        if lock.acquire(blocking=False):
            try:
                return fetch()
            finally:
                lock.release()

    app.conf.beat_schedule = {"stock": {"task": "tasks.sync_stock", "schedule": 120.0}}

Silent on limits that come from the settings, which are for the slowest of all tasks, on tasks that call, or are
decorated with, something named for a lock, and on task bases that allow one run only.

Source: https://docs.celeryq.dev/en/stable/userguide/periodic-tasks.html, "Introduction" (5.7).
"""

import re
from collections.abc import Iterator

from celerylint.facts import ScheduleEntry, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Related, Rule
from celerylint.rules.crontabs import period
from celerylint.rules.numbers import amount
from celerylint.values import Attr, Call, Name, Value, walk

rule = Rule(
    __name__,
    severity="advice",
    message="`{task}` is due every {every:g} s and may run for {limit:g} s, so two runs can work side by side; "
    "take a lock with a timeout in the task, or run it less often",
    checklist=("beat.schedules",),
)

OWN = frozenset({"task", "base", "annotation"})
LOCKS = re.compile(r"(?i)lock|mutex|semaphore|singleton|once|exclusive|only_one|no_overlap|\bsolo\b|unique|dedup")


@rule.check(ScheduleEntry)
def overlaps(entry: ScheduleEntry, file: File, index: Index) -> Iterator[Finding]:
    task, every = entry.task, period(entry.schedule, index)
    if task is None or every is None or every <= 0:
        return
    limit = longest(task, index)
    if limit is None or limit <= every or is_locked(task, index):
        return
    if index.configuration.is_production(entry.path, entry.condition):
        related = (Related(task.path, task.span, f"its time limit is {limit:g} s"),)
        yield rule.finding(file, entry.span, related=related, task=task.label, every=every, limit=limit)


def longest(task: Task, index: Index) -> float | None:
    """The seconds after which the task's own limit ends it; None where it has none or it is not known."""
    limits = [index.option(task, name) for name in ("time_limit", "soft_time_limit")]
    known = [amount(limit.value, index) for limit in limits if limit.source in OWN]
    return next((limit for limit in known if limit), None)


def is_locked(task: Task, index: Index) -> bool:
    """Whether anything about the task is named for a lock: its base, decorators, or what it calls."""
    function = index.function_of(task)
    values: list[Value] = [Name(task.base), Name(task.via)]
    if function is not None:
        values += [decorator.value for decorator in function.decorators]
        values += [site.callee for site in function.calls]
        values += [Name(name) for name in called(task, index)]
    return any(LOCKS.search(name) for value in values for name in names(value)) or any(
        LOCKS.search(option) for option in task.options
    )


def called(task: Task, index: Index) -> Iterator[str]:
    """The names of the functions that the task runs."""
    for key, reach in index.graph.reached.items():
        if reach.task.key == task.key:
            yield key.rpartition(".")[2].rpartition(":")[2]
            function = index.modules.function(key)
            for site in function.calls if function is not None else ():
                yield from names(site.callee)


def names(value: Value) -> Iterator[str]:
    """The names that a value is made of."""
    for part in walk(value):
        match part:
            case Name(dotted=dotted):
                yield dotted
            case Attr(name=name):
                yield name
            case Call():
                pass
            case _:
                pass
