"""The broker is reached over a network without encryption.

Arguments of tasks, results and the broker's password cross it in clear, and whoever can change a packet can have
workers run what they like.

Bad::

    from celery import Celery

    app = Celery("shop", broker="redis://redis.shop.example:6379/0")

Good::

    from celery import Celery

    app = Celery("shop", broker="rediss://redis.shop.example:6379/0")

Silent on hosts of the own machine, of a private network, a cluster or a compose file, where `broker_use_ssl` is set,
and on URLs that the environment gives.

Source: https://docs.celeryq.dev/en/stable/userguide/configuration.html#broker-use-ssl (5.7).
"""

from collections.abc import Iterator

from celerylint.facts import Setting
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.brokers import AMQP, BROKER_URLS, REDIS, parse
from celerylint.rules.setting_places import written
from celerylint.values import Const, beginning

rule = Rule(
    __name__,
    severity="warning",
    message="Messages and passwords go to `{host}` in clear; write `{instead}://`",
    checklist=("broker.tls", "security.tls"),
)

INSTEAD = {REDIS: "rediss", AMQP: "amqps"}


@rule.check(Setting)
def in_clear(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    if setting.name not in BROKER_URLS or not index.configuration.is_production(setting.path, setting.condition):
        return
    url = next((url for url in parse(beginning(setting.value)) if url.transport in INSTEAD), None)
    if url is None or url.is_encrypted or url.is_inside or "{" in url.host:
        return
    options = index.configuration.production("broker_use_ssl")
    used = index.configuration.of_app(options, {setting.app}) if setting.app else options
    if not all(is_on(rows) for rows in index.configuration.force.beside(setting, used)):
        yield rule.finding(file, written(file, setting)[0], host=url.host, instead=INSTEAD[url.transport])


def is_on(rows: list[Setting]) -> bool:
    """Whether `broker_use_ssl` asks for TLS, or may do so."""
    return any(row.value not in (Const(None), Const(False)) for row in rows)
