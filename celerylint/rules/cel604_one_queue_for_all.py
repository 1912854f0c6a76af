"""All tasks share one queue, the urgent ones and those that run in bulk.

A queue is first in, first out. When the nightly import puts ten thousand messages into it, the mail that a customer
waits for comes behind them. Queues of their own, with workers of their own, keep the kinds of work apart.

Bad::

    from celery import Celery

    app = Celery("shop")

    @app.task
    def import_feed(): ...

    @app.task
    def send_receipt(order_id): ...

    @app.task
    def send_invoice(order_id): ...

    @app.task
    def charge(order_id): ...

    @app.task
    def ship(order_id): ...

    app.conf.beat_schedule = {"feed": {"task": "tasks.import_feed", "schedule": 3600.0}}
    charge.delay(1)

Good::

    from celery import Celery

    app = Celery("shop")
    app.conf.task_routes = {"tasks.import_*": {"queue": "bulk"}}

    @app.task
    def import_feed(): ...

    @app.task
    def send_receipt(order_id): ...

    @app.task
    def send_invoice(order_id): ...

    @app.task
    def charge(order_id): ...

    @app.task
    def ship(order_id): ...

    app.conf.beat_schedule = {"feed": {"task": "tasks.import_feed", "schedule": 3600.0}}
    charge.delay(1)

Silent where any task, call or route names a queue, in projects of fewer than five tasks, and where nothing is both
scheduled and sent.

Source: https://docs.celeryq.dev/en/stable/userguide/optimizing.html, "Queues" (5.7).
"""

from collections.abc import Iterator

from celerylint.facts import App
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.queue_names import main_app

rule = Rule(
    __name__,
    severity="advice",
    strict=True,
    message="All {count} tasks share one queue, so what is sent while somebody waits comes behind what runs in bulk; "
    "route the slow ones to a queue of their own",
    checklist=("queues.routes",),
)

FEW = 5


@rule.check(App)
def one_queue(app: App, file: File, index: Index) -> Iterator[Finding]:
    tasks = [task for task in index.tasks if index.configuration.is_production(task.path)]
    if app.key != main_app(index) or len(tasks) < FEW or index.configuration.hidden or names_queues(index):
        return
    scheduled = {entry.task.key for entry in index.schedule if entry.task is not None}
    sent = {dispatch.task.key for dispatch in index.dispatches if dispatch.task is not None and dispatch.sends}
    if scheduled and sent - scheduled:
        yield rule.finding(file, app.span, count=len(tasks))


def names_queues(index: Index) -> bool:
    """Whether anything in the project chooses a queue, or may do so."""
    return (
        bool(index.routes or index.queues.declared)
        or any("queue" in task.options for task in index.tasks)
        or any("queue" in dispatch.options or "routing_key" in dispatch.options for dispatch in index.dispatches)
        or any("queue" in entry.values or "options" in entry.values for entry in index.schedule)
    )
