"""A message that is put back with nothing that ends it, or an option for that which does nothing.

`reject_on_worker_lost` puts the message of a killed child back into its queue. A task that is killed each time it runs,
by the size of its input for instance, then kills one child after another, for ever, and with them whatever else ran
there. `Reject(requeue=True)` does the same for a task that rejects itself. Without late acknowledgement
`reject_on_worker_lost` does nothing at all: the message is gone before the task starts.

Bad::

    from celery import Celery

    app = Celery("shop")

    @app.task(acks_late=True, reject_on_worker_lost=True)
    def export(query):
        return write(query)

Good::

    from celery import Celery

    app = Celery("shop")

    @app.task(acks_late=True, retry_on_worker_lost=True, max_retries=3)
    def export(query):
        return write(query)

Silent with `retry_on_worker_lost` (Celery 5.7), which takes precedence and counts as a retry; with quorum queues and
SQS, which count deliveries, and a broker that is not known; and where the task looks at the delivery itself.

Source: `celery.worker.request.Request.on_failure` and `celery.exceptions.Reject` (5.7).
"""

import ast
import re
from collections.abc import Iterator

from celerylint.facts import Setting, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.declared import declared
from celerylint.rules.limits import app_key
from celerylint.rules.redelivery import BOUNDED_SINCE, bound_option, is_counted
from celerylint.rules.setting_places import written
from celerylint.values import Call, Const, Name, truth

rule = Rule(
    __name__,
    severity="warning",
    message="a message whose task kills its child each time comes back for ever; {instead}",
    checklist=("task-design.idempotent",),
)

INERT = "`reject_on_worker_lost` does nothing without `acks_late`: the message is acknowledged before the task starts"
REQUEUED = (
    "`Reject(requeue=True)` puts the message back at once and without end; {instead}, or look at"
    " `request.delivery_info['redelivered']`"
)
# What shows that a task counts its own deliveries.
COUNTS = re.compile(r"\bredelivered\b|\bdelivery_info\b|\bx-death\b|\bx-delivery-count\b|\brequest\.retries\b")


@rule.check(Task)
def of_task(task: Task, file: File, index: Index) -> Iterator[Finding]:
    found = declared(task, file, index)
    node = file.definition(task.key)
    if found is None or truth(found.options.get("reject_on_worker_lost")) is not True:
        return
    late = index.option(task, "acks_late").value
    place = found.place(file, "reject_on_worker_lost")
    retried = index.option(task, "retry_on_worker_lost").value
    counts = isinstance(node, ast.stmt) and COUNTS.search(file.text(node))
    if late is None or truth(late) is False:
        yield rule.finding(file, place, message=INERT)
    elif truth(late) is True and not counts and not is_counted(retried, app_key(task, index), index):
        yield rule.finding(file, place, instead=advice(index))


def advice(index: Index) -> str:
    """What bounds it in the version in use."""
    if index.traits.celery >= BOUNDED_SINCE:
        return f"set `{bound_option(index)}`, which counts as a retry"
    return "take it off where a task may kill its child, or use quorum queues with a delivery limit"


@rule.check(Setting)
def of_setting(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    configuration = index.configuration
    if setting.name != "task_reject_on_worker_lost" or truth(setting.value) is not True:
        return
    if not configuration.is_production(setting.path, setting.condition):
        return
    late = configuration.value("task_acks_late", setting.app)
    place = written(file, setting)[0]
    if truth(late) is True and not is_counted(
        configuration.value("task_retry_on_worker_lost", setting.app), setting.app, index
    ):
        yield rule.finding(file, place, instead=advice(index).replace("`retry_", "`task_retry_"))
    elif late is None and not any(asks_for_late_acks(task, index) for task in index.tasks):
        yield rule.finding(file, place, message=INERT)


def asks_for_late_acks(task: Task, index: Index) -> bool:
    late = index.option(task, "acks_late").value
    return late is not None and truth(late) is not False


@rule.check(ast.Call)
def requeued(call: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    if not is_requeue(call, file, index):
        return
    reach = index.reach(file, call)
    function = file.function_node(call)
    if reach is None or function is None or COUNTS.search(file.text(function)):
        return
    late = index.option(reach.task, "acks_late").value
    if truth(late) is True:
        yield rule.finding(file, file.span(call), message=REQUEUED, instead="raise `self.retry()` instead")


def is_requeue(call: ast.Call, file: File, index: Index) -> bool:
    """Whether a call makes a `Reject` that puts the message back."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name) if name.endswith("Reject"):
            value = file.value(call)
        case _:
            return False
    if not isinstance(value, Call) or not isinstance(value.func, Name):
        return False
    requeue = value.keyword("requeue") or (value.args[1] if len(value.args) > 1 else None)
    return index.modules.canonical(value.func.dotted) == "celery.exceptions.Reject" and requeue == Const(True)
