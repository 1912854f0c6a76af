"""A priority that the broker ignores, or turns round.

RabbitMQ keeps priorities only in queues that were declared with `x-max-priority`; in all others the number changes
nothing. On Redis it is the other way round from RabbitMQ: 0 is first and 9 last, and a number above 9 counts as 9. So
the most urgent task, given a 9, waits behind everything else.

Bad::

    from celery import Celery

    app = Celery("shop", broker="redis://redis/0")

    @app.task
    def charge(order_id):
        return order_id

    charge.apply_async((1,), priority=9)

Good::

    from celery import Celery

    app = Celery("shop", broker="redis://redis/0")

    @app.task
    def charge(order_id):
        return order_id

    charge.apply_async((1,), queue="urgent")

Silent where the broker is not known, on 0 to 4 on Redis, where `task_queue_max_priority` is set, and on queues whose
arguments cannot be told.

Source: `kombu.transport.redis.Channel._get_message_priority`, https://www.rabbitmq.com/docs/priority (kombu 5.7).
"""

from collections.abc import Iterator

from celerylint.facts import Dispatch, Queue, Route, ScheduleEntry, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.brokers import AMQP, REDIS, broker_of
from celerylint.rules.numbers import amount
from celerylint.rules.queue_names import Given, given_by
from celerylint.values import Mapping, Value

rule = Rule(__name__, severity="error", message="{problem}", checklist=("queues.priorities",))

LAST = 5
ON_REDIS = (
    "On Redis 0 comes first and 9 last, so `priority={number}` has this wait behind the rest; use a queue of its own"
)
ON_RABBITMQ = (
    "RabbitMQ ignores this priority: no `x-max-priority` is set for the queue; set `task_queue_max_priority`, or use a "
    "queue of its own"
)


@rule.check(Task, Dispatch, Route, ScheduleEntry)
def unsupported(subject: Task | Dispatch | Route | ScheduleEntry, file: File, index: Index) -> Iterator[Finding]:
    given = given_by(subject, file, index)
    if "priority" not in given.options or not index.configuration.is_production(file.path):
        return
    numbers = [amount(value, index) for value in index.modules.values(given.options["priority"])]
    highest = max((number for number in numbers if number is not None), default=None)
    if highest is None:
        return
    used = broker_of(given.app, index)
    span = given.places.get("priority", subject.span)
    if used == REDIS and highest >= LAST and given.what != "route":
        yield rule.finding(file, span, problem=ON_REDIS.format(number=f"{highest:g}"))
    elif used == AMQP and not has_priorities(given, index):
        yield rule.finding(file, span, problem=ON_RABBITMQ)


def has_priorities(given: Given, index: Index) -> bool:
    """Whether the queue may have priorities."""
    value = index.configuration.value("task_queue_max_priority", given.app)
    if value is not None and amount(value, index) != 0:
        return True
    name = index.queues.text(given.options["queue"]) if "queue" in given.options else ""
    if not name and given.task is not None:
        name = index.queues.queue_of(given.task, given.app) or ""
    queues = [queue for queue in index.queues.declared if queue.name in ("", name)]
    return not name or any(may_have_priorities(queue, index) for queue in queues)


def may_have_priorities(queue: Queue, index: Index) -> bool:
    """Whether a declaration sets `x-max-priority`, a quorum queue's type, or may do so."""
    if not queue.name or "max_priority" in queue.options:
        return True
    given: Value | None = queue.options.get("queue_arguments")
    known = index.expand(given) if given is not None else Mapping(())
    if not isinstance(known, Mapping) or known.open:
        return True
    return known.get("x-max-priority") is not None or known.get("x-queue-type") is not None
