"""The broker's Redis forgets its queues when it restarts.

Redis keeps everything in memory. With neither an append-only file nor snapshots, or with both on a disk that goes with
the container, every message that waits, every task with a countdown and everything that is not acknowledged is gone
after a restart, and nobody is told.

Bad::

    # shop.py
    from celery import Celery

    app = Celery("shop", broker="redis://redis")

    # compose.yaml
    services:
      redis:
        image: redis:8
        command: redis-server --save "" --appendonly no
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
        command: redis-server --appendonly yes
        volumes: ["redis:/data"]
      worker:
        image: shop
        command: celery -A shop worker -c 4
    volumes: {redis: {}}

With `appendfsync everysec`, the default, up to a second of messages may still be lost; `always` costs speed. On
Kubernetes a server without a volume, or with an `emptyDir`, is reported too: its disk goes with the pod. Silent on
Redis servers that are caches or hold results only, where the broker is another, and where the configuration is not in
the repository.

Source: Redis, Persistence; Celery's user guide, Using Redis; Kubernetes, Volumes, emptyDir; restarts were tried
with Redis 7.0.
"""

from collections.abc import Iterator

from celerylint.deploy import Deployment
from celerylint.deploy.model import Broker, Directive, Mount
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.redis_servers import is_broker

rule = Rule(
    __name__,
    severity="error",
    message="a restart of this Redis loses all queued tasks, since {reason}; {instead}",
    checklist=("broker.persistence",),
)
AOF = "set `appendonly yes` on a volume"
# Where the official image keeps its data.
DATA = "/data"


@rule.check(Broker)
def forgets(server: Broker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    if not is_broker(server, deployment, index):
        return
    mount = passing(server)
    if mount is not None:
        yield rule.at(mount.place, reason="its data is on a volume that goes with the pod", instead="use a claim")
        return
    append, save = server.get("appendonly"), last_save(server)
    if append is not None and append.arguments == ("yes",):
        return
    off = save is not None and save.arguments in {("",), ()}
    if off:
        place = append.place if append is not None else save.place if save is not None else server.place
        yield rule.at(place, reason="neither an append-only file nor snapshots are on", instead=AOF)
    elif without_volume(server):
        yield rule.at(server.started_at, reason="it has no volume, and its disk goes with the pod", instead=AOF)


def last_save(server: Broker) -> Directive | None:
    """The snapshots in force: none are, where an empty `save` is the last."""
    return server.get("save")


def passing(server: Broker) -> Mount | None:
    """The mount of the data, where that is emptied with the container."""
    folder = server.get("dir")
    data = folder.arguments[0] if folder is not None and folder.arguments else DATA
    mounts = server.host.mounts if server.host is not None else ()
    return next((mount for mount in mounts or () if mount.kind == "empty" and mount.target.rstrip("/") == data), None)


def without_volume(server: Broker) -> bool:
    """Whether a pod has nothing mounted that may hold the data; Docker gives its image a volume by itself."""
    host = server.host
    known = host is not None and host.kind == "kubernetes" and not server.open
    return known and host is not None and not any(mount.kind in {"volume", "", "bind"} for mount in host.mounts or ())
