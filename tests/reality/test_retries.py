"""What Celery does when tasks retry: the claims of CEL203 to CEL208, CEL218 and CEL223."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.reality.conftest import wait_until

if TYPE_CHECKING:
    from tests.reality.conftest import Worker

TASKS = """
from celery.exceptions import Reject, Retry, SoftTimeLimitExceeded

def runs(task):
    return app.backend.client.incr(f"runs:{task.name}")

@app.task(bind=True, max_retries=2)
def swallows(self):
    runs(self)
    try:
        raise self.retry(countdown=0)
    except Exception:
        return "swallowed"

@app.task(bind=True, max_retries=2)
def replaces(self):
    runs(self)
    try:
        raise self.retry(countdown=0)
    except Exception as error:
        raise ValueError("replaced") from error

@app.task(bind=True, max_retries=2)
def doubles(self):
    runs(self)
    try:
        if self.request.retries < 2:
            raise self.retry(countdown=0)
    except Exception as error:
        raise self.retry(exc=error, countdown=0)

@app.task(bind=True, max_retries=2)
def lets_through(self):
    runs(self)
    try:
        raise self.retry(countdown=0)
    except Retry:
        raise
    except Exception:
        return "swallowed"

@app.task(bind=True, max_retries=1)
def bare(self):
    runs(self)
    self.retry(countdown=0)
    return "went on"

@app.task(bind=True, max_retries=1)
def with_exc(self, secret):
    try:
        raise OSError("no route")
    except OSError as error:
        raise self.retry(countdown=0, exc=error)

@app.task(bind=True, max_retries=1)
def without_exc(self, secret):
    try:
        raise OSError("no route")
    except OSError as error:
        raise self.retry(countdown=0)

@app.task(bind=True, autoretry_for=(OSError,), max_retries=2)
def flat(self):
    raise OSError

@app.task(bind=True, max_retries=2, retry_backoff=True, retry_jitter=True, retry_kwargs={"max_retries": 9})
def inert(self):
    runs(self)
    raise OSError("once")

@app.task(bind=True, max_retries=9, retry_backoff=True, retry_backoff_max=1)
def by_hand(self):
    raise self.retry()

@app.task(bind=True, autoretry_for=(Exception,), default_retry_delay=0, max_retries=1)
def rejects(self):
    runs(self)
    raise Reject("no", requeue=False)

@app.task(bind=True, autoretry_for=(Exception,), default_retry_delay=0, max_retries=1)
def too_slow(self):
    runs(self)
    raise SoftTimeLimitExceeded()

@app.task(bind=True, max_retries=4)
def default_number(self):
    runs(self)
    self.retry(countdown=0, max_retries=None)

@app.task(bind=True, max_retries=-1)
def negative(self):
    runs(self)
    self.retry(countdown=0)
"""


@pytest.fixture(scope="module")
def worker(work: Callable[..., Any]) -> Iterator[Worker]:
    with work(TASKS, pool="prefork", concurrency=1) as running:
        yield running


def runs(worker: Worker, name: str) -> int:
    return int(worker.redis.get(f"runs:real.{name}") or 0)


def run_until(worker: Worker, name: str, times: int, *args: Any) -> tuple[str, Any]:
    """State and result of a new task, once it has run so many times and ended."""
    task_id = worker.send(f"real.{name}", *args)
    wait_until(lambda: runs(worker, name) >= times and worker.state(task_id)[0] in {"SUCCESS", "FAILURE"})
    return worker.state(task_id)


def test_a_swallowed_retry_succeeds_and_runs_again(worker: Worker) -> None:
    assert run_until(worker, "swallows", 3) == ("SUCCESS", "swallowed")
    worker.logs("Task real.swallows", 6)
    worker.logs("succeeded in", 3)


def test_a_replaced_retry_fails_and_runs_again(worker: Worker) -> None:
    state, error = run_until(worker, "replaces", 3)
    assert (state, error) == ("FAILURE", "ValueError: replaced")


def test_a_handler_that_retries_sends_two_messages(worker: Worker) -> None:
    run_until(worker, "doubles", 7)
    assert runs(worker, "doubles") == 1 + 2 + 4


def test_a_retry_that_is_let_through_ends_in_its_own_error(worker: Worker) -> None:
    state, error = run_until(worker, "lets_through", 3)
    assert state == "SUCCESS"
    assert error == "swallowed"  # the last one is a MaxRetriesExceededError, which is no Retry
    worker.logs("Task real.lets_through", 5)
    worker.logs("retry: Retry in 0s", 2)


def test_retry_raises_with_and_without_raise(worker: Worker) -> None:
    state, error = run_until(worker, "bare", 2)
    assert state == "FAILURE"
    assert error.startswith("MaxRetriesExceededError")


def test_without_exc_the_arguments_stand_in_the_error(worker: Worker) -> None:
    assert worker.outcome("real.with_exc", "hunter2") == ("FAILURE", "OSError: no route")
    state, error = worker.outcome("real.without_exc", "hunter2")
    assert state == "FAILURE"
    assert error.startswith("MaxRetriesExceededError: Can't retry real.without_exc")
    assert "hunter2" in error


def test_autoretry_waits_three_minutes_each_time(worker: Worker) -> None:
    worker.send("real.flat")
    worker.logs("Task real.flat")
    worker.logs("retry: Retry in 180s: OSError")


def test_backoff_is_nothing_to_retry_by_hand(worker: Worker) -> None:
    worker.send("real.by_hand")
    worker.logs("retry: Retry in 180s\n")


def test_retry_options_without_a_retry_do_nothing(worker: Worker) -> None:
    assert run_until(worker, "inert", 1) == ("FAILURE", "OSError: once")
    assert runs(worker, "inert") == 1


@pytest.mark.parametrize("name", ["rejects", "too_slow"])
def test_autoretry_for_exception_takes_everything(worker: Worker, name: str) -> None:
    worker.send(f"real.{name}")
    wait_until(lambda: runs(worker, name) == 2)


def test_none_for_one_retry_is_the_number_of_the_task(worker: Worker) -> None:
    state, error = run_until(worker, "default_number", 5)
    assert state == "FAILURE"
    assert error.startswith("MaxRetriesExceededError")


def test_a_negative_number_of_retries_is_none_at_all(worker: Worker) -> None:
    state, error = run_until(worker, "negative", 1)
    assert (state, runs(worker, "negative")) == ("FAILURE", 1)
    assert error.startswith("MaxRetriesExceededError")


# Django can be set up once in a process, so that it gets one of its own.
IN_TRANSACTIONS = """
import django
from django.conf import settings
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
)
django.setup()
from celery import Celery
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import transaction
call_command("migrate", verbosity=0)
app = Celery("shop", broker="memory://", backend="cache+memory://")

@app.task(bind=True, max_retries=3)
def inside(self):
    with transaction.atomic():
        Group.objects.create(name=f"inside {self.request.retries}")
        if self.request.retries < 2:
            raise self.retry(countdown=0)

@app.task(bind=True, max_retries=3)
def outside(self):
    with transaction.atomic():
        Group.objects.create(name=f"outside {self.request.retries}")
    if self.request.retries < 2:
        raise self.retry(countdown=0)

inside.apply()
outside.apply()
print(*sorted(Group.objects.values_list("name", flat=True)), sep=", ")
"""


def test_a_retry_in_a_transaction_takes_it_back() -> None:
    done = subprocess.run([sys.executable, "-c", IN_TRANSACTIONS], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "inside 2, outside 0, outside 1, outside 2"
