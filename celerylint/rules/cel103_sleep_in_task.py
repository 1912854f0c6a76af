"""A task sleeps.

A worker of the prefork pool has a fixed number of slots, one task each. A task that sleeps does nothing and keeps its
slot, so a few of them bring the queue to a halt while the machine is idle. A loop that sleeps until something has
happened is worst: it holds the slot for as long as the other side likes, and a restart of the worker starts the
wait again. Time limits count the sleep too.

Let the broker wait instead: `self.retry(countdown=…)`, `apply_async(countdown=…)`, or `rate_limit` for calls that
must be spaced out.

Bad::

    import time
    from celery import shared_task

    @shared_task
    def ship(order_id):
        while not label_ready(order_id):
            time.sleep(5)
        print_label(order_id)

Good::

    from celery import shared_task

    @shared_task(bind=True, max_retries=60)
    def ship(self, order_id):
        if not label_ready(order_id):
            raise self.retry(countdown=5)
        print_label(order_id)

Also found in functions that a task calls, with the calls that lead there. Silent about sleeps of less than a second
that are written as a number, about the `sleep` of gevent, eventlet and asyncio, which lets others run, and in tests.

Source: Celery's user guide, "Workers", "Concurrency", and "Calling Tasks", "ETA and Countdown".
"""

import ast
from collections.abc import Iterator

from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, InWorker, Rule
from celerylint.rules.waiting import polled
from celerylint.rules.worker import way, where
from celerylint.values import Binary, Call, Either, Name, Param, Value, number

rule = Rule(
    __name__,
    severity="warning",
    message="`{call}` {where} keeps a worker slot busy{advice}",
)
ADVICE = {
    "": "; retry with a countdown instead",
    "While": " for as long as the loop waits; retry with a countdown instead",
    "For": "; give each round a task of its own, spaced by `countdown` or `rate_limit`",
}

SHORTEST = 1.0


@rule.check(InWorker(ast.Call))
def sleeps(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    reach = index.reach(file, node)
    func = file.callee(node)
    if reach is None or not isinstance(func, Name) or index.modules.canonical(func.dotted) != "time.sleep":
        return
    if is_short(node, file, index) or index.modules.is_test(file.path) or is_result_polled(node, file, index):
        return
    call = file.text(node) if node.lineno == node.end_lineno else f"{file.text(node.func)}(...)"
    related = way(index, file.function_key(node))
    advice = ADVICE[loop_around(node, file)]
    yield rule.finding(file, file.span(node), related=related, call=call, where=where(reach), advice=advice)


def is_short(node: ast.Call, file: File, index: Index) -> bool:
    """Whether a call sleeps for less than a second, as far as it is written out."""
    seconds = longest(file.value(node.args[0]), index) if len(node.args) == 1 else None
    return seconds is not None and seconds < SHORTEST


def longest(value: Value, index: Index) -> float | None:
    """The largest number that a value can be, None where that is not known."""
    match index.expand(value):
        case Call(func=Name(dotted="random.random"), args=()):
            return SHORTEST - 0.01
        case Call(func=Name(dotted="random.uniform" | "builtins.min"), args=(_, most)):
            return longest(most, index)
        case Either(options=options):
            found = [longest(option, index) for option in options]
            return max((seconds for seconds in found if seconds is not None), default=None) if all(found) else None
        case Param() as param:
            return longest(default, index) if (default := default_of(param, index)) is not None else None
        case Binary(op="Div", left=left, right=right):
            # How often a second: a divisor that nobody knows is hardly below one.
            above, below = longest(left, index), longest(right, index)
            return None if above is None else above / below if below else above - 0.01
        case known:
            return number(known)


def default_of(param: Param, index: Index) -> Value | None:
    function = index.modules.function(param.function)
    found = function.parameters if function is not None else ()
    return next((parameter.default for parameter in found if parameter.name == param.name), None)


def is_result_polled(node: ast.Call, file: File, index: Index) -> bool:
    """Whether the loop around a sleep waits for a task's result, which is a worse mistake (CEL101)."""
    return any(isinstance(above, ast.While) and polled(above, file, index) for above in file.ancestors(node))


def loop_around(node: ast.Call, file: File) -> str:
    """The kind of the innermost loop around a node, "" without one."""
    for above in file.ancestors(node):
        if isinstance(above, ast.While | ast.For):
            return type(above).__name__
        if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            break
    return ""
