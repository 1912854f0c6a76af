"""A task waits for the result of another task.

While it waits it keeps its worker slot, and the task that it waits for needs a slot too: once all slots wait, nothing
moves any more. Celery therefore raises `RuntimeError: Never call result.get() within a task!` as soon as the
call is made in a worker of the prefork, threads or solo pool, even if the result is there already and even for
what `.apply()` returns; on gevent and eventlet it waits. Tests with `task.apply()` or the `celery_worker`
fixture do not show it.

`allow_join_result()` and `disable_sync_subtasks=False` switch that check off: then it really waits, and the pool
really comes to a stop under load.

Let the canvas pass results on: `chain` for one after the other, `chord` for many and then one, `link` for a callback,
`self.replace()` where the rest is only known at run time.

Bad::

    from celery import shared_task

    @shared_task
    def report(regions):
        handles = [total.delay(region) for region in regions]
        return sum(handle.get() for handle in handles)

    @shared_task
    def total(region):
        return 1

Good::

    from celery import chord, shared_task

    @shared_task
    def report(regions):
        chord([total.s(region) for region in regions])(add_up.s())

    @shared_task
    def add_up(totals):
        return sum(totals)

    @shared_task
    def total(region):
        return 1

Also found in functions that a task calls, with the calls that lead there. Silent about `.ready()`, `.state`,
`.result` and the like where they ask once, and not in a loop; about tasks with `ignore_result=True`, whose `.get()`
returns None at once; and about every `.get()` of something that is not known to be a result.

Source: `celery.result.assert_will_not_block`, `AsyncResult.get`, `EagerResult.get` (5.7); Celery's user guide, "Tasks",
"Avoid launching synchronous subtasks".
"""

import ast
from collections.abc import Iterator

from celerylint.file import File
from celerylint.index import Index
from celerylint.index.reach import Reach
from celerylint.index.results import Result
from celerylint.rule import Finding, InWorker, Rule
from celerylint.rules.waiting import is_asked_first, polled
from celerylint.rules.worker import is_certain, way, where
from celerylint.values import Call, Const, Mapping, Name, truth

rule = Rule(
    __name__,
    severity="error",
    message="`.{method}()` {where} raises RuntimeError in the worker (on gevent it waits and holds its slot); "
    "pass the result on with a chain, chord or callback",
    checklist=("task-design.no-blocking-on-results",),
)
HIDDEN = (
    "`.{method}()` {where} waits in a worker slot for a task that needs a slot too, and {switch} takes away the error "
    "that would say so: the pool deadlocks under load; pass the result on with a chain, chord or callback"
)
EAGER = (
    "`.{method}()` {where} raises RuntimeError in the worker, although `.apply()` has run the task already; "
    "read `.result`, or call the task's function"
)
UNCHECKED = (
    "`.{method}()` {where} waits in a worker slot for tasks that need slots too: the pool deadlocks under load; "
    "use a chord"
)

POLLED = (
    "this loop on `.{method}` {where} waits in a worker slot for a task that needs a slot too: the pool deadlocks "
    "under load; pass the result on with a chain, chord or callback"
)

SWITCH = "disable_sync_subtasks"
WAITING = frozenset({"get", "join", "join_native", "wait", "collect", "get_leaf", "iter_native", "iterate"})


@rule.check(InWorker(ast.Call))
def waits_for_result(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in WAITING:
        return
    reach = index.reach(file, node)
    result = index.result_of(file.value(node.func.value)) if reach is not None else None
    if reach is None or result is None or is_ignored(result, index) or not is_certain(file, node, reach):
        return
    switch = unlocked(node, file, index)
    if not switch or not (result.kind == "eager" or is_asked_first(node, file)):
        yield finding(node, node.func.attr, result, switch, reach, file, index)


@rule.check(ast.While)
def waits_in_loop(node: ast.While, file: File, index: Index) -> Iterator[Finding]:
    reach = index.reach(file, node)
    asked = polled(node, file, index) if reach is not None else None
    if reach is not None and asked is not None and is_certain(file, node, reach):
        related = way(index, file.function_key(node))
        yield rule.finding(
            file, file.span(asked), message=POLLED, related=related, method=asked.attr, where=where(reach)
        )


def finding(
    node: ast.Call, method: str, result: Result, switch: str, reach: Reach, file: File, index: Index
) -> Finding:
    message = HIDDEN if switch else UNCHECKED if method == "iter_native" else EAGER if result.kind == "eager" else ""
    related = way(index, file.function_key(node))
    return rule.finding(
        file, file.span(node), message=message, related=related, method=method, where=where(reach), switch=switch
    )


def is_ignored(result: Result, index: Index) -> bool:
    """Whether `.get()` returns None at once, since the task keeps no result."""
    return result.task is not None and truth(index.option(result.task, "ignore_result").value) is True


def unlocked(node: ast.Call, file: File, index: Index) -> str:
    """What switches Celery's check off for a call, "" if nothing does."""
    if any(passes_switch(keyword, file, index) for keyword in node.keywords):
        return "`disable_sync_subtasks=False`"
    for above in file.ancestors(node):
        if isinstance(above, ast.With) and any(allows(item.context_expr, file, index) for item in above.items):
            return "`allow_join_result()`"
    return ""


def passes_switch(keyword: ast.keyword, file: File, index: Index) -> bool:
    value = file.value(keyword.value)
    if keyword.arg is None:
        known = index.expand(value)
        return switched(known) if isinstance(known, Mapping | Call) else False
    return keyword.arg == SWITCH and value == Const(False)


def switched(options: Mapping | Call) -> bool:
    """Whether a dict of options holds the switch."""
    written = options.get(SWITCH) if isinstance(options, Mapping) else options.keyword(SWITCH)
    return written == Const(False)


def allows(node: ast.expr, file: File, index: Index) -> bool:
    match file.value(node):
        case Call(func=Name(dotted=dotted)):
            return index.modules.canonical(dotted) == "celery.result.allow_join_result"
        case _:
            return False
