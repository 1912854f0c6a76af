"""Queues and routes."""

from __future__ import annotations

import re
from dataclasses import replace

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Answer, Place, Section, State, Step
from celerylint.checklist.judging import Tally, count, covered, is_set, listed, manual, nothing, of_settings, of_tasks
from celerylint.checklist.urgency import is_urgent, urgency
from celerylint.facts import Queue
from celerylint.values import Mapping, Unknown, Value, truth

section = Section("queues", "Queues", "Before deploying")

QUEUES = "the code that declares the queues"
ON_REDIS = (
    "On Redis `x-max-priority` does nothing: priorities are a list per step, 0 comes first, and they need "
    "`queue_order_strategy`. Queues of their own with workers of their own do the same more plainly."
)


def argument(queue: Queue, name: str) -> Value | None:
    """An argument of a queue's declaration: `max_priority=`, or in `queue_arguments`."""
    arguments = queue.options.get("queue_arguments")
    return arguments.get(name) if isinstance(arguments, Mapping) else None


@section.item("priorities", "What is urgent does not wait behind what is not", "pass fail unknown")
def priorities(evidence: Evidence) -> Answer:
    """`x-max-priority` of the declared queues on RabbitMQ; elsewhere queues of their own for urgent work."""
    if not evidence.is_celery:
        return nothing()
    if evidence.broker_kind == "amqp":
        return by_arguments(evidence)
    answer = by_queues(evidence)
    if evidence.broker_kind or by_arguments(evidence).state == answer.state:
        return answer
    return replace(answer, state="unknown", missing="the broker's URL, which says what kind of broker it is")


def by_queues(evidence: Evidence) -> Answer:
    """Whether urgent work has queues of its own."""
    names = evidence.names.queues
    urgent = [name for name in names if is_urgent(name)]
    tally = Tally()
    places = [
        evidence.place(queue.path, queue.span) for queue in evidence.index.queues.declared if queue.name in urgent
    ]
    # A name may say nothing of what a queue is for, and a default queue that is not known may have any.
    open_ = evidence.default_queue is None or (len(names) > 1 and any(not urgency(name) for name in names))
    if urgent and len(names) > 1:
        tally.right = places or [evidence.command(worker) for worker in evidence.workers]
        found = f"{listed(urgent)} {'is a queue' if len(urgent) == 1 else 'are queues'} for urgent work."
    else:
        note = "no queue is named as one for urgent work"
        (tally.unclear if open_ else tally.wrong).extend(
            evidence.place(app.path, app.span, note) for app in evidence.apps
        )
        found = (
            f"The {'queues are' if len(names) > 1 else 'queue is'} {listed(names)}." if names else "No queue is named."
        )
    missing = "what each queue is for" if len(names) > 1 else QUEUES
    caveat = ON_REDIS if evidence.broker_kind == "redis" else ""
    return covered(evidence, "queues.priorities", tally, found, caveat=caveat, missing=missing)


def by_arguments(evidence: Evidence) -> Answer:
    """Whether queues have priorities, as RabbitMQ has them."""
    tally = Tally()
    for queue in evidence.index.queues.declared:
        given = argument(queue, "x-max-priority") or queue.options.get("max_priority")
        place = evidence.place(queue.path, queue.span)
        if given is not None:
            tally.add(None if isinstance(given, Unknown) else True, place)
    maximum = of_settings(evidence.settings("task_queue_max_priority"), is_set, "not set")
    tally.right += maximum.right
    if not tally.all:
        tally.unclear = maximum.unclear
        tally.wrong = [evidence_of(place) for place in maximum.wrong]
    return covered(evidence, "queues.priorities", tally, "With priorities", "queue", missing=QUEUES)


def evidence_of(place: Place) -> Place:
    return Place(place.path, place.line, place.text, "no queue has `x-max-priority`")


@section.item("routes", "`task_routes`, or each task itself, says which queue it goes to", "pass partly fail unknown")
def routes(evidence: Evidence) -> Answer:
    """`task_routes`, and the queues that tasks name themselves."""
    if not evidence.is_celery:
        return nothing()
    found = evidence.index.queues.routes
    tally = Tally(right=[evidence.place(route.path, route.span) for route in found])
    settings = evidence.settings("task_routes")
    if not found:
        tally = of_settings(
            settings, lambda value: value is not None and truth(value) is not False, "`task_routes` is not set"
        )
    # Tasks may say it themselves instead.
    if not found and not tally.right and any("queue" in task.options for task in evidence.tasks):
        tally = of_tasks(evidence, "queue", is_set, "goes to the default queue")
    routed = [name for name in evidence.queue_of.values() if name and name != evidence.default_queue]
    says = count(len(found), "route") if found else "`task_routes` has no route"
    return covered(
        evidence,
        "queues.routes",
        tally,
        f"{says}; known to go to another queue: {len(routed)} of {count(len(evidence.tasks), 'task')}.",
        missing=QUEUES,
    )


@section.item(
    "default", "`task_default_queue` names the queue of everything that is not routed", "pass partly fail unknown"
)
def default(evidence: Evidence) -> Answer:
    """`task_default_queue`."""
    if not evidence.is_celery:
        return nothing()
    settings = evidence.settings("task_default_queue")
    tally = of_settings(settings, is_set, "`task_default_queue` is not set: it is `celery`")
    found = (
        f"The default queue is `{evidence.default_queue}`."
        if evidence.default_queue
        else "The default queue is not known."
    )
    return covered(evidence, "queues.default", tally, found, missing=QUEUES)


@section.item(
    "dead-letter",
    "Tasks that failed for good are kept somewhere to be looked at (optional)",
    "pass partly manual unknown",
    optional=True,
    notes=("CEL605",),
)
def dead_letter(evidence: Evidence) -> Answer:
    """`x-dead-letter-exchange` of the declared queues on RabbitMQ; Redis has no such thing."""
    if not evidence.is_celery:
        return nothing()
    queues = evidence.index.queues.declared
    right = [queue for queue in queues if argument(queue, "x-dead-letter-exchange") is not None]
    places = [evidence.place(queue.path, queue.span) for queue in right]
    if right and evidence.broker_kind != "redis":
        state: State = "pass" if len(right) == len(queues) else "partly"
        return Answer(state, f"{len(right)} of {len(queues)} queues have a dead letter exchange.", tuple(places))
    why = (
        "Redis has no dead letter queues" if evidence.broker_kind == "redis" else "No queue has a dead letter exchange"
    )
    failed = Step("Watch `task-failed` events as they come", evidence.names.celery("events", "--dump"))
    return manual(
        f"{why}; decide whether failed tasks have to be kept, and where: a `task_failure` handler, a table, a queue.",
        failed,
        evidence=failure_handlers(evidence),
    )


def failure_handlers(evidence: Evidence) -> list[Place]:
    """Where the project handles tasks that failed: receivers of `task_failure`, `on_failure` of task classes."""
    return [*evidence.quoted("task_failure"), *evidence.quoted("on_failure", re.compile(r"def on_failure"))]
