"""An entry of the schedule that beat cannot use: it stops beat, or fails each time that it is due.

A key that Celery does not know raises `TypeError` when beat starts, and then nothing of the schedule runs at all. A
schedule given as text does too. `expires` as a `timedelta`, or `args` that are no list, fail at every send: the error
is in beat's log, the task never runs.

Bad::

    from datetime import timedelta
    from celery import Celery

    app = Celery("shop")
    app.conf.beat_schedule = {
        "rates": {"task": "tasks.refresh", "schedule": timedelta(minutes=5), "expires": 240},
    }

Good::

    from datetime import timedelta
    from celery import Celery

    app = Celery("shop")
    app.conf.beat_schedule = {
        "rates": {"task": "tasks.refresh", "schedule": timedelta(minutes=5), "options": {"expires": 240}},
    }

Silent on keys of RedBeat's and django-celery-beat's entries where the project uses these, and on what is not written
out.

Source: `celery.beat.ScheduleEntry` and `celery.schedules.maybe_schedule` (5.7).
"""

from collections.abc import Callable, Iterator

from celerylint.facts import ScheduleEntry
from celerylint.file import File
from celerylint.index import Index
from celerylint.kinds import type_of
from celerylint.rule import Finding, Rule
from celerylint.rules.crontabs import is_text
from celerylint.rules.numbers import amount, is_duration
from celerylint.source import Span
from celerylint.values import Const, Mapping, Sequence, Value

rule = Rule(__name__, severity="error", message="{problem}", checklist=("beat.schedules",))

KEYS = frozenset(
    {"task", "schedule", "args", "kwargs", "options", "relative", "name", "app", "last_run_at", "total_run_count"}
)
# Keys that the entries of other schedulers have: redbeat.RedBeatSchedulerEntry, django_celery_beat.models.PeriodicTask.
OTHERS = frozenset(
    {
        "enabled", "description", "queue", "exchange", "routing_key", "headers", "priority", "expires",
        "expire_seconds", "one_off", "start_time",
    }
)  # fmt: skip
SCHEDULERS = ("redbeat", "django_celery_beat")

Problem = tuple[Span, str, str]


@rule.check(ScheduleEntry)
def malformed(entry: ScheduleEntry, file: File, index: Index) -> Iterator[Finding]:
    if entry.source not in {"setting", "call"} or not index.configuration.is_production(entry.path, entry.condition):
        return
    for check in CHECKS if entry.source == "setting" else CALL_CHECKS:
        for span, problem, fix in check(entry, index):
            yield rule.finding(file, span, data={"fix": fix, "entry": entry}, problem=problem)


def keys(entry: ScheduleEntry, index: Index) -> Iterator[Problem]:
    """Keys that stop beat."""
    unknown = [key for key in entry.values if key not in KEYS and not (key in OTHERS and has_own_scheduler(index))]
    for key in unknown:
        fix = "expires" if key == "expires" and "options" not in entry.values and not entry.open else ""
        place = "; put it into `options`" if key in OTHERS - {"enabled", "description"} else ""
        span = entry.keys.get(key) or entry.span
        yield span, f"Beat stops with `TypeError` when it starts: an entry has no key `{key}`{place}", fix


def has_own_scheduler(index: Index) -> bool:
    """Whether the project mentions a scheduler whose entries have more keys."""
    return any(True for name in SCHEDULERS for _ in index.lines_with(name))


def missing(entry: ScheduleEntry, index: Index) -> Iterator[Problem]:
    """No task, or no schedule."""
    if entry.open or not entry.values:
        return
    if "task" not in entry.values:
        yield entry.span, "This entry has no `task`, so beat sends messages that name none and workers drop them", ""
    if "schedule" not in entry.values:
        yield entry.span, "This entry has no `schedule`, so beat fails on it each time that it looks", ""


def schedule(entry: ScheduleEntry, index: Index) -> Iterator[Problem]:
    """A schedule that is no schedule."""
    value = index.expand(entry.values["schedule"]) if "schedule" in entry.values else None
    span = entry.place("schedule")
    match value:
        case Const(value=str() as text):
            number = text.strip().replace(".", "", 1).isdecimal()
            instead = (
                "write the number of seconds without quotes" if number else "write `crontab(…)` or a number of seconds"
            )
            yield (
                span,
                f"Beat stops when it starts, since this schedule is a text; {instead}",
                "number" if number else "",
            )
        case Const(value=None) | Mapping():
            yield (
                span,
                "Beat fails on this entry: its schedule is neither a number of seconds, a timedelta nor a crontab",
                "",
            )
        case _ if value is not None and is_text(value):
            yield span, "Beat stops when it starts, since this schedule is a text; write `crontab(…)` or seconds", ""
        case _:
            number_of_seconds = amount(value, index)
            if number_of_seconds is not None and number_of_seconds <= 0:
                yield span, "Beat sends this at each of its ticks, as the interval is not above 0", ""


def args(entry: ScheduleEntry, index: Index) -> Iterator[Problem]:
    """Arguments that are no list, keywords that are no dict."""
    given = index.expand(entry.values["args"]) if "args" in entry.values else None
    match given:
        case Const(value=str()):
            yield entry.place("args"), "Each letter of this text is sent as an argument; write `args` as a list", "list"
        case Const(value=value) if value is not None:
            yield entry.place("args"), "Beat fails to send this each time: `args` is no list", "list"
        case Mapping():
            yield entry.place("args"), "The keys of this dict are sent as arguments; write `args` as a list", ""
        case _:
            pass
    named = index.expand(entry.values["kwargs"]) if "kwargs" in entry.values else None
    if isinstance(named, Sequence) or (isinstance(named, Const) and named.value is not None):
        yield entry.place("kwargs"), "Beat fails to send this each time: `kwargs` is no dict", ""


def expires(entry: ScheduleEntry, index: Index) -> Iterator[Problem]:
    """`expires` as a timedelta."""
    options = index.expand(entry.values["options"]) if "options" in entry.values else None
    value = options.get("expires") if isinstance(options, Mapping) else None
    if value is not None and (is_duration(value, index) or type_of(index.expand(value)) == "datetime.timedelta"):
        span = place_of(options, "expires", entry) or entry.place("options")
        problem = "Beat fails to send this each time with `TypeError`: `expires` is a timedelta; write the seconds"
        yield span, problem, "seconds"


def place_of(options: Value | None, key: str, entry: ScheduleEntry) -> Span | None:
    """Where the value under a key of a dict stands, in the entry's file."""
    if not isinstance(options, Mapping) or options.where is None or options.where.path != entry.path:
        return entry.places.get(key)
    spans = zip(options.items, options.where.items, strict=False)
    return next((span for (name, _), span in spans if isinstance(name, Const) and name.value == key), None)


CHECKS: tuple[Callable[[ScheduleEntry, Index], Iterator[Problem]], ...] = (keys, missing, schedule, args, expires)
CALL_CHECKS: tuple[Callable[[ScheduleEntry, Index], Iterator[Problem]], ...] = (schedule, args, expires)
