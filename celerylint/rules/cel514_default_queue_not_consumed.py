"""`task_queues` without the default queue: what no route catches goes where no worker looks.

A worker without `-Q` consumes the queues of `task_queues` and no others. A task without a route is still sent to
`task_default_queue` (`celery`, if nothing is set), so its messages pile up there and nothing reports an error.

Bad::

    from celery import Celery
    from kombu import Queue

    app = Celery("shop")
    app.conf.task_queues = [Queue("orders"), Queue("mail")]

    @app.task
    def ship(order_id):
        return order_id

Good::

    from celery import Celery
    from kombu import Queue

    app = Celery("shop")
    app.conf.task_default_queue = "orders"
    app.conf.task_queues = [Queue("orders"), Queue("mail")]

    @app.task
    def ship(order_id):
        return order_id

Silent where a queue or the default cannot be told, and where every task is known to go to a declared queue.

Source: `celery.app.amqp.Queues`, `celery.app.routes.Router.route` (5.7).
"""

from collections.abc import Iterator

from celerylint.facts import Setting
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.queue_names import main_app
from celerylint.rules.setting_places import written

rule = Rule(
    __name__,
    severity="error",
    message="The default queue `{queue}` is not among these, so workers do not consume it, and tasks without a route "
    "wait there; declare it, or name one of these as `task_default_queue`",
    checklist=("queues.default",),
)


@rule.check(Setting)
def not_declared(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    if setting.name != "task_queues" or setting not in index.configuration.reaching("task_queues"):
        return
    app = setting.app or main_app(index)
    declared, default = index.queues.declares(app), index.queues.default(app)
    if declared and default is not None and default not in declared and may_be_used(default, app, index):
        yield rule.finding(file, written(file, setting)[0], queue=default)


def may_be_used(default: str, app: str, index: Index) -> bool:
    """Whether a task may go to the default queue: one does, or not all are known."""
    tasks = [task for task in index.tasks if index.configuration.is_production(task.path)]
    return not tasks or any(index.queues.queue_of(task, app) in (None, default) for task in tasks)
