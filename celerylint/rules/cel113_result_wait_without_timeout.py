"""Code that serves requests waits for a task's result, with no limit to the wait.

`.get()` waits until the result is there: until a worker is free, has loaded the task and is done. If the workers are
down or busy, the queue is wrong, or the message was lost, that is never, and each request takes one process of the
web server with it, often together with an open database transaction. The site goes down with the queue.

Answer at once with the task's id and let the client ask for the state, or pass `timeout=` and deal with
`celery.exceptions.TimeoutError`.

Bad::

    from shop.tasks import total

    def report(request):
        return JsonResponse({"total": total.delay(request.GET["region"]).get()})

    # shop/tasks.py
    from celery import shared_task

    @shared_task
    def total(region):
        return 1

Good::

    from shop.tasks import total

    def report(request):
        return JsonResponse({"task": total.delay(request.GET["region"]).id}, status=202)

    # shop/tasks.py
    from celery import shared_task

    @shared_task
    def total(region):
        return 1

Silent behind a test of `.ready()` or the state, and where a test is for eager mode; in tests, scripts, commands
(Django's, click's), and under `if __name__ == "__main__"`, where somebody watches; about waits in tasks, which are
another rule's (CEL101); and about tasks with `ignore_result=True`.

Source: `celery.result.AsyncResult.get` (5.7), whose `timeout` is None by default.
"""

import ast
import re
from collections.abc import Iterator

from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule, call_of
from celerylint.rules.waiting import is_asked_first
from celerylint.values import NONE, Attr, Call, Name, Value, truth

rule = Rule(
    __name__,
    severity="warning",
    message="`.{method}()` waits for ever if no worker takes the task, and the process that runs this with it; "
    "pass `timeout=`, or answer with the task's id",
)

WAITING = frozenset({"get", "join", "join_native", "wait", "get_leaf"})
BY_HAND = re.compile(
    r"(?:^|/)(?:scripts?|bin|cli|commands|management|examples?|demos?|docs?|tools|benchmarks?|notebooks?)/"
    r"|(?:^|/)(?:cli|commands?|manage|__main__|\w*_cli|\w*script|demo|example\w*|client)\.py$"
)
COMMANDS = re.compile(r"(?:^|\.)(?:click|typer|cli|invoke|fire|nox|fabric)(?:\.|$)|\.(?:command|cli)$")


@rule.check(call_of(*WAITING))
def waits(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    if not isinstance(node.func, ast.Attribute) or has_limit(node, file):
        return
    if index.reach(file, node) is not None or not serves(node, file, index) or is_asked_first(node, file):
        return
    result = index.result_of(file.value(node.func.value))
    if result is None or result.kind == "eager":
        return
    if result.task is None or truth(index.option(result.task, "ignore_result").value) is not True:
        yield rule.finding(file, file.span(node), method=node.func.attr)


def has_limit(node: ast.Call, file: File) -> bool:
    """Whether a call passes a limit, or may."""
    written = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg in {None, "timeout"})]
    return any(file.value(limit) != NONE for limit in written)


def serves(node: ast.AST, file: File, index: Index) -> bool:
    """Whether code may serve requests: it is in a function, and that is neither a test's nor a command's."""
    if index.modules.is_test(file.path) or BY_HAND.search(index.modules.relatives.get(file.path, file.path)):
        return False
    function = file.function_node(node)
    if function is None or function.name in {"main", "handle", "run"}:
        return False
    return not any(is_command(file.value(decorator)) for decorator in function.decorator_list)


def is_command(decorator: Value) -> bool:
    match decorator:
        case Call(func=func):
            return is_command(func)
        case Name(dotted=dotted):
            return COMMANDS.search(dotted) is not None
        case Attr(name=name):
            return name in {"command", "cli"}
        case _:
            return False
