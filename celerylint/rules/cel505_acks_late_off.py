"""Tasks are acknowledged before they run, so a worker that dies loses what it had.

By default the message is gone from the broker when the task starts. If the process is killed (memory, a deploy, a
lost node), nobody runs the task again. With `task_acks_late` it is redelivered, which asks for tasks that may run
twice.

Bad::

    from celery import Celery

    app = Celery("shop")

    @app.task
    def ship(order_id):
        return order_id

Good::

    from celery import Celery

    app = Celery("shop")
    app.conf.task_acks_late = True

    @app.task
    def ship(order_id):
        return order_id

Silent where the setting is not known, where part of the configuration cannot be read, and where each task says it for
itself.

Source: https://docs.celeryq.dev/en/stable/userguide/configuration.html#task-acks-late (5.7).
"""

from collections.abc import Iterator

from celerylint.facts import App
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.applications import is_configured_here, is_on

rule = Rule(
    __name__,
    severity="advice",
    strict=True,
    message="Workers acknowledge messages before they run them, so a task is lost with its process; set "
    "`task_acks_late` once tasks may run twice",
    checklist=("config.acks-late",),
)


@rule.check(App)
def early(app: App, file: File, index: Index) -> Iterator[Finding]:
    if not is_configured_here(app, index) or is_on("task_acks_late", app, index) is not False:
        return
    tasks = [task for task in index.tasks if index.configuration.is_production(task.path)]
    if not all("acks_late" in task.options for task in tasks):
        yield rule.finding(file, app.span, data={"app": app.key})
