"""A delay or a run that is longer than RabbitMQ's consumer timeout.

A message with a `countdown` or `eta` waits in a worker, unacknowledged, until it is due. RabbitMQ closes the channel
of a consumer that holds a message for more than half an hour (`consumer_timeout`, since 3.8.15). The worker stops
with `PRECONDITION_FAILED`, and every message that it held is delivered again. A task with late acknowledgement that
runs longer than that can never finish.

Bad::

    from celery import Celery

    app = Celery("shop", broker="amqp://rabbit")

    @app.task
    def grade(course_id):
        compute(course_id)

    def close(course_id):
        grade.apply_async((course_id,), countdown=3600)

Good::

    from celery import Celery

    app = Celery("shop", broker="amqp://rabbit")
    app.conf.task_default_queue_type = "quorum"

    @app.task
    def grade(course_id):
        compute(course_id)

    def close(course_id):
        grade.apply_async((course_id,), countdown=3600)

Looks at the same delays as delay-beyond-visibility-timeout. Silent where the broker is not known to be RabbitMQ, and
with quorum queues on Celery 5.5 and later, where RabbitMQ itself holds delayed messages. A server with a
`consumer_timeout` of its own cannot be seen: turn the rule off there.

Source: RabbitMQ's documentation, Consumers, Delivery acknowledgement timeout; Celery's documentation, Using RabbitMQ,
Using quorum queues (5.5).
"""

from collections.abc import Iterator

from celerylint.facts import Dispatch, Setting, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.brokers import AMQP
from celerylint.rules.delays import broker_of, delays, delays_natively

rule = Rule(
    __name__,
    severity="warning",
    message="{what} of {seconds:g} s is longer than RabbitMQ lets a worker hold a message (1800 s), so it closes the"
    " worker's channel; {instead}",
    checklist=("task-design.idempotent",),
)

CONSUMER_TIMEOUT = 1800
INSTEAD = {
    "call": "use quorum queues, or have beat look for what is due",
    "retry": "retry earlier, or use quorum queues",
    "run": "split the task, or acknowledge it early",
    "limit": "lower the limit, or acknowledge early",
}


@rule.check(Dispatch, Task, Setting)
def held_too_long(subject: Dispatch | Task | Setting, file: File, index: Index) -> Iterator[Finding]:
    for delay in delays(subject, file, index):
        on_rabbit = broker_of(delay.app, index) == AMQP and not delays_natively(delay.app, index)
        if on_rabbit and delay.seconds > CONSUMER_TIMEOUT:
            instead = INSTEAD[delay.kind]
            yield rule.finding(file, delay.span, what=delay.what, seconds=delay.seconds, instead=instead)
