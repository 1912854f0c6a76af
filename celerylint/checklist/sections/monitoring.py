"""What is seen of workers and queues while they run."""

from __future__ import annotations

import re

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Answer, Section, Step
from celerylint.checklist.judging import Tally, count, covered, is_said, listed, manual, nothing, of_settings
from celerylint.checklist.naming import HEALTH
from celerylint.checklist.papers import METRICS, placed
from celerylint.deploy.model import Flower
from celerylint.values import truth

section = Section("monitoring", "Monitoring", "Before deploying")

DEPLOYMENT = "the files that deploy workers"
# Options and variables that make Flower ask who is there (Flower's documentation, "Authentication").
GUARDS = (
    "--basic-auth",
    "--basic_auth",
    "--auth",
    "--auth-provider",
    "--auth_provider",
    "--oauth2-key",
    "--oauth2_key",
)
VARIABLES = ("FLOWER_BASIC_AUTH", "FLOWER_AUTH", "FLOWER_AUTH_PROVIDER", "FLOWER_OAUTH2_KEY")
SIGNALS = ("task_prerun", "task_postrun", "task_success", "task_received", "task_retry")
WHOLE = {name: re.compile(rf"\b{name}\b") for name in SIGNALS}
OFF = ("CEL510",)
EXPORTERS = (
    "opentelemetry.instrumentation.celery", "CeleryInstrumentor", "CeleryIntegration", "prometheus_client",
    "celery_exporter", "ddtrace", "newrelic.agent", "statsd",
)  # fmt: skip
KINDS = {
    "depth": re.compile(r"queue|length|depth|backlog|messages_ready|key_size", re.IGNORECASE),
    "failures": re.compile(r"fail|error|exception|retr", re.IGNORECASE),
    "latency": re.compile(r"latency|runtime|duration|seconds|age|bucket", re.IGNORECASE),
}


@section.item("flower", "Flower runs, and asks for a login", "pass fail unknown")
def flower(evidence: Evidence) -> Answer:
    """Commands that start Flower, their options, and `FLOWER_…` variables around them."""
    tally = Tally()
    for program in evidence.flowers:
        guard = guarded(program)
        tally.add(guard, evidence.command(program, "" if guard else "no login is asked for" if guard is False else ""))
    if not tally.all:
        command = evidence.names.celery("flower", "--basic-auth=USER:PASSWORD")
        return nothing(
            "No Flower is started here.", "the files that deploy Flower", (Step("Start it with a login", command),)
        )
    return covered(
        evidence,
        "monitoring.flower",
        tally,
        "With a login",
        "Flower",
        missing="the environment of Flower",
    )


def guarded(program: Flower) -> bool | None:
    """Whether a Flower asks for a login, None where it is not known."""
    if any(program.line.option(name) is not None for name in GUARDS):
        return True
    if program.environment.may_have(VARIABLES):
        known = [program.environment.values.get(name) for name in VARIABLES]
        return True if any(known) else None
    return None if program.line.open else False


@section.item("events", "Workers send events about tasks", "pass partly fail unknown")
def events(evidence: Evidence) -> Answer:
    """`worker_send_task_events`, or `-E` on the command line of every worker."""
    if not evidence.is_celery:
        return nothing()
    settings = evidence.settings("worker_send_task_events")
    tally = of_settings(
        settings, lambda value: False if value is None else truth(value), "`worker_send_task_events` is not set"
    )
    flagged = [worker for worker in evidence.workers if worker.events]
    found = is_said("worker_send_task_events", settings, "off by default")
    if flagged and not tally.right:
        tally = Tally(right=[evidence.command(worker) for worker in flagged])
        tally.wrong = [evidence.command(worker, "no `-E`") for worker in evidence.workers if not worker.events]
        found += f" With `-E`: {tally.of('worker')}."
    # The rule looks at settings only, and wants events about sending too.
    notes = OFF if tally.right and not tally.wrong else ()
    missing = "the settings that production reads"
    return covered(evidence, "monitoring.events", tally, found, missing=missing, notes=notes)


@section.item("metrics", "Metrics of tasks and queues are exported", "pass partly unknown")
def metrics(evidence: Evidence) -> Answer:
    """Exporters that are deployed, and instrumentation or receivers of task signals in code."""
    if not evidence.is_celery:
        return nothing()
    places = [evidence.place(exporter.path, exporter.host.place.span) for exporter in evidence.exporters]
    places += [found for name in EXPORTERS for found in evidence.quoted(name)]
    if places:
        unique = tuple(dict.fromkeys(places))
        return Answer("pass", f"Exported or counted in {count(len(unique), 'place')}.", unique)
    received = tuple(dict.fromkeys(found for name in SIGNALS for found in evidence.quoted(name, WHOLE[name])))
    if received:
        found = "Signals of tasks are received; whether anything is counted there is for you to see."
        return Answer("partly", found, received)
    return nothing(
        "No exporter, receiver of task signals or instrumentation was found here.",
        "the files that deploy monitoring",
        (Step("Export metrics from the broker and from events", "pip install celery-exporter"),),
    )


@section.item("health-task", "A periodic task shows that beat, broker and workers work together", "pass fail unknown")
def health_task(evidence: Evidence) -> Answer:
    """Entries of the schedule whose name or task looks like a health check."""
    if not evidence.is_celery:
        return nothing()
    named = [entry for entry in evidence.schedule if HEALTH.search(f"{entry.name} {entry.sent}")]
    if named:
        places = tuple(evidence.place(entry.path, entry.span) for entry in named)
        return Answer("pass", f"{listed(entry.sent or entry.name for entry in named)} runs by the schedule.", places)
    entries = evidence.entries
    if entries and not is_open(evidence):
        places = tuple(evidence.place(entry.path, entry.span) for entry in entries)
        return Answer("fail", f"{count(len(places), 'entry')} in the schedule, no health check among them.", places)
    known = f"No health check is among the {count(len(entries), 'entry')} that can be known."
    found = known if entries else "No schedule is written here that could have one."
    return nothing(found, "the schedule, or the table that beat reads")


def is_open(evidence: Evidence) -> bool:
    """Whether there may be entries that are not known: beat reads a table, or code names them when it runs."""
    rows = any(entry.source == "database" for entry in evidence.schedule)
    unnamed = any(not entry.sent for entry in evidence.schedule)
    return evidence.index.scheduling.open or rows or unnamed


@section.item("alerts", "Alerts go off for queue depth, failures and latency", "pass partly manual")
def alerts(evidence: Evidence) -> Answer:
    """Alerting rules of Prometheus whose expressions name metrics of Celery or its queues."""
    about = [alert for alert in evidence.papers.alerts if METRICS.search(alert.expression)]
    if not about:
        return manual(
            "No alerting rule about queues or tasks is here; alerts may be kept elsewhere.",
            Step(
                "Ask Prometheus for its rules",
                "curl -s 'http://PROMETHEUS:9090/api/v1/rules?type=alert' | grep -i celery",
            ),
        )
    kinds = {
        kind for kind, words in KINDS.items() for alert in about if words.search(f"{alert.name} {alert.expression}")
    }
    missing = sorted(set(KINDS) - kinds)
    places = tuple(placed(alert, alert.name) for alert in about)
    said = f"none about {listed(missing)}" if missing else "depth, failures and latency among them"
    found = f"{count(len(about), 'alert')}; {said}."
    return Answer("partly" if missing else "pass", found, places)
