"""What Celery does with task options: the claims of CEL216 and CEL217, ours and Celery's judgement side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import celery
import pytest
from celery.utils.time import rate
from hypothesis import given
from hypothesis import strategies as st
from kombu.exceptions import EncodeError

from celerylint import celery_data
from celerylint.index import Index
from celerylint.index.modules import Modules
from celerylint.index.traits import Traits
from celerylint.rules.option_values import NO_START, NOT_MADE, NOT_SENT, REPLACED, problem
from celerylint.values import Call, Const, Mapping, Name, Sequence, Value

# Celery has no types.
Celery: Any = celery.Celery
INDEX = Index(Modules({}, lambda path: None), [], Traits(), lambda path: False)


@pytest.fixture
def app() -> Iterator[Any]:
    made = Celery("options", broker="memory://", backend="cache+memory://", set_as_current=False)
    yield made
    made.close()


def symbolic(value: object) -> Value:
    """A Python value as the analysis sees its literal."""
    match value:
        case type():
            return Name(f"{value.__module__}.{value.__qualname__}")
        case timedelta():
            return Call(Name("datetime.timedelta"), (Const(value.days), Const(value.seconds)))
        case list() | tuple() | set():
            return Sequence(type(value).__name__, tuple(symbolic(item) for item in value))
        case dict():
            return Mapping(tuple((symbolic(key), symbolic(item)) for key, item in value.items()))
        case str() | bytes() | int() | float() | None:
            return Const(value)
        case _:
            raise NotImplementedError(value)


def effect(option: str, value: object) -> str:
    found = problem(option, symbolic(value), INDEX)
    return found.effect if found is not None else ""


def failing(app: Any, **options: Any) -> Any:
    """A task of its own that fails with an OSError."""

    # A shared task would be made again by every other app of this process.
    task: Any = app.task(shared=False, **options)(fails)
    app.finalize()
    assert task.name
    return task


def fails() -> None:
    raise OSError("real")


@pytest.mark.parametrize("option", ["autoretry_for", "dont_autoretry_for"])
@pytest.mark.parametrize(
    "value", [OSError, (OSError,), [OSError], {OSError}, "OSError", ("OSError",), [OSError, "x"], ()]
)
def test_errors_to_retry(app: Any, option: str, value: Any) -> None:
    options = {"autoretry_for": (OSError,), option: value}
    said = effect(option, value)
    try:
        task = failing(app, **options)
    except TypeError:
        assert said.startswith(NOT_MADE)
        return
    replaced = "BaseException is not allowed" in str(task.apply().result)
    assert replaced == said.startswith(REPLACED)
    assert replaced or not said


@pytest.mark.parametrize("option", ["retry_backoff", "retry_backoff_max"])
@pytest.mark.parametrize("value", [None, True, 0, 5, 2.5, "5", "x", "", timedelta(seconds=5)])
def test_backoffs(app: Any, option: str, value: Any) -> None:
    said = effect(option, value)
    try:
        failing(app, **{option: value})
    except (TypeError, ValueError):
        assert said == NOT_MADE
    else:
        assert not said


@given(st.one_of(st.text("0123456789./smhx -e", max_size=6), st.sampled_from(["10/m", "10/min", "1/hour", "5", "inf"])))
def test_rates(words: str) -> None:
    try:
        rate(words)
    except (KeyError, ValueError):
        assert effect("rate_limit", words) == NO_START
    else:
        assert not effect("rate_limit", words)


@pytest.mark.parametrize("value", [60, 0, -1, 2.5, None, timedelta(minutes=1), "60", "soon", "2030-01-01T00:00:00", ""])
def test_expiries(app: Any, value: Any) -> None:
    task = failing(app, expires=value)
    try:
        task.delay()
    except (TypeError, ValueError):
        assert effect("expires", value).startswith(NOT_SENT)
    else:
        assert not effect("expires", value)


@pytest.mark.parametrize("value", [{"max_retries": 1}, {"countdown": 5, "queue": "slow"}, None, [], ["countdown"]])
def test_retry_keywords(app: Any, value: Any) -> None:
    failure = str(failing(app, autoretry_for=(OSError,), retry_kwargs=value).apply().result)
    assert bool(effect("retry_kwargs", value)) == ("mapping" in failure or "NoneType" in failure)


def test_a_retry_keyword_with_a_slip_does_nothing(app: Any) -> None:
    said = problem("retry_kwargs", symbolic({"max_retry": 1}), INDEX)
    assert said is not None
    assert said.instead == "write `max_retries`"
    assert failing(app, autoretry_for=(OSError,), retry_kwargs={"max_retry": 1}).max_retries == 3


@pytest.mark.parametrize("value", ["OSError", ("OSError",), OSError, (OSError,)])
def test_expected_errors(app: Any, value: Any) -> None:
    task = failing(app, throws=value)
    if effect("throws", value):
        with pytest.raises(TypeError, match="isinstance"):
            task.apply()
    else:
        assert isinstance(task.apply().result, OSError)


@pytest.mark.parametrize("value", ["false", "no", "0", "off"])
def test_a_switch_in_quotes_is_on(app: Any, value: str) -> None:
    assert effect("ignore_result", value)
    assert bool(failing(app, ignore_result=value).ignore_result)


def test_a_number_of_tries_in_quotes_breaks_the_retry(app: Any) -> None:
    assert effect("max_retries", "3")
    assert isinstance(failing(app, autoretry_for=(OSError,), max_retries="3").apply().result, TypeError)


def test_a_name_as_first_argument_raises(app: Any) -> None:
    with pytest.raises(TypeError, match="argument 1 to @task"):
        app.task("shop.named")


TASKS = """
from datetime import timedelta

@app.task(autoretry_for=(OSError,), default_retry_delay={delay})
def delayed():
    raise OSError
"""


@pytest.mark.parametrize("delay", ["'5'", "timedelta(seconds=5)"])
def test_a_delay_that_is_no_number_loses_the_message(work: Callable[..., Any], delay: str) -> None:
    value = "5" if delay == "'5'" else timedelta(seconds=5)
    assert effect("default_retry_delay", value)
    with work(TASKS.format(delay=delay), pool="solo", concurrency=1) as worker:
        _, error = worker.outcome("real.delayed")
        assert error.startswith("Reject: ")
        assert "'<' not supported between instances of" in error


def test_a_limit_that_is_a_timedelta_is_not_sent(redis_url: str) -> None:
    made = Celery("options", broker=f"{redis_url}/15", set_as_current=False)
    assert effect("time_limit", timedelta(minutes=1)).startswith(NOT_SENT)
    try:
        with pytest.raises((EncodeError, TypeError), match="not JSON serializable"):
            failing(made, time_limit=timedelta(minutes=1)).delay()
    finally:
        made.close()


@pytest.mark.parametrize("option", ["max_retry", "task_time_limit", "ack_late", "countdown", "interval_start"])
def test_an_unknown_option_becomes_an_attribute(app: Any, option: str) -> None:
    assert option not in celery_data.task_options(celery_data.newest())
    task = failing(app, **{option: 4})
    assert getattr(task, option) == 4
    assert (task.max_retries, task.time_limit, task.acks_late) == (3, None, False)
