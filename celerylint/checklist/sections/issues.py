"""What goes wrong most often: whether it can here, and where to look when it does."""

from __future__ import annotations

from dataclasses import replace

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Answer, Section, Step
from celerylint.checklist.judging import Tally, count, covered, listed, nothing, of_settings, prohibited
from celerylint.checklist.sections.config import is_limit
from celerylint.checklist.sections.workers import DEPLOYMENT, of_lost, unconsumed

SETTINGS = ("worker_max_tasks_per_child", "worker_max_memory_per_child")
OPTIONS = ("--max-tasks-per-child", "--max-memory-per-child")

section = Section("issues", "When it does not work", "When it goes wrong")


@section.item("workers-idle", "No queue fills up that no worker consumes", "pass partly fail unknown")
def workers_idle(evidence: Evidence) -> Answer:
    """The queues that tasks go to, against `-Q` of all workers."""
    names = evidence.names
    steps = (
        Step("1. The broker answers", names.broker.ping),
        Step("2. Workers consume the queues that tasks go to", names.celery("inspect", "active_queues")),
        Step("3. Nothing is reserved that never starts", names.celery("inspect", "reserved")),
        Step("4. Stop workers, for whatever starts them to start them anew", names.celery("control", "shutdown")),
    )
    sent_to, consumed = evidence.queues_sent_to, evidence.consumed(evidence.workers)
    if consumed is None:
        return nothing("Which queues workers consume is not known here.", DEPLOYMENT, steps)
    if not sent_to:
        return nothing(
            "Which queues tasks go to is not known here.", "the routers, and the calls that name queues", steps
        )
    tally = Tally(right=[evidence.command(evidence.consumers(queue)[0]) for queue in sent_to if queue in consumed])
    left = unconsumed(evidence)
    tally.unclear = of_lost(evidence, left)
    found = f"No worker here consumes {listed(left)}." if left else f"Workers consume {listed(sent_to)}."
    missing = "whatever else starts workers, or adds queues"
    return replace(covered(evidence, "issues.workers-idle", tally, found, missing=missing), steps=steps)


@section.item("stuck", "No task waits for a place that it takes itself", "pass fail unknown")
def stuck(evidence: Evidence) -> Answer:
    """Tasks that wait for others, and rate limits of tasks."""
    names = evidence.names
    limited = [task for task in evidence.tasks if "rate_limit" in task.options]
    steps = (
        Step("1. Enough workers run", names.celery("inspect", "active")),
        Step("2. They consume the queue that the task goes to", names.celery("inspect", "active_queues")),
        Step(
            f"3. No rate limit holds it back; {count(len(limited), 'task')} here have one",
            names.celery("inspect", "conf"),
        ),
        Step(
            "4. No task waits for another one: the same ones are active again and again",
            names.celery("inspect", "active"),
        ),
    )
    answer = prohibited(
        evidence,
        "issues.stuck",
        seen=evidence.task_places,
        clean=f"None of {count(len(evidence.tasks), 'task')} waits for another one; with a rate limit: {len(limited)}.",
        wrong="a task waits for another one, or runs it inside itself.",
        also=("task-design.no-blocking-on-results",),
    )
    return replace(answer, steps=steps)


@section.item("memory", "Worker processes that grow are replaced", "pass partly fail unknown")
def memory(evidence: Evidence) -> Answer:
    """`worker_max_tasks_per_child` and `worker_max_memory_per_child`, or the same on the command lines of workers, and
    arguments that are whole contents."""
    if not evidence.is_celery:
        return nothing()
    tally = Tally()
    settings = [of_settings(evidence.settings(name), is_limit, "") for name in SETTINGS]
    tally.right = [place for found in settings for place in found.right]
    tally.unclear = [place for found in settings for place in found.unclear] if not tally.right else []
    if not tally.all:
        for worker in evidence.workers:
            given = any(worker.line.option(name) is not None for name in OPTIONS)
            verdict = True if given else None if worker.line.open else False
            tally.add(verdict, evidence.command(worker, "" if verdict else "its processes are never replaced"))
    if not tally.all:
        tally.wrong = [evidence.place(app.path, app.span, "neither setting is set") for app in evidence.apps[:1]]
    said = "set" if tally.right and not tally.wrong else "not set for all workers" if tally.wrong else "not known"
    answer = covered(
        evidence,
        "issues.memory",
        tally,
        f"`worker_max_tasks_per_child` or `worker_max_memory_per_child`: {said}.",
        missing="the settings that production reads",
        caveat="Replacing processes hides a leak and does not mend it; with `worker_max_memory_per_child` below what "
        "a task needs every task costs a process. Only the prefork pool replaces any.",
    )
    large = evidence.findings("task-design.payload-size")
    places = (*(evidence.of_finding(finding) for finding in large), *answer.evidence)
    steps = (
        Step("1. Sizes of payloads", evidence.names.broker.sizes),
        Step("2. Processes and their memory", evidence.names.celery("inspect", "stats")),
        Step("3. Which task grows", evidence.names.celery("inspect", "memdump")),
    )
    return Answer(answer.state, answer.found, places, (*large, *answer.findings), answer.caveat, answer.missing, steps)
