"""`on_commit` gets the result of a dispatch instead of something to call.

`on_commit(task.delay(x))` calls `task.delay(x)` first: the task is sent at once, before the commit. `on_commit`
then gets an `AsyncResult`, which cannot be called, and raises `TypeError`; the transaction is rolled back, and the
task works on what never was.

Bad::

    from celery import shared_task
    from django.db import transaction

    @shared_task
    def ship(order_id):
        ...

    def buy(order):
        transaction.on_commit(ship.delay(order.pk))

Good::

    from functools import partial

    from celery import shared_task
    from django.db import transaction

    @shared_task
    def ship(order_id):
        ...

    def buy(order):
        transaction.on_commit(partial(ship.delay, order.pk))

The fix writes `partial`. It is safe, since the call fails as it stands.

Source: Django 5.2, `django.db.transaction.on_commit` ("on_commit()'s callback must be a callable").
"""

import ast
from collections.abc import Iterator

from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule, call_of
from celerylint.rules.commits import is_on_commit

rule = Rule(
    __name__,
    severity="error",
    message="`{call}` is sent here and now, and `on_commit` then raises `TypeError` and rolls back; "
    "write `on_commit(partial({sender}, ...))`",
)


@rule.check(call_of("on_commit"))
def called_now(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    if not node.args or not isinstance(node.args[0], ast.Call) or not is_on_commit(file.callee(node), index):
        return
    sent = node.args[0]
    span = file.span(sent)
    if any(dispatch.sends and dispatch.span == span for dispatch in index.dispatches_in(file.path)):
        func = file.text(sent.func)
        short = func if "\n" not in func and len(func) <= 50 else "task.delay"
        yield rule.finding(file, span, call=f"{short}(...)", sender=short)
