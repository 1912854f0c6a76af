"""A default that the next major version of Celery changes, and that the project relies on without saying so.

The upgrade changes what happens although no line of the project did. Celery announces for 6.0 that a lost connection to
the broker ends running tasks with late acknowledgement, and that `broker_connection_retry = False` no longer makes a
worker give up at its start. With 5.0 the results of a chord on Redis came in the order of its tasks, where before they
came as they were done. A setting written out stays what it is.

Bad::

    from celery import Celery

    app = Celery("shop")
    app.conf.task_acks_late = True

    @app.task
    def ship(order_id):
        return order_id

Good::

    from celery import Celery

    app = Celery("shop")
    app.conf.task_acks_late = True
    app.conf.worker_cancel_long_running_tasks_on_connection_loss = False

    @app.task
    def ship(order_id):
        return order_id

Silent where the setting is written, whatever its value, where no task acknowledges late, and where part of the
configuration cannot be read. The fix writes the default of today.

Source: the warnings of `celery.worker.consumer.consumer` (5.1 to 5.7), `CANCEL_TASKS_BY_DEFAULT` and
`Consumer.ensure_connected`, as there is no Celery 6 to try; `celery.backends.redis.RedisBackend._chord_zset` (4.4 and
5.0).
"""

from collections.abc import Iterator

from celerylint.facts import App
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.applications import is_configured_here, is_on
from celerylint.rules.backends import scheme
from celerylint.values import Name, truth

rule = Rule(
    __name__,
    severity="advice",
    strict=True,
    since=(4, 0),
    until=(6, 0),
    message="Celery {next} {change}; set `{setting}`, which is `{today}` today",
)

CANCEL = "worker_cancel_long_running_tasks_on_connection_loss"
RETRY, RETRY_AT_START = "broker_connection_retry", "broker_connection_retry_on_startup"
OPTIONS, ORDER = "result_backend_transport_options", '{"result_chord_ordered": False}'


@rule.check(App)
def relied_on(app: App, file: File, index: Index) -> Iterator[Finding]:
    if not is_configured_here(app, index):
        return
    version = index.traits.celery
    if version < (5, 0):
        if not is_set(OPTIONS, app, index) and is_on_redis(app, index) and makes_chords(index):
            change = "gives a chord's body the results in the order of its tasks, not as they are done"
            yield found(app, file, "5.0", change, OPTIONS, ORDER)
        return
    if version >= (5, 1) and not is_set(CANCEL, app, index) and acknowledges_late(app, index):
        yield found(
            app,
            file,
            "6.0",
            "is to end running tasks with `acks_late` when the broker's connection is lost",
            CANCEL,
            "False",
        )
    gives_up = is_set(RETRY, app, index) and is_on(RETRY, app, index) is False
    if version >= (5, 3) and gives_up and not is_set(RETRY_AT_START, app, index):
        change = f"is to read `{RETRY}` no more when a worker starts, which then waits for its broker"
        yield found(app, file, "6.0", change, RETRY_AT_START, "False")


def found(app: App, file: File, following: str, change: str, setting: str, today: str) -> Finding:
    data = {"app": app.key, "setting": setting, "today": today}
    return rule.finding(file, app.span, data=data, next=following, change=change, setting=setting, today=today)


def is_set(name: str, app: App, index: Index) -> bool:
    return bool(index.configuration.effective(name, app.key))


def acknowledges_late(app: App, index: Index) -> bool:
    """Whether a task that an app may run in production is known to be acknowledged after it has run."""
    tasks = (task for task in index.tasks if task.app in ("", app.key) and index.configuration.is_production(task.path))
    return any(truth(index.option(task, "acks_late").value) for task in tasks)


def is_on_redis(app: App, index: Index) -> bool:
    """Whether all results of an app are known to go to Redis."""
    rows = index.configuration.effective("result_backend", app.key)
    return bool(rows) and {scheme(row.value) for row in rows} == {"redis"}


def makes_chords(index: Index) -> bool:
    """Whether code of production makes a chord."""
    return any(
        isinstance(fact.call.func, Name)
        and fact.call.func.dotted.endswith(".chord")
        and index.modules.canonical(fact.call.func.dotted) == "celery.chord"
        for facts in index.facts
        if index.configuration.is_production(facts.path)
        for fact in facts.calls
    )
