"""How to go back to the release before, in this order."""

from __future__ import annotations

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Answer, Section, Step
from celerylint.checklist.judging import manual
from celerylint.checklist.sections.runbook import operate, stop_beats

section = Section("rollback", "Rolling back", "When it goes wrong")

IN_FLIGHT = ("active", "what runs"), ("reserved", "what is reserved"), ("scheduled", "what waits for its time")
BACK = "Put the release before in place"
UNREAD = "See which tasks and arguments the older code does not have; it cannot run what is queued of those"
CHANGED = "git diff PREVIOUS -- $(git grep -lE 'shared_task|[.]task\\b' -- '*.py')"
# What starts these takes each program back to the release before by itself.
ALONE = frozenset({"kubernetes", "cloudfoundry"})


@section.item("stop-beat", "1. Stop beat, so that nothing new is scheduled", "manual")
def stop_beat(evidence: Evidence) -> Answer:
    """The command for what starts beat here."""
    seen = [evidence.command(beat) for beat in evidence.beating]
    return manual("Beat goes first.", *stop_beats(evidence, "Stop beat"), evidence=seen)


@section.item("wait", "2. Wait until running tasks have ended", "manual")
def wait(evidence: Evidence) -> Answer:
    """The command that shows them, and the longest time limit that is known here."""
    longest = evidence.longest_limit
    limit = f" The longest limit known here is {longest:g} s." if longest else ""
    steps = (Step(f"See {what}", evidence.names.celery("inspect", name)) for name, what in IN_FLIGHT)
    return manual(f"Nothing should run, and nothing be reserved.{limit}", *steps)


@section.item("deploy-previous", "3. Deploy the workers of the release before", "manual")
def deploy_previous(evidence: Evidence) -> Answer:
    """The commands for what starts workers here. Messages of the newer release stay in the queues: it has to understand
    them."""
    return manual(
        "The older workers meet messages of the newer release: tasks that are gone, arguments that changed.",
        *operate(evidence, "undo", evidence.names.worker_hosts, BACK),
        Step(UNREAD, CHANGED),
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
    if not evidence.beats and names.beat_hosts:
        again = operate(evidence, "start", names.beat_hosts, "Start those that were stopped for it")
        return manual("Beat runs inside of workers (`-B`) here, and is back with them.", *again)
    alone = [host for host in names.beat_hosts if host.kind in ALONE]
    steps = [Step(BACK, command) for command in names.operate("undo", alone)]
    steps += operate(evidence, "start", names.beat_hosts, "Start beat, once", names.celery("beat", "--loglevel=INFO"))
    return manual("Beat comes last, from the same release as the workers.", *steps)


@section.item("monitor", "6. Watch errors for a quarter of an hour", "manual")
def monitor(evidence: Evidence) -> Answer:
    """Events, failures and the depth of this project's queues."""
    events = Step("Events as they come", evidence.names.celery("events", "--dump"))
    return manual("Failures and queue depths stay where they were before.", events, *evidence.names.depths())
