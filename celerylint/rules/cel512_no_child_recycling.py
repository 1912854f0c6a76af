"""Worker processes live until the worker stops, and so does all the memory that they leak.

Python rarely gives memory back to the system, and libraries leak. With `worker_max_tasks_per_child` or
`worker_max_memory_per_child` a process is replaced after so many tasks or so much memory (in KiB), before the system
kills it in the middle of a task.

Bad::

    from celery import Celery

    app = Celery("shop")

    @app.task
    def ship(order_id):
        return order_id

Good::

    from celery import Celery

    app = Celery("shop")
    app.conf.worker_max_tasks_per_child = 1000

    @app.task
    def ship(order_id):
        return order_id

Silent where one of the two is set, whatever its value, in the configuration or on a deployed worker's command line,
and where part of the configuration cannot be read.

Source: https://docs.celeryq.dev/en/stable/userguide/workers.html#max-tasks-per-child-setting (5.7).
"""

from collections.abc import Iterator

from celerylint.facts import App
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.applications import is_configured_here, is_in_commands

rule = Rule(
    __name__,
    severity="advice",
    strict=True,
    message="Worker processes keep all that they leak until the system kills them; set `worker_max_tasks_per_child` or "
    "`worker_max_memory_per_child`",
)

OPTIONS = ("--max-tasks-per-child", "--max-memory-per-child")
SETTINGS = ("worker_max_tasks_per_child", "worker_max_memory_per_child")


@rule.check(App)
def never_replaced(app: App, file: File, index: Index) -> Iterator[Finding]:
    if not is_configured_here(app, index) or any(index.configuration.effective(name, app.key) for name in SETTINGS):
        return
    if not is_in_commands(index, *OPTIONS):
        yield rule.finding(file, app.span, data={"app": app.key})
