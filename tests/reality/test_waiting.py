"""What Celery does with code that waits in a task: the claims of CEL101."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.reality.conftest import Worker

TASKS = """
import time
from celery import group
from celery.result import AsyncResult, allow_join_result

@app.task
def add(x, y):
    return x + y

@app.task(ignore_result=True)
def forget():
    return 1

@app.task
def waits(how):
    result = add.delay(1, 2)
    several = group(add.s(1, 2), add.s(3, 4))
    return {
        "get": lambda: result.get(),
        "wait": lambda: result.wait(),
        "collect": lambda: list(result.collect()),
        "get_leaf": lambda: result.get_leaf(),
        "by id": lambda: AsyncResult(result.id).get(),
        "group": lambda: several.delay().get(),
        "join": lambda: several.delay().join(),
        "join_native": lambda: several.delay().join_native(),
        "eager": lambda: add.apply((1, 2)).get(),
        "eager, switched off": lambda: add.apply((1, 2)).get(disable_sync_subtasks=False),
        "eager result": lambda: add.apply((1, 2)).result,
        "ignored": lambda: forget.delay().get(),
        "ready": lambda: [result.ready(), result.state][0] in (True, False),
        "switched off": lambda: result.get(disable_sync_subtasks=False, timeout=10),
    }[how]()

@app.task
def allowed():
    with allow_join_result():
        return add.delay(1, 2).get()

@app.task
def polls():
    result = add.delay(1, 2)
    while not result.ready():
        time.sleep(0.05)
    return result.result

@app.task
def each():
    return len(list(group(add.s(1, 2), add.s(3, 4)).delay().iter_native(timeout=10)))
"""


@pytest.fixture(scope="module")
def worker(work: Callable[..., Any]) -> Iterator[Worker]:
    with work(TASKS, concurrency=2) as running:
        yield running


@pytest.fixture(scope="module")
def lone_worker(work: Callable[..., Any]) -> Iterator[Worker]:
    """A worker with one slot."""
    with work(TASKS, concurrency=1) as running:
        yield running


@pytest.mark.parametrize(
    "how", ["get", "wait", "collect", "get_leaf", "by id", "group", "join", "join_native", "eager"]
)
def test_waiting_raises(worker: Worker, how: str) -> None:
    state, error = worker.outcome("real.waits", how)
    assert state == "FAILURE"
    assert error.startswith("RuntimeError: Never call result.get() within a task")


@pytest.mark.parametrize(
    ("how", "value"),
    [("eager result", 3), ("eager, switched off", 3), ("ignored", None), ("ready", True), ("switched off", 3)],
)
def test_this_does_not_raise(worker: Worker, how: str, value: object) -> None:
    assert worker.outcome("real.waits", how) == ("SUCCESS", value)


def test_without_the_check_it_waits_while_another_slot_is_free(worker: Worker) -> None:
    assert worker.outcome("real.allowed") == ("SUCCESS", 3)
    assert worker.outcome("real.each") == ("SUCCESS", 2)
    assert worker.outcome("real.polls") == ("SUCCESS", 3)


def test_without_the_check_a_full_pool_never_moves_again(lone_worker: Worker) -> None:
    assert lone_worker.hangs("real.allowed")


def test_a_full_pool_that_asks_whether_it_is_ready_never_moves_again_either(work: Callable[..., Any]) -> None:
    with work(TASKS, concurrency=1) as lone:
        assert lone.hangs("real.polls")
