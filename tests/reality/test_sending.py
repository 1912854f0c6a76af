"""CEL407, CEL408, CEL409, CEL412, CEL417, CEL421 and CEL423: what Celery does in the process that sends."""

from __future__ import annotations

import functools
import gc
import importlib
import warnings
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from celerylint.rules.backends import COUNTING
from celerylint.rules.cel408_naive_eta import TYPES


def celery(name: str = "celery") -> Any:
    return importlib.import_module(name)


@pytest.fixture
def app() -> Any:
    made = celery().Celery("shop", broker="memory://", backend="cache+memory://")
    yield made
    made.close()


@pytest.fixture
def messages(app: Any, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The headers and properties of what is sent, in place of a broker."""
    sent: list[dict[str, Any]] = []

    kombu = importlib.import_module("kombu.messaging")
    monkeypatch.setattr(kombu.Producer, "publish", lambda self, body, **options: sent.append({"body": body, **options}))
    return sent


@pytest.fixture
def ship(app: Any) -> Any:
    def ship(order_id: int = 0, note: str = "") -> int:
        return order_id

    return app.task(ship, name="shop.ship")


def raised(action: Callable[[], object]) -> str:
    """The name of the error that something raises, "" where it raises none."""
    try:
        action()
    except Exception as error:
        return type(error).__name__
    return ""


# CEL407


@pytest.mark.parametrize("option", ["countdwn", "expire", "max_retries", "delay", "color"])
def test_unknown_options_go_into_the_message_and_do_nothing(
    option: str, ship: Any, messages: list[dict[str, Any]]
) -> None:
    ship.apply_async((1,), **{option: 3})
    message = messages[-1]
    assert message[option] == 3
    assert message["headers"]["eta"] is None
    assert message["headers"]["expires"] is None


def test_the_option_that_was_meant_does_something(ship: Any, messages: list[dict[str, Any]]) -> None:
    ship.apply_async((1,), countdown=3, expires=5)
    assert messages[-1]["headers"]["eta"]
    assert messages[-1]["headers"]["expires"]


# CEL408


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_time_without_a_zone_is_read_as_utc(zone: str) -> None:
    """As the worker reads it (`celery.worker.request.Request`), whatever `timezone` says."""
    local = celery("zoneinfo").ZoneInfo(zone)
    naive = datetime(2030, 1, 1, 12)
    read = celery("celery.utils.time").maybe_make_aware(naive, local)
    assert read.astimezone(timezone.utc) == naive.replace(tzinfo=timezone.utc)


VALUES: dict[str, Any] = {
    "int": 60, "float": 1.5, "bool": True, "str": "10", "datetime.timedelta": timedelta(seconds=5),
    "datetime.date": date(2030, 1, 1), "datetime.datetime": datetime(2030, 1, 1), "decimal.Decimal": Decimal(3),
}  # fmt: skip


@pytest.mark.parametrize("option", ["eta", "expires", "countdown"])
@pytest.mark.parametrize("kind", VALUES)
def test_the_types_that_are_reported_are_those_that_raise(
    option: str, kind: str, ship: Any, messages: list[dict[str, Any]]
) -> None:
    if (option, kind) == ("expires", "str"):
        assert raised(lambda: ship.apply_async(expires="10")) == "ValueError"
        return
    assert bool(raised(lambda: ship.apply_async(**{option: VALUES[kind]}))) == (kind in TYPES[option])


# CEL409


@pytest.mark.parametrize(("backend", "error"), [(None, "NotImplementedError"), ("rpc://", "NotImplementedError")])
@pytest.mark.parametrize("how", ["chord", "pipe", "chain"])
def test_a_chord_needs_a_backend_that_has_chords(how: str, backend: str | None, error: str) -> None:
    module = celery()
    app = module.Celery("shop", broker="memory://", backend=backend)
    task = app.task(lambda_task, name=f"shop.{how}", shared=False)
    group = module.group(task.si(), task.si(), app=app)
    canvas = {
        "chord": lambda: module.chord([task.si(), task.si()], app=app)(task.si()),
        "pipe": lambda: (group | task.si()).delay(),
        "chain": lambda: module.chain(task.si(), group, task.si()).delay(),
    }[how]
    assert raised(canvas) == error
    app.close()


def lambda_task() -> int:
    return 1


def test_backends_that_count_results_are_no_redis() -> None:
    aliases = celery("celery.app.backends").BACKEND_ALIASES
    assert not {name for name in COUNTING if "redis" in aliases.get(name, "")}


# CEL412


def test_a_signature_alone_sends_nothing(app: Any, ship: Any, messages: list[dict[str, Any]]) -> None:
    module = celery()
    ship.s(1)
    module.chain(ship.s(1), ship.s())
    module.group(ship.s(1), ship.s(2))
    module.chord([ship.s(1)], ship.s())
    ship.delay  # noqa: B018
    assert messages == []
    module.chain(ship.s(1), ship.s())()
    assert len(messages) == 1


# CEL417


@pytest.mark.parametrize("option", ["link", "link_error"])
@pytest.mark.parametrize("what", ["task", "method", "function", "result"])
def test_what_is_no_signature_cannot_be_a_callback(option: str, what: str, app: Any, ship: Any) -> None:
    forms = {"task": ship, "method": ship.delay, "function": lambda_task, "result": app.AsyncResult("id")}
    assert raised(lambda: ship.apply_async((1,), **{option: forms[what]})) == "EncodeError"
    assert raised(lambda: ship.apply_async((1,), **{option: ship.s()})) == ""


@pytest.mark.parametrize("what", ["task", "result", "function"])
def test_what_is_no_signature_cannot_be_in_a_canvas(what: str, app: Any, ship: Any) -> None:
    module = celery()
    form = {"task": ship, "result": app.AsyncResult("id"), "function": lambda_task}[what]
    for make in (
        lambda: module.chain(ship.s(1), form).delay(),
        lambda: module.group(ship.s(1), form).delay(),
        lambda: (ship.s(1) | form).delay(),
        lambda: module.chord([ship.s(1), ship.s(2)])(form),
    ):
        assert raised(make) in {"TypeError", "AttributeError"}


def test_the_header_of_a_chord_takes_tasks(ship: Any, messages: list[dict[str, Any]]) -> None:
    assert raised(lambda: celery().chord([ship, ship])(ship.s())) == ""


# CEL421


def test_a_decorator_above_makes_a_function_of_the_task(app: Any) -> None:
    def logged(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return wrapper

    assert not hasattr(logged(app.task(lambda_task, name="shop.logged")), "delay")


def test_a_decorator_without_wraps_gives_all_its_tasks_one_name(app: Any) -> None:
    def locked(function: Callable[..., Any]) -> Callable[..., Any]:
        def inner(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return inner

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first = app.task(locked(lambda: "first"), shared=False)
        second = app.task(locked(lambda: "second"), shared=False)
        assert first.name == second.name == f"{__name__}.inner"
        assert second() == "first"


# CEL423


def forgotten(connect: Callable[[Any], object]) -> bool:
    """Whether a receiver that is defined in a function hears nothing once that has returned."""
    heard: list[int] = []

    def set_up() -> None:
        def receiver(**kwargs: Any) -> None:
            heard.append(1)

        connect(receiver)

    set_up()
    gc.collect()
    signal().send(sender=None)
    return not heard


def signal() -> Any:
    return SIGNAL


SIGNAL = importlib.import_module("celery.utils.dispatch").Signal(name="shop")


def test_a_local_receiver_is_forgotten() -> None:
    assert forgotten(SIGNAL.connect)
    assert forgotten(lambda receiver: SIGNAL.connect(sender=None)(receiver))
    assert not forgotten(lambda receiver: SIGNAL.connect(receiver, weak=False))
    assert not forgotten(lambda receiver: SIGNAL.connect(receiver, retry=True))


def test_the_signals_of_an_application_forget_too(app: Any) -> None:
    assert isinstance(app.on_after_configure, type(SIGNAL))
    assert isinstance(celery("celery.signals").task_prerun, type(SIGNAL))


def test_a_receiver_takes_all_keywords() -> None:
    assert raised(lambda: SIGNAL.connect(lambda sender: None)) == "ValueError"
    assert raised(lambda: SIGNAL.connect(lambda sender, **kwargs: None)) == ""
