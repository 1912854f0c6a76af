"""Beat and its schedule."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Answer, Section, Step, Table
from celerylint.checklist.judging import Tally, count, covered, nothing, of_settings, prohibited
from celerylint.deploy.model import Host, Process
from celerylint.facts import ScheduleEntry
from celerylint.output._values import show
from celerylint.rules import crontabs
from celerylint.values import Const, Unknown, Value

section = Section("beat", "Beat", "Deploying")

DEPLOYMENT = "the files that start beat"
LOCKING = ("redbeat", "singlebeat", "single_beat", "sqlalchemy_lock")
IN_TABLE = ("databasescheduler", "redbeat")
RUNS = 3


# One instance


@section.item("single-instance", "There is one beat, and never two at a time", "pass fail unknown")
def single_instance(evidence: Evidence) -> Answer:
    """Every `celery beat` and `celery worker -B`, how many copies of it run, and whether a new one starts before the
    old one ended when it is deployed."""
    found = running(evidence)
    if not found:
        command = evidence.names.celery("beat", "--loglevel=INFO")
        return nothing("Nothing here starts a beat.", DEPLOYMENT, (Step("Start one, once", command),))
    tally = Tally()
    for process in found:
        verdict, note = is_single(process, found)
        tally.add(verdict, evidence.command(process, note))
    if tally.right:
        tally.unclear = []
    return covered(
        evidence,
        "beat.single-instance",
        tally,
        f"Known to run once: {tally.of('beat')}.",
        missing="how many copies of it run",
        caveat="A database scheduler takes no lock: two beats with one send everything twice.",
    )


def running(evidence: Evidence) -> list[Process]:
    """Everything that runs a beat: `celery beat`, and workers with `-B`."""
    return [*evidence.beats, *(worker for worker in evidence.workers if worker.beat)]


def is_single(process: Process, others: list[Process]) -> tuple[bool | None, str]:
    """Whether a beat is the only one of what is deployed together, and what speaks against it."""
    host = process.host
    if is_locked(process):
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


def is_locked(process: Process) -> bool:
    """Whether a lock keeps a second beat from sending anything."""
    words = f"{process.line.value('--scheduler') or ''} {' '.join(process.call.around)}".lower()
    return any(name in words for name in LOCKING)


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
    found = running(evidence)
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
        f"With a state that outlives them: {kept.of('beat')}.",
        missing=DEPLOYMENT,
    )


def keeps_state(beat: Process) -> tuple[bool | None, str]:
    """Whether the state of a beat's schedule outlives it."""
    scheduler = beat.line.value("--scheduler")
    if scheduler is not None and any(name in scheduler.lower() for name in IN_TABLE):
        return True, "its schedule is in a database"
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
    """`timezone`."""
    if not evidence.is_celery:
        return nothing()
    settings = evidence.settings("timezone")
    tally = of_settings(
        settings, lambda value: value is not None, "`timezone` is not set: UTC, or Django's TIME_ZONE from 5.3 on"
    )
    zones = sorted({zone_of(each.value) for each in settings} - {""})
    other = [zone for zone in zones if zone != "UTC"]
    return covered(
        evidence,
        "beat.timezone",
        tally,
        f"The time zone is {', '.join(zones)}." if zones else "No time zone is set.",
        missing="the settings that production reads",
        caveat=f"In {other[0]} an entry between 1 and 3 o'clock may run twice or not at all when clocks change."
        if other
        else "",
    )


def zone_of(value: Value | None) -> str:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else ""


@section.item("schedules", "Every entry of the schedule runs when it should", "pass partly fail unknown")
def schedules(evidence: Evidence) -> Answer:
    """Every entry of the schedule that code writes, with its next run times, for you to compare with what you mean."""
    if not evidence.is_celery:
        return nothing()
    entries = evidence.schedule
    if not entries:
        return nothing(
            "No entry of a schedule is written here.",
            "the table or store that beat reads its schedule from",
            (Step("List the rows of django-celery-beat", "python manage.py dumpdata django_celery_beat.PeriodicTask"),),
        )
    answer = prohibited(
        evidence,
        "beat.schedules",
        seen=[evidence.place(entry.path, entry.span) for entry in entries],
        clean=f"{count(len(entries), 'entry')}; none is known to be wrong. Compare the next times with what you mean.",
        wrong="an entry does not run, or runs at other times than it seems.",
    )
    zone = next((zone for each in evidence.settings("timezone") if (zone := zone_of(each.value))), "UTC")
    return Answer(answer.state, answer.found, answer.evidence, answer.findings, tables=(plan(evidence, entries, zone),))


def plan(evidence: Evidence, entries: list[ScheduleEntry], zone: str) -> Table:
    """The entries with their next run times."""
    now = evidence.now.astimezone(known_zone(zone))
    header = ("entry", "task", "schedule", f"next runs ({now.tzname()})")
    return Table(header, tuple(row(evidence, entry, now) for entry in entries))


def known_zone(name: str) -> ZoneInfo:
    """A time zone, UTC where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def row(evidence: Evidence, entry: ScheduleEntry, now: datetime) -> tuple[str, ...]:
    value = evidence.index.expand(entry.schedule) if entry.schedule is not None else None
    text = show(value).replace("celery.schedules.", "").replace("datetime.", "") if value is not None else "?"
    return entry.name or "?", entry.sent or "?", text, when(evidence, value, now)


def when(evidence: Evidence, value: Value | None, now: datetime) -> str:
    """The next times at which a schedule runs, as far as they are known; an interval counts from the start of beat."""
    every = crontabs.seconds(value, evidence.index)
    if every is not None:
        return f"every {timedelta(seconds=every)} from the start of beat"
    runs = crontabs.next_runs(value, evidence.index, now, RUNS)
    return ", ".join(f"{run:%a %Y-%m-%d %H:%M}" for run in runs) or "?"
