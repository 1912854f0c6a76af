"""Which of the deployed Redis servers is the broker, and what its configuration says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from celerylint.deploy import Deployment
from celerylint.deploy.model import Broker, Directive, Place
from celerylint.deploy.snippets import HIDDEN
from celerylint.index import Index
from celerylint.rules import brokers
from celerylint.rules.brokers import Url
from celerylint.rules.deployed import is_production, is_production_file, uses_celery
from celerylint.values import options

# Servers that are named so hold no queues.
ASIDE = re.compile(r"cache|session|result|backend|activity|streams?\b|rate", re.IGNORECASE)
VARIABLE = re.compile(r"(?:^|_)(?:BROKER|CELERY)(?:_|$)")
OTHER_BROKERS = re.compile(r"rabbitmq|elasticmq|localstack", re.IGNORECASE)
OTHER_URLS = re.compile(r"(?:amqps?|pyamqp|sqs)://")
EXPOSED = frozenset({"LoadBalancer", "NodePort"})


def is_broker(server: Broker, deployment: Deployment, index: Index) -> bool:
    """Whether a Redis server is known to be Celery's broker in production: its URL names it, or it is the only one."""
    return server in broker_servers(deployment, index)


def broker_servers(deployment: Deployment, index: Index) -> list[Broker]:
    if not uses_celery(index, deployment):
        return []
    urls = list(broker_urls(deployment, index))
    transports = {url.transport for url in urls} or {brokers.broker(index) if index.apps else ""}
    if "redis" not in transports and (transports != {""} or speaks_amqp(deployment, index)):
        return []
    meant = [server for server in deployment.brokers if is_meant(server, deployment)]
    hosts = {url.host.partition(".")[0].lower() for url in urls if url.transport == "redis" and not url.is_local}
    named = [server for server in meant if hosts & called(server, deployment)]
    if named:
        return named
    rest = started([server for server in meant if not ASIDE.search(" ".join(sorted(called(server, deployment))))])
    units = [server.host.unit if server.host is not None else server.path for server in rest]
    return [server for server, unit in zip(rest, units, strict=True) if units.count(unit) == 1]


def started(servers: list[Broker]) -> list[Broker]:
    """The servers that something starts, where there are any: a redis.conf beside them is read by none of them."""
    return [server for server in servers if server.host is not None] or servers


def speaks_amqp(deployment: Deployment, index: Index) -> bool:
    """Whether there is any sign of a broker that is not Redis."""
    images = (host.image for host in deployment.hosts)
    if any(isinstance(image, str) and OTHER_BROKERS.search(image) for image in images):
        return True
    return any(
        OTHER_URLS.search(line) for word in ("amqp", "amqps", "pyamqp", "sqs") for _, line in index.lines_with(word)
    )


def is_meant(server: Broker, deployment: Deployment) -> bool:
    """Whether a server is for production."""
    if server.host is None:
        return is_production_file(server.path, deployment)
    if server.host.kind == "recipe" or not is_production(server.host, deployment):
        return False
    # What developers start beside a program on their own machine is a file of databases and nothing else.
    used = {process.host.unit for process in deployment.processes}
    return server.host.kind != "compose" or server.host.unit in used


def called(server: Broker, deployment: Deployment) -> set[str]:
    """The names under which a server is reached, in lower case: of its service, workload, container."""
    names = {server.name}
    if server.host is not None:
        names |= {server.host.workload_name}
        names |= {service.name for service in deployment.services if service.covers(server.host)}
    return {name.lower() for name in names if name and HIDDEN not in name}


def broker_urls(deployment: Deployment, index: Index) -> Iterator[Url]:
    """What production settings and the environment of deployed programs say of the broker's URL."""
    for row in index.configuration.reaching("broker_url"):
        for option in options(row.value):
            for text in brokers.texts(option):
                yield from brokers.parse(text)
    for process in deployment.processes:
        for name, variable in process.host.environment.values.items():
            if VARIABLE.search(name) and "BACKEND" not in name:
                yield from brokers.parse(variable.value)


# Configuration


def words(directive: Directive | None) -> str:
    """The arguments of a directive in one text, "" without one."""
    return " ".join(directive.arguments) if directive is not None else ""


def has_password(server: Broker) -> bool | None:
    """Whether a server asks for a password; None where that is not known."""
    if any(server.all(name) for name in ("aclfile", "user")) or words(server.get("requirepass")):
        return True
    return None if server.open else False


def has_tls(server: Broker) -> bool | None:
    """Whether a server listens with TLS; None where that is not known."""
    port = server.get("tls-port")
    if port is not None and port.arguments != ("0",):
        return True
    return None if server.open else False


def published(server: Broker, deployment: Deployment) -> Place | None:
    """Where a server's port is made reachable from outside of its network; None where it is not."""
    host = server.host
    if host is None:
        return None
    for port in host.ports:
        if port.reach == "all" and (host.kind != "kubernetes" or port.number == 6379):
            return port.place
    for service in deployment.services:
        if service.spec.string("type") in EXPOSED and service.covers(host):
            inside = [port.place for port in host.ports]
            return inside[0] if inside else service.place
    return None
