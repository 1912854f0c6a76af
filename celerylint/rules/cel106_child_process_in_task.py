"""A task starts child processes with `multiprocessing`.

The processes of Celery's prefork pool, the default, are daemons to `multiprocessing`, and daemons may not have
children: `Pool`, `Process`, `Manager` and `ProcessPoolExecutor` raise `AssertionError: daemonic processes are not
allowed to have children` in the worker, although the same code works in a shell and in tests. `os.fork()` is let
through; its child is a second copy of the worker's process, with the same connections, and whatever leaves the task's
function there goes on as that.

Split the work into tasks (`group`, `chord`), so that all workers share it. Threads and `subprocess` are fine, and the
processes of `billiard`, Celery's own fork of `multiprocessing`, may have children.

Bad::

    from multiprocessing import Pool
    from celery import shared_task

    @shared_task
    def resize_all(paths):
        with Pool(4) as pool:
            pool.map(resize, paths)

Good::

    from celery import group, shared_task

    @shared_task
    def resize_all(paths):
        group(resize.s(path) for path in paths).delay()

    @shared_task
    def resize(path):
        return path

Also found in functions that a task calls, with the calls that lead there. Silent where the settings choose another pool
than prefork, where the project takes the daemon flag away, and in tests.

Source: `multiprocessing.process.BaseProcess.start`, and `billiard.process.BaseProcess._bootstrap` and
`billiard.pool.Pool._create_worker_process` (Celery 5.7), which make the children of the pool daemons.
"""

import ast
from collections.abc import Iterator

from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, InWorker, Rule
from celerylint.rules.worker import is_certain, way, where
from celerylint.values import Attr, Call, Const, Name, Value

rule = Rule(
    __name__,
    severity="error",
    message="`{call}` {where} raises AssertionError in a prefork worker, whose processes may not have children; "
    "split the work into a group of tasks",
)
FORKS = (
    "`{call}` {where} copies the worker's process with its connections, and what leaves the task there goes on as a "
    "second worker; send a task, or use `subprocess`"
)

STARTERS = frozenset({"Process", "Pool", "Manager"})
PACKAGES = frozenset({"multiprocessing", "multiprocess", "torch.multiprocessing"})
EXECUTORS = frozenset({"concurrent.futures.ProcessPoolExecutor", "concurrent.futures.process.ProcessPoolExecutor"})
NAMES = EXECUTORS | {f"{package}.{name}" for package in PACKAGES for name in STARTERS} | {
    "multiprocessing.pool.Pool", "multiprocessing.process.Process", "multiprocessing.managers.SyncManager",
}  # fmt: skip
OTHER_POOLS = frozenset({"threads", "solo", "gevent", "eventlet"})


@rule.check(InWorker(ast.Call))
def starts_process(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    reach = index.reach(file, node)
    func = file.callee(node)
    forks = isinstance(func, Name) and func.dotted == "os.fork"
    if reach is None or not (forks or starts(func, index)) or not is_certain(file, node, reach, whatever=True):
        return
    if index.modules.is_test(file.path) or may_have_children(index):
        return
    yield rule.finding(
        file,
        file.span(node),
        message=FORKS if forks else "",
        severity="warning" if forks else None,
        related=way(index, file.function_key(node)),
        call=f"{file.text(node.func)}(...)",
        where=where(reach),
    )


def starts(func: Value, index: Index) -> bool:
    """Whether calling a value starts a process, or makes what does when it is started."""
    match func:
        case Name(dotted=dotted):
            return index.modules.canonical(dotted) in NAMES or is_process_class(func, index)
        case Attr(base=Call(func=Name(dotted=dotted)), name=name):
            package, _, maker = dotted.rpartition(".")
            return name in STARTERS and maker == "get_context" and package in PACKAGES
        case _:
            return False


def is_process_class(func: Name, index: Index) -> bool:
    cls = index.modules.cls(func) if index.modules.stands_beside(func.dotted, b"ultiprocessing") else None
    return cls is not None and not NAMES.isdisjoint(index.modules.bases(cls)[1])


def may_have_children(index: Index) -> bool:
    """Whether the workers use another pool, or the project makes them no daemons."""
    pools = [setting.value for setting in index.configuration.production("worker_pool")]
    if any(not isinstance(pool, Const) or pool.value in OTHER_POOLS for pool in pools):
        return True
    return any("daemon" in line for word in ("_config", "current_process") for _, line in index.lines_with(word))
