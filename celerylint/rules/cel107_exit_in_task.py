"""A task ends its worker's process, or changes how that answers to signals.

`sys.exit()`, `exit()`, `raise SystemExit` and `os._exit()` do not end the task but the process that runs it. A
prefork worker then reports `WorkerLostError`: the task has failed, without a traceback, without `on_failure`, and
without a retry, whatever its retry options say. On the threads pool the task never ends at all. `signal.signal()`
takes away what the worker has set up: with SIGUSR1 the soft time limit, with SIGTERM the way to end the task.

Raise an ordinary exception to fail, `Ignore` or `Reject` to stop without one, or just return.

Bad::

    import sys
    from celery import shared_task

    @shared_task
    def import_orders(path):
        if not path:
            sys.exit("no path")

Good::

    from celery import shared_task

    @shared_task
    def import_orders(path):
        if not path:
            raise ValueError("no path")

Also found in functions that a task calls, with the calls that lead there. Silent where the exception is caught on
the way, in a child that the function has forked, and in tests.

Source: `celery.app.trace.build_tracer` and `billiard.pool.Worker` (Celery 5.7).
"""

import ast
from collections.abc import Iterator

from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, InWorker, Rule
from celerylint.rules.worker import is_certain, way, where
from celerylint.tree import FunctionNode
from celerylint.values import Call, Name, Value

rule = Rule(
    __name__,
    severity="error",
    message="`{call}` {where} ends the worker's process, so the task fails with WorkerLostError and is not retried; "
    "raise an exception or return",
)
HANDLERS = (
    "`{call}` {where} replaces the worker's own handler: {loss}; set handlers before the worker starts, "
    "in a `worker_process_init` receiver"
)

EXITS = frozenset({"sys.exit", "os._exit", "builtins.exit", "builtins.quit", "builtins.SystemExit"})
LOSSES = {
    "signal.SIGTERM": "`revoke(terminate=True)` no longer ends the task",
    "signal.SIGUSR1": "soft time limits have no effect any more",
}
CATCH_EXIT = frozenset({"builtins.SystemExit", "builtins.BaseException"})


@rule.check(InWorker(ast.Call))
def exits(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    reach = index.reach(file, node)
    func = file.callee(node)
    if reach is None or not isinstance(func, Name) or index.modules.is_test(file.path):
        return
    loss = replaced(func, node, file)
    if not (loss or ends_process(func, node, file)) or not is_certain(file, node, reach, whatever=True):
        return
    if not loss and func.dotted != "os._exit" and is_caught_on_the_way(file.function_key(node), index):
        return
    yield rule.finding(
        file,
        file.span(node),
        message=HANDLERS if loss else "",
        severity="warning" if loss else None,
        related=way(index, file.function_key(node)),
        call=f"{file.text(node.func)}(...)",
        where=where(reach),
        loss=loss,
    )


def ends_process(func: Name, node: ast.Call, file: File) -> bool:
    if func.dotted not in EXITS:
        return False
    if func.dotted == "builtins.SystemExit" and not isinstance(file.parent(node), ast.Raise):
        return False
    return not (is_forked(node, file) if func.dotted == "os._exit" else is_caught(node, file))


def is_forked(node: ast.AST, file: File) -> bool:
    """Whether the function around a node forks, so that this may be its child's end."""
    body = file.function_node(node)
    calls = file.within(body, ast.Call) if body is not None else ()
    return any(file.callee(call) == Name("os.fork") for call in calls)


def is_caught(node: ast.AST, file: File) -> bool:
    """Whether a handler around a node in the same function catches SystemExit."""
    child = node
    for above in file.ancestors(node):
        if isinstance(above, FunctionNode):
            return False
        if isinstance(above, ast.Try) and child in above.body and any(catches(h, file) for h in above.handlers):
            return True
        child = above
    return False


def is_caught_on_the_way(key: str, index: Index) -> bool:
    """Whether a call that leads to a function may stand in a handler for SystemExit."""
    return any(not CATCH_EXIT.isdisjoint(step.caught) or "" in step.caught for step in index.graph.steps(key))


def catches(handler: ast.ExceptHandler, file: File) -> bool:
    if handler.type is None:
        return True
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(kind := file.value(item), Name) and kind.dotted in CATCH_EXIT for item in types)


def replaced(func: Name, node: ast.Call, file: File) -> str:
    """What stops to work where a signal handler is set, "" where none of the worker's is."""
    if func.dotted != "signal.signal" or not node.args:
        return ""
    which: Value = file.value(node.args[0])
    restores = len(node.args) > 1 and isinstance(file.value(node.args[1]), Call)
    return LOSSES.get(which.dotted, "") if isinstance(which, Name) and not restores else ""
