"""Redis without a password, on another machine.

Redis lets in whoever reaches its port. Anyone in the same network, or on the internet where the port is open, reads
the queues and puts tasks into them, which the workers run.

Bad::

    from celery import Celery

    app = Celery("shop", broker="rediss://redis.shop.example:6379/0")

Good::

    import os
    from celery import Celery

    app = Celery("shop", broker=os.environ["CELERY_BROKER_URL"])

Silent on hosts of the own machine, of a private network, a cluster or a compose file, and on URLs that the
environment gives or completes.

Source: https://redis.io/docs/latest/operate/oss_and_stack/management/security/ (Redis 7).
"""

from collections.abc import Iterator

from celerylint.facts import Setting
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.brokers import BROKER_URLS, REDIS, parse
from celerylint.rules.setting_places import written
from celerylint.values import Const

rule = Rule(
    __name__,
    severity="warning",
    message="Whoever reaches `{host}` can have the workers run tasks, as its URL has no password; give Redis one, and "
    "read the URL from the environment",
    checklist=("security.redis-auth",),
)


@rule.check(Setting)
def no_password(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    if setting.name not in BROKER_URLS or not index.configuration.is_production(setting.path, setting.condition):
        return
    text = setting.value.value if isinstance(setting.value, Const) else None
    url = next((url for url in parse(text) if url.transport == REDIS), None) if isinstance(text, str) else None
    if url is None or url.password or url.is_inside or index.configuration.by_name.get("broker_password"):
        return
    yield rule.finding(file, written(file, setting)[0], host=url.host)
