"""Celery's crontab expressions, as `celery.schedules.crontab` reads them (Celery 4.4 to 5.7).

It is not cron's grammar. All five fields must agree (cron takes a day that either day field names), a week
is 0 to 6, names of days and months stand in every field, ranges wrap round, `5/15` is refused, and text
after a range or a step is dropped: `"*/5 3 * * *"` as the minute is `*/5`.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import TypeAlias

from celerylint.records import dataclass

Version: TypeAlias = tuple[int, int]

# The fields in the order of crontab()'s parameters, with the smallest and largest value.
FIELDS: dict[str, tuple[int, int]] = {
    "minute": (0, 59),
    "hour": (0, 23),
    "day_of_week": (0, 6),
    "day_of_month": (1, 31),
    "month_of_year": (1, 12),
}
# The order of the fields in a line of cron, which crontab.from_string() takes since 5.5.
CRON_ORDER = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")

DAYS = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

MONTH_NAMES: Version = (5, 5)
IMPOSSIBLE_DATES: Version = (5, 7)

# After this many days every combination of 29 February and a weekday has come by (1896 to 1908, 2096 to 2104).
HORIZON = 41 * 366

PART = re.compile(r"(?:(?P<first>\w+?)-(?P<last>\w+)|\*)(?P<slash>/(?P<step>\w+)?)?")


class CrontabError(Exception):
    """Celery refuses it, or it cannot ever run: `message` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a crontab, for one version of Celery."""

    name: str
    version: Version

    @property
    def least(self) -> int:
        return FIELDS[self.name][0]

    @property
    def most(self) -> int:
        return FIELDS[self.name][1]

    @property
    def all(self) -> range:
        return range(self.least, self.most + 1)


def expand(field: str, value: object, version: Version) -> frozenset[int]:
    """The values that a field stands for, of an int, a string, or an iterable of ints.

    An empty iterable is accepted and never runs. Raises CrontabError where Celery raises at construction, and
    for fractions in a list, which Celery stumbles over later; KeyError for a field that there is not.
    """
    known = Field(field, version)
    FIELDS[field]
    match value:
        case int():
            numbers = [int(value)]
        case str():
            numbers = [number for part in value.split(",") for number in expand_part(known, part)]
        case Iterable():
            numbers = [whole(known, item) for item in value]
        case _:
            raise CrontabError(f"{field} is {article(value)}; write an int, a string or a list of ints")
    return frozenset(checked(known, number) for number in numbers)


def article(value: object) -> str:
    """How a message names a value of a wrong type."""
    return "None" if value is None else f"a {type(value).__name__}"


def whole(field: Field, item: object) -> int:
    """An item of a list, which Celery takes as it is. Raises CrontabError."""
    if isinstance(item, int):
        return int(item)
    raise CrontabError(f"{item!r} in the list for {field.name} is {article(item)}; lists hold ints only")


def checked(field: Field, number: int) -> int:
    """The number, if it is one of the field's. Raises CrontabError."""
    if number in field.all:
        return number
    hint = ", where Sunday is 0" if field.name == "day_of_week" and number == 7 else ""
    raise CrontabError(f"{field.name} {number} is not in {field.least}-{field.most}{hint}")


def expand_part(field: Field, part: str) -> Iterable[int]:
    """The values of what stands between commas. Raises CrontabError."""
    if not part:
        raise CrontabError(f"{field.name} has an empty part; remove the superfluous comma")
    match = read(part)
    if match is None:
        return [number(field, part)]
    values: list[int] = list(field.all)
    if match["first"]:
        values = between(field, number(field, match["first"]), number(field, match["last"]))
    return values[:: step(field, part, match["step"])] if match["slash"] else values


def read(part: str) -> re.Match[str] | None:
    """The range or star at the start of a part; None where it is to be a number or name.

    Celery's patterns are not anchored at the end, but for the lone star.
    """
    match = PART.match(part)
    lone = match is not None and match[0] == "*"
    return None if lone and part not in {"*", "*\n"} else match


def between(field: Field, first: int, last: int) -> list[int]:
    """From one value to another, round the end where the second is the smaller."""
    if last < first:
        return [*range(first, field.most + 1), *range(field.least, last + 1)]
    return list(range(first, last + 1))


def step(field: Field, part: str, text: str | None) -> int:
    """What follows the slash. Raises CrontabError."""
    try:
        size = int(text or "")
    except ValueError:
        raise CrontabError(f"{field.name} {part!r} has no number after the slash") from None
    if size == 0:
        raise CrontabError(f"{field.name} {part!r} steps by 0")
    return size


def number(field: Field, text: str) -> int:
    """A number, or the name of a day or month by its first three letters. Raises CrontabError."""
    if text.startswith("-"):
        raise CrontabError(f"{field.name} {text!r} is negative")
    try:
        value = int(text)
    except ValueError:
        value = named(field, text)
    return checked(field, value)


def named(field: Field, text: str) -> int:
    """The number of a day or month. Raises CrontabError."""
    short = text[:3].lower()
    if field.version >= MONTH_NAMES and short in MONTHS:
        return MONTHS[short]
    if short in DAYS:
        return DAYS[short]
    raise CrontabError(refusal(field, text, short))


def refusal(field: Field, text: str, short: str) -> str:
    """Why a word is no value, and what to write instead."""
    start, slash, size = text.partition("/")
    if slash and start.isdecimal() and size.isdecimal():
        return f"{field.name} {text!r} is cron's way of writing {start}-{field.most}/{size}, which Celery refuses"
    if short in MONTHS:
        return f"{field.name} {text!r}: names of months are known from Celery 5.5 on"
    if len(text.split()) == len(FIELDS):
        return f"{field.name} {text!r} is a whole line of cron; write each field as its own argument"
    if text.startswith("@"):
        return f"{text!r} is unknown to Celery; write the fields"
    return f"{field.name} {text!r} is neither a number nor the name of a day or month"


def oddity(field: str, value: object, version: Version) -> str:
    """What Celery accepts and reads unlike a reader would; "" where it is plain. Raises CrontabError as `expand`."""
    expand(field, value, version)
    if not isinstance(value, str):
        return ""
    return next(filter(None, (odd_part(Field(field, version), part) for part in value.split(","))), "")


def odd_part(field: Field, part: str) -> str:
    """The oddity of what stands between commas."""
    match = read(part)
    words = [part] if match is None else [match["first"], match["last"]] if match["first"] else []
    if match and part[match.end() :].strip():
        return f"{field.name} {part!r} is read as {match[0]!r}: what follows is dropped"
    for word in words:
        if problem := odd_word(field, word):
            return problem
    if match and match["step"] and int(match["step"]) > field.most:
        return f"{field.name} {part!r} steps beyond {field.most}: only its first value is left"
    return ""


def odd_word(field: Field, word: str) -> str:
    """The oddity of a name: it belongs to another field, or is no name of a day or month as a whole."""
    short = word.strip()[:3].lower()
    if not short.isalpha():
        return ""
    own = MONTHS if field.name == "month_of_year" else DAYS if field.name == "day_of_week" else {}
    if short not in own:
        return f"{field.name} {word!r} is the name of another field's value: it is read as {named(field, word)}"
    full = (*calendar.day_name, *calendar.month_name)
    known = any(name.lower().startswith(word.lower()) for name in full if name) or word.lower() in {"tues", "thurs"}
    return "" if known else f"{field.name} {word!r} is read as {short!r}: only three letters count"


def expand_all(fields: Mapping[str, object], version: Version) -> dict[str, frozenset[int]]:
    """The values of all five fields; one that is not given is `*`.

    Raises CrontabError for a field or keyword that Celery refuses and, from 5.7 on as Celery does, where no
    month has the day (30 February); KeyError for a field that there is not.
    """
    for name in fields:
        FIELDS[name]
    values = {name: expand(name, fields.get(name, "*"), version) for name in FIELDS}
    if version >= IMPOSSIBLE_DATES and not possible(values["day_of_month"], values["month_of_year"]):
        raise CrontabError("no month of month_of_year has a day of day_of_month: it never runs")
    return values


def possible(days: Iterable[int], months: Iterable[int]) -> bool:
    """Whether any of the months has any of the days."""
    longest = max((DAYS_IN_MONTH[month - 1] for month in months), default=0)
    return min(days, default=longest + 1) <= longest


def from_string(line: str) -> dict[str, str]:
    """The fields of a line of cron, as `crontab.from_string` splits it (since 5.5). Raises CrontabError."""
    words = line.split(" ")
    if len(words) != len(CRON_ORDER):
        raise CrontabError(f"{line!r} has {len(words)} parts between single spaces, not five")
    return dict(zip(CRON_ORDER, words, strict=True))


def next_runs(fields: Mapping[str, frozenset[int]], after: datetime, count: int) -> list[datetime]:
    """The next times after a moment, at most `count`; fewer where it never runs again.

    `fields` are those of `expand_all`. Times are on the clock of `after` and keep its time zone; a change of
    that clock is not looked at.
    """
    found: list[datetime] = []
    for day in days(fields, after.date()):
        for at in times(fields):
            run = datetime.combine(day, at, after.tzinfo)
            if run > after:
                found.append(run)
            if len(found) >= count:
                return found[:count]
    return found


def days(fields: Mapping[str, frozenset[int]], first: date) -> Iterator[date]:
    """The days on which it runs, from `first` on."""
    for ahead in range(min(HORIZON, (date.max - first).days + 1)):
        day = first + timedelta(days=ahead)
        in_month = day.month in fields["month_of_year"] and day.day in fields["day_of_month"]
        if in_month and day.isoweekday() % 7 in fields["day_of_week"]:
            yield day


def times(fields: Mapping[str, frozenset[int]]) -> list[time]:
    """The times of a day at which it runs."""
    return [time(hour, minute) for hour in sorted(fields["hour"]) for minute in sorted(fields["minute"])]
