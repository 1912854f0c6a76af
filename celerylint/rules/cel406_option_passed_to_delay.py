"""An execution option is given to `delay()` or `s()`, which hand it to the task.

`delay()` passes all that it gets to the task; `countdown`, `queue` and the like belong to `apply_async()`, and to
`set()` on a signature. A task that has no such parameter cannot be called so: Celery raises `TypeError` at the call,
or, where it does not compare arguments, the task fails in the worker. `delay(args=[...])` is the same mistake.

Bad::

    from celery import shared_task

    @shared_task
    def remind(order_id):
        ...

    def buy(order):
        remind.delay(order.pk, countdown=3600)

Good::

    from celery import shared_task

    @shared_task
    def remind(order_id):
        ...

    def buy(order):
        remind.apply_async(args=(order.pk,), countdown=3600)

Silent where the task has a parameter of that name or `**kwargs`, and where its parameters are not known.

The fix writes `apply_async()` with the same arguments, or `.set()` behind a signature. It is safe, since the call
fails as it stands.

Source: `celery.app.task.Task.delay` and `apply_async` (5.7); Celery's user guide, "Calling Tasks".
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Dispatch
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.expecting import expects_error
from celerylint.rules.passing import misplaced_options
from celerylint.values import truth

rule = Rule(
    __name__,
    severity="error",
    message="`{method}()` hands {options} to `{task}`, which has no such parameter: {consequence}; write {instead}",
)
RAISES = "this raises `TypeError` and nothing is sent"
FAILS = "the task fails in the worker with `TypeError`"
ON_SIGNATURE = frozenset({"s", "si"})
SENDERS = {"delay": "apply_async", "delay_on_commit": "apply_async_on_commit"}


@rule.check(Dispatch)
def option_for_the_task(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    options = misplaced_options(dispatch, index)
    call = file.node_at(dispatch.span, ast.Call) if options else None
    if call is None or dispatch.task is None or expects_error(call, file):
        return
    first = next(keyword for keyword in call.keywords if keyword.arg == options[0])
    checked = dispatch.task.kind != "class" and truth(index.option(dispatch.task, "typing").value) is not False
    yield rule.finding(
        file,
        file.span(first),
        data={"options": options, "call": dispatch.span},
        method=dispatch.method,
        options=" and ".join(f"`{name}`" for name in options),
        task=dispatch.task.label,
        consequence=RAISES if checked else FAILS,
        instead=instead(dispatch, options),
    )


def instead(dispatch: Dispatch, options: list[str]) -> str:
    """What to write, for a message."""
    shown = ", ".join(f"{name}=..." for name in options)
    label = dispatch.task.label if dispatch.task is not None else ""
    if dispatch.method in ON_SIGNATURE:
        return f"`{label}.{dispatch.method}(...).set({shown})`"
    return (
        f"`{label}.{SENDERS[dispatch.method]}(args=(...), {shown})`"
        if "args" not in options
        else (f"`{label}.{SENDERS[dispatch.method]}({shown})`")
    )
