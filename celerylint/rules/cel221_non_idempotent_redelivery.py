"""A task that can run twice does something that must happen once.

A message with late acknowledgement is delivered again when its worker dies; a retried task starts from the top.
Whatever came before the failure happens again: a second mail, a second charge, a second row, a counter that is one
too high.

Bad::

    from celery import shared_task
    from django.core.mail import send_mail

    @shared_task(acks_late=True)
    def welcome(user_id):
        user = User.objects.get(pk=user_id)
        send_mail("Welcome", "Nice to have you", None, [user.email])
        user.greeted = True
        user.save()

Good::

    from celery import shared_task
    from django.core.mail import send_mail

    @shared_task(acks_late=True)
    def welcome(user_id):
        if User.objects.filter(pk=user_id, greeted=False).update(greeted=True):
            send_mail("Welcome", "Nice to have you", None, [User.objects.get(pk=user_id).email])

Not on by default: whether a second time hurts is more than code can show. It is a list to go through, for mail,
charges, new rows and `F()` updates in the bodies of tasks with late acknowledgement or retries. Silent where the task
shows any guard: a conditional `update`, `get_or_create`, a lock, an idempotency key, a test of whether it was done.

Source: Celery's user guide, Tasks, "Task should be idempotent"; `acks_late` (5.7).
"""

import ast
import re
from collections.abc import Iterator

from celerylint.facts import Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules import retries
from celerylint.rules.libraries import io_call
from celerylint.values import Binary, Call, Name, Value, truth, walk

rule = Rule(
    __name__,
    severity="advice",
    message="`{task}` can run twice ({why}), and then {what}; check first whether it was done",
    strict=True,
    checklist=("task-design.idempotent",),
)

GUARD = re.compile(
    r"idempoten|get_or_create|update_or_create|select_for_update|\.exists\(|cache\.add|\block\b|\.lock\(|setnx|nx=True"
    r"|already|ignore_conflicts|on_conflict|IntegrityError|\bif\b[^\n]*(?:sent|done|processed|paid|greeted|notified)"
    r"|\bif\b[^\n]*\.update\("
)
CHARGES = re.compile(r"(?:^|\.)(?:Charge|PaymentIntent|Refund|Transfer|Payout)\.create$")


@rule.check(Task)
def happens_twice(task: Task, file: File, index: Index) -> Iterator[Finding]:
    why = reason(task, index)
    body = file.body(task.function) if why else None
    if body is None or GUARD.search(file.text(body)):
        return
    for call in file.within(body, ast.Call):
        what = effect(file.value(call), index)
        if what:
            yield rule.finding(file, file.span(call), task=task.label, why=why, what=what)
            return


def reason(task: Task, index: Index) -> str:
    """Why a task may run twice, "" where nothing says so."""
    if truth(index.option(task, "acks_late").value) is True:
        return "late acknowledgement"
    if retries.autoretried(task, index) is True or retries.retry_calls(task, index):
        return "it is retried"
    return ""


def effect(value: Value, index: Index) -> str:
    """What a call does that must happen once, "" for any other."""
    io = io_call(value, index)
    if io is not None and io.library in {"django.core.mail", "smtplib", "sendgrid"}:
        return "the mail goes out twice"
    match value:
        case Call(func=Name(dotted=dotted)) if CHARGES.search(dotted) and value.keyword("idempotency_key") is None:
            return "the charge is made twice"
        case Call(func=Name(dotted=dotted)) if dotted.endswith(".objects.create"):
            return "the row is written twice"
        case Call() if any(counts_up(item) for _, item in value.keywords):
            return "the number changes twice"
        case _:
            return ""


def counts_up(value: Value) -> bool:
    """Whether a value is `F("n") + 1` or its kin."""
    match value:
        case Binary(op="Add" | "Sub"):
            return any(part == Name("django.db.models.F") for part in walk(value))
        case _:
            return False
