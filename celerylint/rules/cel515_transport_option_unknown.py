"""A key of `broker_transport_options` that the broker's transport does not read.

The options are handed to the transport, which takes what it knows and drops the rest without a word. A slip in
`visibility_timeout` leaves it at an hour, and every task with a longer countdown runs several times. It has to be set
for the result backend as well: the shorter of the two is the one that counts.

Bad::

    from celery import Celery

    app = Celery("shop", broker="redis://redis/0")
    app.conf.broker_transport_options = {"visiblity_timeout": 43200}

Good::

    from celery import Celery

    app = Celery("shop", broker="redis://redis/0")
    app.conf.broker_transport_options = {"visibility_timeout": 43200}

Silent on transports other than Redis, Sentinel, SQS and AMQP, where the broker is not known on keys that any of these
has, and on what is put together at run time.

Source: `kombu.transport.redis.Channel.from_transport_options` and its kin (kombu 5.7);
https://docs.celeryq.dev/en/stable/getting-started/backends-and-brokers/redis.html#visibility-timeout.
"""

from collections.abc import Iterator

from celerylint import celery_data
from celerylint.celery_data import nearest
from celerylint.facts import Setting
from celerylint.file import File
from celerylint.index import Index
from celerylint.index.mappings import Entry
from celerylint.rule import Finding, Related, Rule
from celerylint.rules.brokers import parse, texts
from celerylint.rules.numbers import amount

rule = Rule(__name__, severity="error", message="{transport} reads no `{name}`, so this has no effect{hint}")
DIFFERENT = (
    "The result backend's `visibility_timeout` is {one:g} s and the broker's {other:g} s: the shorter one counts for "
    "both; set the same"
)

TRANSPORTS = {"redis": "Redis", "sentinel": "Sentinel", "sqs": "SQS", "amqp": "AMQP"}
RESULTS = "result_backend_transport_options"


@rule.check(Setting)
def unknown(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    if setting.name != "broker_transport_options" or setting.form == "extends":
        return
    used = schemes(index)
    known = frozenset[str]()
    for transport in used:
        options = celery_data.transport_options(transport)
        if options is None:
            return
        known |= options
    for entry in index.mappings.entries(setting.given, setting.path).items:
        if entry.name and entry.name not in known and entry.path == file.path and entry.key_span is not None:
            near = nearest(entry.name, known)
            transport = TRANSPORTS.get(next(iter(used)), "The broker") if len(used) == 1 else "No broker"
            hint = f"; did you mean `{near}`?" if near else ""
            yield rule.finding(
                file, entry.key_span, data={"instead": near or ""}, transport=transport, name=entry.name, hint=hint
            )


def schemes(index: Index) -> set[str]:
    """The transports that may be in use; all that are known where the broker is not."""
    rows = index.configuration.production("broker_url")
    found = {url.scheme for row in rows for text in texts(row.value) for url in parse(text)}
    known = {celery_data.ALIASES.get(scheme, scheme) for scheme in found}
    others = [row for row in rows if not any("://" in text for text in texts(row.value))]
    return known if known and not others else set(TRANSPORTS) | known


@rule.check(Setting)
def different(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    if setting.name != RESULTS or setting not in index.configuration.reaching(RESULTS):
        return
    entry = timeout(setting, index)
    rows = index.configuration.effective("broker_transport_options", setting.app)
    other = timeout(rows[0], index) if len(rows) == 1 else None
    if entry is None or other is None or entry.key_span is None or entry.path != file.path:
        return
    one, two = amount(entry.value, index), amount(other.value, index)
    if one is not None and two is not None and one != two:
        related = (Related(other.path, other.key_span, "the broker's"),) if other.key_span is not None else ()
        yield rule.finding(
            file, entry.key_span, related=related, message=DIFFERENT, data={"instead": ""}, one=one, other=two
        )


def timeout(setting: Setting, index: Index) -> Entry | None:
    return index.mappings.entries(setting.given, setting.path).get("visibility_timeout")
