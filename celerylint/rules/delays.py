"""How long a message waits in a worker before it runs or is acknowledged, and how long its broker lets it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Literal

from celerylint.facts import Dispatch, Setting, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.records import dataclass
from celerylint.rules import retries
from celerylint.rules.brokers import AMQP, REDIS, transport, transports
from celerylint.rules.declared import Declared, declared
from celerylint.rules.limits import app_key
from celerylint.rules.numbers import amount
from celerylint.rules.setting_places import written
from celerylint.source import Span
from celerylint.values import Binary, Call, Const, Mapping, Name, Value, options, truth, walk

# Seconds (kombu.transport.redis.Channel and .SQS.Channel, 5.7).
VISIBILITY = {REDIS: 3600, "sqs": 1800}
NOW = frozenset({"datetime.datetime.now", "datetime.datetime.utcnow", "django.utils.timezone.now"})
OTHERS = re.compile(r"(?i)amqp|rabbit|sqs|kafka|memory|sqla|mongo")
# A worker holds messages with a delay where these send them.
ARTICLES = {"countdown": "a", "eta": "an"}
SENDERS = frozenset({"delay", "apply_async", "send_task", "apply_async_on_commit", "retry", "signature"})


@dataclass(frozen=True, slots=True)
class Delay:
    """A time that a message stays unacknowledged: `what` names its cause, `seconds` is how long at most, `kind` says
    whether a call or a retry waits, or a task runs as long as its own limit or that of all tasks lets it."""

    kind: Literal["call", "retry", "run", "limit"]
    span: Span
    what: str
    seconds: float
    app: str


def delays(subject: Dispatch | Task | Setting, file: File, index: Index) -> Iterator[Delay]:
    """The delays that a dispatch, a task's own options or a setting makes."""
    match subject:
        case Dispatch():
            yield from of_call(subject, file, index)
        case Task():
            yield from of_retries(subject, file, index)
            yield from of_late_task(subject, file, index)
        case Setting():
            yield from of_settings(subject, file, index)


def of_call(dispatch: Dispatch, file: File, index: Index) -> Iterator[Delay]:
    """The delay of a call that sends a task later."""
    if dispatch.method not in SENDERS:
        return
    app = app_of_dispatch(dispatch, index)
    for name in ("countdown", "eta"):
        value = dispatch.options.get(name)
        seconds = from_now(value, index) if name == "eta" else amount(value, index)
        if seconds is not None:
            kind: Literal["call", "retry"] = "retry" if dispatch.method == "retry" else "call"
            place = keyword_span(file, dispatch.option_spans[name])
            yield Delay(kind, place, f"{ARTICLES[name]} `{name}`", seconds, app)


def app_of_dispatch(dispatch: Dispatch, index: Index) -> str:
    if dispatch.task is not None:
        return app_key(dispatch.task, index)
    main = index.configuration.main_apps
    return next(iter(main)) if len(main) == 1 else ""


def keyword_span(file: File, place: Span) -> Span:
    """The keyword whose value stands at a place."""
    node = file.node_at(place, ast.expr)
    above = file.parent(node) if node is not None else None
    return file.span(above) if isinstance(above, ast.keyword) else place


def from_now(value: Value | None, index: Index) -> float | None:
    """The seconds of `now() + timedelta(...)`."""
    match value:
        case Binary(op="Add", left=Call(func=Name(dotted=dotted)), right=right) if dotted in NOW:
            return amount(right, index)
        case _:
            return None


def of_retries(task: Task, file: File, index: Index) -> Iterator[Delay]:
    """The delays of a task's retries, as far as its own options say."""
    found = declared(task, file, index)
    if found is None:
        return
    app = app_key(task, index)
    automatic = retries.autoretried(task, index) is True
    backoff = index.option(task, "retry_backoff").value
    if "default_retry_delay" in found.options:
        flat = automatic and truth(backoff or Const(False)) is False
        by_hand = any(call.options.keys().isdisjoint({"countdown", "eta"}) for call in retries.retry_calls(task, index))
        seconds = amount(found.options["default_retry_delay"], index)
        if seconds is not None and (flat or by_hand):
            yield Delay("retry", found.place(file, "default_retry_delay"), "a `default_retry_delay`", seconds, app)
    if automatic and "retry_kwargs" in found.options and truth(backoff or Const(False)) is False:
        kwargs = found.options["retry_kwargs"]
        seconds = amount(kwargs.get("countdown"), index) if isinstance(kwargs, Mapping) else None
        if seconds is not None:
            yield Delay("retry", found.place(file, "retry_kwargs"), "a retry's `countdown`", seconds, app)
    if automatic and "retry_backoff_max" in found.options:
        longest = longest_backoff(found, task, index)
        if longest is not None:
            yield Delay("retry", found.place(file, "retry_backoff_max"), "a retry's backoff", longest, app)


def longest_backoff(found: Declared, task: Task, index: Index) -> float | None:
    """The longest delay that `retry_backoff` comes to (celery.utils.time.get_exponential_backoff_interval)."""
    backoff, most = index.option(task, "retry_backoff").value, amount(found.options["retry_backoff_max"], index)
    factor = 1 if backoff == Const(True) else amount(backoff, index)
    if most is None or not factor:
        return None
    tries = index.option(task, "max_retries").value
    count = 3 if tries is None else amount(tries, index)
    if tries == Const(None):
        return most
    return None if count is None or count < 1 else min(most, max(1, int(factor)) * 2 ** (min(count, 40) - 1))


def of_late_task(task: Task, file: File, index: Index) -> Iterator[Delay]:
    """How long a task may run that is acknowledged when it ends, where its own options say one or the other."""
    found = declared(task, file, index)
    if found is None or truth(index.option(task, "acks_late").value) is not True:
        return
    app = app_key(task, index)
    limits = {name: index.option(task, name).value for name in ("time_limit", "soft_time_limit")}
    name = next((name for name, value in limits.items() if value is not None), "")
    own = name if name in found.options else "acks_late" if not are_all_late(app, index) else ""
    seconds = amount(limits.get(name), index)
    if own in found.options and seconds:
        yield Delay("run", found.place(file, own), "a run of this late-acknowledged task", seconds, app)


def are_all_late(app: str, index: Index) -> bool:
    """Whether the settings have all tasks of an app acknowledged when they end."""
    late = [truth(row.value) for row in index.configuration.effective("task_acks_late", app)]
    return bool(late) and all(late)


def of_settings(setting: Setting, file: File, index: Index) -> Iterator[Delay]:
    """How long any task may run that is acknowledged when it ends, where the settings say both."""
    configuration = index.configuration
    if setting.name != "task_time_limit" or not configuration.is_production(setting.path, setting.condition):
        return
    seconds = amount(setting.value, index)
    if seconds and are_all_late(setting.app, index):
        yield Delay("limit", written(file, setting)[0], "a run of any late-acknowledged task", seconds, setting.app)


# Brokers


def broker_of(app: str, index: Index) -> str:
    """The broker of an app: `redis`, `sqs`, `amqp` …, "" where it is not known."""
    if index.traits.broker:
        return index.traits.broker
    found = {transport(row.value) for row in index.configuration.effective("broker_transport", app)}
    for row in index.configuration.effective("broker_url", app) if not found else ():
        found |= {known or named_for(option) for option in options(row.value) for known in transports(option)}
    if not found:
        return "" if index.configuration.hidden else AMQP
    return found.pop() if len(found) == 1 else ""


def named_for(value: Value) -> str:
    """Redis where what a URL is made of is named for it and for nothing else: `REDIS_URL`, `build_redis_url(...)`."""
    words = " ".join(part.dotted if isinstance(part, Name) else literal(part) for part in walk(value))
    is_redis = "redis" in words.lower() or "valkey" in words.lower()
    return REDIS if is_redis and not OTHERS.search(words) else ""


def literal(value: Value) -> str:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else ""


def visibility_timeout(app: str, index: Index) -> float | None:
    """For how many seconds the broker of an app keeps a message that a worker has; None where that is not known, or
    the broker has no such thing."""
    default = VISIBILITY.get(broker_of(app, index))
    rows = index.configuration.effective("broker_transport_options", app)
    if default is None or (not rows and index.configuration.hidden):
        return None
    found = [written_timeout(row.value, default, index) for row in rows]
    known = [seconds for seconds in found if seconds is not None]
    return max(known, default=default) if len(known) == len(found) else None


def written_timeout(value: Value, default: int, index: Index) -> float | None:
    if not isinstance(value, Mapping):
        return None
    given = value.get("visibility_timeout")
    if given is None:
        return None if value.open else default
    return amount(given, index)


def delays_natively(app: str, index: Index) -> bool:
    """Whether RabbitMQ itself may hold delayed messages: quorum queues with Celery 5.5 and later."""
    if index.traits.celery < (5, 5):
        return False
    kinds = index.configuration.effective("task_default_queue_type", app)
    if any(row.value != Const("classic") for row in kinds):
        return True
    arguments = (queue.options.get("queue_arguments") for queue in index.queues.declared)
    return any(value is not None and not is_classic(value) for value in arguments)


def is_classic(value: Value) -> bool:
    match value:
        case Mapping():
            return not value.open and value.get("x-queue-type") in (None, Const("classic"))
        case _:
            return False
