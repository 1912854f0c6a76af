"""What dashboards show."""

from __future__ import annotations

import re
from collections.abc import Callable

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Answer, Section, Step
from celerylint.checklist.judging import count, manual
from celerylint.checklist.papers import METRICS, Panel, placed
from celerylint.records import dataclass

section = Section("dashboards", "Dashboards", "After deploying")

DEPTH = re.compile(r"queue_?(?:length|depth|size)|messages_ready|key_size|list_length|queue_messages", re.IGNORECASE)
LATENCY = re.compile(r"histogram_quantile|runtime|latency|duration|_seconds", re.IGNORECASE)
FAILURES = re.compile(r"fail|error|exception|retr", re.IGNORECASE)
# A rate of tasks, and not of the seconds that they take.
RATE = re.compile(rf"^(?!.*(?:{LATENCY.pattern}))(?=.*task).*(?:rate|irate|increase)\(", re.IGNORECASE | re.DOTALL)
WORKERS = re.compile(r"worker", re.IGNORECASE)
PERCENTILES = ("0.5", "0.95", "0.99")


@dataclass(frozen=True, slots=True)
class Show:
    """What a panel has to show: what it is called, what its expressions have in them, such an expression of
    celery-exporter's metrics, and what panels about it may lack."""

    name: str
    what: str
    words: re.Pattern[str]
    query: str
    lacking: Callable[[list[Panel]], str] | None = None


def thresholds(panels: list[Panel]) -> str:
    return "" if any(panel.thresholds for panel in panels) else ", without thresholds"


def by_name(panels: list[Panel]) -> str:
    named = any("name" in text or "task=" in text for panel in panels for text in panel.expressions)
    return "" if named else ", not by name"


def percentiles(panels: list[Panel]) -> str:
    text = " ".join(text for panel in panels for text in panel.expressions)
    missing = [f"p{share[2:]:0<2}" for share in PERCENTILES if share not in text]
    return f", without {', '.join(missing)}" if missing else ""


PANELS = {
    "A panel shows the depth of every queue, with thresholds": Show(
        "queue-depth", "the depth of every queue", DEPTH, "max by (queue_name) (celery_queue_length)", thresholds
    ),
    "A panel shows tasks per second by name": Show(
        "throughput", "tasks per second by name", RATE, "sum by (name) (rate(celery_task_succeeded_total[5m]))", by_name
    ),
    "A panel shows how long tasks take: p50, p95, p99": Show(
        "latency",
        "the run times of tasks",
        LATENCY,
        "histogram_quantile(0.95, sum by (le, name) (rate(celery_task_runtime_bucket[5m])))",
        percentiles,
    ),
    "A panel shows failures per minute and what failed": Show(
        "error-rate",
        "failures per minute",
        FAILURES,
        "60 * sum by (name, exception) (rate(celery_task_failed_total[5m]))",
    ),
    "A panel shows which workers are up and what they do": Show(
        "worker-status", "workers and their load", WORKERS, "celery_worker_tasks_active"
    ),
}


def declare(wanted: str, show: Show) -> None:
    """Declare the item that panels answer."""
    states = "pass manual" if show.lacking is None else "pass partly manual"

    @section.item(show.name, wanted, states, how=f"The panels of Grafana dashboards that ask for {show.what}.")
    def answer(evidence: Evidence) -> Answer:
        about = [panel for panel in evidence.papers.panels if any(METRICS.search(text) for text in panel.expressions)]
        found = [panel for panel in about if show.words.search(" ".join(panel.expressions))]
        if not found:
            none = f"None of {count(len(about), 'panel')} here shows" if about else "No dashboard here shows"
            asks = f"promtool query instant http://PROMETHEUS:9090 '{show.query}'"
            return manual(f"{none} {show.what}; look at yours.", Step("What such a panel asks", asks))
        places = tuple(placed(panel, panel.title or panel.expressions[0]) for panel in found)
        less = show.lacking(found) if show.lacking is not None else ""
        return Answer("partly" if less else "pass", f"Shown by {count(len(found), 'panel')}{less}.", places)


for wanted, show in PANELS.items():
    declare(wanted, show)
