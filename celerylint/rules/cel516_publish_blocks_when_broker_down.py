"""Nothing bounds how long `.delay()` waits for a Redis that does not answer.

A broker that refuses the connection makes `.delay()` raise within a second. One that accepts it and then says nothing
(out of memory, paused, behind a dead network) does not: without `socket_timeout` the client waits for ever, each
request that sends a task with it, until all web processes wait and the whole site is down.

Bad::

    from celery import Celery

    app = Celery("shop", broker="redis://redis/0")

    @app.task
    def ship(order_id):
        return order_id

    def view(request):
        ship.delay(request.order_id)

Good::

    from celery import Celery

    app = Celery("shop", broker="redis://redis/0")
    app.conf.broker_transport_options = {"socket_timeout": 5}

    @app.task
    def ship(order_id):
        return order_id

    def view(request):
        ship.delay(request.order_id)

Silent on other brokers (`broker_connection_timeout` bounds RabbitMQ at 4 s), where the broker is not known, where
tasks are sent by other tasks only, and where the options cannot be told.

Source: `kombu.transport.redis.Channel.socket_timeout` (kombu 5.7), `redis.Redis` (redis-py 6).
"""

from collections.abc import Iterator

from celerylint.facts import Setting
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.brokers import REDIS, broker_of, texts
from celerylint.rules.queue_names import main_app
from celerylint.rules.setting_places import written

rule = Rule(
    __name__,
    severity="advice",
    message="When Redis does not answer, every `.delay()` of a request hangs with it; set `socket_timeout` in "
    "`broker_transport_options`",
)

BOUND = "socket_timeout"


@rule.check(Setting)
def unbounded(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    configuration = index.configuration
    options = configuration.production("broker_transport_options")
    place = options or configuration.production("broker_url")
    if not place or setting != place[0] or configuration.hidden or not sends_from_outside(index):
        return
    if broker_of(setting.app or main_app(index), index) != REDIS or any(
        BOUND in text for row in configuration.production("broker_url") for text in texts(row.value)
    ):
        return
    found = [index.mappings.entries(row.given, row.path) for row in options]
    if not any(entries.open or entries.get(BOUND) for entries in found):
        yield rule.finding(file, written(file, setting)[0])


def sends_from_outside(index: Index) -> bool:
    """Whether production code that no task runs sends tasks."""
    return any(
        dispatch.sends
        and index.configuration.is_production(dispatch.path)
        and index.reach_of(f"{index.modules.module(dispatch.path)[0]}:{dispatch.scope}") is None
        for dispatch in index.dispatches
    )
