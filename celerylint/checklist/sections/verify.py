"""What to try once it is deployed. Nothing here can be answered from files: the answers are commands."""

from __future__ import annotations

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Answer, Section, Step
from celerylint.checklist.judging import count, listed, manual
from celerylint.checklist.sections.runbook import operate
from celerylint.checklist.sections.task_design import has_policy
from celerylint.checklist.urgency import is_urgent
from celerylint.facts import Task
from celerylint.values import truth

section = Section("verify", "After the first deployment", "After deploying")


@section.item("workers-registered", "All workers are there", "manual")
def workers_registered(evidence: Evidence) -> Answer:
    """Asks the workers. The number to expect is that of the worker commands found here."""
    names = evidence.names
    expected = len(evidence.workers)
    known = f"{count(expected, 'worker command')} found here" if expected else "No worker command was found here"
    queues = f", for {listed(names.queues)}" if names.queues else ""
    return manual(
        f"Every worker should answer. {known}{queues}.",
        Step("Every worker answers", names.celery("inspect", "ping")),
        Step("They consume what they should", names.celery("inspect", "active_queues")),
        Step(f"They know {count(len(evidence.tasks), 'task')} of this project", names.celery("inspect", "registered")),
        evidence=[evidence.command(worker) for worker in evidence.workers],
    )


@section.item("test-task", "A task that is sent is run", "manual")
def test_task(evidence: Evidence) -> Answer:
    """Sends the project's health check, or without one a task of Celery's own that does nothing."""
    names = evidence.names
    task = names.trial
    kept = keeps(evidence, task)
    see = names.celery("result", "ID") if kept else ""
    return manual(
        f"Send `{names.harmless}` and see that it ends.",
        Step("Send it; this prints its id", names.celery("call", names.harmless, f"--queue={names.main_queue}")),
        Step("See what became of it" if kept else "Its id is in the worker's log: received, then succeeded", see),
        evidence=[evidence.task_place(task)] if task is not None else (),
    )


def keeps(evidence: Evidence, task: Task | None) -> bool:
    """Whether the result of a task, or of one of Celery's own, may be kept."""
    values = [each.value for each in evidence.settings("task_ignore_result")]
    values = [evidence.index.option(task, "ignore_result").value] if task is not None else values
    backend = any(each.value is not None for each in evidence.settings("result_backend"))
    return backend and not any(truth(value) for value in values)


@section.item("priority", "Urgent tasks run first", "manual")
def priority(evidence: Evidence) -> Answer:
    """Fills an ordinary queue and sends something urgent behind it: to the queue for that, else with priority."""
    names = evidence.names
    urgent = next((name for name in names.queues if is_urgent(name)), "")
    plain = next((name for name in (names.main_queue, *reversed(names.queues)) if name != urgent), names.main_queue)
    # On Redis 0 comes first, on RabbitMQ the largest number does.
    last, first = (9, 0) if evidence.broker_kind == "redis" else (0, 9)
    fill = names.send(plain, 100, None if urgent else last)
    behind = names.send(urgent) if urgent else names.send(plain, 1, first)
    return manual(
        f"Fill `{plain}`, send one task {f'to `{urgent}`' if urgent else 'with priority'} behind it; it comes first.",
        Step("A hundred tasks", fill),
        Step("An urgent one behind them", behind),
        Step("What runs now", names.celery("inspect", "active")),
    )


@section.item("retries", "A task that fails is tried again, each time later", "manual")
def retries(evidence: Evidence) -> Answer:
    """Lets a task fail that has a retry policy, and looks at its events."""
    task = next((task for task in evidence.tasks if task.name and has_policy(evidence, task)), None)
    names = evidence.names
    return manual(
        f"Where it does no harm, let `{task.name}` fail by what it depends on."
        if task
        else "No task here is known to try again; let one fail that should.",
        Step("Watch `task-retried` events and their times", names.celery("events", "--dump")),
        Step("Send it", names.call(task)),
        evidence=[evidence.task_place(task)] if task is not None else (),
    )


@section.item("metrics", "Metrics arrive", "manual")
def metrics(evidence: Evidence) -> Answer:
    """Asks the exporter and Prometheus."""
    ports = [port for exporter in evidence.exporters for port in exporter.host.ports]
    port = next((port.number for port in ports if isinstance(port.number, int)), 9808)
    return manual(
        "The exporter counts tasks, and Prometheus scrapes it.",
        Step("The exporter's own numbers", f"curl -s http://EXPORTER:{port}/metrics | grep ^celery_"),
        Step(
            "The same in Prometheus", "promtool query instant http://PROMETHEUS:9090 'sum(celery_task_received_total)'"
        ),
        evidence=[evidence.spot(exporter.host.place) for exporter in evidence.exporters],
    )


@section.item("alerts", "An alert goes off, and somebody gets it", "manual")
def alerts(evidence: Evidence) -> Answer:
    """Stops the workers of a queue and fills it."""
    names = evidence.names
    queue = names.main_queue
    hosts = names.consumers(queue) or names.worker_hosts
    return manual(
        f"Stop the workers of `{queue}`, fill it above the threshold, and wait for the alert.",
        *operate(evidence, "stop", hosts, f"Stop the workers of {queue}"),
        Step("Fill it", names.send(queue, 1100)),
        *operate(evidence, "start", hosts, "Start them again; they work it off"),
    )
