"""Which broker a project uses, and what its URLs say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address

from celerylint.celery_data import ALIASES
from celerylint.index import Index
from celerylint.records import dataclass
from celerylint.values import Attr, Call, Const, Name, Value, beginning, options

BROKER_URLS = frozenset({"broker_url", "broker_read_url", "broker_write_url"})
URLS = BROKER_URLS | {"result_backend"}
REDIS, AMQP = "redis", "amqp"
SCHEMES = {"redis": REDIS, "rediss": REDIS, "redis+socket": REDIS, "sentinel": REDIS, "amqp": AMQP, "amqps": AMQP}
# What Celery talks to where nothing is configured (`broker_url` of celery.app.defaults, 5.7).
DEFAULT = AMQP
URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9]*(?:\+[a-z0-9]+)?)://"
    r"(?:(?P<user>[^\s:/@]*)(?::(?P<password>[^\s@]*))?@)?(?P<host>\[[^\]]+\]|[^\s:/?,;@]*)",
    re.IGNORECASE,
)
LOCAL_NAMES = frozenset({"", "localhost", "localhost.localdomain", "0.0.0.0", "host.docker.internal"})
# Endings of names that are resolved inside a cluster, a compose network or a company only.
INSIDE = (".local", ".localhost", ".internal", ".svc", ".lan", ".home", ".intra", ".corp", ".private", ".test")


@dataclass(frozen=True, slots=True)
class Url:
    """What a broker URL says. `password` is None where none is written, "" for an empty one."""

    scheme: str
    user: str
    password: str | None
    host: str

    @property
    def transport(self) -> str:
        """The broker: `redis`, `amqp`, or the scheme itself."""
        scheme = ALIASES.get(self.scheme, self.scheme)
        return SCHEMES.get(scheme, scheme)

    @property
    def is_encrypted(self) -> bool:
        return self.scheme in {"rediss", "amqps"}

    @property
    def is_local(self) -> bool:
        """Whether the host is this machine."""
        return self.host.lower() in LOCAL_NAMES or (is_address(self.host) and ip_address(self.host).is_loopback)

    @property
    def is_inside(self) -> bool:
        """Whether the host is this machine, a service of a compose file or cluster, or in a private network."""
        if is_address(self.host):
            return ip_address(self.host).is_private
        name = self.host.lower().rstrip(".")
        return self.is_local or "." not in name or name.endswith(INSIDE) or ".svc." in name


def is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def parse(text: str) -> Iterator[Url]:
    """The URLs in a setting, which may name several with `;` between them."""
    for match in URL.finditer(text):
        host = match["host"].strip("[]")
        yield Url(match["scheme"].lower(), match["user"] or "", match["password"], host)


def broker(index: Index) -> str:
    """The broker in production: `redis`, `amqp`, `sqs`, another scheme; "" where it is not known, or differs."""
    if index.traits.broker:
        return index.traits.broker
    given = [row.value for row in index.configuration.reaching("broker_transport")]
    found = {transport(value) for value in given}
    for row in index.configuration.reaching("broker_url") if not found else ():
        found |= transports(row.value)
    if not found:
        return "" if index.configuration.hidden else DEFAULT
    return found.pop() if len(found) == 1 else ""


def broker_of(app: str, index: Index) -> str:
    """The broker of an app where it has a URL of its own, else the project's; "" where it is not known."""
    rows = index.configuration.effective("broker_url", app) if app and not index.traits.broker else []
    found = {kind for row in rows for kind in transports(row.value)}
    return found.pop() if len(found) == 1 else broker(index) if not found else ""


def transport(value: Value) -> str:
    """The broker that `broker_transport` names."""
    return SCHEMES.get(value.value, value.value) if isinstance(value, Const) and isinstance(value.value, str) else ""


def transports(value: Value) -> set[str]:
    """The brokers that a URL may be of; "" is one that cannot be told."""
    found = {url.transport for option in options(value) for text in texts(option) for url in list(parse(text))[:1]}
    return found or {""}


def texts(value: Value) -> Iterator[str]:
    """What a URL is known to begin with, or what the environment's default is."""
    if start := beginning(value):
        yield start
    elif isinstance(value, Call) and isinstance(value.func, Name | Attr):
        for given in (*value.args, *(item for _, item in value.keywords)):
            for option in options(given):
                text = beginning(option)
                if "://" in text:
                    yield text
                elif isinstance(option, Call):
                    yield from texts(option)


def from_environment(value: Value) -> bool:
    """Whether a value is read from the environment, or from a file beside the code."""
    match value:
        case Call(func=Name(dotted=dotted)):
            return dotted.startswith(("os.environ", "os.getenv", "environ.", "decouple.")) or ".env" in dotted
        case _:
            return False
