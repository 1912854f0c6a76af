"""`bind=True` and the task's parameters disagree.

With `bind=True` the task itself is the first argument of its function. A function that takes no positional argument
then fails in every `.delay()` with TypeError. Without `bind=True` a first parameter called `self` is filled by the
first argument of the call instead: `.delay()` complains about a missing argument, or `self.retry()` fails in the
worker just when it is needed. Without such a parameter `self` is no name at all.

Bad::

    from celery import shared_task

    @shared_task
    def ship(self, order_id):
        try:
            send(order_id)
        except ConnectionError as error:
            raise self.retry(exc=error)

    @shared_task(bind=True)
    def clean_up():
        remove_old_files()

Good::

    from celery import shared_task

    @shared_task(bind=True)
    def ship(self, order_id):
        try:
            send(order_id)
        except ConnectionError as error:
            raise self.retry(exc=error)

    @shared_task
    def clean_up():
        remove_old_files()

Silent where another decorator, a base class or the project's own task decorator may fill the parameter, and about
methods of classes. The fix adds what is missing; it is unsafe, since code that was never reached begins to run.

Source: `celery.app.base.Celery._task_from_fun` and `celery.app.task.Task.__header__` (5.7); Celery's user guide,
"Tasks", "Bound tasks".
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Function, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.calling import runs_plainly
from celerylint.values import Name, truth

rule = Rule(
    __name__,
    severity="error",
    message="every `.delay()` of `{task}` raises TypeError: `bind=True` passes the task as first argument, and it "
    "takes none; add `self` or drop `bind`",
)
UNBOUND = (
    "`{name}.{used}` is no task's here: without `bind=True` the first argument of `.delay()` goes to `{name}`; "
    "add `bind=True` to `{task}`"
)
NAMELESS = "`self.{used}` raises NameError in the worker: `{task}` takes no `self`; {advice}"

SELF_NAMES = frozenset({"self", "_self"})
OF_TASKS = frozenset({"retry", "request", "update_state", "replace", "add_to_chord"})
# What is hardly anything but a task's, whatever the parameter is called.
RETRY_KEYWORDS = frozenset({"exc", "countdown", "eta", "max_retries", "throw"})
OF_REQUESTS = frozenset({"retries", "delivery_info", "called_directly", "is_eager", "correlation_id", "root_id"})


@rule.check(Task)
def mismatch(task: Task, file: File, index: Index) -> Iterator[Finding]:
    function = index.function_of(task)
    body = file.body(task.function)
    if task.kind != "decorator" or function is None or body is None or function.in_class:
        return
    if task.open or not runs_plainly(task, function, index):
        return
    first = first_name(function)
    if used := used_unbound(body, file, index):
        advice = "make it the first parameter" if task.bound else "add `bind=True` and `self`"
        data = {"bind": not task.bound, "parameter": True}
        yield rule.finding(file, task.span, message=NAMELESS, data=data, task=task.label, used=used, advice=advice)
    elif task.bound and first is None:
        yield rule.finding(file, task.span, data={"bind": False, "parameter": True}, task=task.label)
    elif is_unbound(task, index) and first and (used := used_as_task(first, body, file)):
        data = {"bind": True, "parameter": False}
        yield rule.finding(file, task.span, message=UNBOUND, data=data, task=task.label, name=first, used=used)


def is_unbound(task: Task, index: Index) -> bool:
    return "bind" not in task.options or truth(index.expand(task.options["bind"])) is False


def first_name(function: Function) -> str | None:
    """The parameter that the first argument goes to ("" for `*args`), None without one."""
    for parameter in function.parameters:
        if parameter.kind in {"positional_only", "positional"}:
            return parameter.name
        if parameter.kind == "var_positional":
            return ""
    return None


def used_as_task(name: str, body: ast.AST, file: File) -> str:
    """What of a task the body uses a parameter for, "" for nothing."""
    for node in file.within(body, ast.Attribute, nested=True):
        if is_name(node.value, name) and ((name in SELF_NAMES and node.attr in OF_TASKS) or is_of_task(node, file)):
            return str(node.attr)
    return ""


def is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def is_of_task(node: ast.Attribute, file: File) -> bool:
    """Whether an attribute is used as only a task's can be."""
    match file.parent(node):
        case ast.Call(func=func, keywords=keywords) if func is node and node.attr == "retry":
            return any(keyword.arg in RETRY_KEYWORDS for keyword in keywords)
        case ast.Call(func=func, keywords=keywords) if func is node and node.attr == "update_state":
            return any(keyword.arg == "state" for keyword in keywords)
        case ast.Attribute(attr=attr):
            return node.attr == "request" and attr in OF_REQUESTS
        case _:
            return False


def used_unbound(body: ast.AST, file: File, index: Index) -> str:
    """What of a task the body uses a `self` for that is bound nowhere, "" for nothing."""
    for node in file.within(body, ast.Attribute, nested=True):
        if is_name(node.value, "self") and node.attr in OF_TASKS:
            value = file.value(node.value)
            if (
                isinstance(value, Name)
                and value.dotted == f"{file.module}.self"
                and not index.modules.resolve(value.dotted)
            ):
                return str(node.attr)
    return ""
