"""A queue on RabbitMQ that has no dead-letter exchange: what is rejected or expires there is gone.

RabbitMQ throws a rejected or expired message away unless its queue says where to put it. With a dead-letter exchange
the messages can be looked at, and sent again once the fault is mended.

Bad::

    from celery import Celery
    from kombu import Queue

    app = Celery("shop", broker="amqp://rabbit//")
    app.conf.task_queues = [Queue("celery")]

Good::

    from celery import Celery
    from kombu import Queue

    app = Celery("shop", broker="amqp://rabbit//")
    app.conf.task_queues = [Queue("celery", queue_arguments={"x-dead-letter-exchange": "dead"})]

Silent on other brokers, where the broker is not known, and on arguments that are not written out: a policy of the
server can set the exchange too.

Source: https://www.rabbitmq.com/docs/dlx, `kombu.Queue` (kombu 5.7).
"""

from collections.abc import Iterator

from celerylint.facts import Queue
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.brokers import AMQP, broker
from celerylint.values import Mapping

rule = Rule(
    __name__,
    severity="advice",
    strict=True,
    message="RabbitMQ throws away what `{queue}` rejects or lets expire; give it an `x-dead-letter-exchange`",
    checklist=("queues.dead-letter",),
)


@rule.check(Queue)
def no_dead_letters(queue: Queue, file: File, index: Index) -> Iterator[Finding]:
    if queue.kind not in {"Queue", "dict"} or not queue.name or broker(index) != AMQP:
        return
    given = queue.options.get("queue_arguments")
    known = index.expand(given) if given is not None else Mapping(())
    if isinstance(known, Mapping) and not known.open and known.get("x-dead-letter-exchange") is None:
        yield rule.finding(file, queue.span, queue=queue.name)
