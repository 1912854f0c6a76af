"""A task is sent by a name that no code registers.

`send_task()` does not look whether a task of that name exists. The worker does not know it, logs "Received
unregistered task" and throws the message away; the caller waits for a result that never comes. A name in
`task_annotations` that no task has leaves its options unused.

Bad::

    from celery import Celery

    app = Celery("shop")

    @app.task
    def close_year(year):
        return year

    app.send_task("tasks.close_yaer", args=[2025])

Good::

    from celery import Celery

    app = Celery("shop")

    @app.task
    def close_year(year):
        return year

    app.send_task("tasks.close_year", args=[2025])

Silent on names outside of the project's own packages (other services' tasks, and other packages' but where they are
installed beside the project and read), on names that are put together at run time, and on tasks whose decorator may
name them otherwise.

Source: `celery.app.base.Celery.send_task` (5.7).
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Dispatch, Setting
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.source import Span

rule = Rule(
    __name__,
    severity="error",
    message="No code registers a task `{name}`, so workers throw the message away{hint}",
)
ANNOTATION = "No code registers a task `{name}`, so these options are used for none{hint}"


@rule.check(Dispatch)
def sent(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    if dispatch.task is not None or not dispatch.name or dispatch.method not in {"send_task", "signature"}:
        return
    if index.task_names.registered(dispatch.name) is False and index.configuration.is_production(file.path):
        call = file.node_at(dispatch.span, ast.Call)
        node = first_argument(call) if call is not None else None
        yield from found(dispatch.name, file.span(node) if node is not None else dispatch.span, "", file, index)


def first_argument(call: ast.Call) -> ast.expr | None:
    """The expression of the task's name."""
    names = {"name", "varies", "task"}
    return call.args[0] if call.args else next((k.value for k in call.keywords if k.arg in names), None)


@rule.check(Setting)
def annotated(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    if setting.name != "task_annotations" or not index.configuration.is_production(setting.path, setting.condition):
        return
    for entry in index.mappings.entries(setting.given, setting.path).items:
        name, _ = index.task_names.named(entry.key)
        here = entry.path == file.path and entry.key_span is not None
        if name and name != "*" and here and index.task_names.registered(name) is False:
            yield from found(name, entry.key_span or setting.span, ANNOTATION, file, index)


def found(name: str, span: Span, message: str, file: File, index: Index) -> Iterator[Finding]:
    instead = index.task_names.meant(name)
    hint = f"; did you mean `{instead}`?" if instead else ""
    yield rule.finding(file, span, message=message, data={"instead": instead}, name=name, hint=hint)
