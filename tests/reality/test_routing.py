"""Where Celery sends messages, and what it knows of names: CEL404, CEL414 to CEL424, CEL601 to CEL606."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import celery
import celery.result
import pytest
from celery.exceptions import NotRegistered, QueueNotFound
from kombu.transport import memory

from celerylint.rules.cel418_result_backend_missing import READS, REFUSED

# They have no types.
Celery: Any = celery.Celery
Connection: Any = import_module("kombu").Connection
Queue: Any = import_module("kombu").Queue
ResultSet: Any = celery.result.ResultSet


@pytest.fixture
def app() -> Iterator[Any]:
    made = Celery("routing", broker="memory://", set_as_current=False)
    yield made
    made.close()


def destination(app: Any, name: str, **options: Any) -> str:
    """The queue in which a message is found after it is sent."""
    memory.Channel.queues.clear()
    app.send_task(name, **options)
    (found,) = (queue for queue, messages in memory.Channel.queues.items() if messages.qsize())
    return str(found)


def test_queues_that_are_not_declared_are_made_or_refused(app: Any) -> None:
    app.conf.task_queues = [Queue("celery"), Queue("mail")]
    assert destination(app, "x", queue="pricing") == "pricing"
    assert "pricing" not in app.amqp.queues.consume_from
    other = Celery("other", broker="memory://", set_as_current=False)
    other.conf.update(task_queues=[Queue("celery")], task_create_missing_queues=False)
    with pytest.raises(QueueNotFound):
        other.send_task("x", queue="pricing")


def test_the_default_queue_is_used_without_being_consumed(app: Any) -> None:
    app.conf.task_queues = [Queue("orders"), Queue("mail")]
    assert destination(app, "x") == "celery"
    assert set(app.amqp.queues.consume_from) == {"orders", "mail"}


def test_patterns_without_a_star_are_literal_and_unknown_options_change_nothing(app: Any) -> None:
    app.conf.task_routes = {"send_?": {"queue": "mail"}, "ship": {"quue": "mail"}, "send_*": {"queue": "glob"}}
    assert destination(app, "send_a") == "glob"
    assert destination(app, "ship") == "celery"


def test_a_routing_key_alone_chooses_no_queue(app: Any) -> None:
    app.conf.task_routes = {"ship": {"queue": "orders"}}
    assert destination(app, "ship", routing_key="mail.bulk") == "orders"
    assert destination(app, "count", routing_key="mail.bulk") == "celery"


def test_priorities_on_redis_are_turned_round(redis_url: str) -> None:
    with Connection(f"{redis_url}/7") as connection, connection.SimpleQueue("priorities") as queue:
        queue.put("nine", priority=9)
        queue.put("zero", priority=0)
        queue.put("more", priority=20)
        order = [queue.get(timeout=2) for _ in range(3)]
        for message in order:
            message.ack()
    assert [message.payload for message in order] == ["zero", "nine", "more"]


def test_names_that_nobody_registers_are_sent_all_the_same(app: Any) -> None:
    assert app.send_task("nobody.knows").id
    with pytest.raises(NotRegistered):
        app.tasks["nobody.knows"]


def test_of_two_functions_with_one_name_the_first_is_kept(app: Any) -> None:
    decorator = app.task(name="same", shared=False, lazy=False)

    def first() -> str:
        return "first"

    def second() -> str:
        return "second"

    decorator(first)
    with pytest.warns(UserWarning, match="same"):
        task = decorator(second)
    assert (app.tasks["same"](), task()) == ("first", "first")


def test_of_two_classes_with_one_name_the_last_is_kept(app: Any) -> None:
    base: Any = celery.Task
    first = type("First", (base,), {"name": "same", "run": lambda self: "first"})
    second = type("Second", (base,), {"name": "same", "run": lambda self: "second"})
    app.register_task(first())
    with pytest.warns(UserWarning, match="same"):
        app.register_task(second())
    assert app.tasks["same"]() == "second"


def test_a_decorator_without_wraps_gives_its_own_name(app: Any) -> None:
    def timed(function: Any) -> Any:
        def wrapper() -> Any:
            return function()

        return wrapper

    def ship() -> str:
        return "ship"

    assert app.task(shared=False)(timed(ship)).name == f"{__name__}.wrapper"


def test_only_related_modules_are_discovered(app: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "discovered"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "tasks.py").touch()
    (package / "jobs.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    app.autodiscover_tasks(["discovered"])
    app.loader.import_default_modules()
    assert "discovered.tasks" in sys.modules
    assert "discovered.jobs" not in sys.modules


@pytest.mark.parametrize("read", sorted(READS))
def test_results_without_a_backend_raise(app: Any, read: str) -> None:
    result = app.send_task("x")
    kinds = [kind for kind in (result, ResultSet([result], app=app)) if hasattr(type(kind), read)]
    assert kinds
    for kind in kinds:
        with pytest.raises(NotImplementedError if read in REFUSED else AttributeError):
            asked(kind, read)


def asked(result: Any, read: str) -> None:
    """Read an attribute of a result: call a method, exhaust an iterator."""
    found = getattr(result, read)
    list(found() if callable(found) else found)


CURRENT = """
from celery import Celery, current_app, shared_task
from celery._state import default_app

@shared_task
def ship(): ...

assert "amqp" in str(ship.app.connection().as_uri()), "no app yet: the default one"
first = Celery("first", broker="redis://first")
assert current_app.main == "first"
aside = Celery("aside", broker="redis://aside", set_as_current=False)
assert current_app.main == "first"
second = Celery("second", broker="redis://second")
assert ship.app.main == "second"
"""


def test_the_app_that_is_made_last_is_the_current_one() -> None:
    done = subprocess.run([sys.executable, "-c", CURRENT], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
