"""Celery's configuration: serialisers, acknowledgement, limits, results."""

from __future__ import annotations

from collections.abc import Callable

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Answer, Place, Section
from celerylint.checklist.judging import (
    CODE,
    Tally,
    count,
    covered,
    environment,
    is_said,
    nothing,
    of_settings,
    of_tasks,
    prohibited,
)
from celerylint.checklist.urgency import is_prioritised
from celerylint.checklist.variables import Url, urls
from celerylint.deploy.model import Worker
from celerylint.values import Const, Sequence, Unknown, Value, number, truth

section = Section("config", "Celery's configuration", "Before deploying")

JSON = frozenset({"json", "application/json", "orjson", "ujson", "django-json"})
SETTINGS = "the settings that production reads"
OPTIONS = "the classes and decorators that tasks have options from"
PREFETCH = 4


# Serialisers


def is_json(value: Value | None) -> bool | None:
    """Whether a serialiser is JSON; without one it is."""
    match value:
        case None:
            return True
        case Const(value=str() as name):
            return name.lower() in JSON or name.lower().endswith("json")
        case _:
            return None


def accepts_json_only(value: Value | None) -> bool | None:
    """Whether all accepted content is JSON; without the setting it is."""
    if not isinstance(value, Sequence):
        return True if value is None else None
    verdicts = [is_json(item) for item in value.items]
    return False if False in verdicts else None if None in verdicts else True


def of_setting(
    evidence: Evidence, item: str, name: str, wanted: Callable[[Value | None], bool | None], unset: str
) -> Answer:
    """The answer that one setting gives by itself."""
    if not evidence.is_celery:
        return nothing()
    settings = evidence.settings(name)
    tally = of_settings(settings, wanted, f"not set: {unset}")
    missing = SETTINGS if environment(settings) else CODE
    return covered(evidence, item, tally, is_said(name, settings, unset), missing=missing)


@section.item("json-serializer", "Tasks are serialised as JSON, never with pickle", "pass partly fail unknown")
def json_serializer(evidence: Evidence) -> Answer:
    """`task_serializer`, the serialiser of each task and of each dispatch. Not set it is JSON, since Celery 4.0."""
    return of_setting(evidence, "config.json-serializer", "task_serializer", is_json, "JSON by default")


@section.item("accept-content", "Workers accept JSON and nothing else", "pass partly fail unknown")
def accept_content(evidence: Evidence) -> Answer:
    """`accept_content`, and what lets workers unpickle as root. Not set it is JSON, since Celery 4.0."""
    return of_setting(evidence, "config.accept-content", "accept_content", accepts_json_only, "JSON only by default")


# Acknowledgement


def is_true(value: Value | None) -> bool | None:
    return False if value is None else truth(value)


def of_option(
    evidence: Evidence,
    item: str,
    option: str,
    setting: str,
    wanted: Callable[[Value | None], bool | None],
    *,
    verb: str,
    lacking: str,
    caveat: str = "",
) -> Answer:
    """The answer that the tasks give by an option that a setting is the default of."""
    if not evidence.is_celery:
        return nothing()
    settings = evidence.settings(setting)
    by_setting = of_settings(settings, wanted, f"`{setting}` is not set")
    tasks = of_tasks(evidence, option, wanted, lacking, True if by_setting.state == "pass" else None)
    # Where every task is as the setting has it, that is all there is to show.
    same = tasks.agrees and by_setting.agrees and tasks.state == by_setting.state
    tally = by_setting if same or not tasks.all else tasks
    found = f"{is_said(setting, settings, 'off by default')} {verb}: {tasks.of('task')}."
    missing = SETTINGS if by_setting.unclear else OPTIONS
    return covered(evidence, item, tally, found, missing=missing, caveat=caveat)


@section.item("acks-late", "Tasks are acknowledged after they ran, not before", "pass partly fail unknown")
def acks_late(evidence: Evidence) -> Answer:
    """`task_acks_late`, and `acks_late` of each task."""
    return of_option(
        evidence,
        "config.acks-late",
        "acks_late",
        "task_acks_late",
        is_true,
        verb="Acknowledged late",
        lacking="acknowledged before it runs",
        caveat="A task that is acknowledged late may run twice: after a lost connection, a killed worker, or longer "
        "than the broker's visibility timeout. It has to be idempotent.",
    )


@section.item(
    "reject-on-worker-lost", "A task whose worker process dies goes back to its queue", "pass partly fail unknown"
)
def reject_on_worker_lost(evidence: Evidence) -> Answer:
    """`task_reject_on_worker_lost`, and `reject_on_worker_lost` of each task."""
    return of_option(
        evidence,
        "config.reject-on-worker-lost",
        "reject_on_worker_lost",
        "task_reject_on_worker_lost",
        is_true,
        verb="Back to their queue",
        lacking="lost with its worker process",
        caveat="A task that kills its worker each time, for want of memory say, comes back each time. Bound that: by "
        "`task_retry_on_worker_lost` and `max_retries` from Celery 5.7 on, or a delivery limit of the queue.",
    )


# Prefetch


@section.item("prefetch", "Workers of urgent queues reserve one task at a time", "pass partly fail unknown")
def prefetch(evidence: Evidence) -> Answer:
    """`worker_prefetch_multiplier`, and `--prefetch-multiplier` of the workers that consume urgent queues."""
    if not evidence.is_celery:
        return nothing()
    setting = of_settings(evidence.settings("worker_prefetch_multiplier"), is_one, f"not set: {PREFETCH} by default")
    urgent = [worker for worker in evidence.workers if is_urgent(worker)]
    tally = Tally() if urgent else setting
    by_setting = {"pass": True, "unknown": None}.get(setting.state, False)
    for worker in urgent:
        own = worker.prefetch
        verdict = by_setting if own is None else None if isinstance(own, Unknown) else own == 1
        notes = {True: "", False: "reserves more than one task", None: "what it reserves is not written here"}
        tally.add(verdict, evidence.command(worker, notes[verdict]))
    found = (
        f"One task at a time: {tally.of('worker')} of urgent queues."
        if urgent
        else "No worker is known to consume an urgent queue; `worker_prefetch_multiplier` is what counts."
    )
    return covered(evidence, "config.prefetch", tally, found, missing=SETTINGS)


def is_one(value: Value | None) -> bool | None:
    return False if value is None else None if number(value) is None else number(value) == 1


def is_urgent(worker: Worker) -> bool:
    """Whether a worker consumes a queue whose name asks for that."""
    return isinstance(worker.queues, tuple) and any(map(is_prioritised, worker.queues))


# Limits


def is_limit(value: Value | None) -> bool | None:
    """Whether a time limit ends anything: 0 and None do not."""
    if value is None:
        return False
    seconds = number(value)
    return seconds > 0 if seconds is not None else False if truth(value) is False else None


def of_limit(evidence: Evidence, option: str, item: str, words: str) -> Answer:
    """The answer to a time limit: of tasks, settings, or the command line of every worker."""
    workers = evidence.workers
    limited = [worker for worker in workers if worker.limit(option) is not None]
    if workers and len(limited) == len(workers) and not any(is_known_wrong(worker, option) for worker in workers):
        tally = Tally(right=[evidence.command(worker) for worker in workers])
        return covered(evidence, item, tally, f"All {count(len(workers), 'worker')} set it on their command lines.")
    return of_option(evidence, item, option, f"task_{option}", is_limit, verb=words, lacking=f"no `{option}` ends it")


def is_known_wrong(worker: Worker, option: str) -> bool:
    limit = worker.limit(option)
    return isinstance(limit, Unknown) or not limit


@section.item("soft-time-limit", "A soft time limit warns tasks that take too long", "pass partly fail unknown")
def soft_time_limit(evidence: Evidence) -> Answer:
    """`task_soft_time_limit`, `soft_time_limit` of each task, `--soft-time-limit` of each worker."""
    return of_limit(evidence, "soft_time_limit", "config.soft-time-limit", "Warned")


@section.item("time-limit", "A hard time limit ends tasks that hang", "pass partly fail unknown")
def time_limit(evidence: Evidence) -> Answer:
    """`task_time_limit`, `time_limit` of each task, `--time-limit` of each worker."""
    return of_limit(evidence, "time_limit", "config.time-limit", "Ended")


# Results


@section.item("result-backend", "Results are kept, on a server of their own", "pass partly fail unknown")
def result_backend(evidence: Evidence) -> Answer:
    """`result_backend` against `broker_url`, both from settings and the environment of deployed programs."""
    if not evidence.is_celery:
        return nothing()
    settings = evidence.settings("result_backend")
    results, brokers = urls(evidence, "result_backend"), evidence.broker_urls
    reads = "" if evidence.findings("config.result-backend") else "Nothing is lost by that where nobody reads results."
    if not results and all(each.value is None for each in settings):
        places = tuple(place for each in settings for place in each.places)
        return Answer("fail", "`result_backend` is not set.", places, caveat=reads)
    tally = Tally()
    for url in results:
        verdict, note = apart(url, brokers)
        tally.add(verdict, Place(url.place.path, url.place.line, url.place.text, note))
    if not results:
        tally.unclear += [place for each in settings for place in each.places]
    found, missing = "On another server than the queues", "the environment of production"
    return covered(evidence, "config.result-backend", tally, found, "result backend", missing=missing)


def apart(url: Url, brokers: list[Url]) -> tuple[bool | None, str]:
    """Whether results are on another server than queues, and what is to say about it."""
    if not url.is_redis and url.scheme:
        return True, f"results are kept by {url.scheme.partition('+')[0]}"
    if brokers and not any(broker.is_redis for broker in brokers):
        return True, "the queues are in no Redis"
    known = [broker for broker in brokers if broker.server is not None]
    if url.server is None or not known:
        return None, "the server is not written here"
    if url.is_local and not any(broker.is_local for broker in known):
        return None, "a default for development"
    same = [broker for broker in known if broker.server == url.server]
    if not same:
        return True, ""
    return False, "the database of the queues" if any(broker.path == url.path for broker in same) else "their server"


@section.item("result-expiry", "Results expire, usually after a day", "pass partly fail unknown")
def result_expiry(evidence: Evidence) -> Answer:
    """`result_expires` of the applications that keep results. Not set it is a day."""

    def expires(value: Value | None) -> bool | None:
        return True if value is None else is_limit(value)

    if not evidence.is_celery:
        return nothing()
    keeping = {each.app for each in evidence.settings("result_backend") if each.value is not None}
    settings = [each for each in evidence.settings("result_expires") if each.app in keeping]
    if not settings:
        return nothing("No result backend is set, so that no result is kept.", SETTINGS)
    unset = "a day by default"
    tally = of_settings(settings, expires, f"not set: {unset}")
    found = is_said("result_expires", settings, unset)
    return covered(evidence, "config.result-expiry", tally, found, missing=SETTINGS)


# Kept for sections that ask the same under another name.
def no_pickle(evidence: Evidence, item: str) -> Answer:
    """Whether nothing serialises with, or accepts, pickle or YAML."""
    accepted = of_settings(evidence.settings("accept_content"), accepts_json_only, "")
    if accepted.unclear and not evidence.findings(item):
        return nothing("What workers accept is not written here.", SETTINGS)
    return prohibited(
        evidence,
        item,
        seen=[place for each in evidence.settings("accept_content") for place in each.places],
        clean=f"None in the settings, {count(len(evidence.tasks), 'task')} and "
        f"{count(len(evidence.dispatches), 'dispatch')}.",
        wrong="pickle or YAML runs code that is in a message.",
    )
