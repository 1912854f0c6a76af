"""What happens to connections and locks of tasks: the claims of CEL114 to CEL116."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.reality.conftest import wait_until

if TYPE_CHECKING:
    from tests.reality.conftest import Worker

TASKS = """
import asyncio, os, signal, socket, time
from urllib.parse import urlsplit
import redis.asyncio

url = urlsplit(app.conf.broker_url)
shared = socket.create_connection((url.hostname, url.port))
client = redis.asyncio.Redis.from_url(app.conf.broker_url)

@app.task
def connection():
    time.sleep(0.3)
    return [os.getpid(), shared.getsockname()[1]]

@app.task
def ping():
    return asyncio.run(client.ping())

def lock(timeout):
    return redis.Redis.from_url(app.conf.broker_url).lock("sync", timeout=timeout)

@app.task
def free_after(timeout):
    holder = os.fork()
    if not holder:
        with lock(timeout):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(holder, 0)
    time.sleep(0.2)
    return lock(1).acquire(blocking=False)
"""


@pytest.fixture(scope="module")
def worker(work: Callable[..., Any]) -> Iterator[Worker]:
    with work(TASKS, concurrency=2) as running:
        yield running


def test_a_connection_made_at_import_is_the_same_in_every_process(worker: Worker) -> None:
    ports: dict[int, int] = {}

    def seen() -> int:
        ids = [worker.send("real.connection") for _ in range(4)]
        ports.update(worker.ended(task_id)[1] for task_id in ids)
        return len(ports)

    wait_until(lambda: seen() == 2)
    assert len(set(ports.values())) == 1


def test_an_async_client_fails_in_the_next_loop(worker: Worker) -> None:
    outcomes = [worker.outcome("real.ping") for _ in range(4)]
    assert ("FAILURE", "RuntimeError: Event loop is closed") in outcomes


def test_a_lock_without_a_timeout_outlives_the_process_that_held_it(worker: Worker) -> None:
    assert worker.outcome("real.free_after", 0.1) == ("SUCCESS", True)
    time.sleep(1)
    assert worker.outcome("real.free_after", None) == ("SUCCESS", False)
