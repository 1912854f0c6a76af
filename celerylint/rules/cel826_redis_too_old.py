"""The broker's Redis is older than Celery needs, or gets no more security fixes.

kombu 5.7 uses commands that Redis has since 6.2; with an older server workers fail as soon as they use them. Below 5.0
commands are missing that every Celery 5 relies on.

Bad::

    # shop.py
    from celery import Celery

    app = Celery("shop", broker="redis://redis")

    # compose.yaml
    services:
      redis:
        image: redis:4.0-alpine
      worker:
        image: shop
        command: celery -A shop worker -c 4

Good::

    # shop.py
    from celery import Celery

    app = Celery("shop", broker="redis://redis")

    # compose.yaml
    services:
      redis:
        image: redis:8-alpine
      worker:
        image: shop
        command: celery -A shop worker -c 4

Versions are taken from the tags of the official image and of Bitnami's. Redis 5.0, 6.0 and 7.0 get no more fixes, which
is a warning. Silent on tags without a version.

Source: Celery's whatsnew-5.7 (Redis 6.2); Redis, releases and their end of life (5.0 in 2022, 7.0 in 2024).
"""

from collections.abc import Iterator

from celerylint.deploy import Deployment
from celerylint.deploy.model import Broker
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.redis_servers import is_broker

rule = Rule(
    __name__,
    severity="error",
    message="Redis {version} is too old for Celery {celery}, which needs {needed} or newer; use a newer image",
    checklist=("broker.redis-version",),
)
ENDED = "Redis {version} gets no more security fixes; use a newer image"
OLDEST, FOR_KOMBU_5_7 = (5, 0), (6, 2)
KOMBU = (5, 7)
END_OF_LIFE = frozenset({(5, 0), (6, 0), (7, 0)})
# What a tag of one number stands for.
NEWEST = {5: (5, 0), 6: (6, 2), 7: (7, 4)}


@rule.check(Broker)
def outdated(server: Broker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    if server.version is None or server.host is None or not is_broker(server, deployment, index):
        return
    version = server.version[:2] if len(server.version) > 1 else NEWEST.get(server.version[0], (*server.version, 0))
    needed = FOR_KOMBU_5_7 if index.traits.kombu >= KOMBU and index.traits.celery >= KOMBU else OLDEST
    place = server.host.at("image")
    written = ".".join(map(str, server.version))
    if version < needed:
        celery = ".".join(map(str, index.traits.celery))
        yield rule.at(place, version=written, celery=celery, needed=".".join(map(str, needed)))
    elif version in END_OF_LIFE:
        yield rule.at(place, message=ENDED, severity="warning", version=written)
