"""A task returns something that JSON cannot carry, while its result is kept.

The result is serialised in the worker, after the body has run. EncodeError there turns a task that has done all its
work into a failed one: state FAILURE, failure handlers and `link_error` run, with late acknowledgement and retries
the work is done again.

Bad::

    from celery import Celery

    app = Celery("shop", broker="redis://localhost", backend="redis://localhost")

    @app.task
    def late_orders(rows):
        return {row["number"] for row in rows}

Good::

    from celery import Celery

    app = Celery("shop", broker="redis://localhost", backend="redis://localhost")

    @app.task
    def late_orders(rows):
        return sorted({row["number"] for row in rows})

Silent where no result backend is set or results are ignored, where another serialiser may be in force, where the
project registers types of its own with kombu, on tasks with `pydantic=True`, and wherever a value is not known for
certain. A returned AsyncResult or signature has a JSON form of its own.

Sources: `celery.app.trace.build_tracer`, `celery.backends.base.Backend.encode` (5.7); `kombu.utils.json` (4.6 to
5.7).
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.live_objects import held_object
from celerylint.rules.serializing import in_force, judged, name_of
from celerylint.values import NONE, Const, Unknown, Value

rule = Rule(
    __name__,
    severity="error",
    message="{why}, so `{task}` does its work and then fails with EncodeError; "
    "return plain data, or set `ignore_result=True`",
    checklist=("task-design.serializable-arguments",),
)

NO_BACKEND = ("disabled", "")


@rule.check(Task)
def returns_object(task: Task, file: File, index: Index) -> Iterator[Finding]:
    function = index.function_of(task)
    body = file.body(task.function) if function is not None else None
    if function is None or body is None or function.is_generator or function.is_async:
        return
    found = [(node, why) for node in file.within(body, ast.Return) if (why := reason(node, file, index))]
    if found and not index.modules.is_test(file.path) and keeps_json(task, index):
        for node, why in found:
            yield rule.finding(file, file.span(node.value), why=why, task=task.label)


def reason(node: ast.Return, file: File, index: Index) -> str:
    """Why JSON cannot carry what a statement returns, "" where it can or nothing is known."""
    if node.value is None or isinstance(node.value, ast.Constant):
        return ""
    value = file.value(node.value)
    live = held_object(value, index)
    if live is not None:
        return f"{live.label} has no JSON form"
    judgement = judged(value, index)
    return judgement.why if judgement.state == "refused" and judgement.kind != "celery.result.AsyncResult" else ""


def keeps_json(task: Task, index: Index) -> bool:
    """Whether a task's results are kept, and as JSON."""
    if in_force(task, "ignore_result", index) not in (None, Const(False)):
        return False
    if in_force(task, "pydantic", index) not in (None, Const(False)):
        return False
    serializers = index.configuration.in_force("result_serializer", task)
    if any(name_of(row.value) != "json" for row in serializers):
        return False
    return has_backend([row.value for row in index.configuration.in_force("result_backend", task)])


def has_backend(values: list[Value]) -> bool:
    """Whether settings name a result backend; one that is read from the environment counts."""
    return bool(values) and not any(value == NONE or is_disabled(value) for value in values)


def is_disabled(value: Value) -> bool:
    match value:
        case Const(value=str() as url):
            return url.partition(":")[0] in NO_BACKEND
        case Unknown():
            return True
        case _:
            return False
