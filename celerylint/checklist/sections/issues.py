"""What goes wrong most often: whether it can here, and where to look when it does."""

from __future__ import annotations

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Answer, Place, Section, Step
from celerylint.checklist.judging import Tally, count, covered, listed, nothing, of_settings, prohibited
from celerylint.checklist.sections.config import is_limit
from celerylint.checklist.sections.workers import DEPLOYMENT
from celerylint.values import Const, Unknown

section = Section("issues", "When it does not work", "When it goes wrong")


@section.item("workers-idle", "No queue fills up that no worker consumes", "pass partly fail unknown")
def workers_idle(evidence: Evidence) -> Answer:
    """The queues that tasks go to, against `-Q` of all workers."""
    names = evidence.names
    steps = (
        Step(
            "1. The broker answers",
            f"{names.redis} PING" if evidence.broker_kind != "amqp" else "rabbitmq-diagnostics ping",
        ),
        Step("2. Workers consume the queues that tasks go to", names.celery("inspect", "active_queues")),
        Step("3. Nothing is reserved that never starts", names.celery("inspect", "reserved")),
        Step("4. Stop workers, for whatever starts them to start them anew", names.celery("control", "shutdown")),
    )
    consumed = queues_consumed(evidence)
    if consumed is None or not evidence.queues_sent_to:
        return nothing("Which queues workers consume is not known here.", DEPLOYMENT, steps)
    tally = Tally()
    for queue in evidence.queues_sent_to:
        tally.add(queue in consumed, place_of(evidence, queue, queue in consumed))
    left = [queue for queue in evidence.queues_sent_to if queue not in consumed]
    found = f"No worker consumes {listed(left)}." if left else f"Consumed: all of {listed(evidence.queues_sent_to)}."
    answer = covered(evidence, "issues.workers-idle", tally, found)
    return Answer(answer.state, answer.found, answer.evidence, answer.findings, steps=steps)


def queues_consumed(evidence: Evidence) -> set[str] | None:
    """The queues that workers consume together; None where that is not known."""
    found: set[str] = set()
    for worker in evidence.workers:
        if isinstance(worker.queues, Unknown):
            return None
        if worker.queues is None:
            declared = evidence.index.queues.declares(evidence.main_app)
            if declared is None:
                return None
            found |= declared or {evidence.default_queue or ""}
        else:
            found |= set(worker.queues)
    return found if evidence.workers else None


def place_of(evidence: Evidence, queue: str, known: bool) -> Place:
    """What sends to a queue, or the worker that consumes it."""
    note = "" if known else f"goes to {queue}"
    if known:
        for worker in evidence.workers:
            if worker.queues is None or (isinstance(worker.queues, tuple) and queue in worker.queues):
                return evidence.command(worker)
    task = next((task for task in evidence.tasks if evidence.queue_of[task.key] == queue), None)
    if task is not None:
        return evidence.task_place(task, note)
    sent = next(sent for sent in evidence.dispatches if sent.options.get("queue") == Const(queue))
    return evidence.place(sent.path, sent.span, note)


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
    return Answer(answer.state, answer.found, answer.evidence, answer.findings, missing=answer.missing, steps=steps)


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
        "a task needs every task costs a process.",
    )
    large = evidence.findings("task-design.payload-size")
    places = (*(evidence.of_finding(finding) for finding in large), *answer.evidence)
    steps = (
        Step("1. Sizes of payloads", f"{evidence.names.redis} --memkeys"),
        Step("2. Processes and their memory", evidence.names.celery("inspect", "stats")),
        Step("3. Which task grows", evidence.names.celery("inspect", "memdump")),
    )
    return Answer(answer.state, answer.found, places, (*large, *answer.findings), answer.caveat, answer.missing, steps)


SETTINGS = ("worker_max_tasks_per_child", "worker_max_memory_per_child")
OPTIONS = ("--max-tasks-per-child", "--max-memory-per-child")
