"""The arguments of a dispatch do not fit the task.

Celery compares them with the task's function only where `.delay()` or `.apply_async()` is called on a task made by
a decorator, and on the first step of a chain: there the caller gets the `TypeError`. Everywhere else the message is
sent and the worker fails: for `send_task`, for `signature("name")`, for class tasks and `typing=False`, and for all
that runs after something else, which gets the result before its own arguments: later steps of a chain, the body of a
chord, callbacks. A bound task's `self` is not among the arguments.

Bad::

    from celery import chain, shared_task

    @shared_task
    def fetch(url):
        ...

    @shared_task
    def store(user_id, page, note=""):
        ...

    def start(url, user_id):
        chain(fetch.s(url), store.s())()

Good::

    from celery import chain, shared_task

    @shared_task
    def fetch(url):
        ...

    @shared_task
    def store(page, user_id, note=""):
        ...

    def start(url, user_id):
        chain(fetch.s(url), store.s(user_id))()

Checked are positional-only and keyword-only parameters, defaults, `*args` and `**kwargs`, partial signatures and
immutable ones, canvases in variables, `link`, `self.replace()`, `self.retry(args=...)`, `map`, `starmap`, `chunks` and
beat entries, each as far as the arguments are written out.

Silent where a decorator, base class or wrapper of the project or another package may take or add arguments, where the
task is not known or defined more than once, and in tests, where tasks are often replaced. A step that fits but for
the result before it is CEL410, an execution option given to `delay` CEL406, an `args` in the wrong shape CEL405.

Source: `celery.app.task.Task.apply_async`, `celery.utils.functional.head_from_fun`, `celery.canvas.Signature._merge`
(5.7); Celery's user guide, "Canvas", "Partials" and "Immutability".
"""

import ast
import re
from collections.abc import Iterator

from celerylint.facts import Dispatch, Function, Parameter, Setting, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.index.arguments import ANY, Arguments, unchecked, unfit
from celerylint.rule import Finding, Related, Rule, call_of
from celerylint.rules.canvases import (
    LINKING,
    Place,
    broken_alone,
    canvas_kind,
    entries,
    needs_immutable,
    places,
    reason,
)
from celerylint.rules.expecting import expects_error
from celerylint.rules.passing import beat_entries, misplaced_options, of_dispatch
from celerylint.rules.shapes import broken
from celerylint.values import truth

rule = Rule(__name__, severity="error", message="`{task}` {reason}: {consequence}")
RAISES = "this raises `TypeError` and nothing is sent"
FAILS = "nothing checks that here, so the task fails in the worker with `TypeError`"
AT_COMMIT = "this raises `TypeError` when the transaction commits, and nothing is sent"
RETRY = "the retry raises `TypeError`, so the message is rejected and lost"
MADE = "whatever sends this signature, the task fails with `TypeError`"
AFTER = "{why} comes before its own arguments, so it never runs and the worker raises `TypeError`"
BEAT = "beat sends it all the same, and the task fails in the worker with `TypeError`"
SENDING = frozenset({"delay", "apply_async", "delay_on_commit", "apply_async_on_commit", "send_task", "call", "apply"})
MAKING = frozenset({"s", "si", "signature", "subtask"})
EACH = frozenset({"map", "starmap", "chunks"})


@rule.check(Dispatch)
def dispatched(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    call = file.node_at(dispatch.span, ast.Call) if not index.modules.is_test(file.path) else None
    if call is None or broken(dispatch, call, file, index) or expects_error(call, file):
        return
    if dispatch.task is None and dispatch.method in SENDING:
        yield from signature_sent(dispatch, call, file, index)
    elif dispatch.task is not None and not misplaced_options(dispatch, index):
        arguments = of_dispatch(dispatch, call, file, index)
        if arguments is not None:
            yield from judged(dispatch.task, arguments, consequence(dispatch, arguments, index), call, file, index)


def consequence(dispatch: Dispatch, arguments: Arguments, index: Index) -> str:
    """What happens to a dispatch whose arguments do not fit."""
    if dispatch.method in MAKING:
        return MADE
    if dispatch.method == "retry":
        return RETRY
    if dispatch.method in EACH | {"send_task", "apply"} or not checked_at_call(dispatch.task, arguments, index):
        return FAILS
    return AT_COMMIT if dispatch.method.endswith("on_commit") else RAISES


def checked_at_call(task: Task | None, arguments: Arguments, index: Index) -> bool:
    """Whether Celery itself notices at the call that arguments do not fit."""
    parameters = index.parameters_of(task) if task is not None else None
    if task is None or parameters is None or task.kind == "class":
        return False
    typed = truth(index.option(task, "typing").value) is not False
    return typed and bool(unfit(unchecked(parameters), arguments))


def signature_sent(dispatch: Dispatch, call: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    """`task.s(1).delay(2)`, `chain(task.s(1), …)()`: what is given here comes before what the signatures hold."""
    canvas = call.func.value if dispatch.method != "call" and isinstance(call.func, ast.Attribute) else call.func
    given = of_dispatch(dispatch, call, file, index)
    if canvas_kind(canvas, file, index) == "chord" and dispatch.method == "call":
        given = Arguments()
    for node, made in entries(canvas, file, index) if given is not None else ():
        place = Place(node, made, given or ANY)
        if made.task is not None and not broken_alone(made, index):
            arguments = made.called(place.given)
            first = RAISES if checked_at_call(made.task, arguments, index) else FAILS
            yield from judged(made.task, arguments, first, node if node is not canvas else call, file, index)


@rule.check(LINKING, ast.BinOp)
def canvas_member(node: ast.expr, file: File, index: Index) -> Iterator[Finding]:
    if (isinstance(node, ast.BinOp) and not isinstance(node.op, ast.BitOr)) or index.modules.is_test(file.path):
        return
    for place in places(node, file, index):
        wrong = bool(reason(place, index)) and not needs_immutable(place, index) and not expects_error(node, file)
        if place.task is not None and wrong:
            after = AFTER.format(why=place.why)
            yield from judged(place.task, place.made.called(place.given), after, place.node, file, index)


@rule.check(call_of("replace", "add_periodic_task"))
def replaced(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    """`self.replace(signature)` and `add_periodic_task(10, signature)` send it as it is."""
    match node:
        case ast.Call(func=ast.Attribute(value=receiver, attr="replace"), args=[sent]):
            sends = index.task_of(file.value(receiver)) is not None
        case ast.Call(func=ast.Attribute(attr="add_periodic_task"), args=[_, sent]):
            sends = not any(keyword.arg in {"args", "kwargs", None} for keyword in node.keywords)
        case _:
            return
    for place, made in entries(sent, file, index) if sends else ():
        if made.task is not None and not broken_alone(made, index):
            yield from judged(made.task, made.arguments, FAILS, place, file, index)


@rule.check(Setting)
def scheduled(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    if setting.name != "beat_schedule":
        return
    for entry in beat_entries(setting, file, index):
        yield from judged(entry.task, entry.arguments, BEAT, entry.node, file, index)


def judged(
    task: Task, arguments: Arguments, consequence: str, node: ast.expr, file: File, index: Index
) -> Iterator[Finding]:
    parameters = index.parameters_of(task)
    why = unfit(parameters, arguments) if parameters is not None else ""
    function = index.function_of(task)
    if parameters is None or not why or is_redefined(function, index):
        return
    defined = Related(function.path, function.span, "the task") if function is not None else None
    yield rule.finding(
        file,
        file.span(node),
        related=(defined,) if defined is not None else (),
        task=f"{task.label}{listed(parameters)}",
        reason=why,
        consequence=consequence,
    )


def is_redefined(function: Function | None, index: Index) -> bool:
    """Whether a file defines a function more than once, under `if` or `try`, so that another one may be meant."""
    if function is None or function.in_class:
        return False
    head = re.compile(rf"^[ \t]*(?:async[ \t]+)?def[ \t]+{re.escape(function.name)}\b".encode(), re.MULTILINE)
    return len(head.findall(index.read(function.path) or b"")) > 1


def listed(parameters: tuple[Parameter, ...]) -> str:
    """A task's parameters for a message: `(order_id, note=…)`; "" where they would be too long."""
    shown, kinds = [], [p.kind for p in parameters]
    for position, p in enumerate(parameters):
        if p.kind == "keyword_only" and "var_positional" not in kinds and "*" not in shown:
            shown.append("*")
        star = {"var_positional": "*", "var_keyword": "**"}.get(p.kind, "")
        shown.append(f"{star}{p.name}{'=…' if p.default is not None else ''}")
        if p.kind == "positional_only" and "positional_only" not in kinds[position + 1 :]:
            shown.append("/")
    text = f"({', '.join(shown)})"
    return text if len(text) <= 70 else ""
