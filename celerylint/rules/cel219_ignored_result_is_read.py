"""The result of a task with `ignore_result=True` is read.

Nothing is stored for such a task. `get()` returns None at once, before the task has even started, so the caller goes on
with nothing; `result` is None for good, and `ready()` never becomes true, so that a loop around it never ends.

Bad::

    from celery import Celery

    app = Celery("shop", backend="redis://redis")

    @app.task(ignore_result=True)
    def count(shelf):
        return len(shelf)

    def show(shelf):
        return count.delay(shelf).get(timeout=10)

Good::

    from celery import Celery

    app = Celery("shop", backend="redis://redis")

    @app.task
    def count(shelf):
        return len(shelf)

    def show(shelf):
        return count.delay(shelf).get(timeout=10)

Silent where the call itself passes `ignore_result`, for `apply()`, whose result is not stored but there, in tests,
which run tasks in place, and where it is not known which task a result is of.

Source: `celery.result.AsyncResult.get` (5.7): it returns at once where the result is ignored.
"""

import ast
from collections.abc import Iterator

from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Related, Rule, attribute_of
from celerylint.values import Call, truth, walk

rule = Rule(
    __name__,
    severity="warning",
    message="`{task}` ignores its result, so {effect}; take `ignore_result` off it, or pass `ignore_result=False` here",
)

EFFECTS = {
    **dict.fromkeys(
        ("get", "wait", "join", "join_native", "collect", "get_leaf"), "this gives nothing, without waiting for it"
    ),
    **dict.fromkeys(("result", "info"), "this is always `None`"),
    **dict.fromkeys(("ready", "successful"), "this is never true"),
}
CALLED = frozenset(EFFECTS) - {"result", "info"}


@rule.check(attribute_of(*EFFECTS))
def read(node: ast.Attribute, file: File, index: Index) -> Iterator[Finding]:
    if index.modules.is_test(file.path):
        return
    above = file.parent(node)
    called = isinstance(above, ast.Call) and above.func is node
    if called != (node.attr in CALLED):
        return
    value = file.value(node.value)
    result = index.result_of(value)
    task = result.task if result is not None and result.kind == "sent" else None
    if task is None or any(isinstance(part, Call) and part.keyword("ignore_result") for part in walk(value)):
        return
    option = index.option(task, "ignore_result")
    if truth(option.value) is True:
        place = above if isinstance(above, ast.Call) and called else node
        where = (Related(option.path, option.span, "ignored here"),) if option.span is not None else ()
        yield rule.finding(file, file.span(place), related=where, task=task.label, effect=EFFECTS[node.attr])
