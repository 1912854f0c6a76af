"""Broker and results share one Redis database.

Whoever empties the one empties the other: a `FLUSHDB` to get rid of old results throws the queued tasks away, and when
results fill the memory, Redis refuses new tasks, or evicts the queues. They cannot be given different limits, nor be
watched apart.

Bad::

    from celery import Celery

    app = Celery("shop", broker="redis://redis:6379/0", backend="redis://redis:6379/0")

Good::

    from celery import Celery

    app = Celery("shop", broker="redis://redis:6379/0", backend="redis://redis-results:6379/0")

Silent on URLs that the environment gives, unless the one is made from the other.

Source: https://docs.celeryq.dev/en/stable/getting-started/backends-and-brokers/redis.html (5.7).
"""

from collections.abc import Iterator

from celerylint.facts import Setting
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Related, Rule
from celerylint.rules.brokers import REDIS, transports
from celerylint.rules.setting_places import written
from celerylint.values import Const, Name, Value

rule = Rule(
    __name__,
    severity="advice",
    message="Broker and results share one Redis database, so whatever fills or empties the one does it to the other; "
    "give results a database, better a server, of their own",
    checklist=("config.result-backend",),
)


@rule.check(Setting)
def shared(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    if setting.name != "result_backend" or setting not in index.configuration.reaching("result_backend"):
        return
    brokers = [
        row for row in index.configuration.reaching("broker_url") if row.app in ("", setting.app) or not setting.app
    ]
    same = [row for row in brokers if are_same(row, setting) and transports(row.value) == {REDIS}]
    if same and len(same) == len([row for row in brokers if row.path == setting.path] or brokers):
        place, _ = written(file, setting)
        yield rule.finding(file, place, related=(Related(same[0].path, same[0].span, "the broker"),))


def are_same(broker: Setting, backend: Setting) -> bool:
    """Whether both are known to be one URL: the same text, the same expression, or one of them named by the other."""
    if (broker.path, broker.value_span) == (backend.path, backend.value_span):
        return True
    if isinstance(broker.value, Const) or isinstance(backend.value, Const):
        return same_text(broker.value, backend.value)
    return isinstance(backend.given, Name) and (
        backend.given == broker.given or backend.given.dotted.rpartition(".")[2] == broker.written
    )


def same_text(one: Value, other: Value) -> bool:
    return one == other and isinstance(one, Const) and isinstance(one.value, str)
