"""TLS to the broker without a look at its certificate, or none at all although it is asked for.

With `ssl_cert_reqs` of none any server is taken for the broker: whoever is on the way reads the messages and puts in
their own. `broker_use_ssl = True` does nothing on Redis: without a dict of options kombu connects in clear.

Bad::

    import ssl
    from celery import Celery

    app = Celery("shop", broker="rediss://redis.shop.example/0")
    app.conf.broker_use_ssl = {"ssl_cert_reqs": ssl.CERT_NONE}

Good::

    import ssl
    from celery import Celery

    app = Celery("shop", broker="rediss://redis.shop.example/0")
    app.conf.broker_use_ssl = {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_ca_certs": "/etc/ssl/redis.pem"}

Silent in tests and development settings, and on values that are not known.

Source: `kombu.transport.redis.Channel._connparams` (kombu 5.7), `celery.backends.redis` (5.7).
"""

import ast
import re
from collections.abc import Iterator

from celerylint.facts import Setting
from celerylint.file import File
from celerylint.index import Index
from celerylint.index.mappings import Entry
from celerylint.rule import Finding, Rule
from celerylint.rules.brokers import REDIS, URLS, parse, texts, transports
from celerylint.rules.setting_places import written
from celerylint.values import Const, Name, Value, beginning

rule = Rule(
    __name__,
    severity="error",
    message="The server's certificate is not looked at, so anybody on the way can read and send messages; require it, "
    "with the authority's certificate in `ssl_ca_certs`",
    checklist=("broker.tls", "security.tls"),
)
PLAIN = "On Redis this asks for no TLS at all: kombu needs a dict; write `rediss://`, or a dict with `ssl_cert_reqs`"

OPTIONS = frozenset({"broker_use_ssl", "redis_backend_use_ssl"})
KEYS = ("ssl_cert_reqs", "cert_reqs")
NONE = frozenset({"none", "cert_none", "optional", "cert_optional"})
IN_URL = re.compile(r"[?&]ssl_cert_reqs=(?:cert_)?none\b", re.IGNORECASE)


@rule.check(Setting)
def unverified(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    if not index.configuration.is_production(setting.path, setting.condition):
        return
    if setting.name in URLS and (IN_URL.search(beginning(setting.value)) or in_text(setting, file)):
        yield rule.finding(file, written(file, setting)[0], data={"value": None})
    elif setting.name in OPTIONS:
        entry = not_required(setting, index)
        if entry is not None:
            inside = entry.path == file.path
            span = (entry.span if inside else None) or written(file, setting)[0]
            yield rule.finding(file, span, data={"value": entry.span if inside else None})
        elif setting.name == "broker_use_ssl" and setting.value == Const(True) and is_plain_redis(setting, index):
            yield rule.finding(file, written(file, setting)[0], message=PLAIN, data={"value": None})


def not_required(setting: Setting, index: Index) -> Entry | None:
    """The item of a dict of options that turns the check of the certificate off."""
    found = index.mappings.entries(setting.given, setting.path)
    entries = [entry for key in KEYS if (entry := found.get(key)) is not None]
    return next((entry for entry in entries if is_none(entry.value, index)), None)


def is_none(value: Value, index: Index) -> bool:
    match index.expand(value):
        case Name(dotted="ssl.CERT_NONE" | "ssl.VerifyMode.CERT_NONE"):
            return True
        case Const(value=None):
            return True
        case Const(value=str() as text):
            return text.lower() in NONE - {"optional", "cert_optional"}
        case Const(value=int() as number):
            return number == 0
        case _:
            return False


def in_text(setting: Setting, file: File) -> bool:
    """Whether the URL is put together with a query that turns the check off."""
    _, node = written(file, setting)
    parts = ast.walk(node) if node is not None else ()
    return any(isinstance(part, ast.Constant) and IN_URL.search(str(part.value)) is not None for part in parts)


def is_plain_redis(setting: Setting, index: Index) -> bool:
    """Whether the broker is known to be Redis, reached by a URL without TLS."""
    rows = index.configuration.effective("broker_url", setting.app) or index.configuration.reaching("broker_url")
    schemes = {url.scheme for row in rows for text in texts(row.value) for url in parse(text)}
    return schemes == {"redis"} and all(transports(row.value) == {REDIS} for row in rows)
