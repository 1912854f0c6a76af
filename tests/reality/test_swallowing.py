"""What Celery makes of exceptions that a task catches: the claims of CEL111 and CEL112."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.reality.conftest import Worker

TASKS = """
import time

runs = []

@app.task(autoretry_for=(ConnectionError,), max_retries=2, default_retry_delay=0)
def swallows():
    runs.append(1)
    try:
        raise ConnectionError
    except Exception:
        return "swallowed"

@app.task
def how_often():
    return len(runs)

@app.task(soft_time_limit=1)
def goes_on():
    caught = []
    for _ in range(3):
        try:
            time.sleep(0.6)
        except Exception as error:
            caught.append(type(error).__name__)
    return caught
"""


@pytest.fixture(scope="module")
def worker(work: Callable[..., Any]) -> Iterator[Worker]:
    with work(TASKS, concurrency=1) as running:
        yield running


def test_what_is_caught_is_not_retried_and_succeeds(worker: Worker) -> None:
    assert worker.outcome("real.swallows") == ("SUCCESS", "swallowed")
    assert worker.outcome("real.how_often") == ("SUCCESS", 1)


def test_a_soft_limit_is_raised_once_and_then_the_task_goes_on(worker: Worker) -> None:
    assert worker.outcome("real.goes_on") == ("SUCCESS", ["SoftTimeLimitExceeded"])
