"""What Celery does with processes, exits and calls of tasks inside a task: the claims of CEL102, CEL106 and CEL107."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.reality.conftest import Worker

TASKS = """
import multiprocessing, os, signal, subprocess, sys, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.pool import ThreadPool
import billiard
from celery.concurrency.asynpool import AsynPool

# A dead child is looked for every five seconds; the test has no time for that.
AsynPool.timers = property(lambda pool: {pool.maintain_pool: 0.1})

tries = []

def one(x=1):
    return x

def started(process):
    process.start()
    process.join()
    return process.exitcode

def forked():
    child = os.fork()
    if not child:
        os._exit(0)
    return os.waitpid(child, 0)[1]

@app.task(autoretry_for=(ConnectionError,), max_retries=1)
def does(how):
    return {
        "Process": lambda: started(multiprocessing.Process(target=one)),
        "Pool": lambda: multiprocessing.Pool(1).map(one, [1]),
        "spawned Pool": lambda: multiprocessing.get_context("spawn").Pool(1),
        "Manager": lambda: multiprocessing.Manager().list([1]),
        "ProcessPoolExecutor": lambda: list(ProcessPoolExecutor(1).map(one, [1])),
        "billiard": lambda: started(billiard.Process(target=one)),
        "fork": forked,
        "subprocess": lambda: subprocess.run(["true"]).returncode,
        "threads": lambda: ThreadPool(1).map(one, [0])[0],
        "sys.exit": lambda: sys.exit(1),
        "exit": lambda: exit(3),
        "_exit": lambda: os._exit(5),
    }[how]()

@app.task(soft_time_limit=1)
def deaf():
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        time.sleep(0.1)
    return "went on"

@app.task(autoretry_for=(ConnectionError,), max_retries=3, default_retry_delay=0)
def fails():
    tries.append(1)
    raise ConnectionError(len(tries))

@app.task
def calls():
    fails()

@app.task
def applies():
    tries.clear()
    return fails.apply().state
"""


@pytest.fixture(scope="module")
def worker(work: Callable[..., Any]) -> Iterator[Worker]:
    with work(TASKS, concurrency=1) as running:
        yield running


@pytest.mark.parametrize("how", ["Process", "Pool", "spawned Pool", "Manager", "ProcessPoolExecutor"])
def test_prefork_children_have_no_children(worker: Worker, how: str) -> None:
    error = "AssertionError: daemonic processes are not allowed to have children"
    assert worker.outcome("real.does", how) == ("FAILURE", error)


@pytest.mark.parametrize("how", ["billiard", "fork", "subprocess", "threads"])
def test_this_is_let_through(worker: Worker, how: str) -> None:
    assert worker.outcome("real.does", how) == ("SUCCESS", 0)


@pytest.mark.parametrize("how", ["sys.exit", "exit", "_exit"])
def test_leaving_loses_the_worker_process(worker: Worker, how: str) -> None:
    state, error = worker.outcome("real.does", how)
    assert state == "FAILURE"
    assert error.startswith("WorkerLostError: Worker exited prematurely")


def test_a_handler_for_the_soft_limit_takes_it_away(worker: Worker) -> None:
    assert worker.outcome("real.deaf") == ("SUCCESS", "went on")


def test_a_task_that_is_called_does_not_retry_and_one_that_is_applied_does_not_raise(worker: Worker) -> None:
    assert worker.outcome("real.calls") == ("FAILURE", "ConnectionError: 1")
    assert worker.outcome("real.applies") == ("SUCCESS", "FAILURE")
