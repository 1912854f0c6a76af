"""Our reading of crontabs against `celery.schedules.crontab`."""

from __future__ import annotations

import importlib
from datetime import datetime, timedelta, timezone
from importlib import metadata
from typing import Any

import pytest
from celery.schedules import ParseException
from celery.schedules import crontab as celery_crontab
from hypothesis import assume, given
from hypothesis import strategies as st

from celerylint import celery_data, crontab
from celerylint.crontab import CrontabError

INSTALLED = celery_data.newest()
UTC = timezone.utc

app = importlib.import_module("celery").Celery("crontabs", set_as_current=False)
app.conf.timezone = "UTC"

pieces = [*"*-/,0157#?xL@ \n", "12", "30", "59", "60", "99", "_1", "\u0661", "\u00b2", "+3", "**", "@daily"]
words = st.sampled_from([*pieces, "", "mon", "Fri", "sunfoo", "jan", "December"])
mixed = st.lists(words, max_size=6).map("".join)
any_field = st.sampled_from(sorted(crontab.FIELDS))


def ranges(least: int, most: int) -> st.SearchStrategy[str]:
    """Expressions that are right for a field: numbers, ranges, steps, lists of them."""
    numbers = st.integers(least, most)
    spans = st.builds(lambda a, b: f"{a}-{b}", numbers, numbers)
    steps = st.builds(lambda base, size: f"{base}/{size}", st.one_of(st.just("*"), spans), st.integers(1, most + 2))
    return st.lists(st.one_of(numbers.map(str), spans, steps, st.just("*")), min_size=1, max_size=3).map(",".join)


valid = {name: ranges(*bounds) for name, bounds in crontab.FIELDS.items()}


def as_celery(field: str, value: Any) -> frozenset[int] | None:
    """What Celery makes of a field; None where it raises."""
    try:
        built = celery_crontab(**{field: value}, app=app)
    except (ValueError, TypeError, ParseException):
        return None
    return frozenset(getattr(built, field))


def ours(field: str, value: object) -> frozenset[int] | None:
    """What we make of a field; None where we raise."""
    try:
        return crontab.expand(field, value, INSTALLED)
    except CrontabError:
        return None


def test_tests_run_on_the_version_that_the_tables_call_the_newest() -> None:
    assert celery_data.parse_version(metadata.version("celery")) == INSTALLED


@given(any_field, mixed)
def test_any_text_is_read_as_celery_reads_it(field: str, text: str) -> None:
    assert ours(field, text) == as_celery(field, text)


@given(st.data(), any_field)
def test_right_text_is_read_as_celery_reads_it(data: st.DataObject, field: str) -> None:
    text = data.draw(valid[field])
    expected = as_celery(field, text)
    assert expected is not None
    assert ours(field, text) == expected


@given(any_field, st.text(max_size=8))
def test_no_text_confuses_us(field: str, text: str) -> None:
    assert ours(field, text) == as_celery(field, text)


@given(
    any_field, st.one_of(st.integers(-3, 70), st.booleans(), st.none(), st.floats(), st.binary(min_size=1, max_size=2))
)
def test_plain_values_are_read_as_celery_reads_them(field: str, value: object) -> None:
    assert ours(field, value) == as_celery(field, value)


@given(any_field, st.lists(st.one_of(st.integers(-1, 61), st.sampled_from(["0", "mon", None])), min_size=1, max_size=4))
def test_lists_are_read_as_celery_reads_them(field: str, items: list[object]) -> None:
    assert ours(field, items) == as_celery(field, items)
    assert ours(field, tuple(items)) == as_celery(field, tuple(items))
    assert ours(field, set(items)) == as_celery(field, set(items))


@given(valid["day_of_month"], valid["month_of_year"])
def test_impossible_dates_are_refused_from_5_7_on(day: str, month: str) -> None:
    fields = {"day_of_month": day, "month_of_year": month}
    try:
        celery_crontab(**fields, app=app)
    except ValueError:
        with pytest.raises(CrontabError, match="never runs"):
            crontab.expand_all(fields, INSTALLED)
    else:
        crontab.expand_all(fields, INSTALLED)
    crontab.expand_all(fields, (5, 6))


moments = st.datetimes(datetime(2023, 1, 1), datetime(2030, 1, 1)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)


@given(st.fixed_dictionaries({}, optional=valid), moments)
def test_the_next_run_is_when_celery_would_run_it(fields: dict[str, str], moment: datetime) -> None:
    after = moment.replace(tzinfo=UTC)
    try:
        schedule = celery_crontab(**fields, nowfun=lambda: after, app=app)
    except ValueError:
        assume(False)
    try:
        last, delta, _ = schedule.remaining_delta(after, tz=UTC)
        expected = [last + delta]
    except RuntimeError:  # Celery gives up on days that come once in many years
        assume(False)
    assert crontab.next_runs(crontab.expand_all(fields, INSTALLED), after, 1) == expected


@given(st.fixed_dictionaries({}, optional=valid), moments, st.integers(0, 5))
def test_runs_follow_each_other_and_match_every_field(fields: dict[str, str], after: datetime, count: int) -> None:
    values = crontab.expand_all(fields, (5, 6))
    runs = crontab.next_runs(values, after, count)
    assert len(runs) <= count
    assert runs == sorted(set(runs))
    for run in runs:
        assert run > after
        assert (run.minute in values["minute"], run.hour in values["hour"]) == (True, True)
        assert run.isoweekday() % 7 in values["day_of_week"]
        assert (run.day in values["day_of_month"], run.month in values["month_of_year"]) == (True, True)


def test_dates_that_never_come_have_no_runs() -> None:
    values = crontab.expand_all({"day_of_month": 30, "month_of_year": 2}, (5, 6))
    assert crontab.next_runs(values, datetime(2026, 1, 1), 1) == []
    assert crontab.next_runs(crontab.expand_all({"minute": []}, INSTALLED), datetime(2026, 1, 1), 1) == []


def test_a_29_february_on_a_sunday_is_found() -> None:
    fields = {"minute": 0, "hour": 0, "day_of_week": "sun", "day_of_month": 29, "month_of_year": 2}
    runs = crontab.next_runs(crontab.expand_all(fields, INSTALLED), datetime(2026, 1, 1), 2)
    assert runs == [datetime(2032, 2, 29), datetime(2060, 2, 29)]


def test_an_hour_without_minutes_runs_sixty_times() -> None:
    runs = crontab.next_runs(crontab.expand_all({"hour": 3}, INSTALLED), datetime(2026, 1, 1), 61)
    assert runs[0] == datetime(2026, 1, 1, 3, 0)
    assert runs[59] == datetime(2026, 1, 1, 3, 59)
    assert runs[60] - runs[59] == timedelta(hours=23, minutes=1)


def test_names_of_months_are_known_from_5_5_on() -> None:
    assert crontab.expand("month_of_year", "jan-mar", (5, 5)) == {1, 2, 3}
    with pytest.raises(CrontabError, match=r"from Celery 5\.5 on"):
        crontab.expand("month_of_year", "jan-mar", (5, 4))


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("day_of_week", 7, "Sunday is 0"),
        ("day_of_week", "7", "Sunday is 0"),
        ("minute", "5/15", "5-59/15"),
        ("minute", "0 3 * * *", "each field as its own argument"),
        ("minute", "@daily", "unknown to Celery"),
        ("minute", "*/0", "steps by 0"),
        ("minute", "*/", "no number after the slash"),
        ("minute", "1,,2", "superfluous comma"),
        ("hour", 24, "not in 0-23"),
        ("hour", None, "is None"),
        ("hour", ["0", "12"], "lists hold ints only"),
    ],
)
def test_what_is_refused_is_explained(field: str, value: object, says: str) -> None:
    with pytest.raises(CrontabError, match=says):
        crontab.expand(field, value, INSTALLED)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("minute", "*/5 3 * * *", "read as '*/5'"),
        ("minute", "0-30/5 3 * * *", "read as '0-30/5'"),
        ("minute", "mon", "read as 1"),
        ("day_of_week", "jan", "read as 1"),
        ("day_of_week", "sunfoo", "only three letters count"),
        ("minute", "*/90", "only its first value is left"),
        ("minute", "*/15", ""),
        ("minute", "1, 2", ""),
        ("day_of_week", "Monday,Wednesday,thurs", ""),
        ("day_of_week", "fri-mon", ""),
        ("month_of_year", "january-mar", ""),
        ("hour", 3, ""),
        ("hour", [1, 2], ""),
    ],
)
def test_what_is_read_unlike_it_looks_is_told(field: str, value: object, says: str) -> None:
    odd = crontab.oddity(field, value, INSTALLED)
    assert says in odd
    assert bool(odd) == bool(says)


@given(any_field, mixed)
def test_oddities_are_told_of_whatever_is_accepted(field: str, text: str) -> None:
    accepted = ours(field, text) is not None
    try:
        crontab.oddity(field, text, INSTALLED)
    except CrontabError:
        assert not accepted
    else:
        assert accepted


@given(st.lists(st.sampled_from(["*", "0", "3", "*/5", "mon"]), min_size=3, max_size=7), st.sampled_from([" ", "  "]))
def test_lines_of_cron_are_split_as_celery_splits_them(parts: list[str], space: str) -> None:
    line = space.join(parts)
    try:
        built = celery_crontab.from_string(line)
    except (ValueError, ParseException):
        with pytest.raises(CrontabError):
            crontab.expand_all(crontab.from_string(line), INSTALLED)
    else:
        values = crontab.expand_all(crontab.from_string(line), INSTALLED)
        assert values == {name: frozenset(getattr(built, name)) for name in crontab.FIELDS}


def test_fields_that_there_are_not() -> None:
    with pytest.raises(KeyError):
        crontab.expand_all({"minutes": 5}, INSTALLED)
    with pytest.raises(KeyError):
        crontab.expand("minutes", 5, INSTALLED)
