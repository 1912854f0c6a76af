"""What a setting is in production, where the code takes it from the environment and deployment files set that."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote

from celerylint.checklist.item import Place
from celerylint.deploy.model import Process
from celerylint.deploy.snippets import HIDDEN
from celerylint.records import dataclass
from celerylint.values import Call, Const, Item, Name, Value, beginning, dotted, options

if TYPE_CHECKING:
    from celerylint.checklist.evidence import Evidence, InForce

VARIABLE = re.compile(r"[A-Z][A-Z0-9_]+")
READERS = re.compile(r"(?:^|[._])(?:env|environ|getenv|config)(?:$|[._(])", re.IGNORECASE)
# What Celery itself reads before the setting (`celery.app.utils.Settings`, 5.7).
READ_BY_CELERY = {
    "broker_url": ("CELERY_BROKER_WRITE_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_URL"),
    "result_backend": ("CELERY_RESULT_BACKEND",),
}
URL = re.compile(
    r"(?P<scheme>[a-z][\w+.-]*)://(?:(?P<user>[^/@]*)@)?(?P<host>\[[^\]]*\]|[^/:?#]*)(?::(?P<port>[^/?#]*))?"
    r"(?:/(?P<path>[^?#]*))?",
    re.IGNORECASE,
)
LOCAL = re.compile(r"localhost|127\.\d+\.\d+\.\d+|\[?::1\]?|0\.0\.0\.0|", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Text:
    """A text with its place; what of it is not known is HIDDEN."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Url:
    """The parts of a broker's or result backend's URL. A part that is not known is HIDDEN; `path` is the database."""

    scheme: str
    user: str
    host: str
    port: str
    path: str
    place: Place

    @property
    def is_redis(self) -> bool:
        return self.scheme.lower() in {"redis", "rediss", "redis+socket", "sentinel"}

    @property
    def is_amqp(self) -> bool:
        return self.scheme.lower() in {"amqp", "amqps", "pyamqp", "librabbitmq", "confluentkafka"}

    @property
    def kind(self) -> str:
        """The kind of broker: `redis`, `amqp`, `sqs`, or the scheme of another."""
        if self.is_redis or self.is_amqp:
            return "redis" if self.is_redis else "amqp"
        return "sqs" if self.host.startswith("sqs.") else self.scheme.lower().partition("+")[0]

    @property
    def is_encrypted(self) -> bool:
        return self.scheme.lower() in {"rediss", "amqps", "https", "sqs"}

    @property
    def is_local(self) -> bool:
        return LOCAL.fullmatch(self.host) is not None and HIDDEN not in self.port

    @property
    def is_elsewhere(self) -> bool:
        """Whether it names a server by a full domain name outside of a cluster: one that nothing here starts."""
        return HIDDEN not in self.host and "." in self.host and not self.is_local and ".svc" not in self.host

    @property
    def has_password(self) -> bool | None:
        """Whether it has a password; not known where the part before the host is not. The login that every RabbitMQ
        has is none, and SQS asks for the account's."""
        if self.kind == "sqs":
            return True
        if self.user == "guest:guest":
            return False
        if not self.user and HIDDEN in self.host + self.port:
            # `scheme://:` and then something that is not known, up to the `@`.
            return True if not self.host and self.port else None
        return ":" in self.user and not self.user.endswith(":")

    @property
    def server(self) -> tuple[str, str] | None:
        """Host and port; None where they are not known."""
        return None if HIDDEN in self.host + self.port or not self.host else (self.host.lower(), self.port)


def texts(evidence: Evidence, name: str, settings: Iterable[InForce]) -> list[Text]:
    """What a setting may be in production, as far as it is known: from the environment of the deployed programs, else
    from the code."""
    found = [text for setting in settings for text in of_setting(evidence, name, setting)]
    return list({(text.text, text.place): text for text in found}.values())


def of_setting(evidence: Evidence, name: str, setting: InForce) -> Iterator[Text]:
    direct = list(deployed(evidence, READ_BY_CELERY.get(name, ())))
    yield from direct
    if direct and len(direct) == len(evidence.processes):
        return
    for row, place in zip(setting.rows, setting.places, strict=False):
        yield from written(evidence, row.value, place)


def written(evidence: Evidence, value: Value, place: Place) -> Iterator[Text]:
    """What an expression may be: a text, a variable of the deployed programs, or else that variable's default."""
    for option in options(value):
        variable, default = variable_of(option)
        given = list(deployed(evidence, (variable,))) if variable else []
        if given:
            yield from given
        elif not variable and (text := known(option)):
            yield Text(text, place)
        elif default is not None:
            yield from written(evidence, default, place)


def known(value: Value) -> str:
    """The text that a value is, HIDDEN for a part that is not known; "" where nothing is."""
    if isinstance(value, Const):
        return value.value if isinstance(value.value, str) else ""
    start = beginning(value)
    return start + HIDDEN if start else ""


def variable_of(value: Value) -> tuple[str, Value | None]:
    """The environment variable that a value is read from, "" without one, and the default."""
    match value:
        case Item(base=Name(dotted="os.environ"), key=Const(value=str() as name)):
            return name, None
        case Call(func=func, args=(Const(value=str() as name), *rest)) if is_reader(func) and VARIABLE.fullmatch(name):
            return name, rest[0] if rest else value.keyword("default")
        case _:
            return "", None


def is_reader(func: Value) -> bool:
    """Whether a function is known, or named, to read the environment: `os.getenv`, `env.str`, `config`."""
    return READERS.search(dotted(func)) is not None if isinstance(func, Name) else "env" in repr(func).lower()


def deployed(evidence: Evidence, names: Iterable[str]) -> Iterator[Text]:
    """What deployed programs have in the first of some variables that is set."""
    for process in evidence.processes:
        found = next((text for name in names if (text := of_process(evidence, process, name)) is not None), None)
        if found is not None:
            yield found


def of_process(evidence: Evidence, process: Process, name: str) -> Text | None:
    variable = process.environment.values.get(name)
    if variable is None or variable.value.strip(HIDDEN) == "":
        return None
    return Text(variable.value, evidence.place(variable.path, variable.span))


def urls(evidence: Evidence, name: str) -> list[Url]:
    """The URLs that `broker_url` or `result_backend` may be in production; several in one are each their own."""
    found = []
    for text in texts(evidence, name, evidence.settings(name)):
        for part in text.text.split(";"):
            match = URL.match(part.strip())
            if match is not None:
                scheme, user, host, port, path = (unquote(part or "") for part in match.groups())
                found.append(Url(scheme, user, host, port, path, text.place))
    remote = [url for url in found if not url.is_local]
    return list(dict.fromkeys(remote or found))
