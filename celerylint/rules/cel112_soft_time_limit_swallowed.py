"""A broad handler swallows the soft time limit, and the task goes on.

At its soft time limit a task gets the exception `SoftTimeLimitExceeded`, wherever it happens to be. That is an
ordinary `Exception`: `except Exception` takes it for one more failed item, logs it and turns to the next. The limit is
raised only once, so nothing ends the task any more until the hard limit kills the process, in the middle of something
and without any cleaning up; without a hard limit nothing ever does.

Bad::

    from celery import shared_task

    @shared_task(soft_time_limit=60)
    def fetch_all(urls):
        for url in urls:
            try:
                fetch(url)
            except Exception:
                logger.exception("Skipped %s", url)

    def fetch(url): ...

Good::

    from celery import shared_task
    from celery.exceptions import SoftTimeLimitExceeded

    @shared_task(soft_time_limit=60)
    def fetch_all(urls):
        for url in urls:
            try:
                fetch(url)
            except SoftTimeLimitExceeded:
                raise
            except Exception:
                logger.exception("Skipped %s", url)

    def fetch(url): ...

Found where the soft limit is known and work goes on behind the handler: in a loop, or where the function calls more
of the project or of the network. Also in functions that a task calls. Silent where the handler raises or ends the
task, where an earlier clause takes the limit, and in tests.

Source: `billiard.exceptions.SoftTimeLimitExceeded` and `billiard.pool.TimeoutHandler` (Celery 5.7); Celery's user
guide, "Workers", "Time limits".
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.failures import earlier, following, in_loop, is_broad, may_take_time, raises, works
from celerylint.rules.handlers import Catcher, names
from celerylint.rules.worker import way, where
from celerylint.values import Name, number

rule = Rule(
    __name__,
    severity="warning",
    message="this handler {where} also takes SoftTimeLimitExceeded, and the work goes on{until}; "
    "put `except SoftTimeLimitExceeded: raise` before it",
    checklist=("task-design.error-handling",),
)
SOFT_LIMIT = frozenset({"celery.exceptions.SoftTimeLimitExceeded", "billiard.exceptions.SoftTimeLimitExceeded"})


@rule.check(ast.ExceptHandler)
def goes_on(node: ast.ExceptHandler, file: File, index: Index) -> Iterator[Finding]:
    reach = index.reach(file, node)
    around = file.parent(node)
    if reach is None or not isinstance(around, ast.Try) or not is_broad(node, file) or raises(node, file):
        return
    if not number(index.option(reach.task, "soft_time_limit").value) or index.modules.is_test(file.path):
        return
    if takes_limit(node, file, index) or not continues(node, around, file, index):
        return
    related = way(index, file.function_key(node))
    yield rule.finding(file, file.span(node), related=related, where=where(reach), until=end(reach.task, index))


def end(task: Task, index: Index) -> str:
    """What ends a task that has got over its soft limit, for the message; "" where that is not known."""
    hard = index.option(task, "time_limit").value
    if number(hard):
        return " until the hard limit kills the process"
    return " with nothing to end it" if hard is None else ""


def takes_limit(node: ast.ExceptHandler, file: File, index: Index) -> bool:
    """Whether a clause before catches the soft limit, or may."""
    caught = [kind for handler in earlier(node, file) for kind in names(Catcher(handler), file)]
    return any(not isinstance(kind, Name) or index.modules.canonical(kind.dotted) in SOFT_LIMIT for kind in caught)


def continues(node: ast.ExceptHandler, around: ast.Try, file: File, index: Index) -> bool:
    """Whether work that may be interrupted is followed by more work."""
    last = node.body[-1]
    if isinstance(last, ast.Return):
        return False
    if in_loop(around, file) and not isinstance(last, ast.Break):
        return may_take_time(around.body, file)
    return works(around.body, file, index) and works(list(following(around, file)), file, index)
