"""A frequent entry of the schedule whose messages never expire, so that an outage is replayed afterwards.

Beat goes on sending while the workers are down or busy. An entry of every minute leaves 180 messages in three hours;
the workers then run all of them, one after the other, before anything else gets its turn. With `expires` just below
the interval the stale ones are dropped.

Bad::

    from celery import Celery

    app = Celery("shop")
    app.conf.beat_schedule = {"heartbeat": {"task": "tasks.heartbeat", "schedule": 10.0}}

Good::

    from celery import Celery

    app = Celery("shop")
    app.conf.beat_schedule = {
        "heartbeat": {"task": "tasks.heartbeat", "schedule": 10.0, "options": {"expires": 9}},
    }

Silent on entries that run less often than each quarter of an hour, as those may have to be caught up, on tasks with
an `expires` of their own, and on options that are not written out.

Source: https://docs.celeryq.dev/en/stable/userguide/calling.html#expiration (5.7).
"""

from collections.abc import Iterator

from celerylint.facts import ScheduleEntry
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.crontabs import period
from celerylint.values import Mapping

rule = Rule(
    __name__,
    severity="advice",
    message="This entry runs every {every} and its messages never expire, so after an outage workers run all that were "
    "missed; set `expires` to about {seconds} s",
    checklist=("beat.schedules",),
)

FREQUENT = 15 * 60
WRITTEN = frozenset({"setting", "call"})


@rule.check(ScheduleEntry)
def never_expires(entry: ScheduleEntry, file: File, index: Index) -> Iterator[Finding]:
    every = period(entry.schedule, index)
    if entry.source not in WRITTEN or entry.open or every is None or not 0 < every <= FREQUENT:
        return
    if not index.configuration.is_production(entry.path, entry.condition) or has_expires(entry, index):
        return
    seconds = max(1, int(every * 0.9))
    yield rule.finding(file, entry.span, data={"entry": entry, "seconds": seconds}, every=spelt(every), seconds=seconds)


def has_expires(entry: ScheduleEntry, index: Index) -> bool:
    """Whether the entry or its task sets `expires`, or may do so; a misplaced one counts."""
    if "expires" in entry.values or "expires" in entry.keys:
        return True
    given = entry.values.get("options")
    options = index.expand(given) if given is not None else Mapping(())
    if not isinstance(options, Mapping) or options.open or options.get("expires") is not None:
        return True
    return entry.task is not None and not index.option(entry.task, "expires").absent


def spelt(seconds: float) -> str:
    """A number of seconds as people say it."""
    if seconds < 60 or seconds % 60:
        return f"{seconds:g} s"
    return "minute" if seconds == 60 else f"{seconds / 60:g} minutes"
