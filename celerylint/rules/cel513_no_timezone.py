"""Crontabs, and no time zone that says which clock they mean.

Without `timezone` Celery takes UTC. A report that is due at eight comes at nine in Berlin, at ten in summer. From 5.3
on Django's `TIME_ZONE` counts; where it is not set either, that is Django's own default, America/Chicago.

Bad::

    from celery import Celery
    from celery.schedules import crontab

    app = Celery("shop")
    app.conf.beat_schedule = {"report": {"task": "tasks.report", "schedule": crontab(minute=0, hour=8)}}

Good::

    from celery import Celery
    from celery.schedules import crontab

    app = Celery("shop")
    app.conf.timezone = "Europe/Berlin"
    app.conf.beat_schedule = {"report": {"task": "tasks.report", "schedule": crontab(minute=0, hour=8)}}

Silent on crontabs that name no hour and no day, which are the same on each clock, and where the setting may come from
somewhere that cannot be read.

Source: `celery.app.base.Celery.timezone`, `celery.app.utils.Settings.timezone` (5.3 to 5.7).
"""

import re
from collections.abc import Iterator

from celerylint.facts import ScheduleEntry
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.crontabs import expanded
from celerylint.rules.queue_names import main_app
from celerylint.source import Span

rule = Rule(
    __name__,
    severity="advice",
    message="These crontabs run on the clock of {clock}, as no time zone is set; set `timezone`",
    checklist=("beat.timezone",),
)

DJANGO_COUNTS = (5, 3)
ALL = {"hour": 24, "day_of_week": 7, "day_of_month": 31, "month_of_year": 12}


@rule.check(ScheduleEntry)
def no_timezone(entry: ScheduleEntry, file: File, index: Index) -> Iterator[Finding]:
    first = next((one for one in index.schedule if matters(one, index)), None)
    if entry is not first or index.configuration.hidden or index.configuration.by_name.get("timezone"):
        return
    django = any(link.target == "django" for link in index.configuration.links)
    counts = django and index.traits.celery >= DJANGO_COUNTS
    if counts and any(re.search(r"\bTIME_ZONE\b[^=]*=", line) for _, line in index.lines_with("TIME_ZONE")):
        return
    span = setting_of(entry, index)
    clock = "Django's default, America/Chicago" if counts else "UTC"
    yield rule.finding(file, span, data={"app": main_app(index)}, clock=clock)


def matters(entry: ScheduleEntry, index: Index) -> bool:
    """Whether an entry of production runs at an hour or on a day."""
    if not index.configuration.is_production(entry.path, entry.condition):
        return False
    fields = expanded(entry.schedule, index)
    return fields is not None and any(len(fields[name]) < count for name, count in ALL.items())


def setting_of(entry: ScheduleEntry, index: Index) -> Span:
    """The place of the setting that an entry stands in, if that is in the same file; else the entry's."""
    rows = [row for row in index.configuration.production("beat_schedule") if row.path == entry.path]
    inside = [row for row in rows if row.value_span.line <= entry.span.line <= row.value_span.end_line]
    return inside[0].span if inside and entry.source == "setting" else entry.span
