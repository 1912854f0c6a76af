"""What Celery does with bodies that are no plain functions at module level: the claims of CEL105, CEL108 to CEL110."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.reality.conftest import Worker

TASKS = """
import os
from pathlib import Path

ran = Path(__file__).with_name("ran")

@app.task
async def coroutine():
    ran.write_text("coroutine")

@app.task(ignore_result=True)
async def unnoticed():
    ran.write_text("unnoticed")

@app.task
def generator():
    ran.write_text("generator")
    yield 1

@app.task
def look():
    return ran.exists()

def one():
    @app.task
    def nested():
        return 1
    return nested()

def other():
    @app.task
    def nested():
        return 2
    return nested()

@app.task
def both():
    return [one(), other()]

@app.task(bind=True)
def counts(self):
    self.seen = getattr(self, "seen", 0) + 1
    return self.seen

@app.task(typing=False)
def unbound(self, order_id=None):
    raise self.retry(countdown=0)

@app.task
def nameless():
    raise self.retry(countdown=0)
"""


@pytest.fixture(scope="module")
def worker(work: Callable[..., Any]) -> Iterator[Worker]:
    with work(TASKS, concurrency=1) as running:
        yield running


@pytest.mark.parametrize(("name", "kind"), [("coroutine", "coroutine"), ("generator", "generator")])
def test_what_is_returned_cannot_be_stored(worker: Worker, name: str, kind: str) -> None:
    state, error = worker.outcome(f"real.{name}")
    assert state == "FAILURE"
    assert f"Object of type {kind} is not JSON serializable" in error
    assert worker.outcome("real.look") == ("SUCCESS", False)


def test_without_a_result_it_even_succeeds(worker: Worker) -> None:
    task_id = worker.send("real.unnoticed")
    assert worker.outcome("real.look") == ("SUCCESS", False)
    worker.logs(f"Task real.unnoticed[{task_id}] succeeded")


def test_a_nested_task_is_unknown_until_its_function_has_run_and_then_the_first_one(worker: Worker) -> None:
    worker.send("real.nested")
    assert worker.outcome("real.both") == ("SUCCESS", [1, 1])
    worker.logs("Received unregistered task of type 'real.nested'")


def test_one_instance_serves_all_calls(worker: Worker) -> None:
    assert [worker.outcome("real.counts") for _ in range(2)] == [("SUCCESS", 1), ("SUCCESS", 2)]


def test_without_bind_the_first_argument_is_self(worker: Worker) -> None:
    assert worker.outcome("real.unbound", 7) == ("FAILURE", "AttributeError: 'int' object has no attribute 'retry'")
    assert worker.outcome("real.nameless") == ("FAILURE", "NameError: name 'self' is not defined")


def test_arguments_are_refused_where_they_are_sent() -> None:
    app = importlib.import_module("celery").Celery("real", broker="memory://", set_as_current=False)

    def clean_up() -> None: ...

    def ship(self: Any, order_id: int) -> None: ...

    with pytest.raises(TypeError, match="takes 0 positional arguments but 1 was given"):
        app.task(bind=True)(clean_up).delay()
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        app.task(ship).delay(1)
    app.close()
