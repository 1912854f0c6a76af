"""What Celery does with coroutines, generators and bound functions: the claims of CEL105 and CEL110."""

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
    assert f"Task real.unnoticed[{task_id}] succeeded" in worker.log


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
