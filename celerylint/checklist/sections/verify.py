"""What to try once it is deployed. Nothing here can be answered from files: the answers are commands."""

from __future__ import annotations

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Answer, Section, Step
from celerylint.checklist.judging import count, listed, manual
from celerylint.checklist.urgency import is_urgent
from celerylint.facts import Task

section = Section("verify", "After the first deployment", "After deploying")


@section.item("workers-registered", "All workers are there", "manual")
def workers_registered(evidence: Evidence) -> Answer:
    """Asks the workers. The number to expect is that of the worker commands found here."""
    names = evidence.names
    expected = len(evidence.workers)
    known = f"{count(expected, 'worker command')} found here, for {listed(names.queues)}." if expected else ""
    return manual(
        f"Every worker should answer. {known}".strip(),
        Step("Every worker answers", names.celery("inspect", "ping")),
        Step("They consume what they should", names.celery("inspect", "active_queues")),
        Step(f"They know {count(len(evidence.tasks), 'task')} of this project", names.celery("inspect", "registered")),
        evidence=[evidence.command(worker) for worker in evidence.workers],
    )


@section.item("test-task", "A task that is sent is run", "manual")
def test_task(evidence: Evidence) -> Answer:
    """Sends the project's health check, or a task that needs no arguments."""
    names = evidence.names
    task = names.trial
    ignored = (
        "; it keeps no result, so look in the worker's log"
        if task is not None and keeps_nothing(evidence, task)
        else ""
    )
    return manual(
        f"Send `{task.name if task else 'a task'}` and see that it ends{ignored}.",
        Step("Send it; this prints its id", names.trial_call),
        Step("See what became of it", names.celery("result", "ID")),
        evidence=[evidence.task_place(task)] if task is not None else (),
    )


def keeps_nothing(evidence: Evidence, task: Task) -> bool:
    return repr(evidence.index.option(task, "ignore_result").value) == "Const(value=True)"


@section.item("priority", "Urgent tasks run first", "manual")
def priority(evidence: Evidence) -> Answer:
    """Fills an ordinary queue and sends something urgent behind it."""
    names = evidence.names
    urgent = next((name for name in names.queues if is_urgent(name)), "")
    plain = next((name for name in reversed(names.queues) if name != urgent), names.main_queue)
    behind = f"{names.trial_call} --queue={urgent}" if urgent else names.prioritised
    return manual(
        f"Fill `{plain}`, send one task {f'to `{urgent}`' if urgent else 'with priority'} behind it; it comes first.",
        Step("A hundred tasks", f"for i in $(seq 100); do {names.trial_call} --queue={plain}; done"),
        Step("An urgent one behind them", behind),
        Step("What runs now", names.celery("inspect", "active")),
    )


@section.item("retries", "A task that fails is tried again, each time later", "manual")
def retries(evidence: Evidence) -> Answer:
    """Lets a task fail that has a retry policy, and looks at its events."""
    trying = [task for task in evidence.tasks if task.name and is_retried(evidence, task)]
    task = trying[0] if trying else None
    names = evidence.names
    return manual(
        f"Let `{task.name}` fail, by what it depends on." if task else "Let a task fail that has a retry policy.",
        Step("Watch `task-retried` events and their times", names.celery("events", "--dump")),
        Step("Send it", names.celery("call", task.name if task else "TASK")),
        evidence=[evidence.task_place(task)] if task is not None else (),
    )


def is_retried(evidence: Evidence, task: Task) -> bool:
    return evidence.index.option(task, "autoretry_for").value is not None or any(
        sent.task == task for sent in evidence.index.retries
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
    stop = list(names.stop(names.worker_hosts()))
    return manual(
        "Stop the workers of one queue, fill it above the threshold, and wait for the alert.",
        *(Step("Stop the workers of one queue", command) for command in stop[:1]),
        Step("Fill it", f"for i in $(seq 1100); do {names.trial_call} --queue={names.main_queue}; done"),
        Step("Throw away what is left", names.celery("purge", f"-Q {names.main_queue}")),
    )
