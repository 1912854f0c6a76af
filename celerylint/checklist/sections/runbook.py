"""What is written down for the day on which it has to go fast."""

from __future__ import annotations

import re
from collections.abc import Iterable

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Answer, Section, Step
from celerylint.checklist.judging import listed, manual
from celerylint.checklist.papers import ABOUT_CELERY, Chapter, placed

section = Section("runbook", "Runbook", "After deploying")


def of_chapters(evidence: Evidence, heading: str, what: str, steps: Iterable[Step]) -> Answer:
    """The answer that a runbook gives with a chapter on it; without one, what to write into it."""
    words = re.compile(heading, re.IGNORECASE)
    found = [chapter for chapter in evidence.papers.chapters if words.search(chapter.heading) and is_about(chapter)]
    if found:
        places = tuple(placed(chapter, chapter.heading) for chapter in found)
        files = listed(dict.fromkeys(place.path for place in places))
        return Answer("pass", f"{files} says {what}.", places)
    return manual(f"No document here says {what}. For this project:", *steps)


def is_about(chapter: Chapter) -> bool:
    """Whether a chapter is about background work: the document is a runbook, or the chapter names it."""
    return chapter.runbook or ABOUT_CELERY.search(f"{chapter.heading}\n{chapter.text}") is not None


def commands(what: str, found: Iterable[str], otherwise: str = "") -> list[Step]:
    """A step for each command, or one where none is known."""
    return [Step(what, command) for command in found] or [Step(what, otherwise)]


@section.item("scale-up", "It is written down how to add workers", "pass manual")
def scale_up(evidence: Evidence) -> Answer:
    """The headings of documents in the project, else the commands for its workers."""
    names = evidence.names
    steps = commands(
        "More copies", names.scale(names.worker_hosts(), "N"), names.celery("worker", f"-Q {names.main_queue}")
    )
    steps.append(Step("More processes in a running worker", names.celery("control", "pool_grow 2")))
    return of_chapters(
        evidence, r"scal(?:e|ing)\b(?!.*\bdown\b)|add(?:ing)?\b.*\bworkers?|more workers", "how to add workers", steps
    )


@section.item("scale-down", "It is written down how to take workers away without losing tasks", "pass manual")
def scale_down(evidence: Evidence) -> Answer:
    """The headings of documents in the project, else the commands for its workers."""
    names = evidence.names
    steps = [Step("What the worker still runs", names.celery("inspect", "active"))]
    steps += commands(
        "Fewer copies; each ends its tasks first", names.scale(names.worker_hosts(), "N"), "kill -TERM PID"
    )
    heading = r"scal(?:e|ing)\b.*\b(?:down|in)\b|(?:remov|reduc|stop)\w*\b.*\bworkers?|fewer workers"
    return of_chapters(evidence, heading, "how to take workers away", steps)


@section.item("drain", "It is written down how to empty a queue", "pass manual")
def drain(evidence: Evidence) -> Answer:
    """The headings of documents in the project, else the commands for its queues."""
    names = evidence.names
    steps = commands("Send no periodic tasks meanwhile", names.stop(names.beat_hosts()))
    for queue in names.queues[:8] or [names.main_queue]:
        steps.append(Step(f"How much waits in {queue}", depth(evidence, queue)))
    steps.append(
        Step(
            "Take no more from it, finish what is reserved",
            names.celery("control", f"cancel_consumer {names.main_queue}"),
        )
    )
    steps.append(Step("Throw away what waits", names.celery("purge", f"-Q {names.main_queue}")))
    return of_chapters(evidence, r"drain|purg(?:e|ing)|(?:empty|clear)\w*\b.*\bqueues?", "how to empty a queue", steps)


def depth(evidence: Evidence, queue: str) -> str:
    """The command that prints how many messages wait in a queue."""
    if evidence.broker_kind == "amqp":
        return f"rabbitmqctl list_queues name messages | grep '^{queue}\\b'"
    return f"{evidence.names.redis} LLEN {queue}"


@section.item("restart", "It is written down how to restart workers without losing tasks", "pass manual")
def restart(evidence: Evidence) -> Answer:
    """The headings of documents in the project, else the commands for its workers."""
    names = evidence.names
    steps = commands("One after the other", names.restart(names.worker_hosts()), "kill -TERM PID, wait, start again")
    steps.append(Step("All are back", names.celery("inspect", "ping")))
    return of_chapters(evidence, r"restart|rolling|rollout", "how to restart workers", steps)


@section.item("incident", "It is written down what to do when something fails", "pass manual")
def incident(evidence: Evidence) -> Answer:
    """The headings of documents in the project, else where to look first."""
    names = evidence.names
    steps = [
        Step(
            "The broker answers",
            f"{names.redis} PING" if evidence.broker_kind != "amqp" else "rabbitmq-diagnostics ping",
        ),
        Step("Workers answer", names.celery("inspect", "ping")),
        Step("What runs, and for how long", names.celery("inspect", "active")),
        *(Step(f"How much waits in {queue}", depth(evidence, queue)) for queue in names.queues[:8]),
    ]
    return of_chapters(
        evidence, r"incident|troubleshoot|outage|on-?call|emergenc|failure", "what to do when something fails", steps
    )
