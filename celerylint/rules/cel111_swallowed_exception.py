"""A task catches everything and carries on as if nothing had happened.

Whatever a task does not raise is a success to Celery: the state is SUCCESS, `on_failure`, error callbacks and retries
are not for it, alerts on failures stay silent, and the message is gone. Without a traceback in the log, too, nobody
can tell later what went wrong, or that anything did. And an exception that the task catches never gets to its own
`autoretry_for`, even if it is logged well.

Catch what can be dealt with, by its class. Let everything else through, or log it with `logger.exception()`
where the rest has to go on.

Bad::

    from celery import shared_task

    @shared_task
    def refresh(feed_id):
        try:
            load(feed_id)
        except Exception:
            pass

    @shared_task(autoretry_for=(ConnectionError,), retry_backoff=True)
    def publish(page_id):
        try:
            push(page_id)
        except Exception:
            logger.exception("Not published: %s", page_id)

Good::

    from celery import shared_task

    @shared_task
    def refresh(feed_id):
        try:
            load(feed_id)
        except Exception:
            logger.exception("Not refreshed: %s", feed_id)

    @shared_task(autoretry_for=(ConnectionError,), retry_backoff=True)
    def publish(page_id):
        push(page_id)

Silent where the handler raises, retries, logs the traceback, calls anything else than a logger, keeps the error or
a fallback value, or where the exception is re-raised by a clause before; about helpers of tasks; and in tests.

Source: `celery.app.trace.build_tracer` and `celery.app.autoretry.add_autoretry_behaviour` (5.7).
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.failures import doing, earlier, is_broad, may_take_time, raises
from celerylint.rules.retries import autoretried
from celerylint.tree import FunctionNode

rule = Rule(
    __name__,
    severity="warning",
    message="a failure here counts as a success of task `{task}`, and no traceback tells of it; re-raise it, or log it "
    "with `logger.exception(...)`",
    checklist=("task-design.error-handling",),
)
NEVER_RETRIED = (
    "this handler takes every exception before `autoretry_for` of task `{task}` can see it, so nothing is retried and "
    "the failure counts as a success; catch what you can handle, or re-raise"
)


@rule.check(ast.ExceptHandler)
def swallows(node: ast.ExceptHandler, file: File, index: Index) -> Iterator[Finding]:
    reach = index.reach(file, node)
    if reach is None or file.function_key(node) != reach.task.function:
        return
    if not is_broad(node, file) or index.modules.is_test(file.path):
        return
    done = doing(node)
    around = file.parent(node)
    if done == "other" or not isinstance(around, ast.Try):
        return
    if keeps_from_retry(node, around, reach.task, file, index):
        yield rule.finding(file, file.span(node), message=NEVER_RETRIED, task=reach.task.label)
    elif done != "trace" and may_take_time(around.body, file):
        yield rule.finding(file, file.span(node), task=reach.task.label)


def keeps_from_retry(node: ast.ExceptHandler, around: ast.Try, task: Task, file: File, index: Index) -> bool:
    """Whether a handler catches all that a task's body may raise, so that `autoretry_for` has no part."""
    if autoretried(task, index) is not True or any(raises(handler, file) for handler in earlier(node, file)):
        return False
    return not may_take_time(outside(around, file), file)


def outside(around: ast.Try, file: File) -> list[ast.stmt]:
    """What a function does outside of a `try`: that itself, if it stands in a loop."""
    found: list[ast.stmt] = []
    child: ast.AST = around
    for above in file.ancestors(around):
        if isinstance(above, ast.For | ast.AsyncFor | ast.While | ast.Try):
            return [around]
        block = getattr(above, "body", [])
        found += [statement for statement in block if statement is not child] if child in block else []
        if isinstance(above, FunctionNode):
            break
        child = above
    return found
