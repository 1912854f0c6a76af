"""Something that is no signature stands where Celery needs one, or an error callback cannot take what it gets.

A callback and a step of a canvas are signatures: `task.s()`. A task without `.s()` in `link` cannot be serialised, so
that sending raises `EncodeError`; in a chain or group it raises `TypeError` or `AttributeError`, as does the result of
`task.delay()`, whose task has run off on its own by then. The name of a task in `link` is sent, and when the
task has succeeded the worker fails it with `AttributeError`.

An error callback gets the id of the task that failed, as a message of its own. Only if it takes two arguments or
more, and is neither bound nor a class, the worker calls it in place with three: request, exception, traceback. A
function of two arguments fails, and nothing but the worker's log says so. A bound one of three cannot be sent: the
`TypeError` is stored in place of the error that the task had, and a worker of the solo pool stops.

Bad::

    from celery import shared_task

    @shared_task
    def ship(order_id):
        ...

    @shared_task
    def tell(order_id):
        ...

    @shared_task
    def alarm(request, exc):
        ...

    def buy(order_id):
        ship.apply_async((order_id,), link=tell, link_error=alarm.s())

Good::

    from celery import shared_task

    @shared_task
    def ship(order_id):
        ...

    @shared_task
    def tell(order_id):
        ...

    @shared_task
    def alarm(request, exc, traceback):
        ...

    def buy(order_id):
        ship.apply_async((order_id,), link=tell.s(), link_error=alarm.s())

Silent where it is not known what stands there, or what the callback takes; a chord's header takes tasks as well.

The fix writes `.s()` behind a task. It is safe, since nothing is sent as it stands.

Source: `celery.backends.base.Backend._call_task_errbacks`, `celery.canvas` (5.7); Celery's user guide, "Canvas",
"Callbacks", and "Calling Tasks", "Linking".
"""

import ast
from collections.abc import Iterator

from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Related, Rule, call_of
from celerylint.rules.callbacks import ATTACHING, attached, failing, form, steps
from celerylint.rules.canvases import CANVAS, TAKING, broken_alone, entries
from celerylint.rules.expecting import expects_error

rule = Rule(
    __name__,
    severity="error",
    message="{what} stands where a signature has to be: {consequence}; write {instead}",
)
IN_PLACE = (
    "on failure the worker calls `{task}` with request, exception and traceback, and it {reason}: that error is only "
    "logged; take the three, or the failed task's id alone"
)
AS_TASK = "on failure `{task}` gets the failed task's id alone, and it {reason}: it never runs{effect}{hint}"
HIDES = ", and the worker's `TypeError` takes the place of the task's own error"
BOUND = "; a bound task never gets request, exception and traceback"
WHAT = {
    "task": "the task `{text}`",
    "result": "the result of `{text}`",
    "name": "the string {text}",
    "method": "the method `{text}`",
    "function": "the function `{text}`, which is no task,",
}
UNSENT = "sending this raises `EncodeError`"
LATER = "the message is sent, and the worker fails the task that succeeded with `AttributeError`"
IN_CANVAS = "this raises `TypeError` or `AttributeError` and nothing is sent"
RUNS_ALREADY = "that task is sent on its own, and this raises an error"


@rule.check(call_of(*ATTACHING, *TAKING))
def callback(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    for option, target in attached(node, file, index):
        kind = form(target, file, index)
        if kind and not (kind == "name" and option == "link_error") and not expects_error(node, file):
            consequence = LATER if kind == "name" else RUNS_ALREADY if kind == "result" else UNSENT
            yield no_signature(target, kind, consequence, file)
        elif not kind and option == "link_error":
            yield from error_callback(target, file, index)


@rule.check(CANVAS, ast.BinOp)
def step(node: ast.expr, file: File, index: Index) -> Iterator[Finding]:
    for part in steps(node, file, index):
        kind = form(part, file, index)
        if kind and not expects_error(node, file):
            yield no_signature(part, kind, RUNS_ALREADY if kind == "result" else IN_CANVAS, file)


def no_signature(node: ast.expr, kind: str, consequence: str, file: File) -> Finding:
    text = file.text(node)
    short = text if "\n" not in text and len(text) <= 40 else "..."
    instead = {"task": f"`{short}.s(...)`", "name": f"`signature({short})`", "function": "a task's `.s(...)`"}
    return rule.finding(
        file,
        file.span(node),
        data={"kind": kind},
        what=WHAT[kind].format(text=short),
        consequence=consequence,
        instead=instead.get(kind, "`.s(...)`"),
    )


def error_callback(target: ast.expr, file: File, index: Index) -> Iterator[Finding]:
    for place, made in entries(target, file, index):
        in_place, reason = failing(made, index)
        if made.task is None or not reason or broken_alone(made, index):
            continue
        function = index.function_of(made.task)
        yield rule.finding(
            file,
            file.span(place),
            message=IN_PLACE if in_place else AS_TASK,
            related=(Related(function.path, function.span, "the error callback"),) if function is not None else (),
            data={"kind": "errback"},
            task=made.task.label,
            reason=reason,
            effect=HIDES if made.task.kind != "class" else "",
            hint=BOUND if made.task.bound and not made.immutable else "",
        )
