"""A task runs another task itself.

`resize(path)`, `resize.run(path)` and `resize.apply((path,))` run the function here and now, in the process of the task
that calls it. Nothing of what was declared for it applies: not its queue, its time limits or its rate limit; an
exception is not retried, neither by `autoretry_for` nor by `self.retry()`, which just raises it, and ends the task
around it. `.apply()` does not even raise: the exception stays in the result that it returns.

Send it, if it is to be a task: `.delay(...)`, or a `group`, `chain` or `chord` where its result is needed. What is
only shared code is better a plain function that both tasks call.

Bad::

    from celery import shared_task

    @shared_task(autoretry_for=(ConnectionError,), retry_backoff=True)
    def notify(user_id):
        send_message(user_id)

    @shared_task
    def close_order(order_id):
        close(order_id)
        notify(customer_of(order_id))

Good::

    from celery import shared_task

    @shared_task(autoretry_for=(ConnectionError,), retry_backoff=True)
    def notify(user_id):
        send_message(user_id)

    @shared_task
    def close_order(order_id):
        close(order_id)
        notify.delay(customer_of(order_id))

Reported where something is lost: a queue, a limit or retries that the task which runs it does not have as well, or the
exception of an `.apply()` whose result is dropped. Silent about all other calls, and in tests.

Source: `celery.app.task.Task.__call__`, `Task.apply` and `Task.retry` (5.7).
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.index.dispatches import split_call
from celerylint.rule import Finding, InWorker, Rule
from celerylint.rules.retries import autoretried, retry_calls
from celerylint.rules.worker import way, where
from celerylint.values import NONE, Call, Unknown, Value

rule = Rule(
    __name__,
    severity="warning",
    message="`{call}` {where} runs that task in this process, without its own {lost}; send it with `.delay(...)`",
    checklist=("task-design.no-blocking-on-results",),
)
UNNOTICED = (
    "`{call}` {where} runs that task in this process and keeps its exception to itself, so a failure goes unnoticed; "
    "send it with `.delay(...)`"
)
# Options that mean nothing for a function that is simply called, and what a message calls them.
LOST = {
    "queue": "queue",
    "routing_key": "queue",
    "time_limit": "time limit",
    "soft_time_limit": "time limit",
    "rate_limit": "rate limit",
}


@rule.check(InWorker(ast.Call))
def runs_inline(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    reach = index.reach(file, node)
    if reach is None or index.modules.is_test(file.path):
        return
    task = run_here(file.callee(node), index)
    if task is None or task.key == reach.task.key:
        return
    lost, unnoticed = without(task, reach.task, index), drops_failure(node, file)
    if lost or unnoticed:
        yield rule.finding(
            file,
            file.span(node),
            message="" if lost else UNNOTICED,
            related=way(index, file.function_key(node)),
            call=f"{file.text(node.func)}(...)",
            where=where(reach),
            lost=" and ".join(lost),
        )


def run_here(func: Value, index: Index) -> Task | None:
    """The task that a call of a value runs without sending it."""
    task = index.task_of(func)
    if task is not None:
        return task
    receiver, method = split_call(Call(func))
    if receiver is None or method not in {"run", "apply"}:
        return None
    signature = index.signature_of(receiver) if method == "apply" else None
    return index.task_of(receiver) or (signature.task if signature is not None else None)


def drops_failure(node: ast.Call, file: File) -> bool:
    """Whether nobody looks at what `.apply()` returns, where it leaves an exception unless told to raise it."""
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    throws = any(keyword.arg in {None, "throw"} for keyword in node.keywords)
    return method == "apply" and isinstance(file.parent(node), ast.Expr) and not throws


def without(task: Task, caller: Task, index: Index) -> list[str]:
    """What was declared for a task and is not had, nor anything like it, where another runs it."""
    names = [word for name, word in LOST.items() if is_own(task, caller, name, index)]
    if retries_itself(task, index) and not retries_itself(caller, index):
        names.append("retries")
    return list(dict.fromkeys(names))


def is_own(task: Task, caller: Task, name: str, index: Index) -> bool:
    """Whether an option is set for a task itself, to something known that does not hold for the caller too."""
    option = index.option(task, name)
    if option.source not in {"task", "base"} or isinstance(option.value, Unknown) or option.value in (None, NONE):
        return False
    return option.value != index.option(caller, name).value


def retries_itself(task: Task, index: Index) -> bool:
    return autoretried(task, index) is True or bool(retry_calls(task, index))
