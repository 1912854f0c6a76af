"""How tasks are written."""

from __future__ import annotations

from dataclasses import replace

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Answer, Place, Section, Step
from celerylint.checklist.judging import count, manual, nothing, prohibited
from celerylint.checklist.sections.queues import failure_handlers
from celerylint.facts import Dispatch, Task
from celerylint.values import Unknown, truth

section = Section("task-design", "Tasks", "Before deploying")

UNSENT = "Nothing was found here that sends a task."
# The rule that speaks of every task that says nothing about failure.
UNDECIDED = "CEL202"
# Options that do nothing, or nothing good, whatever they are about.
OPTIONS = ("CEL216", "CEL217")
REPORTERS = (
    "sentry_sdk.init",
    "CeleryIntegration",
    "rollbar.init",
    "bugsnag.configure",
    "newrelic.agent.initialize",
    "CeleryInstrumentor",
)


@section.item("idempotent", "A task that runs twice does no harm", "fail manual unknown")
def idempotent(evidence: Evidence) -> Answer:
    """What speaks against it in the code: tasks that are delivered again without a bound, or that send, charge or
    insert without a guard. Nothing in code can prove it, so that it is never passed."""
    if not evidence.is_celery:
        return nothing()
    findings = evidence.findings("task-design.idempotent")
    if findings:
        places = tuple(evidence.of_finding(finding) for finding in findings)
        return Answer(
            "fail", f"{count(len(findings), 'place')}: a task does harm when it runs twice.", places, tuple(findings)
        )
    twice = [task for task in evidence.tasks if runs_twice(evidence, task)]
    call = evidence.names.call(next(iter(twice or evidence.tasks), None))
    return manual(
        f"Acknowledged late or tried again, so that they may run twice: {len(twice)} of "
        f"{count(len(evidence.tasks), 'task')}. Where it does no harm, send one twice with the same arguments.",
        Step("Send it", call),
        Step("Send it again, and compare rows, mails and charges", call),
        evidence=[evidence.task_place(task) for task in twice],
    )


def runs_twice(evidence: Evidence, task: Task) -> bool:
    """Whether a task may be delivered or tried again by its options."""
    return truth(evidence.index.option(task, "acks_late").value) is True or has_policy(evidence, task)


@section.item("no-blocking-on-results", "No task waits for another task's result", "pass fail unknown")
def no_blocking_on_results(evidence: Evidence) -> Answer:
    """Every call that waits for a result, in tasks and in what they call."""
    return prohibited(
        evidence,
        "task-design.no-blocking-on-results",
        seen=evidence.task_places,
        clean=f"None of {count(len(evidence.tasks), 'task')} waits for a result, nor does what they call.",
        wrong="a task waits for another one, or runs it inside itself.",
    )


@section.item("serializable-arguments", "Arguments of tasks are plain JSON", "pass fail unknown")
def serializable_arguments(evidence: Evidence) -> Answer:
    """The arguments of every dispatch and signature, and the annotations and results of tasks."""
    open_ = [sent for sent in evidence.dispatches if is_open(sent)]
    known = len(evidence.dispatches) - len(open_)
    return prohibited(
        evidence,
        "task-design.serializable-arguments",
        seen=evidence.dispatch_places,
        none=UNSENT,
        missing="the code that sends tasks",
        clean=f"{count(len(evidence.dispatches), 'dispatch')} and {count(len(evidence.tasks), 'task')} were looked at; "
        f"nothing that they pass or return is known to be refused as JSON. All arguments are written out in {known}.",
        wrong="something is passed that JSON does not carry, or that arrives as something else.",
    )


def is_open(sent: Dispatch) -> bool:
    """Whether a dispatch may pass arguments that are not written out."""
    return sent.open or sent.args is None or any(isinstance(value, Unknown) for value in sent.args)


@section.item(
    "payload-size", "Arguments stay well below 1 MB; what is larger is passed by reference", "pass fail unknown"
)
def payload_size(evidence: Evidence) -> Answer:
    """Dispatches that pass whole contents: files, request bodies, query sets, serialised frames."""
    return prohibited(
        evidence,
        "task-design.payload-size",
        seen=evidence.dispatch_places,
        none=UNSENT,
        missing="the code that sends tasks",
        clean=f"None of {count(len(evidence.dispatches), 'dispatch')} is known to pass a whole content.",
        wrong="a whole content is passed instead of a reference to it.",
        caveat=f"Sizes are only known at run time: `{evidence.names.broker.sizes}` tells which queues are large.",
    )


@section.item("error-handling", "Every task says what happens when it fails", "pass fail partly unknown", notes=OPTIONS)
def error_handling(evidence: Evidence) -> Answer:
    """Handlers in tasks that swallow errors, and what looks at failures for all tasks: receivers of `task_failure`,
    `on_failure` of a task class, an error reporter."""
    item = "task-design.error-handling"
    if not evidence.is_celery:
        return nothing()
    watched = [*failure_handlers(evidence), *reporters(evidence)]
    answer = prohibited(
        evidence,
        item,
        seen=evidence.task_places,
        clean=f"None of {count(len(evidence.tasks), 'task')} swallows an error, and something looks at failures.",
        wrong="a failure is swallowed or its cause is lost, or what should handle it has no effect.",
        notes=OPTIONS,
    )
    if answer.state != "pass":
        return answer
    if watched:
        return Answer("pass", answer.found, tuple(watched))
    handled = [task for task in evidence.tasks if has_policy(evidence, task)]
    left = [task for task in evidence.tasks if task not in handled]
    found = f"No task swallows an error; {len(handled)} of {count(len(evidence.tasks), 'task')} try again"
    if not left:
        return Answer("pass", f"{found}.", tuple(map(evidence.task_place, handled)))
    places = tuple(evidence.task_place(task, "nothing handles its failure") for task in left)
    return Answer("partly", f"{found}, and nothing looks at failures.", places)


def may_have_policy(evidence: Evidence, task: Task) -> bool:
    """Whether a task may try again by options that are not known."""
    unknown = isinstance(evidence.index.option(task, "autoretry_for").value, Unknown)
    return unknown and not has_policy(evidence, task)


def reporters(evidence: Evidence) -> list[Place]:
    """Where an error reporter is started that knows Celery."""
    return [found for word in REPORTERS for found in evidence.quoted(word)]


def has_policy(evidence: Evidence, task: Task) -> bool:
    """Whether a task tries again after a failure: by its options, or by a call of `retry`."""
    value = evidence.index.option(task, "autoretry_for").value
    known = value is not None and not isinstance(value, Unknown)
    return known or any(sent.task == task for sent in evidence.index.retries)


@section.item(
    "retries",
    "Tasks try again after faults that pass, a bounded number of times, with growing delays",
    "pass partly fail unknown",
)
def retries(evidence: Evidence) -> Answer:
    """`autoretry_for`, `retry()`, `max_retries` and `retry_backoff` of every task, of its bases and of the project's
    decorators; tasks whose I/O fails now and then with none of these, and those that say nothing about failure."""
    item = "task-design.retries"
    trying = [task for task in evidence.tasks if has_policy(evidence, task)]
    silent = [finding for finding in evidence.findings(item) if finding.code == UNDECIDED]
    counted = f"{len(trying)} of {count(len(evidence.tasks), 'task')} try again"
    answer = prohibited(
        evidence,
        item,
        seen=evidence.task_places,
        clean=f"{counted}; no other one is known to need it.",
        wrong="a retry is missing, has no bound or no growing delay, or does not do what it seems to.",
        notes=(UNDECIDED,),
    )
    if answer.state != "pass":
        return replace(answer, findings=(*answer.findings, *silent))
    unclear = [task for task in evidence.tasks if may_have_policy(evidence, task)]
    if unclear:
        found = f"{counted}; of {len(unclear)} others that is not written here."
        return nothing(found, "the classes and decorators that they have options from", findings=silent)
    if not trying:
        found = "No task tries again, and none is known to do what fails now and then."
        return nothing(found, "the bodies of functions that tasks call", findings=silent)
    if silent:
        found = f"{counted}; {len(silent)} others do not say whether a failure is final. None is known to need it."
        return Answer("partly", found, tuple(map(evidence.of_finding, silent)), tuple(silent))
    return Answer("pass", answer.found, tuple(evidence.task_place(task) for task in trying))
