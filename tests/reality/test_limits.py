"""What Celery does with time limits: the claims of CEL211 to CEL213 and CEL217."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import celery
import pytest

from tests.reality.conftest import wait_until

if TYPE_CHECKING:
    from tests.reality.conftest import Worker

# Celery has no types.
Celery: Any = celery.Celery
TASKS = """
import time
from celery.exceptions import SoftTimeLimitExceeded

app.conf.task_time_limit = 1

@app.task(time_limit=0)
def zero():
    time.sleep(20)

@app.task(time_limit=None)
def none():
    time.sleep(20)

@app.task(time_limit=20)
def longer():
    time.sleep(1.5)
    return "done"

@app.task(soft_time_limit=1, time_limit=3)
def cleans_up():
    try:
        time.sleep(20)
    except SoftTimeLimitExceeded:
        return "cleaned up"

@app.task(time_limit="1")
def in_quotes():
    time.sleep(20)
"""


@pytest.fixture(scope="module")
def worker(work: Callable[..., Any]) -> Iterator[Worker]:
    with work(TASKS, pool="prefork", concurrency=5) as running:
        yield running


@pytest.fixture
def app() -> Iterator[Any]:
    made = Celery("limits", broker="memory://", backend="cache+memory://", set_as_current=False)
    yield made
    made.close()


def nothing() -> None:
    """What a task that is only sent does."""


def task(app: Any, **options: Any) -> Any:
    # A shared task would be made again by every other app of this process.
    return app.task(shared=False, **options)(nothing)


def test_zero_and_none_do_not_lift_the_limit_of_the_app(worker: Worker) -> None:
    tasks = {name: worker.send(f"real.{name}") for name in ("zero", "none", "longer", "cleans_up")}
    wait_until(lambda: all(worker.state(task)[0] in {"SUCCESS", "FAILURE"} for task in tasks.values()))
    assert worker.state(tasks["zero"])[1].startswith("TimeLimitExceeded")
    assert worker.state(tasks["none"])[1].startswith("TimeLimitExceeded")
    assert worker.state(tasks["longer"]) == ("SUCCESS", "done")
    assert worker.state(tasks["cleans_up"]) == ("SUCCESS", "cleaned up")


def test_nothing_ends_a_task_without_a_limit(work: Callable[..., Any]) -> None:
    code = "import time\n@app.task\ndef hangs():\n    time.sleep(60)\n"
    with work(code, pool="prefork", concurrency=1) as worker:
        assert worker.hangs("real.hangs", seconds=1.2)


def test_a_soft_limit_above_the_hard_one_raises_in_the_caller(app: Any) -> None:
    ship = task(app, soft_time_limit=2, time_limit=1)

    with pytest.raises(ValueError, match="soft_time_limit must be less than or equal to time_limit"):
        ship.delay()


def test_the_limits_of_the_settings_count_too(app: Any) -> None:
    app.conf.task_time_limit = 1

    ship = task(app, soft_time_limit=2)

    with pytest.raises(ValueError, match="soft_time_limit must be less than or equal to time_limit"):
        ship.delay()


def test_equal_limits_and_limits_of_one_call_are_sent(app: Any) -> None:
    ship = task(app, soft_time_limit=2, time_limit=2)

    assert ship.delay().id
    assert ship.apply_async(soft_time_limit=9, time_limit=1).id


def test_a_limit_in_quotes_cannot_be_compared(app: Any) -> None:
    ship = task(app, soft_time_limit="30", time_limit=60)

    with pytest.raises(TypeError, match="not supported between instances of"):
        ship.delay()


def test_a_lone_limit_in_quotes_works(worker: Worker) -> None:
    state, error = worker.outcome("real.in_quotes")
    assert state == "FAILURE"
    assert error.startswith("TimeLimitExceeded")
