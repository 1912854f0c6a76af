"""The broker, as far as Redis is one."""

from __future__ import annotations

from collections.abc import Callable

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Answer, Place, Section, Step
from celerylint.checklist.judging import Tally, covered, manual, nothing
from celerylint.deploy.model import Broker, Directive
from celerylint.deploy.model import Place as Spot
from celerylint.facts import Setting
from celerylint.values import truth

section = Section("broker", "Broker", "Before deploying")

CONFIGURATION = "redis.conf, the command of the Redis server, or the settings of the managed Redis"
WANTED = frozenset({"allkeys-lru", "volatile-lru"})
UNLIMITED = frozenset({"", "0"})
OLDEST = (5,)


def of_servers(
    evidence: Evidence,
    item: str,
    judge: Callable[[Broker], tuple[bool | None, str]],
    found: str,
    *,
    check: str,
    caveat: str = "",
    notes: tuple[str, ...] = (),
    directive: str = "",
    key: str = "",
) -> Answer:
    """The answer that the configurations of the Redis servers give; `check` asks a running one."""
    if evidence.broker_kind not in {"", "redis"}:
        return other_broker(evidence)
    steps = (Step("Ask the server itself", f"{evidence.names.broker.client} {check}"),)
    tally = Tally()
    for server in evidence.servers:
        # What only a host can show, a configuration by itself does not leave open.
        if server.host is not None or not key:
            verdict, note = judge(server)
            tally.add(verdict, evidence.spot(place_of(server, directive, key), note))
    if not tally.all:
        return nothing("No configuration of the broker's Redis is here.", CONFIGURATION, steps)
    return covered(
        evidence,
        item,
        tally,
        found,
        "Redis server",
        missing=CONFIGURATION,
        caveat=caveat,
        steps=steps,
        notes=notes,
    )


def place_of(server: Broker, directive: str, key: str) -> Spot:
    """Where a server says something: its directive, a setting of its host, or the command that starts it."""
    own = server.get(directive) if directive else None
    if own is not None:
        return own.place
    return server.host.at(key) if server.host is not None and key else server.line or server.place


def other_broker(evidence: Evidence) -> Answer:
    """The answer where the broker is no Redis at all."""
    steps = [Step("Look at RabbitMQ's version, memory limit and connections", "rabbitmq-diagnostics status")]
    places = [url.place for url in evidence.broker_urls]
    kind = {"amqp": "RabbitMQ", "sqs": "Amazon SQS"}.get(evidence.broker_kind, evidence.broker_kind)
    return manual(
        f"The broker is {kind}, not Redis.", *(steps if evidence.broker_kind == "amqp" else ()), evidence=places
    )


def words(directive: Directive | None) -> str:
    return " ".join(directive.arguments).lower() if directive is not None else ""


@section.item("redis-version", "Redis is 5.0 or newer", "pass fail unknown manual")
def redis_version(evidence: Evidence) -> Answer:
    """The tags of Redis images in Compose files and Kubernetes manifests."""

    def judge(server: Broker) -> tuple[bool | None, str]:
        if server.version is None:
            return None, "no version is written here"
        return server.version >= OLDEST, f"Redis {'.'.join(map(str, server.version))}"

    return of_servers(evidence, "broker.redis-version", judge, "Redis 5.0 or newer", check="INFO server", key="image")


@section.item(
    "persistence",
    "Redis writes an append-only file, so that queues outlive a restart",
    "pass partly fail unknown manual",
)
def persistence(evidence: Evidence) -> Answer:
    """`appendonly` in redis.conf, in the arguments of `redis-server`, or its default, which is off."""

    def judge(server: Broker) -> tuple[bool | None, str]:
        value = words(server.get("appendonly"))
        if value:
            return value == "yes", "" if value == "yes" else "the append-only file is off"
        return None if server.open else False, "`appendonly` is not set, and is off by default"

    return of_servers(
        evidence,
        "broker.persistence",
        judge,
        "With an append-only file",
        check="CONFIG GET appendonly",
        directive="appendonly",
        caveat="With `appendfsync everysec`, the default, a crash loses about a second of queued tasks; `always` "
        "loses none and costs throughput.",
    )


@section.item(
    "memory-policy",
    "Redis has a memory limit and a `maxmemory-policy` that was chosen",
    "pass partly fail unknown manual",
    notes=("CEL822",),
)
def memory_policy(evidence: Evidence) -> Answer:
    """`maxmemory-policy` and `maxmemory` in redis.conf and in the arguments of `redis-server`."""
    policies = {words(server.get("maxmemory-policy")) for server in evidence.servers}

    def judge(server: Broker) -> tuple[bool | None, str]:
        value = words(server.get("maxmemory-policy"))
        otherwise = None if server.open else False
        if not value:
            return otherwise, "`maxmemory-policy` is not set"
        if value not in WANTED and value != "noeviction":
            return False, f"`{value}` evicts whatever it comes across, queues among it"
        if words(server.get("maxmemory")) in UNLIMITED:
            return otherwise, "`maxmemory` is not set, so that the policy never applies"
        return True, ""

    caveat = (
        "`noeviction` is what keeps queued tasks: writes fail when memory is full, and nothing is lost. "
        "With `allkeys-lru` Redis deletes whole queues under memory pressure without an error, although it is often "
        "recommended; `volatile-lru` keeps queues and may drop results, locks and chord counters."
    )
    return of_servers(
        evidence,
        "broker.memory-policy",
        judge,
        "With a limit and a policy",
        check="CONFIG GET maxmemory-policy",
        directive="maxmemory-policy",
        notes=("CEL822",),
        caveat=caveat if policies - {"noeviction"} else "",
    )


@section.item(
    "connection-limits",
    "Redis accepts as many connections as workers and web processes open",
    "pass partly fail unknown manual",
)
def connection_limits(evidence: Evidence) -> Answer:
    """`maxclients` in redis.conf and in the arguments of `redis-server`, against what the workers open."""

    def judge(server: Broker) -> tuple[bool | None, str]:
        if server.get("maxclients") is not None:
            return True, ""
        return None if server.open else False, "`maxclients` is not set; Redis then accepts up to 10000"

    return of_servers(
        evidence,
        "broker.connection-limits",
        judge,
        "With `maxclients`",
        check="CONFIG GET maxclients",
        directive="maxclients",
    )


@section.item("tls", "Production talks to the broker over TLS", "pass partly fail unknown")
def tls(evidence: Evidence) -> Answer:
    """The scheme of the broker's URL in the settings and in the environment of deployed programs, and
    `broker_use_ssl`."""
    return transport(evidence, "broker.tls")


def transport(evidence: Evidence, item: str) -> Answer:
    """Whether the broker is reached over TLS, as far as URLs and settings tell."""
    tally = Tally()
    for url in evidence.broker_urls:
        switches = switched(evidence, url.place.path)
        if url.is_encrypted or not switches:
            tally.add(True if url.is_encrypted else None if url.is_local else False, url.place)
        else:
            for row in switches:
                tally.add(*by_switch(evidence, row))
    if not tally.all:
        for row in switched(evidence, ""):
            tally.add(*by_switch(evidence, row))
    if not tally.all:
        return nothing("The broker's URL is not written here.", "the environment that sets the broker's URL")
    return covered(evidence, item, tally, "Over TLS", "broker URL", missing="the environment of production")


def switched(evidence: Evidence, path: str) -> list[Setting]:
    """What switches `broker_use_ssl` on for the URL that a file has: it is set for an application, in the same file, or
    in one that sets no URL. A URL that no settings have needs it wherever they set one."""
    on = [row for each in evidence.settings("broker_use_ssl") for row in each.rows if truth(row.value) is not False]
    setting_urls = {row.path for each in evidence.settings("broker_url") for row in each.rows}
    return [row for row in on if row.path not in setting_urls or path not in setting_urls or row.path == path]


def by_switch(evidence: Evidence, row: Setting) -> tuple[bool | None, Place]:
    """Whether a `broker_use_ssl` is known to be on in production, and where it stands."""
    on = truth(row.value) is True and not row.condition
    return on or None, evidence.place(row.path, row.span, "" if on else "whether it is on is not written here")
