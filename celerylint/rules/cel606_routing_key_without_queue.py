"""`routing_key` without `queue` or `exchange`, which does not choose a queue since Celery 4.

The key replaces that of the queue which the task goes to anyway, and nothing else. On Redis and SQS the message lands
in that queue, on RabbitMQ in none at all where nothing is bound by the key.

Bad::

    from celery import Celery

    app = Celery("shop")

    @app.task
    def send_receipt(order_id):
        return order_id

    send_receipt.apply_async((1,), routing_key="mail.bulk")

Good::

    from celery import Celery

    app = Celery("shop")

    @app.task
    def send_receipt(order_id):
        return order_id

    send_receipt.apply_async((1,), queue="mail")

Silent where a route or the task gives an exchange, where a declared queue has an exchange of its own, that key or a
pattern for its key, and where not all queues are known.

Source: `celery.app.amqp.AMQP` and `celery.app.routes.Router.route` (5.7).
"""

from collections.abc import Iterator

from celerylint.facts import Dispatch, Queue, Route, ScheduleEntry, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.queue_names import Given, given_by

rule = Rule(
    __name__,
    severity="warning",
    message="`routing_key` alone chooses no queue: this goes to the task's usual queue, or on RabbitMQ to none, as "
    "none is bound by this key; write `queue={hint}`",
    checklist=("queues.routes",),
)


@rule.check(Task, Dispatch, Route, ScheduleEntry)
def no_queue(subject: Task | Dispatch | Route | ScheduleEntry, file: File, index: Index) -> Iterator[Finding]:
    given = given_by(subject, file, index)
    if "routing_key" not in given.options or not index.configuration.is_production(file.path):
        return
    if {"queue", "exchange"} & given.options.keys() or is_open(subject) or has_queue(given, index):
        return
    key = index.queues.text(given.options["routing_key"])
    if key and not any(may_bind(queue, key, index) for queue in index.queues.declared):
        yield rule.finding(file, given.places.get("routing_key", subject.span), hint=f'"{key.partition(".")[0]}"')


def is_open(subject: Task | Dispatch | Route | ScheduleEntry) -> bool:
    """Whether more options may be given in a way that is not written out."""
    return subject.open if isinstance(subject, Task | Dispatch | ScheduleEntry) else subject.target is None


def has_queue(given: Given, index: Index) -> bool:
    """Whether the queue is chosen otherwise, and may get its messages by their keys."""
    if index.configuration.hidden or index.configuration.by_name.get("task_default_exchange_type"):
        return True
    if given.task is None:
        return given.what != "route"
    route = index.queues.match(given.task.name) if given.task.name and given.what != "route" else None
    if route is not None and (route.target is None or "exchange" in route.target):
        return True
    if not index.option(given.task, "exchange").absent:
        return True
    name = index.queues.queue_of(given.task, given.app)
    return name is None or any(queue.name == name and "exchange" in queue.options for queue in index.queues.declared)


def may_bind(queue: Queue, key: str, index: Index) -> bool:
    """Whether a declared queue gets messages with a key, or may."""
    if not queue.name or "bindings" in queue.options:
        return True
    bound = index.queues.text(queue.options.get("routing_key")) if "routing_key" in queue.options else queue.name
    return not bound or bound == key or "*" in bound or "#" in bound
