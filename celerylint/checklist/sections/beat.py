"""Beat and its schedule."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Answer, Place, Section, Step, Table
from celerylint.checklist.judging import Tally, count, covered, is_set, nothing, of_settings, prohibited
from celerylint.deploy.model import Host, Process
from celerylint.facts import ScheduleEntry
from celerylint.output._values import show
from celerylint.rules import crontabs
from celerylint.values import Const, Unknown, Value

section = Section("beat", "Beat", "Deploying")

DEPLOYMENT = "the files that start beat"
LOCKING = ("redbeat", "singlebeat", "single_beat", "sqlalchemy_lock")
# The first Celery that takes Django's time zone.
DJANGO_COUNTS = (5, 3)
TIME_ZONE = re.compile(r"^TIME_ZONE\b[^=]*=\s*(?:[\"'](?P<zone>[\w/+-]+)[\"']\s*(?:#.*)?$)?")
LONGEST = 60
ROWS = "python manage.py dumpdata django_celery_beat.PeriodicTask"
IN_TABLE = ("databasescheduler", "redbeat")
RUNS = 3


# One instance


@section.item("single-instance", "There is one beat, and never two at a time", "pass fail unknown")
def single_instance(evidence: Evidence) -> Answer:
    """Every `celery beat` and `celery worker -B`, how many copies of it run, and whether a new one starts before the
    old one ended when it is deployed."""
    found = evidence.beating
    if not found:
        command = evidence.names.celery("beat", "--loglevel=INFO")
        return nothing("Nothing here starts a beat.", DEPLOYMENT, (Step("Start one, once", command),))
    tally = Tally()
    for process in found:
        verdict, note = is_single(evidence, process, found)
        tally.add(verdict, evidence.command(process, note))
    if tally.right:
        tally.unclear = []
    return covered(
        evidence,
        "beat.single-instance",
        tally,
        "Known to run once",
        "beat",
        missing="how many copies of it run",
        caveat="A database scheduler takes no lock: two beats with one send everything twice."
        if any("database" in scheduler_of(evidence, beat) for beat in found)
        else "",
    )


def is_single(evidence: Evidence, process: Process, others: list[Process]) -> tuple[bool | None, str]:
    """Whether a beat is the only one of what is deployed together, and what speaks against it."""
    host = process.host
    if is_locked(evidence, process):
        return True, "its scheduler takes a lock"
    beside = {other.host.name for other in others if (other.host.kind, other.host.unit) == (host.kind, host.unit)}
    if len(beside) > 1:
        return False, f"{len(beside)} beats are deployed together"
    if isinstance(host.replicas, int) and host.replicas > 1:
        return False, f"{host.replicas} copies run"
    if host.overlap:
        return False, "while it is deployed the new one starts before the old one ends"
    return None if is_unclear(host) else True, ""


def is_unclear(host: Host) -> bool:
    return isinstance(host.replicas, Unknown) or host.overlap is None


def is_locked(evidence: Evidence, process: Process) -> bool:
    """Whether a lock keeps a second beat from sending anything."""
    words = f"{scheduler_of(evidence, process)} {' '.join(process.call.around)}"
    return any(name in words for name in LOCKING)


def scheduler_of(evidence: Evidence, process: Process) -> str:
    """The scheduler of a beat in lower case, by its command or `beat_scheduler`; "" where that is not known."""
    given = process.line.value("--scheduler")
    settings = [text_of(each.value) for each in evidence.settings("beat_scheduler")]
    return (given if given is not None else " ".join(settings)).lower()


# Scheduler


@section.item(
    "database-scheduler",
    "Beat's scheduler fits how schedules change, and its state outlives a restart (a database is optional)",
    "pass partly fail unknown",
    optional=True,
)
def database_scheduler(evidence: Evidence) -> Answer:
    """`beat_scheduler`, `--scheduler` of every beat, and where a scheduler that writes a file keeps it."""
    if not evidence.is_celery:
        return nothing()
    tally = of_settings(evidence.settings("beat_scheduler"), lambda value: None if value is None else True, "")
    chosen = list(tally.right)
    if chosen:
        return covered(evidence, "beat.database-scheduler", Tally(right=chosen), "The settings choose the scheduler.")
    found = evidence.beating
    if not found:
        return nothing("Nothing here starts a beat or chooses its scheduler.", DEPLOYMENT)
    kept = Tally()
    for beat in found:
        verdict, note = keeps_state(beat)
        kept.add(verdict, evidence.command(beat, note))
    if kept.right:
        kept.unclear = []
    return covered(
        evidence,
        "beat.database-scheduler",
        kept,
        "With a state that outlives them",
        "beat",
        missing=DEPLOYMENT,
    )


def keeps_state(beat: Process) -> tuple[bool | None, str]:
    """Whether the state of a beat's schedule outlives it."""
    scheduler = beat.line.value("--scheduler")
    if scheduler is not None and any(name in scheduler.lower() for name in IN_TABLE):
        return True, "its schedule is in Redis" if "redbeat" in scheduler.lower() else "its schedule is in a database"
    path, host = beat.line.value("--schedule"), beat.host
    if not host.is_container or host.kind == "dockerfile":
        known = host.kind in {"supervisor", "systemd"}
        return True if known else None, "its schedule file stays on the machine" if known else ""
    if host.mounts is None:
        return None, ""
    volumes = [mount.target.rstrip("/") for mount in host.mounts if mount.kind in {"volume", "bind"}]
    kept = path is not None and any(path.startswith(f"{target}/") for target in volumes)
    return kept, "its schedule file is on a volume" if kept else "its schedule file goes with the container"


# Time


@section.item("timezone", "The time zone is set; UTC has no clock changes", "pass partly fail unknown")
def timezone(evidence: Evidence) -> Answer:
    """`timezone`, or Django's `TIME_ZONE`, which Celery takes from 5.3 on."""
    if not evidence.is_celery:
        return nothing()
    tally = of_settings(evidence.settings("timezone"), is_set, "`timezone` is not set: UTC")
    django = of_django(evidence)
    if django and not tally.right:
        tally = Tally(right=[place for zone, place in django if zone], unclear=[p for zone, p in django if not zone])
    found = zones(evidence)
    other = [zone for zone in found if zone != "UTC"]
    if tally.unclear or (tally.right and not found):
        said = "Which time zone is set is not written here."
    else:
        said = f"The time zone is {', '.join(found)}." if found else "No time zone is set."
    return covered(
        evidence,
        "beat.timezone",
        tally,
        said,
        missing="the settings that production reads",
        caveat=f"In {other[0]} an entry between 1 and 3 o'clock may run twice or not at all when clocks change."
        if other
        else "",
    )


def zones(evidence: Evidence) -> list[str]:
    """The time zones that are known to be set, sorted; Django's where Celery has none of its own."""
    own = {text_of(each.value) for each in evidence.settings("timezone")} - {""}
    return sorted(own or {zone for zone, _ in of_django(evidence)} - {""})


def of_django(evidence: Evidence) -> list[tuple[str, Place]]:
    """What Django's settings have for TIME_ZONE, "" where that is not written out; none where Celery does not read it
    (`celery.app.utils.Settings.timezone`, 5.3)."""
    if not is_django(evidence) or evidence.index.traits.celery < DJANGO_COUNTS:
        return []
    places = evidence.quoted("TIME_ZONE", TIME_ZONE)
    return [(match["zone"] or "" if (match := TIME_ZONE.search(place.text)) else "", place) for place in places]


def is_django(evidence: Evidence) -> bool:
    """Whether Celery reads Django's settings."""
    return any(link.target == "django" for link in evidence.index.configuration.links)


def text_of(value: Value | None) -> str:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else ""


@section.item("schedules", "Every entry of the schedule runs when it should", "pass partly fail unknown")
def schedules(evidence: Evidence) -> Answer:
    """Every entry of the schedule that code writes, with its next run times, for you to compare with what you mean."""
    if not evidence.is_celery:
        return nothing()
    entries = evidence.entries
    if not entries:
        return nothing(
            "No entry of a schedule is written here.",
            "the table or store that beat reads its schedule from",
            (Step("List the rows of django-celery-beat", ROWS),) if is_django(evidence) else (),
        )
    more = " and others that code makes when it runs" if len(entries) < len(evidence.schedule) else ""
    answer = prohibited(
        evidence,
        "beat.schedules",
        seen=[evidence.place(entry.path, entry.span) for entry in entries],
        clean=f"{count(len(entries), 'entry')}{more}; none is known to be wrong. Compare the next times with what you "
        "mean.",
        wrong="an entry does not run, or runs at other times than it seems.",
    )
    return replace(answer, tables=(plan(evidence, entries),))


def plan(evidence: Evidence, entries: list[ScheduleEntry]) -> Table:
    """The entries with their next run times, on the schedule's clock or, where that is not known, UTC's."""
    zone = next(iter(zones(evidence)), "")
    unknown = not zone and any(each.value is not None for each in evidence.settings("timezone"))
    now = evidence.now.astimezone(known_zone(zone or "UTC"))
    clock = f"{now.tzname()}, if that is its time zone" if unknown else now.tzname()
    return Table(
        ("entry", "task", "schedule", f"next runs ({clock})"), tuple(row(evidence, each, now) for each in entries)
    )


def known_zone(name: str) -> ZoneInfo:
    """A time zone, UTC where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def row(evidence: Evidence, entry: ScheduleEntry, now: datetime) -> tuple[str, ...]:
    """An entry's name, its task, its schedule, its next runs."""
    value = evidence.index.expand(entry.schedule) if entry.schedule is not None else None
    text = show(value).replace("celery.schedules.", "").replace("datetime.", "") if value is not None else "?"
    runs = when(evidence, value, now)
    return entry.name or "-", entry.sent or "?", text if runs else shortest(text), runs or "?"


def shortest(text: str) -> str:
    """What of a schedule that is not known is worth to be shown."""
    return text if "(" not in text and len(text) <= LONGEST else f"{text.partition('(')[0][:LONGEST]}(…)"


def when(evidence: Evidence, value: Value | None, now: datetime) -> str:
    """The next times at which a schedule runs, "" where they are not known; an interval counts from the start of
    beat."""
    every = crontabs.seconds(value, evidence.index)
    if every is not None:
        return f"every {timedelta(seconds=every)} from the start of beat"
    runs = crontabs.next_runs(value, evidence.index, now, RUNS)
    return ", ".join(f"{run:%a %Y-%m-%d %H:%M}" for run in runs)
