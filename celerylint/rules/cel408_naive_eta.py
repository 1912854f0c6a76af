"""`eta` or `expires` is local time without a time zone, or no time at all.

Celery reads a `datetime` without a time zone as UTC, whatever the `timezone` setting says. `datetime.now()` is local
time: where the host is not on UTC, the task runs hours early or late, or has expired before it starts.

Other types fail. A number or `timedelta` as `eta`, a `timedelta` or date as `expires`, and anything but a number as
`countdown` raise at the call. Text that is no ISO time in `eta` is sent, and the worker drops the message.

Bad::

    from datetime import datetime, timedelta

    from celery import shared_task

    @shared_task
    def remind(order_id):
        ...

    def buy(order_id):
        remind.apply_async((order_id,), eta=datetime.now() + timedelta(hours=1))

Good::

    from datetime import datetime, timedelta, timezone

    from celery import shared_task

    @shared_task
    def remind(order_id):
        ...

    def buy(order_id):
        remind.apply_async((order_id,), eta=datetime.now(timezone.utc) + timedelta(hours=1))

Silent about `datetime.utcnow()`, which is UTC as Celery reads it, about `django.utils.timezone.now()`, and about
everything of which the time zone or type is not known.

The fix makes the time aware, which moves it by the host's distance from UTC; a number of seconds becomes a
`countdown`, a `timedelta` its seconds.

Source: `celery.utils.time.maybe_make_aware`, `celery.app.amqp.AMQP.as_task_v2`, `celery.worker.request.Request` (5.7).
"""

import ast
from collections.abc import Iterator
from datetime import datetime

from celerylint.facts import Dispatch
from celerylint.file import File
from celerylint.index import Index
from celerylint.kinds import type_of
from celerylint.rule import Finding, Rule, call_of
from celerylint.rules.expecting import expects_error
from celerylint.values import Attr, Binary, Call, Const, Either, Name, Value

rule = Rule(
    __name__,
    severity="warning",
    message="`{option}` is local time without a time zone, and Celery reads it as UTC: the task {effect} by the host's "
    "distance from UTC; write `datetime.now(timezone.utc)`",
)
WRONG = "`{option}` is {kind}: {consequence}; write {instead}"
EFFECTS = {"eta": "runs too early or too late", "expires": "expires too early or too late"}
OPTIONS = ("eta", "expires", "countdown")
LOCAL = frozenset({"datetime.datetime.now", "datetime.datetime.today", "django.utils.timezone.datetime.now"})
MOVED = frozenset({"replace"})
RAISES = "this raises an error and nothing is sent"
DROPPED = "it is sent, and the worker drops it unread"
TYPES = {
    "eta": frozenset({"int", "float", "bool", "datetime.timedelta", "decimal.Decimal"}),
    "expires": frozenset({"datetime.timedelta", "datetime.date", "decimal.Decimal"}),
    "countdown": frozenset({"str", "datetime.timedelta", "datetime.datetime", "datetime.date", "decimal.Decimal"}),
}
CALLS = frozenset({"apply_async", "apply_async_on_commit", "send_task", "retry", "signature", "subtask"})


@rule.check(Dispatch)
def time_of_dispatch(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    if dispatch.method in CALLS and dispatch.options.keys() & set(OPTIONS):
        call = file.node_at(dispatch.span, ast.Call)
        if call is not None and not expects_error(call, file):
            yield from judged(call, file, index)


@rule.check(call_of("set"))
def time_set(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    """`signature.set(eta=…)`."""
    func = node.func
    sets = isinstance(func, ast.Attribute) and func.attr == "set" and any(k.arg in OPTIONS for k in node.keywords)
    if sets and isinstance(func, ast.Attribute) and index.canvases.is_signature(file.value(func.value)):
        yield from judged(node, file, index)


def judged(call: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    for keyword in call.keywords:
        if keyword.arg not in OPTIONS:
            continue
        value = index.expand(file.value(keyword.value))
        if keyword.arg in EFFECTS and is_local(value):
            data = {"kind": "local"}
            yield rule.finding(file, file.span(keyword), data=data, option=keyword.arg, effect=EFFECTS[keyword.arg])
        elif (kind := wrong_type(keyword.arg, value)) and keyword.arg is not None:
            yield rule.finding(
                file,
                file.span(keyword),
                message=WRONG,
                severity="error",
                data={"kind": kind},
                option=keyword.arg,
                kind=f"a {kind.rpartition('.')[2]}" if kind != "int" else "a number",
                consequence=DROPPED if keyword.arg == "eta" and kind == "str" else RAISES,
                instead=instead(keyword.arg, kind),
            )


def is_local(value: Value) -> bool:
    """Whether a value is local time without a time zone."""
    match value:
        case Call(func=Name(dotted=dotted), args=(), keywords=()):
            return dotted in LOCAL
        case Call(func=Attr(base=base, name=name)) if name in MOVED:
            return value.keyword("tzinfo") is None and is_local(base)
        case Binary(op="Add" | "Sub", left=left):
            return is_local(left)
        case Either(options=options):
            return all(is_local(option) for option in options)
        case _:
            return False


def wrong_type(option: str, value: Value) -> str:
    """The type of a value that Celery cannot use for an option, "" where it can or that is not known."""
    kind = type_of(value)
    if isinstance(value, Const):
        if not value.value:
            return ""
        if isinstance(value.value, str) and option != "countdown":
            return "" if is_iso(value.value) else "str"
    return "int" if kind in {"float", "bool"} and kind in TYPES[option] else kind if kind in TYPES[option] else ""


def is_iso(text: str) -> bool:
    try:
        datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return False
    return True


def instead(option: str, kind: str) -> str:
    """What to write, for a message."""
    if option == "eta":
        return (
            "`countdown`"
            if kind in {"int", "datetime.timedelta", "decimal.Decimal"}
            else "a `datetime` with a time zone"
        )
    return "a number of seconds" if option == "countdown" else "a number of seconds or a `datetime` with a time zone"
