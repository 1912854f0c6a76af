"""Redis allows fewer connections or more memory than there are.

Each worker keeps about eight connections to the broker open even when idle. Once `maxclients` is reached, Redis refuses
more: workers that are added cannot connect, and neither can the web processes that send tasks. Without `maxmemory`, or
with more of it than the container may use, Redis does not refuse writes when memory is short: it is killed.

Bad::

    # shop.py
    from celery import Celery

    app = Celery("shop", broker="redis://redis")

    # compose.yaml
    services:
      redis:
        image: redis:8
        command: redis-server --maxclients 20
      worker:
        image: shop
        command: celery -A shop worker -c 4
        deploy: {replicas: 4}

Good::

    # shop.py
    from celery import Celery

    app = Celery("shop", broker="redis://redis")

    # compose.yaml
    services:
      redis:
        image: redis:8
        command: redis-server --maxclients 1000
      worker:
        image: shop
        command: celery -A shop worker -c 4
        deploy: {replicas: 4}

Workers count with the replicas that they may have. `maxclients` is 10,000 where it is not set, which is no finding.

Source: Redis, Clients, and redis.conf; the number of connections was counted with Celery 5.7 and Redis 7.0.
"""

from collections.abc import Iterator

from celerylint.deploy import Deployment
from celerylint.deploy.model import Broker, Worker
from celerylint.deploy.units import size
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.redis_servers import is_broker, words

rule = Rule(
    __name__,
    severity="advice",
    message="the workers of this project open some {needed} connections and Redis allows {allowed}, so it refuses the"
    " last ones; raise `maxclients`",
    checklist=("broker.connection-limits",),
)
MEMORY = (
    "Redis is killed when its container's {limit} are used up, instead of refusing writes; set `maxmemory` below that"
)
# What an idle worker keeps open to its broker.
CONNECTIONS = 8


@rule.check(Broker)
def too_few_connections(server: Broker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    allowed = server.get("maxclients")
    if allowed is None or not words(allowed).isdigit() or not is_broker(server, deployment, index):
        return
    needed = sum(CONNECTIONS * copies(worker, deployment) for worker in deployment.workers)
    if needed > int(words(allowed)):
        yield rule.at(allowed.place, needed=needed, allowed=words(allowed))


def copies(worker: Worker, deployment: Deployment) -> int:
    """How many of a worker there are, or may be; 1 where that is not known."""
    host = worker.host
    most = [scaler.maximum for scaler in deployment.scalers if scaler.target and scaler.target == host.workload_name]
    return max([1, *(number for number in (host.replicas, *most) if isinstance(number, int))])


@rule.check(Broker)
def more_memory_than_there_is(server: Broker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    text = (server.host.resources or {}).get("limits.memory") if server.host is not None else None
    limit = size(text, docker=server.host is not None and server.host.kind == "compose")
    if not isinstance(limit, float) or server.open or not is_broker(server, deployment, index):
        return
    given = server.get("maxmemory")
    allowed = size(words(given)) if given is not None else 0.0
    if isinstance(allowed, float) and (not allowed or allowed >= limit):
        place = given.place if given is not None else server.started_at
        yield rule.at(place, message=MEMORY, limit=text)
