"""What Celery does with messages that are not acknowledged: the claims of CEL209, CEL214 and CEL215."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import celery
import pytest

from tests.reality.conftest import wait_until

DELAYED = """
app.conf.broker_transport_options = {
    "visibility_timeout": 1, "unacked_restore_interval": 0.2, "unacked_restore_throttle": 1
}

def runs(name):
    return app.backend.client.incr(f"runs:{name}")

@app.task
def remind():
    runs("remind")

@app.task(bind=True, max_retries=1)
def later(self):
    runs("later")
    if not self.request.retries:
        raise self.retry(countdown=2.5)

@app.task(acks_late=True)
def late():
    import time
    runs("late")
    time.sleep(2)

@app.task
def early():
    import time
    runs("early")
    time.sleep(2)
"""

KILLED = """
import os, signal, time
from celery.concurrency.asynpool import AsynPool
app.conf.worker_lost_wait = 0.1
# A dead child is looked for every five seconds; the test has no time for that.
AsynPool.timers = property(lambda pool: {pool.maintain_pool: 0.1})

def dies(name):
    app.backend.client.incr(f"runs:{name}")
    time.sleep(0.05)
    os.kill(os.getpid(), signal.SIGKILL)

@app.task(acks_late=True)
def late():
    dies("late")

@app.task(reject_on_worker_lost=True)
def rejected():
    dies("rejected")

@app.task(acks_late=True, reject_on_worker_lost=True)
def unbounded():
    if int(app.backend.client.get("runs:unbounded") or 0) < 8:
        dies("unbounded")

@app.task(acks_late=True, reject_on_worker_lost=True, retry_on_worker_lost=True, max_retries=2, default_retry_delay=0)
def bounded():
    dies("bounded")
"""


def runs(worker: Any, name: str) -> int:
    return int(worker.redis.get(f"runs:{name}") or 0)


def test_what_waits_beyond_the_visibility_timeout_runs_again(work: Callable[..., Any]) -> None:
    with work(DELAYED, pool="threads", concurrency=8) as worker:
        worker.send("real.remind", countdown=2.5)
        for name in ("later", "late", "early"):
            worker.send(f"real.{name}")
        wait_until(lambda: runs(worker, "remind") > 1 and runs(worker, "later") > 2 and runs(worker, "late") > 1)
        assert runs(worker, "early") == 1


def test_what_a_lost_worker_costs(work: Callable[..., Any]) -> None:
    with work(KILLED, pool="prefork", concurrency=4) as worker:
        for name in ("late", "rejected"):
            state, error = worker.outcome(f"real.{name}")
            assert state == "FAILURE"
            assert error.startswith("WorkerLostError")
            assert runs(worker, name) == 1
        worker.send("real.unbounded")
        wait_until(lambda: runs(worker, "unbounded") == 8)


@pytest.mark.skipif(not hasattr(celery.Task, "retry_on_worker_lost"), reason="Celery 5.7 brought retry_on_worker_lost")
def test_retry_on_worker_lost_has_an_end(work: Callable[..., Any]) -> None:
    with work(KILLED, pool="prefork", concurrency=1) as worker:
        task = worker.send("real.bounded")
        wait_until(lambda: runs(worker, "bounded") == 3 and worker.state(task)[0] == "FAILURE")
