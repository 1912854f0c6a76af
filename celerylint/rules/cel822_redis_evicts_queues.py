"""The broker's Redis deletes queues when it is full.

A queue is a key like any other. Under an `allkeys-…` policy Redis evicts whatever it likes once `maxmemory` is reached,
and with a queue all messages in it are gone, without an error to anybody: in a trial 300 queued tasks were evicted by
the writes of a cache. Under `volatile-…` queues stay, since they have no expiry, but results, locks and the counters of
chords go. Only `noeviction` keeps everything: then writers get an error.

Bad::

    # shop.py
    from celery import Celery

    app = Celery("shop", broker="redis://redis")

    # compose.yaml
    services:
      redis:
        image: redis:8
        command: redis-server --maxmemory 256mb --maxmemory-policy allkeys-lru
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
        command: redis-server --maxmemory 256mb --maxmemory-policy noeviction
      worker:
        image: shop
        command: celery -A shop worker -c 4

A cache belongs in a Redis of its own. Celery's documentation names `allkeys-lru` beside `noeviction`, and many
checklists ask for it; queued tasks are lost by it all the same. Silent without `maxmemory`, where nothing is evicted,
and on servers that are not the broker.

Source: Redis, Key eviction; Celery's user guide, Using Redis, Key eviction; tried with Redis 7.0 and Celery 5.7.
"""

from collections.abc import Iterator

from celerylint.deploy import Deployment
from celerylint.deploy.model import Broker
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.redis_servers import is_broker, words

rule = Rule(
    __name__,
    severity="error",
    message="when this Redis is full, `{policy}` deletes queues with all their tasks, silently; set `noeviction`, and"
    " give the cache a Redis of its own",
    checklist=("broker.memory-policy",),
)
VOLATILE = (
    "when this Redis is full, `{policy}` deletes results, locks and the counters of chords; set `noeviction`, and give"
    " the cache a Redis of its own"
)
UNLIMITED = frozenset({"", "0"})


@rule.check(Broker)
def evicts(server: Broker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    policy = server.get("maxmemory-policy")
    limited = server.open or words(server.get("maxmemory")) not in UNLIMITED
    if policy is None or not limited or not is_broker(server, deployment, index):
        return
    name = words(policy).lower()
    if name.startswith("allkeys-"):
        yield rule.at(policy.place, policy=name)
    elif name.startswith("volatile-"):
        yield rule.at(policy.place, message=VOLATILE, severity="warning", policy=name)
