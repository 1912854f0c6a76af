"""A task is defined inside a function.

The task exists only in processes in which that function has run. The web process that has just run it sends the
message; a worker, which has only imported the module, does not know the name, logs `Received unregistered task` and
throws the message away. Since names are made of module and function name alone, two functions that define a task of
the same name also get one task between them: the first.

Bad::

    from celery import shared_task

    def broadcast(text):
        @shared_task
        def write(user_id):
            send(user_id, text)

        for user_id in users():
            write.delay(user_id)

Good::

    from celery import shared_task

    def broadcast(text):
        for user_id in users():
            write.delay(user_id, text)

    @shared_task
    def write(user_id, text):
        send(user_id, text)

Silent about functions that are there to make an app or its tasks: those that make or are given a Celery app, are
decorated (receivers of signals), return the task, or wrap another function in it; and about tests.

Source: `celery.app.base.Celery.gen_task_name` and `celery.worker.consumer.Consumer.on_unknown_task` (5.7).
"""

import ast
import re
from collections.abc import Iterator

from celerylint.facts import Function, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.values import Call, Name, Param, Value
from celerylint.values import Function as FunctionValue

rule = Rule(
    __name__,
    severity="error",
    message="task `{task}` is known only to processes that have run `{around}`: workers discard its messages as "
    "unregistered; define it at module level",
)

MAKES_APPS = re.compile(
    r"celery|^(?:create|make|build|get|init|setup|configure|register|load|add|define)_?\w*(?:app|application|tasks?)$"
    r"|^(?:main|ready|init_app|includeme|setup|register|configure|bootstrap|__init__)$",
    re.IGNORECASE,
)
APP_NAMES = frozenset({"app", "celery", "celery_app", "capp", "sender", "flask_app"})


@rule.check(Task)
def nested(task: Task, file: File, index: Index) -> Iterator[Finding]:
    function = index.function_of(task)
    around = outer(function, index) if function is not None else None
    if task.kind != "decorator" or function is None or around is None or index.modules.is_test(file.path):
        return
    owners = list(chain(around, index))
    if any(makes_tasks(owner, function, index) for owner in owners) or wraps_another(function, file):
        return
    yield rule.finding(file, task.span, task=task.label, around=around.name)


def outer(function: Function, index: Index) -> Function | None:
    """The function that a function is defined in, None at module or class level."""
    found = index.modules.function(f"{function.module}:{function.owner}") if function.owner else None
    return None if function.in_class else found


def chain(function: Function, index: Index) -> Iterator[Function]:
    """A function and those around it, classes between them left out."""
    parts = function.qualname.split(".")
    for count in range(len(parts), 0, -1):
        found = index.modules.function(f"{function.module}:{'.'.join(parts[:count])}")
        if found is not None:
            yield found


def makes_tasks(owner: Function, function: Function, index: Index) -> bool:
    """Whether a function is there to make an app or tasks, and runs where the app is set up."""
    if owner.key in index.registry.by_function:
        return False
    if owner.decorators or MAKES_APPS.search(owner.name):
        return True
    if any(parameter.name in APP_NAMES or is_app_type(parameter.annotation) for parameter in owner.parameters):
        return True
    if any(app.path == owner.path and app.scope == owner.qualname for app in index.apps):
        return True
    return any(holds(value, function) for value in owner.returns)


def is_app_type(annotation: Value | None) -> bool:
    return isinstance(annotation, Name) and annotation.dotted.rpartition(".")[2] in {"Celery", "Flask", "FastAPI"}


def holds(value: Value, function: Function) -> bool:
    """Whether a value is, or is made of, a function."""
    match value:
        case FunctionValue(key=key):
            return key == function.key
        case Call(func=func, args=args):
            return any(holds(part, function) for part in (func, *args))
        case _:
            return False


def wraps_another(function: Function, file: File) -> bool:
    """Whether a function calls what a function around it is given: it is what a decorator makes."""
    if any(is_wraps(decorator.value) for decorator in function.decorators):
        return True
    body = file.body(function.key)
    called = [file.callee(call) for call in file.within(body, ast.Call)] if body is not None else []
    return any(isinstance(value, Param) and value.function != function.key for value in called)


def is_wraps(value: Value) -> bool:
    return isinstance(value, Call) and value.func in (Name("functools.wraps"), Name("functools.update_wrapper"))
