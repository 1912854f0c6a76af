"""What dashboards show."""

from __future__ import annotations

import re
from collections.abc import Callable

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Answer, Section, Step
from celerylint.checklist.judging import count, manual
from celerylint.checklist.papers import METRICS, Panel, placed

section = Section("dashboards", "Dashboards", "After deploying")

DEPTH = re.compile(r"queue_?(?:length|depth|size)|messages_ready|key_size|list_length|queue_messages", re.IGNORECASE)
RATE = re.compile(r"rate\(|irate\(|increase\(", re.IGNORECASE)
TASKS = re.compile(r"task", re.IGNORECASE)
LATENCY = re.compile(r"histogram_quantile|runtime|latency|duration|_seconds", re.IGNORECASE)
FAILURES = re.compile(r"fail|error|exception|retr", re.IGNORECASE)
WORKERS = re.compile(r"worker", re.IGNORECASE)
PERCENTILES = ("0.5", "0.95", "0.99")


def of_panels(
    evidence: Evidence,
    judge: Callable[[Panel, str], bool],
    what: str,
    query: str,
    lacking: Callable[[list[Panel]], str],
) -> Answer:
    """The answer that panels give whose title and expressions satisfy `judge`; `lacking` says what they do not show."""
    about = [panel for panel in evidence.papers.panels if any(METRICS.search(text) for text in panel.expressions)]
    found = [panel for panel in about if judge(panel, " ".join(panel.expressions))]
    if not found:
        none = (
            "No dashboard about tasks is here" if not about else f"None of {count(len(about), 'panel')} here shows it"
        )
        return manual(
            f"{none}; look at your dashboards for {what}.",
            Step("What such a panel asks", f"promtool query instant http://PROMETHEUS:9090 '{query}'"),
        )
    places = tuple(placed(panel, panel.title or panel.expressions[0]) for panel in found)
    less = lacking(found)
    return Answer("partly" if less else "pass", f"Shown by {count(len(found), 'panel')}{less}.", places)


def nothing_lacks(panels: list[Panel]) -> str:
    return ""


@section.item("queue-depth", "A panel shows the depth of every queue, with thresholds", "pass partly manual")
def queue_depth(evidence: Evidence) -> Answer:
    """Panels of Grafana dashboards that ask for the length of queues, and their thresholds."""
    return of_panels(
        evidence,
        lambda panel, text: DEPTH.search(text) is not None,
        "the depth of every queue",
        "max by (queue_name) (celery_queue_length)",
        lambda panels: "" if any(panel.thresholds for panel in panels) else ", without thresholds",
    )


@section.item("throughput", "A panel shows tasks per second by name", "pass partly manual")
def throughput(evidence: Evidence) -> Answer:
    """Panels of Grafana dashboards that ask for a rate of tasks."""

    def by_name(panels: list[Panel]) -> str:
        named = any("name" in text or "task=" in text for panel in panels for text in panel.expressions)
        return "" if named else ", not by name"

    return of_panels(
        evidence,
        lambda panel, text: bool(RATE.search(text) and TASKS.search(text) and not LATENCY.search(text)),
        "tasks per second by name",
        "sum by (name) (rate(celery_task_succeeded_total[5m]))",
        by_name,
    )


@section.item("latency", "A panel shows how long tasks take: p50, p95, p99", "pass partly manual")
def latency(evidence: Evidence) -> Answer:
    """Panels of Grafana dashboards that ask for run times, and which percentiles they show."""

    def percentiles(panels: list[Panel]) -> str:
        text = " ".join(text for panel in panels for text in panel.expressions)
        missing = [f"p{share[2:]:0<2}" for share in PERCENTILES if share not in text]
        return f", without {', '.join(missing)}" if missing else ""

    return of_panels(
        evidence,
        lambda panel, text: LATENCY.search(text) is not None,
        "the run times of tasks",
        "histogram_quantile(0.95, sum by (le, name) (rate(celery_task_runtime_bucket[5m])))",
        percentiles,
    )


@section.item("error-rate", "A panel shows failures per minute and what failed", "pass manual")
def error_rate(evidence: Evidence) -> Answer:
    """Panels of Grafana dashboards that ask for failed tasks."""
    return of_panels(
        evidence,
        lambda panel, text: FAILURES.search(text) is not None,
        "failures per minute",
        "60 * sum by (name, exception) (rate(celery_task_failed_total[5m]))",
        nothing_lacks,
    )


@section.item("worker-status", "A panel shows which workers are up and what they do", "pass manual")
def worker_status(evidence: Evidence) -> Answer:
    """Panels of Grafana dashboards that ask for workers."""
    return of_panels(
        evidence,
        lambda panel, text: WORKERS.search(text) is not None,
        "workers and their load",
        "celery_worker_tasks_active",
        nothing_lacks,
    )
