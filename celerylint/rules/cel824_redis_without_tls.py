"""The broker's Redis is reached from outside of its network without TLS.

Messages, results and the password itself travel as plain text, and whoever is on the way can read and change them.

Bad::

    # shop.py
    from celery import Celery

    app = Celery("shop", broker="redis://redis")

    # compose.yaml
    services:
      redis:
        image: redis:8
        command: redis-server --requirepass ${REDIS_PASSWORD}
        ports:
          - "6379:6379"
      worker:
        image: shop
        command: celery -A shop worker -c 4

Good::

    # shop.py
    from celery import Celery

    app = Celery("shop", broker="rediss://redis:6380")

    # compose.yaml
    services:
      redis:
        image: redis:8
        command: >-
          redis-server --requirepass ${REDIS_PASSWORD} --port 0 --tls-port 6380
          --tls-cert-file /tls/redis.crt --tls-key-file /tls/redis.key --tls-ca-cert-file /tls/ca.crt
        ports:
          - "6380:6380"
      worker:
        image: shop
        command: celery -A shop worker -c 4

Reported where a port is published by Compose, or by a Service of type LoadBalancer or NodePort; inside of one compose
network or cluster plain text is accepted. Silent where the configuration is not in the repository.

Source: Redis, TLS; Celery's user guide, Security.
"""

from collections.abc import Iterator

from celerylint.deploy import Deployment
from celerylint.deploy.model import Broker
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.redis_servers import has_password, has_tls, is_broker, published

rule = Rule(
    __name__,
    severity="warning",
    message="this Redis is reached from outside as plain text, passwords and messages alike; set `tls-port`, `port 0`",
    checklist=("broker.tls", "security.tls"),
)


@rule.check(Broker)
def plain_text(server: Broker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    place = published(server, deployment) if has_tls(server) is False else None
    if place is not None and is_broker(server, deployment, index):
        port = server.get("port")
        # Without a password that is said at the published port, and that it should not be published.
        if port is not None or has_password(server) or server.host is None or server.host.kind == "kubernetes":
            yield rule.at(port.place if port is not None else place)
