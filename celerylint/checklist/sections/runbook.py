"""What is written down for the day on which it has to go fast."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Answer, Section, Step
from celerylint.checklist.judging import listed, manual
from celerylint.checklist.operating import Verb
from celerylint.checklist.papers import ABOUT_CELERY, Chapter, placed
from celerylint.deploy.model import Host

section = Section("runbook", "Runbook", "After deploying")


BY_HAND: dict[Verb, str] = {"stop": "kill -TERM PID", "restart": "kill -TERM PID  # wait for it, then start it again"}


def operate(evidence: Evidence, verb: Verb, hosts: Iterable[Host], what: str, otherwise: str = "") -> list[Step]:
    """A step for each command that does it to some programs, or one where none is known."""
    found = evidence.names.operate(verb, hosts)
    return [Step(what, command) for command in found] or [Step(what, otherwise or BY_HAND.get(verb, ""))]


def rescale(evidence: Evidence, what: str, verb: Verb, one: str, otherwise: str) -> list[Step]:
    """The steps that change how many copies of the workers run; where nothing takes a number, what does it to those on
    one machine."""
    hosts = evidence.names.worker_hosts
    if evidence.names.operate("scale", hosts):
        return operate(evidence, "scale", hosts, what)
    return operate(evidence, verb, hosts, one, otherwise)


def stop_beats(evidence: Evidence, what: str) -> list[Step]:
    """The steps that stop beat, wherever it runs."""
    if not evidence.beating:
        return [Step(f"{what}, if there is one; nothing here starts it")]
    return operate(
        evidence, "stop", evidence.names.beat_hosts, what if evidence.beats else f"{what}: the workers run it"
    )


# What a runbook has to say, with what to write into it


def scale_up(evidence: Evidence) -> list[Step]:
    names = evidence.names
    by_hand = names.celery("worker", "-Q", names.main_queue)
    return [
        *rescale(evidence, "More copies", "start", "Start them on one more machine", by_hand),
        Step("More processes in running workers, until they restart", names.celery("control", "pool_grow 2")),
    ]


def scale_down(evidence: Evidence) -> list[Step]:
    names = evidence.names
    less = "Fewer copies; each has its grace period to end its tasks"
    running = Step("What the workers still run", names.celery("inspect", "active"))
    return [running, *rescale(evidence, less, "stop", "Stop them on one of the machines", "kill -TERM PID")]


def drain(evidence: Evidence) -> list[Step]:
    names = evidence.names
    return [
        *stop_beats(evidence, "Send no periodic tasks meanwhile"),
        *names.depths(),
        Step("Or take no more from it", names.celery("control", f"cancel_consumer {names.main_queue}")),
        Step("Or throw away what waits", names.celery("purge", f"-Q {names.main_queue}")),
    ]


def restart(evidence: Evidence) -> list[Step]:
    names = evidence.names
    steps = operate(evidence, "restart", names.worker_hosts, "One after the other")
    return [*steps, Step("All are back", names.celery("inspect", "ping"))]


def incident(evidence: Evidence) -> list[Step]:
    names = evidence.names
    return [
        Step("The broker answers", names.broker.ping),
        Step("Workers answer", names.celery("inspect", "ping")),
        Step("What runs, and for how long", names.celery("inspect", "active")),
        *names.depths(),
    ]


CHAPTERS: tuple[tuple[str, str, str, Callable[[Evidence], list[Step]]], ...] = (
    (
        "scale-up",
        "how to add workers",
        r"scal(?:e|ing)\b(?!.*\bdown\b)|add(?:ing)?\b.*\bworkers?|more workers",
        scale_up,
    ),
    (
        "scale-down",
        "how to take workers away without losing tasks",
        r"scal(?:e|ing)\b.*\b(?:down|in)\b|(?:remov|reduc|stop)\w*\b.*\bworkers?|fewer workers",
        scale_down,
    ),
    ("drain", "how to empty a queue", r"drain|purg(?:e|ing)|(?:empty|clear)\w*\b.*\bqueues?", drain),
    ("restart", "how to restart workers without losing tasks", r"restart|rolling|rollout", restart),
    (
        "incident",
        "what to do when something fails",
        r"incident|troubleshoot|outage|on-?call|emergenc|failure",
        incident,
    ),
)
HOW = "The headings of documents in the project, else the commands for its workers and queues."


def declare(name: str, what: str, heading: str, steps: Callable[[Evidence], list[Step]]) -> None:
    """Declare the item that a chapter with such a heading answers; without one it says what to write into it."""
    words = re.compile(heading, re.IGNORECASE)

    @section.item(name, f"It is written down {what}", "pass manual", how=HOW)
    def answer(evidence: Evidence) -> Answer:
        found = [chapter for chapter in evidence.papers.chapters if words.search(chapter.heading) and is_about(chapter)]
        if not found:
            return manual(f"No document here says {what}. For this project:", *steps(evidence))
        places = tuple(placed(chapter, chapter.heading) for chapter in found)
        return Answer("pass", f"{listed(dict.fromkeys(place.path for place in places))} says {what}.", places)


def is_about(chapter: Chapter) -> bool:
    """Whether a chapter is about background work: the document is a runbook, or the chapter names it."""
    return chapter.runbook or ABOUT_CELERY.search(f"{chapter.heading}\n{chapter.text}") is not None


for chapter in CHAPTERS:
    declare(*chapter)
