"""A countdown of a few seconds follows right on a save.

It is there so that the worker finds the row: without it the task would run before the transaction commits. It works
until the database or the request is slower than the countdown, and then the task fails as it did before. After a
rollback it runs all the same. Sending at the commit needs no guess.

Bad::

    from celery import shared_task

    @shared_task
    def welcome(user_id):
        ...

    def register(form):
        user = User.objects.create(name=form.name)
        welcome.apply_async((user.pk,), countdown=5)

Good::

    from functools import partial

    from celery import shared_task
    from django.db import transaction

    @shared_task
    def welcome(user_id):
        ...

    def register(form):
        user = User.objects.create(name=form.name)
        transaction.on_commit(partial(welcome.delay, user.pk))

Found for literal countdowns up to 10 seconds, where the task gets something of a row that the lines before have
created or saved, and in `post_save` receivers and `save()` of models. Silent in tests, and where a comment above
says what else the task waits for. Where the transaction itself can be seen, CEL401 reports it.

Source: Celery's guide "First steps with Django", "Trigger tasks at the end of the database transaction" (5.4).
"""

import ast
import re
from collections.abc import Iterator

from celerylint.facts import Dispatch
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.blocks import before, names_saved
from celerylint.rules.commits import names_in, replacement, runs_later
from celerylint.values import number

rule = Rule(
    __name__,
    severity="advice",
    message="a countdown of {seconds} s hopes that the row is committed by then; send at the commit: {instead}",
)
LONGEST = 10
NEAR = 4
WAITING = re.compile(r"\b(?:delay|wait|second|later|until|expire)", re.IGNORECASE)
COMMIT = re.compile(r"commit|transaction|race|database|\bdb\b|\brow|exist|visible", re.IGNORECASE)


@rule.check(Dispatch)
def short_countdown(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    seconds = number(dispatch.options.get("countdown")) if dispatch.method in {"apply_async", "send_task"} else None
    if seconds is None or not 0 < seconds <= LONGEST or index.modules.is_test(file.path):
        return
    call = file.node_at(dispatch.span, ast.Call)
    if call is None or runs_later(call, file) or is_explained(call, file):
        return
    inside = index.transactions.around(file.path, file.function_key(call), dispatch.span)
    if inside is not None and (
        inside.cause.certain or (inside.cause.name != "post_save" and inside.cause.kind == "signal")
    ):
        return
    if inside is not None or follows_save(call, file):
        instead = replacement(dispatch, call, file, index)
        yield rule.finding(file, dispatch.span, seconds=f"{seconds:g}", instead=instead)


def is_explained(call: ast.Call, file: File) -> bool:
    """Whether a comment above says why the task has to wait, and it is not for the commit."""
    line = file.statement(call).lineno - 1
    comment = ""
    while (text := file.source.line(line).strip()).startswith("#"):
        comment, line = text + comment, line - 1
    return bool(WAITING.search(comment)) and not COMMIT.search(comment)


def follows_save(call: ast.Call, file: File) -> bool:
    """Whether the task gets something of a row that one of the lines before has saved."""
    about = {name for value in (*call.args, *(keyword.value for keyword in call.keywords)) for name in names_in(value)}
    for place, statement in enumerate(before(call, file)):
        if place >= NEAR:
            return False
        if names_saved(statement) & about:
            return True
    return False
