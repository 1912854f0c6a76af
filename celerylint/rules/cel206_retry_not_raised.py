"""`self.retry()` stands as a statement of its own, without `raise`.

`retry()` raises by itself, so the code after it never runs, although it reads as if it did. Whoever edits the
function next will put work there that is never done, and type checkers do not see that the branch ends. With
`raise` the run-time behaviour is exactly the same.

Bad::

    from celery import shared_task

    @shared_task(bind=True)
    def ship(self, order_id):
        try:
            send(order_id)
        except ConnectionError as error:
            self.retry(exc=error)

Good::

    from celery import shared_task

    @shared_task(bind=True)
    def ship(self, order_id):
        try:
            send(order_id)
        except ConnectionError as error:
            raise self.retry(exc=error)

Silent where `throw=False` asks for a retry that does not raise, where a base of the project has a `retry` of its own
that may return, and where the call is returned or assigned. Tests that put a mock in the place of `retry` have to give
it a `side_effect`, as `raise` takes nothing but exceptions.

Source: `celery.app.task.Task.retry` (5.7): it raises `Retry` unless `throw` is false.
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Dispatch
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules import retries

rule = Rule(
    __name__,
    severity="warning",
    message="`{call}` raises by itself, so nothing after it runs; write `raise {call}` to say so",
    checklist=("task-design.retries",),
)


@rule.check(Dispatch)
def bare_retry(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    call = file.node_at(dispatch.span, ast.Call) if dispatch.dropped and retries.raises(dispatch, index) else None
    if call is not None:
        yield rule.finding(file, dispatch.span, call=f"{file.text(call.func)}(...)")
