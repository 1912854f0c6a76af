"""A pinned version with a fault that this project's configuration runs into.

A fault of a library shows months after the pin: a worker that looks alive after Redis was away and takes no message any
more, results that fail after a lost connection. Only releases that a lock file or the requirements name are judged, and
only where the project uses what is at fault.

Bad::

    # requirements.txt
    celery==5.3.6
    kombu==5.3.7

    # tasks.py
    from celery import Celery

    app = Celery("shop", broker="redis://redis/0")

    @app.task
    def ship(order_id):
        return order_id

Good::

    # requirements.txt
    celery==5.3.6
    kombu==5.4.2

    # tasks.py
    from celery import Celery

    app = Celery("shop", broker="redis://redis/0")

    @app.task
    def ship(order_id):
        return order_id

What is known: kombu 5.2.3 to 5.3.7 with Redis as broker; kombu 5.6.1 with redis-py before 4.4, and kombu 5.7 with
redis-py before 6.1, both with Redis as broker; Celery 5.6.3 with redis-py before 5.3 and results in Redis; Celery 4.2
to 5.2.1 and a result backend (CVE-2021-23727); Flower before 1.2 that lets users in by a pattern for their addresses
(CVE-2022-30034). Silent where a range is asked for, where broker or backend are not known, on a pattern that ends in
`$`, and on what files for development pin.

Source: seen with the releases on both sides of each bound: workers of kombu 5.2.2, 5.2.3, 5.3.7 and 5.4.0 after Redis
was away for 15 seconds (restarts of a second did no harm), the errors of the pairs with redis-py, the command that
Celery 5.2.1 runs. Read: `celery.backends.base` (4.1 to 5.2.2), `flower.views.auth` (1.1 and 1.2).
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from celerylint.deploy import Deployment
from celerylint.deploy.model import Place
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules import brokers
from celerylint.rules.backends import scheme
from celerylint.rules.deployed import is_production_file, uses_celery
from celerylint.source import Span
from celerylint.specifiers import Pin, Release

rule = Rule(
    __name__,
    severity="warning",
    message="With {package} {release}{beside} {effect}; {remedy} ({link})",
)


class Fault(NamedTuple):
    """A fault of a package from `since` on, before `until`, for projects that `meets` says use what is at fault.

    `beside` is a second package with the release from which on it works with the first.
    """

    package: str
    since: Release
    until: Release
    meets: Callable[[Index, Deployment], bool]
    effect: str
    remedy: str
    link: str
    beside: tuple[str, Release] | None = None


def redis_broker(index: Index, deployment: Deployment) -> bool:
    """Whether an app is known to have Redis as its broker."""
    apps = [app.key for app in index.apps if index.configuration.is_production(app.path)]
    return any(brokers.broker_of(key, index) == brokers.REDIS for key in apps or [""])


def redis_results(index: Index, deployment: Deployment) -> bool:
    """Whether results of an app are known to go to Redis."""
    return any(
        brokers.transports(row.value) == {brokers.REDIS} for row in index.configuration.reaching("result_backend")
    )


def stored_results(index: Index, deployment: Deployment) -> bool:
    rows = index.configuration.reaching("result_backend")
    return bool(rows) and "none" not in {scheme(row.value) for row in rows}


def flower_with_addresses(index: Index, deployment: Deployment) -> bool:
    """Whether a Flower is known to let users in by a pattern whose end is open."""
    given = (flower.line.option("--auth") for flower in deployment.flowers)
    return any(auth.known and bool(auth.value) and not str(auth.value).endswith("$") for auth in given if auth)


FAULTS = (
    Fault(
        "kombu",
        (5, 2, 3),
        (5, 4, 0),
        redis_broker,
        "a worker takes no message any more once Redis was away for some seconds, and looks alive",
        "upgrade to kombu 5.4 or newer",
        "celery/celery#8030",
    ),
    Fault(
        "kombu",
        (5, 6, 1),
        (5, 6, 2),
        redis_broker,
        "every connection to Redis fails with `TypeError`",
        "upgrade kombu to 5.6.2 or redis to 4.4",
        "celery/kombu#2419",
        ("redis", (4, 4, 0)),
    ),
    Fault(
        "kombu",
        (5, 7, 0),
        (5, 7, 1),
        redis_broker,
        "every connection to Redis fails with `VersionMismatch`",
        "upgrade redis to 6.4",
        "kombu.transport.redis",
        ("redis", (6, 1, 0)),
    ),
    Fault(
        "celery",
        (5, 6, 3),
        (5, 6, 4),
        redis_results,
        "who waits for a result may get `TypeError` in its place once the connection to Redis was lost",
        "upgrade redis to 5.3",
        "celery/celery#10294",
        ("redis", (5, 3, 0)),
    ),
    Fault(
        "celery",
        (4, 2, 0),
        (5, 2, 2),
        stored_results,
        "whoever can write to the result backend runs commands where results are read",
        "upgrade to Celery 5.2.2 or newer",
        "CVE-2021-23727",
    ),
    Fault(
        "flower",
        (0,),
        (1, 2, 0),
        flower_with_addresses,
        "`--auth` lets in addresses that only begin as the pattern does",
        "upgrade to Flower 1.2 or newer",
        "CVE-2022-30034",
    ),
)


@rule.check(Deployment)
def faulty(deployment: Deployment, _: Deployment, index: Index) -> Iterator[Finding]:
    if not uses_celery(index, deployment):
        return
    pinned = cache(deployment.pin)
    for fault in FAULTS:
        pin = pinned(fault.package) if fault.meets(index, deployment) else None
        if pin is None or not fault.since <= pin.release < fault.until or not is_production_file(pin.path, deployment):
            continue
        other = beside(fault, deployment)
        if other is not None:
            yield rule.at(
                line_of(pin, deployment),
                package=fault.package,
                release=dotted(pin.release),
                beside=other,
                effect=fault.effect,
                remedy=fault.remedy,
                link=fault.link,
            )


def beside(fault: Fault, deployment: Deployment) -> str | None:
    """What to say of the second package that is at fault, None where it is not."""
    if fault.beside is None:
        return ""
    package, works = fault.beside
    pin = deployment.pin(package)
    return f" and {package} {dotted(pin.release)}" if pin is not None and pin.release < works else None


def dotted(release: Release) -> str:
    return ".".join(map(str, release))


def line_of(pin: Pin, deployment: Deployment) -> Place:
    """The line that pins a release."""
    source = deployment.source(pin.path)
    text = source.line(pin.line) if source is not None else ""
    start = len(text) - len(text.lstrip()) + 1
    return Place(pin.path, Span(pin.line, start, pin.line, max(start + 1, len(text.rstrip()) + 1)))
