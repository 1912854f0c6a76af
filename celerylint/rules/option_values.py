"""Which values of task options Celery cannot use, and what comes of them. Held to real Celery by the tests."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from celerylint import celery_data
from celerylint.index import Index
from celerylint.records import dataclass
from celerylint.rules.numbers import is_duration
from celerylint.values import Const, Name, Sequence, Value
from celerylint.values import Mapping as Dict


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a value: what happens, what to write instead. `tuple` says that a comma mends it."""

    effect: str
    instead: str
    tuple: bool = False


Judge: TypeAlias = Callable[[Value, Index], "Problem | None"]

NOT_MADE = "the task cannot be made, and its module fails at the first use"
REPLACED = "when the task fails, a `TypeError` takes the place of the error"
LOST = "the retry fails with a `TypeError`, and the message is lost"
NOT_SENT = "every `delay()` raises"
NO_START = "the worker does not start"

ERROR_NAME = re.compile(r"[A-Z]\w*(?:Error|Exception|Timeout|Failure|Failed)$")
FALSE = frozenset({"false", "no", "off", "0", "none", ""})


def problem(option: str, value: Value, index: Index) -> Problem | None:
    """What is wrong with the value of a task option, None where nothing certainly is."""
    judge = JUDGES.get(option)
    return judge(value, index) if judge is not None else None


def is_error_class(value: Value, index: Index) -> bool:
    """Whether a value is certainly a single exception class: a builtin one, one of the project, or named as such."""
    if not isinstance(value, Name):
        return False
    module, _, last = index.modules.canonical(value.dotted).rpartition(".")
    if module == "builtins":
        kind = getattr(builtins, last, None)
        return isinstance(kind, type) and issubclass(kind, BaseException)
    return index.modules.cls(value) is not None or bool(ERROR_NAME.match(last))


def errors(value: Value, index: Index) -> Problem | None:
    if is_error_class(value, index):
        return Problem(f"{NOT_MADE}: a class is no tuple", "write a tuple", tuple=True)
    if any(isinstance(item, Const) and isinstance(item.value, str) for item in members(value)):
        return Problem(f"{REPLACED}: a string is no exception", "name the classes themselves")
    return None


def throws(value: Value, index: Index) -> Problem | None:
    if any(isinstance(item, Const) and isinstance(item.value, str) for item in members(value)):
        return Problem("when the task fails, handling its error fails too", "name the classes themselves")
    return None


def members(value: Value) -> tuple[Value, ...]:
    return value.items if isinstance(value, Sequence) else (value,)


def text(value: Value) -> str | None:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else None


def is_number(words: str) -> bool:
    try:
        float(words)
    except ValueError:
        return False
    return True


def backoff(value: Value, index: Index) -> Problem | None:
    words = text(value)
    if value == Const(None) or is_duration(value, index) or (words is not None and not is_number(words)):
        return Problem(NOT_MADE, "give `True` or a number of seconds")
    return None


def tries(value: Value, index: Index) -> Problem | None:
    if text(value) is not None:
        return Problem("the first retry fails with a `TypeError`", "give a number")
    if isinstance(value, Const) and isinstance(value.value, int) and value.value < 0:
        return Problem("there is no retry at all, and no end is `None`", "give the number of retries")
    return None


def delay(value: Value, index: Index) -> Problem | None:
    wrong = text(value) is not None or is_duration(value, index)
    return Problem(LOST, "give a number of seconds") if wrong else None


def limit(value: Value, index: Index) -> Problem | None:
    if is_duration(value, index):
        return Problem(f"{NOT_SENT} `EncodeError`", "give a number of seconds")
    words = text(value)
    if words is not None and not is_number(words):
        return Problem("the worker ends with a `TypeError`", "give a number of seconds")
    return None


def rate(value: Value, index: Index) -> Problem | None:
    words = text(value)
    if not words:
        return None
    number, _, unit = words.partition("/")
    right = is_number(number) and unit in ("", "s", "m", "h")
    return None if right else Problem(NO_START, "write it as `10/s`, `10/m` or `10/h`")


def expiry(value: Value, index: Index) -> Problem | None:
    if is_duration(value, index):
        return Problem(f"{NOT_SENT} `TypeError`", "give a number of seconds or a datetime")
    if (words := text(value)) is not None and not re.match(r"\d{4}-?\d\d-?\d\d", words):
        return Problem(f"{NOT_SENT} `ValueError`", "give a number of seconds or a datetime")
    return None


def priority(value: Value, index: Index) -> Problem | None:
    if text(value) is not None:
        return Problem("the broker takes it for no priority, or for its default", "give a number")
    if isinstance(value, Const) and isinstance(value.value, int) and not 0 <= value.value <= 255:
        return Problem("no broker has such a priority", "give a number from 0 to 9")
    return None


def keywords(value: Value, index: Index) -> Problem | None:
    if value == Const(None) or isinstance(value, Sequence):
        return Problem(
            "when the task fails, a `TypeError` or `AttributeError` takes the place of the error", "give a dict"
        )
    known = celery_data.execution_options(index.traits.celery, "retry")
    for key, _ in value.items if isinstance(value, Dict) else ():
        words = text(key) if key is not None else None
        if words is not None and words not in known and (nearest := celery_data.nearest(words, known)):
            return Problem(f"`retry()` has no `{words}`, so it does nothing", f"write `{nearest}`")
    return None


def switch(value: Value, index: Index) -> Problem | None:
    words = text(value)
    if words is None:
        return None
    if words and words.lower() in FALSE:
        return Problem("a string that is not empty is true, so this switches it on", "write `False`")
    return None


JUDGES: Mapping[str, Judge] = {
    "autoretry_for": errors,
    "dont_autoretry_for": errors,
    "throws": throws,
    "retry_backoff": backoff,
    "retry_backoff_max": backoff,
    "retry_kwargs": keywords,
    "max_retries": tries,
    "default_retry_delay": delay,
    "time_limit": limit,
    "soft_time_limit": limit,
    "rate_limit": rate,
    "expires": expiry,
    "priority": priority,
    **dict.fromkeys(
        (
            "acks_late", "acks_on_failure", "acks_on_failure_or_timeout", "acks_on_timeout", "bind", "ignore_result",
            "pydantic", "reject_on_worker_lost", "retry_jitter", "retry_on_worker_lost", "send_events", "shared",
            "store_errors_even_if_ignored", "track_started", "trail", "typing",
        ),
        switch,
    ),
}  # fmt: skip
