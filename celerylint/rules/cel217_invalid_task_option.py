"""A task option with a value that Celery cannot use.

Celery checks no values where a task is defined. A class where a tuple belongs (`autoretry_for=OSError`) breaks the
module at the first use of the task; names of exceptions in quotes turn each failure into a `TypeError` that hides the
real error; a rate like `"10/min"` keeps the worker from starting; a `timedelta` as a delay loses the message at its
first retry.

Bad::

    from celery import shared_task

    @shared_task(autoretry_for=ConnectionError, rate_limit="10/min")
    def push(order_id):
        send(order_id)

Good::

    from celery import shared_task

    @shared_task(autoretry_for=(ConnectionError,), rate_limit="10/m")
    def push(order_id):
        send(order_id)

Looks at `autoretry_for`, `dont_autoretry_for`, `throws`, the `retry_…` options, `max_retries`, delays, limits,
`expires`, `rate_limit`, `priority` and switches in quotes, where the value is written out. Silent about options that a
decorator of the project may take itself. Whether limits fit each other is soft-limit-above-hard's to say.

Source: `celery.app.autoretry`, `celery.app.base.Celery.task`, `celery.app.task.Task`, `celery.utils.time.rate` (5.7).
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Class, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.declared import declared, decorator, is_direct, passes_on
from celerylint.rules.option_values import problem
from celerylint.rules.retries import autoretried

rule = Rule(
    __name__,
    severity="error",
    message="`{option}={value}`: {effect}; {instead}",
    checklist=("task-design.error-handling",),
)

POSITIONAL = "`{value}` as first argument raises `TypeError` at import; write `name={value}`"


@rule.check(Task, Class)
def invalid_options(subject: Task | Class, file: File, index: Index) -> Iterator[Finding]:
    found = declared(subject, file, index)
    for option, value in found.options.items() if found is not None else ():
        if found is None or not (found.direct or (found.task and passes_on(found.task, option, index))):
            continue
        if option == "retry_kwargs" and found.task is not None and not autoretried(found.task, index):
            continue
        wrong, node = problem(option, value, index), found.value_node(option)
        if wrong is not None and node is not None:
            yield rule.finding(
                file,
                found.place(file, option),
                data={"tuple": wrong.tuple},
                option=option,
                value=shortened(file.text(node)),
                effect=wrong.effect,
                instead=wrong.instead,
            )


def shortened(code: str) -> str:
    return code if len(code) <= 40 and "\n" not in code else "…"


@rule.check(Task)
def positional(task: Task, file: File, index: Index) -> Iterator[Finding]:
    call = decorator(task, file)
    first = call.args[0] if isinstance(call, ast.Call) and call.args else None
    if isinstance(first, ast.Constant) and is_direct(task):
        yield rule.finding(file, file.span(first), message=POSITIONAL, value=file.text(first))
