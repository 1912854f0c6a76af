"""A task is a coroutine function or a generator, whose body never runs.

A worker calls the task's function and takes what it returns as the result. Calling an `async def` function only makes
a coroutine, calling a generator function only makes a generator; nobody awaits or iterates it. Where results are kept,
the task fails with `Object of type coroutine is not JSON serializable`; with `ignore_result=True` it is even logged
as succeeded, and nothing has happened. Celery has no support for either, up to and including 5.7.

Keep the task a plain function: `asyncio.run(...)` in it runs a coroutine, and a generator's items are collected or
worked on there.

Bad::

    from celery import shared_task

    @shared_task
    async def sync_contact(user_id):
        await crm.push(user_id)

Good::

    import asyncio
    from celery import shared_task

    @shared_task
    def sync_contact(user_id):
        asyncio.run(push(user_id))

    async def push(user_id):
        await crm.push(user_id)

Silent where something may run the body: the project's own task decorator, another decorator on the function
(`async_to_sync`), a base class or an app with its own `__call__`, and the pools of celery-aio-pool and its like.

Source: `celery.app.trace.build_tracer` (5.7), which calls the task and stores what that returns.
"""

from collections.abc import Iterator

from celerylint.facts import Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.calling import runs_plainly

rule = Rule(
    __name__,
    severity="error",
    message="task `{task}` never runs: the worker makes a {made} and drops it; write a plain function {instead}",
)

# Packages whose pools or bases run coroutines.
RUNNERS = ("celery_aio_pool", "celery_pool_asyncio", "aio_celery", "async_celery", "celery_asyncio")


@rule.check(Task)
def never_runs(task: Task, file: File, index: Index) -> Iterator[Finding]:
    function = index.function_of(task)
    if function is None or not (function.is_async or function.is_generator):
        return
    if not runs_plainly(task, function, index) or has_runner(index):
        return
    made = "coroutine" if function.is_async else "generator"
    instead = "that calls `asyncio.run(...)`" if function.is_async else "that goes through the items itself"
    yield rule.finding(file, task.span, task=task.label, made=made, instead=instead)


def has_runner(index: Index) -> bool:
    """Whether the project names a package that runs coroutines as tasks."""
    return any(True for name in RUNNERS for _ in index.lines_with(name))
