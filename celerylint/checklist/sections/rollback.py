"""How to go back to the release before, in this order."""

from __future__ import annotations

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Answer, Section, Step
from celerylint.checklist.judging import manual
from celerylint.checklist.sections.runbook import commands, depth

section = Section("rollback", "Rolling back", "When it goes wrong")


@section.item("stop-beat", "1. Stop beat, so that nothing new is scheduled", "manual")
def stop_beat(evidence: Evidence) -> Answer:
    """The command for what starts beat here."""
    names = evidence.names
    steps = commands("Stop beat", names.stop(names.beat_hosts()))
    return manual("Beat goes first.", *steps, evidence=[evidence.command(beat) for beat in evidence.beats])


@section.item("wait", "2. Wait until running tasks have ended", "manual")
def wait(evidence: Evidence) -> Answer:
    """The command that shows them, and the longest time limit that is known here."""
    names = evidence.names
    longest = evidence.longest_limit
    limit = f" The longest limit known here is {longest:g} s." if longest else ""
    asked = {"What runs": "active", "What is reserved": "reserved", "What waits for its time": "scheduled"}
    steps = (Step(what, names.celery("inspect", name)) for what, name in asked.items())
    return manual(f"Nothing should run, and nothing be reserved.{limit}", *steps)


@section.item("deploy-previous", "3. Deploy the workers of the release before", "manual")
def deploy_previous(evidence: Evidence) -> Answer:
    """The commands for what starts workers here. Messages of the newer release stay in the queues: it has to understand
    them."""
    names = evidence.names
    steps = commands("The release before", names.undo(names.worker_hosts()))
    steps.append(Step("What the older code cannot read of what is queued", "git diff --stat PREVIOUS -- '*tasks*.py'"))
    return manual(
        "The older workers meet messages of the newer release: tasks that are gone, arguments that changed.",
        *steps,
        evidence=[evidence.command(worker) for worker in evidence.workers],
    )


@section.item("verify-workers", "4. See that the workers are back", "manual")
def verify_workers(evidence: Evidence) -> Answer:
    """The commands that ask the workers."""
    names = evidence.names
    return manual(
        "Every worker answers and consumes its queues.",
        Step("Every worker answers", names.celery("inspect", "ping")),
        Step("Their queues", names.celery("inspect", "active_queues")),
    )


@section.item("start-beat", "5. Start beat of the release before", "manual")
def start_beat(evidence: Evidence) -> Answer:
    """The command for what starts beat here."""
    names = evidence.names
    steps = commands("The release before", names.undo(names.beat_hosts()))
    steps += commands("Start beat, once", names.start(names.beat_hosts()), names.celery("beat", "--loglevel=INFO"))
    return manual("Beat comes last, from the same release as the workers.", *steps)


@section.item("monitor", "6. Watch errors for a quarter of an hour", "manual")
def monitor(evidence: Evidence) -> Answer:
    """Events, failures and the depth of this project's queues."""
    names = evidence.names
    queues = names.queues[:8] or [names.main_queue]
    return manual(
        "Failures and queue depths stay where they were before.",
        Step("Events as they come", names.celery("events", "--dump")),
        *(Step(f"How much waits in {queue}", depth(evidence, queue)) for queue in queues),
    )
