"""Schedules as rules look at them: the fields of a crontab, how often an entry runs, when it runs next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

from celerylint import crontab
from celerylint.crontab import FIELDS, CrontabError
from celerylint.index import Index
from celerylint.rules.numbers import amount
from celerylint.values import Attr, Call, Const, Name, Sequence, Typed, Value

CRONTAB = "celery.schedules.crontab"
INTERVALS = frozenset({"celery.schedules.schedule", "celery.schedules.maybe_schedule", "datetime.timedelta"})
DAY = 24 * 60 * 60
Fields: TypeAlias = Mapping[str, "frozenset[int]"]


class NotPlain(Exception):
    """A value that is not written out."""


def plain(value: Value, index: Index) -> object:
    """The object that a literal is: an int, a text, a list of such. Raises NotPlain for anything else."""
    match index.expand(value):
        case Const(value=constant):
            return constant
        case Sequence(items=items):
            return [plain(item, index) for item in items]
        case Call(func=Name(dotted="builtins.range"), args=args) if args:
            numbers = [plain(arg, index) for arg in args]
            if all(isinstance(number, int) for number in numbers) and 0 not in numbers[2:]:
                return list(range(*(number for number in numbers if isinstance(number, int))))
            raise NotPlain
        case _:
            raise NotPlain


def is_crontab(value: Value | None, index: Index) -> bool:
    """Whether a value is `crontab(…)`."""
    return (
        isinstance(value, Call)
        and isinstance(value.func, Name)
        and index.modules.canonical(value.func.dotted) == CRONTAB
    )


def fields_of(call: Call, index: Index) -> dict[str, object]:
    """The fields that a call of `crontab` writes out. Raises NotPlain where one is not known."""
    if call.splat:
        raise NotPlain
    written = dict(zip(FIELDS, call.args, strict=False)) | {key: value for key, value in call.keywords if key in FIELDS}
    return {name: plain(value, index) for name, value in written.items()}


def expanded(value: Value | None, index: Index) -> Fields | None:
    """The minutes, hours … of a crontab, None where they are not known or Celery refuses them."""
    call = index.expand(value) if value is not None else None
    if not isinstance(call, Call) or not is_crontab(call, index):
        return None
    try:
        return crontab.expand_all(fields_of(call, index), index.traits.celery)
    except (NotPlain, CrontabError):
        return None


def period(value: Value | None, index: Index) -> float | None:
    """The mean number of seconds between two runs on the days on which it runs; None where that is not known."""
    fields = expanded(value, index)
    if fields is not None:
        runs = len(fields["minute"]) * len(fields["hour"])
        return DAY / runs if runs else None
    return seconds(value, index)


def seconds(value: Value | None, index: Index) -> float | None:
    """The seconds of a schedule that is a number, a timedelta or `schedule(…)`."""
    known = index.expand(value) if value is not None else None
    match known:
        case Call(func=Name(dotted=dotted), args=args) if (
            index.modules.canonical(dotted) == "celery.schedules.schedule"
        ):
            inner = args[0] if args else known.keyword("run_every")
            return amount(inner, index)
        case _:
            found = amount(known, index)
            return float(found) if found is not None else None


def next_runs(value: Value | None, index: Index, after: datetime, count: int) -> list[datetime]:
    """The next times of a crontab after a moment; empty where it is none, or not known."""
    fields = expanded(value, index)
    return crontab.next_runs(fields, after, count) if fields is not None else []


def is_text(value: Value) -> bool:
    """Whether a value is known to be a text."""
    match value:
        case Const(value=str()) | Typed(type="str"):
            return True
        case Call(func=Attr(base=Const(value=str()), name="format")):
            return True
        case _:
            return False
