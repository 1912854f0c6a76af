"""Whoever reaches the broker's Redis can read and send tasks.

Without a password everybody who can open the port may read the arguments of tasks, delete queues, and send messages
that workers run; with pickle accepted that is any code. Redis' protected mode refuses others than the machine itself
while there is no password, but `protected-mode no` turns it off, and the official image has it off. A port that
Docker publishes is open on all interfaces, past the machine's firewall.

Bad::

    # shop.py
    from celery import Celery

    app = Celery("shop", broker="redis://redis")

    # compose.yaml
    services:
      redis:
        image: redis:8
        ports:
          - "6379:6379"
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
        image: redis:8
        command: redis-server --requirepass ${REDIS_PASSWORD}
        ports:
          - "127.0.0.1:6379:6379"
      worker:
        image: shop
        command: celery -A shop worker -c 4

`requirepass`, an ACL file and `user` lines count as a password. On Kubernetes a Redis without one is reported unless a
NetworkPolicy is about it: every pod of the cluster reaches it. Silent on a service of a compose file whose port is not
published, and where the configuration is not in the repository.

Source: Redis, Security; docker-library's Redis image; Docker, Packet filtering and firewalls; whom Redis
7.0 answers was tried.
"""

from collections.abc import Iterator

from celerylint.deploy import Deployment
from celerylint.deploy.model import Broker, Place
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.redis_servers import has_password, is_broker, published, words

rule = Rule(
    __name__,
    severity="error",
    message="{who} can read and send tasks, since this Redis has no password; set `requirepass` or an ACL{more}",
    checklist=("security.redis-auth", "security.network", "security.firewall"),
)


@rule.check(Broker)
def unguarded(server: Broker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    if has_password(server) is not False or not is_broker(server, deployment, index):
        return
    places = list(openings(server, deployment))
    host = server.host
    for place, who, more in places if host is None or host.kind == "compose" else places[:1]:
        yield rule.at(place, who=who, more=more)


def openings(server: Broker, deployment: Deployment) -> Iterator[tuple[Place, str, str]]:
    """What opens a server: where, to whom, and what else to do about it."""
    protection = server.get("protected-mode")
    if protection is not None and words(protection) == "no":
        yield protection.place, "whoever reaches its port", " and `protected-mode yes`"
    port = published(server, deployment)
    if port is not None:
        kind = server.host.kind if server.host is not None else ""
        yield port, "everybody outside", ", and publish the port on 127.0.0.1 only" if kind == "compose" else ""
    host = server.host
    if (
        host is not None
        and host.kind == "kubernetes"
        and not any(p.covers(host) is not False for p in deployment.policies)
    ):
        yield server.started_at, "every pod of the cluster", ", and a NetworkPolicy"
