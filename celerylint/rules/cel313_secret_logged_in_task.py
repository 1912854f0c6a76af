"""A task logs, prints or returns a secret.

What a worker prints and logs goes to files, to the container's log and from there to a log service, where far more
people and programs read it than may have the secret, and where it stays for months. What a task returns is logged by
the worker as well ("succeeded in …: 'the result'"), is stored in the result backend and sent in events.

Bad::

    import logging

    from celery import shared_task

    logger = logging.getLogger(__name__)

    @shared_task
    def log_in(user_id, password):
        logger.info("logging in %s with %s", user_id, password)

Good::

    import logging

    from celery import shared_task

    logger = logging.getLogger(__name__)

    @shared_task
    def log_in(user_id, password):
        logger.info("logging in %s", user_id)

A secret is a parameter, variable or attribute of such a name (as whole words, see `secret-names`), in the task or in
functions that it calls, and all of the arguments (`self.request`, `self.request.kwargs`, `locals()`) of a task that
has such a parameter. Silent where only a part of it, its length, a hash or whether it is there is logged.

Sources: Celery's user guide, "Tasks", "Logging"; `celery.app.trace` (`LOG_SUCCESS`, 5.7).
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Function, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.index.reach import Reach
from celerylint.kinds import type_of
from celerylint.rule import Finding, Rule, call_of
from celerylint.rules.secrets import is_identifier, is_secret, words
from celerylint.rules.texts import parts_of_text
from celerylint.rules.worker import way, where
from celerylint.values import Element, Name, Param

rule = Rule(
    __name__,
    severity="error",
    message="`{secret}` is {done} {where}, where many more can read it than may have it; leave it out",
    checklist=("security.logs", "security.secrets"),
)

LEVELS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log", "msg"})
LOGGERS = frozenset({"logger", "log", "logging", "_logger", "_log", "LOGGER", "LOG", "task_logger", "structlog"})
ALL_ARGUMENTS = frozenset({"request", "args", "kwargs", "argsrepr", "kwargsrepr"})


@rule.check(call_of("print", "pprint", *LEVELS))
def logs_secret(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    done = "printed" if is_print(node) else "logged" if is_log(node, file, index) else ""
    reach = index.reach(file, node) if done else None
    if reach is not None and not index.modules.is_test(file.path):
        for given in [*node.args, *(keyword.value for keyword in node.keywords)]:
            yield from found(given, done, reach, file, index)


@rule.check(ast.Return)
def returns_secret(node: ast.Return, file: File, index: Index) -> Iterator[Finding]:
    key = file.function_key(node)
    reach = index.reach_of(key) if node.value is not None and key else None
    if reach is None or reach.step is not None or index.modules.is_test(file.path):
        return
    assert node.value is not None
    yield from found(node.value, "returned", reach, file, index)


def found(given: ast.expr, done: str, reach: Reach, file: File, index: Index) -> Iterator[Finding]:
    """The secrets in what is logged or returned."""
    for part in parts_of_text(given):
        name = secret_name(part, reach, file, index)
        if name:
            related = way(index, file.function_key(given))
            place = where(reach)
            yield rule.finding(file, file.span(part), related=related, secret=name, done=done, where=place)


def is_print(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id in {"print", "pprint"}


def is_log(node: ast.Call, file: File, index: Index) -> bool:
    """Whether a call logs: a level's method of `logging` or of something that is, or is named as, a logger."""
    match node.func:
        case ast.Attribute(value=owner, attr=level) if level in LEVELS:
            last = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
            return last in LOGGERS or type_of(index.expand(file.value(owner)), index.classes.base) == "logging.Logger"
        case _:
            return False


def secret_name(part: ast.expr, reach: Reach, file: File, index: Index) -> str:
    """The secret that an expression is, "" for any other."""
    match part:
        case ast.Name(id=name) | ast.Attribute(attr=name) if is_secret(name, index) and is_variable(part, file, index):
            return name
        case ast.Attribute(value=ast.Name() | ast.Attribute(), attr=name) if name in ALL_ARGUMENTS:
            return file.text(part) if is_request(part, file) and takes_secret(reach.task, index) else ""
        case ast.Call(func=ast.Name(id="locals"), args=[]):
            return "locals()" if reach.step is None and takes_secret(reach.task, index) else ""
        case _:
            return ""


def is_variable(part: ast.expr, file: File, index: Index) -> bool:
    """Whether a name stands for a secret's value: for no function, class or module, and no row of many."""
    if isinstance(part, ast.Attribute):
        return not is_identifier(part)
    match file.value(part):
        case Name(dotted=dotted):
            definition = index.modules.resolve(dotted)
            return dotted.startswith("django.conf.settings.") or (
                definition is not None and isinstance(definition.what, tuple)
            )
        case Element():
            return words(file.text(part)) != ("token",)
        case _:
            return True


def is_request(part: ast.Attribute, file: File) -> bool:
    """Whether an attribute is the request of a bound task, or its arguments."""
    base = part if part.attr == "request" else part.value
    match base:
        case ast.Attribute(value=ast.Name() as owner, attr="request"):
            value = file.value(owner)
            return isinstance(value, Param) and value.index == 0
        case _:
            return False


def takes_secret(task: Task, index: Index) -> bool:
    """Whether a task has a parameter that is named like a secret."""
    function: Function | None = index.function_of(task)
    return function is not None and any(is_secret(parameter.name, index) for parameter in function.parameters)
