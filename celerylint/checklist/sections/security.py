"""Who can get at the broker, at Flower, and at what tasks carry."""

from __future__ import annotations

import re
from collections.abc import Iterator

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Answer, Place, Section, Step
from celerylint.checklist.judging import Tally, count, covered, is_set, manual, nothing, of_settings, prohibited
from celerylint.checklist.naming import needs
from celerylint.checklist.sections import config
from celerylint.checklist.sections.broker import transport, words
from celerylint.checklist.sections.monitoring import guarded
from celerylint.checklist.variables import Url
from celerylint.deploy.model import Broker, Host
from celerylint.values import Const, truth

section = Section("security", "Security", "Security")

SERVER = "the configuration of the broker, and the environment that sets its URL"
# Directives that ask clients who they are (Redis' documentation, "Security" and "ACL").
AUTHENTICATION = ("requirepass", "aclfile", "user")
ORCHESTRATED = frozenset({"compose", "kubernetes"})
LOOPBACK = re.compile(r"-?(?:127\.|::1$|localhost$)")
OPEN_SERVICES = frozenset({"LoadBalancer", "NodePort"})
# What limits how often a user may do something, in packages that do it and in names that people give it.
LIMITERS = (
    "ratelimit", "rate_limited", "RateLimiter", "Limiter", "limiter", "throttle_classes", "DEFAULT_THROTTLE_CLASSES",
    "DEFAULT_THROTTLE_RATES", "per_minute", "per_hour", "per_day",
)  # fmt: skip
LIMITING = re.compile(
    r"\bratelimit\w*\(|\brate_limited\(|throttle_classes\s*=|DEFAULT_THROTTLE_\w+[\"']?\s*[:=]|RateLimiter\(|limiter\.limit\("
    r"|\bLimiter\(.*(?:key_func|\bapp\b|limits|rate)|per_(?:minute|hour|day)="
)


# Broker


@section.item("redis-auth", "The broker asks for a password or user", "pass partly fail unknown")
def redis_auth(evidence: Evidence) -> Answer:
    """Passwords in broker URLs; `requirepass`, `aclfile` and `user` of Redis servers."""
    steps = (Step("It must refuse this", evidence.names.broker.reach),) if evidence.broker_kind in {"", "redis"} else ()
    tally = authenticated(evidence)
    if not tally.all:
        return nothing("Neither the broker's URL nor its configuration is here.", SERVER, steps)
    return covered(
        evidence,
        "security.redis-auth",
        tally,
        "With a login",
        "place",
        missing=SERVER,
        steps=steps,
    )


def authenticated(evidence: Evidence) -> Tally:
    """Where the broker asks who is there, and where it is known not to."""
    tally = Tally()
    for url in evidence.broker_urls:
        local = url.is_local and url.has_password is False
        note = LOCAL if local else without_password(url) if url.has_password is False else ""
        tally.add(None if local else url.has_password, with_note(url.place, note))
    # What developers run says nothing where production's URL does.
    told = any(not url.is_local for url in evidence.broker_urls)
    for server in evidence.servers:
        if told and evidence.is_developing(evidence.spot(server.place)):
            continue
        own = next((found for name in AUTHENTICATION if (found := server.get(name)) is not None), None)
        if own is not None:
            tally.add(True, evidence.spot(own.place))
        elif not server.open:
            tally.add(False, evidence.spot(server.line or server.place, "no password, no ACL"))
    return tally


def without_password(url: Url) -> str:
    return "the login that every RabbitMQ has" if url.user else "no password in the URL"


LOCAL = "a broker on the same machine, which may be no other in production"


def with_note(place: Place, note: str) -> Place:
    return Place(place.path, place.line, place.text, note)


@section.item("tls", "What goes to the broker is encrypted, and certificates are checked", "pass partly fail unknown")
def tls(evidence: Evidence) -> Answer:
    """Broker URLs and `broker_use_ssl`, with what that says about certificates."""
    return transport(evidence, "security.tls")


@section.item("network", "The broker cannot be reached from outside", "pass partly fail unknown", notes=("CEL823",))
def network(evidence: Evidence) -> Answer:
    """The ports that containers of Redis publish, and the kind of the Services in front of them."""
    tally = Tally()
    for server in evidence.servers:
        for verdict, place in exposure(evidence, server):
            tally.add(verdict, place)
    if not tally.all:
        outside = Step("From outside this must fail", evidence.names.broker.reach)
        return nothing("Nothing here starts the broker, so that its network is not known.", SERVER, (outside,))
    return covered(
        evidence, "security.network", tally, "Closed to the outside", "way", missing=SERVER, notes={"CEL823"}
    )


def exposure(evidence: Evidence, server: Broker) -> Iterator[tuple[bool | None, Place]]:
    """Whether each way to a server leads there from outside."""
    host = server.host
    if host is None:
        return
    services = [service for service in evidence.deployment.services if service.covers(host)]
    for service in services:
        kind = service.spec.string("type") or "ClusterIP"
        yield kind not in OPEN_SERVICES, evidence.spot(service.place, f"a Service of type {kind}")
    for port in host.ports:
        open_ = port.reach == "all"
        yield not open_, evidence.spot(port.place, "published on all interfaces" if open_ else "")
    if not services and not host.ports:
        yield unpublished(evidence, server, host, "no port is published")


def unpublished(evidence: Evidence, server: Broker, host: Host, note: str) -> tuple[bool | None, Place]:
    """Whether a server that publishes no port is out of reach. A container is, as `note` says. On a machine Redis
    answers whoever reaches it, unless it is bound to the loopback, or nothing says who may and it protects itself."""
    if host.kind in ORCHESTRATED:
        return True, evidence.spot(host.place, note)
    bound = server.get("bind")
    guarded = any(server.get(name) is not None for name in AUTHENTICATION)
    protected = not guarded and words(server.get("protected-mode")) != "no"
    loopback = all(LOOPBACK.match(address) for address in bound.arguments) if bound is not None else protected
    if loopback and not server.open:
        return True, evidence.spot(server.started_at, "it answers on its own machine only")
    return None, evidence.spot(server.started_at, "who reaches its machine is not written here")


@section.item("firewall", "Only what needs the broker can reach it", "pass partly fail unknown")
def firewall(evidence: Evidence) -> Answer:
    """NetworkPolicies that cover the pods of Redis; in Compose, that no port is published."""
    tally = Tally()
    for server in evidence.servers:
        if server.host is not None:
            tally.add(*walled(evidence, server, server.host))
    if not tally.all:
        other = Step("From a machine that is no worker this must fail", evidence.names.broker.reach)
        return nothing(
            "No firewall rule or NetworkPolicy for the broker is here.", "firewall rules, security groups", (other,)
        )
    return covered(evidence, "security.firewall", tally, "Restricted", "Redis server", missing="firewall rules")


def walled(evidence: Evidence, server: Broker, host: Host) -> tuple[bool | None, Place]:
    """Whether something keeps others from a Redis server."""
    if host.kind != "kubernetes":
        published = [port for port in host.ports if port.reach == "all"]
        if published:
            return False, evidence.spot(published[0].place, "reachable by whoever reaches the machine")
        return unpublished(evidence, server, host, "on its Compose network only")
    covers = [(policy.covers(host), policy) for policy in evidence.deployment.policies]
    policy = next((found for verdict, found in covers if verdict), None)
    if policy is not None:
        return True, evidence.spot(policy.place, f"covers {host.workload}")
    unclear = any(verdict is None for verdict, _ in covers)
    return None if unclear else False, evidence.spot(host.at("name"), "every pod of the cluster reaches it")


# Application


@section.item("no-pickle", "No message can run code: pickle and YAML are refused", "pass fail unknown")
def no_pickle(evidence: Evidence) -> Answer:
    """`accept_content`, and serialisers of tasks, dispatches and settings."""
    return config.no_pickle(evidence, "security.no-pickle") if evidence.is_celery else nothing()


@section.item("secrets", "Secrets come from the environment, not in arguments of tasks", "pass fail unknown")
def secrets(evidence: Evidence) -> Answer:
    """The parameters of every task and the arguments of every dispatch, by their names and what they hold."""
    return prohibited(
        evidence,
        "security.secrets",
        seen=[*evidence.task_places, *evidence.dispatch_places],
        clean=f"{count(len(evidence.tasks), 'task')} and {count(len(evidence.dispatches), 'dispatch')} were looked at; "
        "no secret is among their arguments.",
        wrong="a secret goes through broker, events and logs in clear.",
    )


@section.item("input-validation", "Tasks check what they are given", "pass fail manual unknown")
def input_validation(evidence: Evidence) -> Answer:
    """Parameters that reach a shell, SQL, `eval`, a path unchecked; tasks with `pydantic=True`. That the rest is
    checked well enough is for you to judge."""
    if not evidence.tasks:
        return nothing()
    findings = evidence.findings("security.input-validation")
    if findings:
        places = tuple(evidence.of_finding(finding) for finding in findings)
        found = f"{count(len(findings), 'place')}: a parameter is used as code, as SQL or as a path, unchecked."
        return Answer("fail", found, places, tuple(findings))
    checked = [task for task in evidence.tasks if truth(evidence.index.option(task, "pydantic").value) is True]
    places = tuple(evidence.task_place(task) for task in checked)
    if len(checked) == len(evidence.tasks):
        return Answer("pass", f"Checked by pydantic: {count(len(checked), 'task')}.", places)
    others = [task for task in evidence.tasks if task not in checked]
    wrong = f"--args='[{', '.join(['null'] * len(needs(evidence, others[0]) or [0]))}]'"
    return manual(
        "No parameter is known to reach a shell, SQL, `eval` or a path unchecked. "
        f"Checked by pydantic: {len(checked)} of {count(len(evidence.tasks), 'task')}; look at the others.",
        Step(
            "Send one something wrong; it has to refuse", evidence.names.celery("call", others[0].name or "TASK", wrong)
        ),
        evidence=[evidence.task_place(task) for task in others],
    )


@section.item("rate-limits", "No user can send more work than is fair", "pass partly unknown")
def rate_limits(evidence: Evidence) -> Answer:
    """Throttling and rate limiting in the code that sends tasks, and `rate_limit` of tasks."""
    if not evidence.is_celery:
        return nothing()
    caveat = "`rate_limit` of a task counts for each worker by itself, and for all users together."
    by_user = tuple(place for word in LIMITERS for place in evidence.quoted(word, LIMITING))
    if by_user:
        places = tuple(dict.fromkeys(by_user))
        return Answer("pass", f"Limits are set in {count(len(places), 'place')}.", places)
    limited = [task for task in evidence.tasks if is_limited(evidence, task.options.get("rate_limit"))]
    general = of_settings(evidence.settings("task_default_rate_limit"), is_set, "").right
    if limited or general:
        places = (*general, *(evidence.task_place(task) for task in limited))
        return Answer(
            "partly", f"With `rate_limit`: {count(len(limited), 'task')}; none by user.", places, caveat=caveat
        )
    return nothing("No limit is set here.", "the gateway or proxy in front of the application")


def is_limited(evidence: Evidence, value: object) -> bool:
    return isinstance(value, Const) and bool(value.value)


# Access


@section.item("flower", "Flower asks for a login", "pass fail unknown")
def flower(evidence: Evidence) -> Answer:
    """Options and variables of every Flower that is started, and the ports that it publishes."""
    tally = Tally()
    for program in evidence.flowers:
        verdict = guarded(program)
        tally.add(verdict, evidence.command(program, "no login is asked for" if verdict is False else ""))
    if not tally.all:
        return nothing("No Flower is started here.", "the files that deploy Flower")
    return covered(evidence, "security.flower", tally, "With a login", "Flower", missing="its environment")


@section.item("control", "Nobody can stop or steer workers without a login", "pass partly fail unknown")
def control(evidence: Evidence) -> Answer:
    """`worker_enable_remote_control`, and whether the broker, which control commands go through, asks for a login."""
    if not evidence.is_celery:
        return nothing()
    settings = evidence.settings("worker_enable_remote_control")
    off = of_settings(settings, lambda value: value is not None and truth(value) is False, "").right
    tally = Tally(right=off) if off else authenticated(evidence)
    if not tally.all:
        return nothing("Whether the broker asks for a login is not known here.", SERVER)
    if off:
        return covered(evidence, "security.control", tally, "Remote control is off.")
    found = "Whoever writes to the broker controls workers. With a login"
    return covered(evidence, "security.control", tally, found, "place", missing=SERVER)


@section.item("logs", "Logs hold nothing that must stay secret", "pass fail unknown")
def logs(evidence: Evidence) -> Answer:
    """What tasks log, print and return of parameters that are named like secrets."""
    return prohibited(
        evidence,
        "security.logs",
        seen=evidence.task_places,
        clean=f"None of {count(len(evidence.tasks), 'task')} is known to log or return a secret parameter.",
        wrong="a secret is logged, printed or returned.",
    )
