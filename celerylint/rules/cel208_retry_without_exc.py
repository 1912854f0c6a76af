"""`retry()` in an `except … as error` without `exc=error`.

When the retries are used up, Celery raises `MaxRetriesExceededError` in place of the error that kept the task from
working. That is what error trackers group by, what `link_error` and `on_failure` get, and its text holds the task's
arguments as they are, which then stand in the log and in the result backend. With `exc=` the real error is raised.

Bad::

    from celery import shared_task

    @shared_task(bind=True)
    def ship(self, order_id):
        try:
            send(order_id)
        except ConnectionError as error:
            raise self.retry(countdown=60)

Good::

    from celery import shared_task

    @shared_task(bind=True)
    def ship(self, order_id):
        try:
            send(order_id)
        except ConnectionError as error:
            raise self.retry(countdown=60, exc=error)

Silent where `MaxRetriesExceededError` is named anywhere in the function: then somebody counts on it; and where the
error is passed as the first argument, which is a mistake of another kind (those are the task's `args`). The fix is
unsafe where other code of the project names `MaxRetriesExceededError`.

Source: `celery.app.task.Task.retry` (5.7).
"""

import ast
import re
from collections.abc import Iterator

from celerylint.facts import Dispatch
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules import retries

rule = Rule(
    __name__,
    severity="advice",
    message="after the last try this raises `MaxRetriesExceededError` with the task's arguments in its text, and not"
    " `{error}`; pass `exc={error}`",
    checklist=("task-design.error-handling",),
)

COUNTED_ON = re.compile(r"\bMaxRetriesExceeded")


@rule.check(Dispatch)
def without_exc(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    if not retries.raises(dispatch, index) or "exc" in dispatch.options:
        return
    call = file.node_at(dispatch.span, ast.Call)
    handler = handler_of(call, file) if call is not None else None
    function = file.function_node(call) if call is not None else None
    if call is None or handler is None or function is None or COUNTED_ON.search(file.text(function)):
        return
    if any(isinstance(arg, ast.Name) and arg.id == handler.name for arg in call.args):
        return
    yield rule.finding(file, dispatch.span, data={"error": handler.name}, error=handler.name)


def handler_of(call: ast.Call, file: File) -> ast.ExceptHandler | None:
    """The innermost handler around a call, if it gives its error a name."""
    for above in file.ancestors(call):
        if isinstance(above, ast.ExceptHandler):
            return above if above.name else None
        if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return None
    return None
