"""What real workers, beats, shells and Redis servers do: claims of CEL807, 808, 813, 816, 822 and 825."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.reality.conftest import SECONDS, redis_server, wait_until

if TYPE_CHECKING:
    from tests.reality.conftest import Worker

SLEEPER = """
import time

@app.task
def nap(seconds):
    time.sleep(seconds)
    return "rested"
"""
LIMITED = f"{SLEEPER}\napp.conf.task_time_limit = 1\napp.conf.task_soft_time_limit = 1\n"


def started(worker: Worker, seconds: float) -> str:
    task = worker.send("real.nap", seconds)
    wait_until(lambda: worker.state(task)[0] == "STARTED")
    return task


# Signals


def test_sigterm_to_the_worker_waits_for_the_task(work: Callable[..., Any]) -> None:
    with work(SLEEPER, concurrency=1) as worker:
        task = started(worker, 0.5)
        os.kill(worker.pid, signal.SIGTERM)
        assert worker.ended(task) == ("SUCCESS", "rested")


def test_sigterm_to_every_process_loses_the_task(work: Callable[..., Any]) -> None:
    with work(SLEEPER, concurrency=1) as worker:
        task = started(worker, 0.5)
        os.killpg(worker.pid, signal.SIGTERM)
        worker.logs("signal 15")
        time.sleep(0.6)
        assert worker.state(task)[0] != "SUCCESS"


def test_remapped_sigterm_loses_the_task(work: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMAP_SIGTERM", "SIGQUIT")
    with work(SLEEPER, concurrency=1) as worker:
        task = started(worker, 0.5)
        os.kill(worker.pid, signal.SIGTERM)
        worker.logs("Cold shutdown")
        time.sleep(0.6)
        assert worker.state(task)[0] != "SUCCESS"


@pytest.fixture
def children() -> Iterator[list[int]]:
    """Processes that a test leaves behind."""
    found: list[int] = []
    yield found
    for pid in found:
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    ("program", "script", "handed_on"),
    [
        ("sh", "true\nsleep 60\n", False),
        ("bash", "true\nsleep 60\n", False),
        ("sh", "true\nexec sleep 60\n", True),
        ("bash -c", "true && sleep 60", True),
        ("bash -c", "sleep 60 | cat", False),
        ("bash -c", "sleep 60; true", False),
        ("sh -c", "exec sleep 60", True),
    ],
)
def test_who_gets_the_signal_of_a_shell(
    program: str, script: str, handed_on: bool, tmp_path: Path, children: list[int]
) -> None:
    """Where the shell is replaced, the process that was started is the program itself; else that is a child of it."""
    file = tmp_path / "start.sh"
    file.write_text(script)
    words = [*program.split(), script if program.endswith("-c") else str(file)]
    process = subprocess.Popen(words, start_new_session=True)
    try:
        wait_until(lambda: "sleep" in names_of(process.pid))
        replaced = name_of(process.pid) == "sleep"
        children += [] if replaced else [pid for pid in below(process.pid) if name_of(pid) == "sleep"]
        process.terminate()
        process.wait(timeout=10)
        assert replaced == handed_on
        assert all(name_of(pid) == "sleep" for pid in children)
    finally:
        process.kill()


def name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def below(pid: int) -> list[int]:
    """The children of a process."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def names_of(pid: int) -> set[str]:
    return {name_of(each) for each in [pid, *below(pid)]}


# Pools


def test_threads_enforce_no_time_limit(work: Callable[..., Any]) -> None:
    with work(LIMITED, pool="threads", concurrency=1) as worker:
        assert worker.outcome("real.nap", 1.3) == ("SUCCESS", "rested")


def test_autoscale_ends_a_worker_with_threads(work: Callable[..., Any]) -> None:
    with work(SLEEPER, "--autoscale=3,1", pool="threads", concurrency=1) as worker:
        for _ in range(4):
            worker.send("real.nap", 0.5)
        worker.logs("has no attribute 'grow'")


# Beat


def test_beat_writes_a_schedule_and_no_pidfile(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("from celery import Celery\napp = Celery('shop', broker='memory://')\n")
    command = [sys.executable, "-m", "celery", "-A", "shop", "beat"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: list(tmp_path.glob("celerybeat-schedule*")))
        assert list(tmp_path.glob("*.pid")) == []
    finally:
        process.kill()
        process.wait()


# Redis


def test_an_idle_worker_keeps_eight_connections_and_more(redis_url: str, tmp_path: Path) -> None:
    database = 999
    url = f"{redis_url}/{database}"
    (tmp_path / "shop.py").write_text(f"from celery import Celery\napp = Celery('shop', broker={url!r})\n")
    command = [sys.executable, "-m", "celery", "-A", "shop", "worker", "-c", "2"]
    environment = os.environ | {"C_FORCE_ROOT": "1"}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    client = importlib.import_module("redis").Redis.from_url(redis_url, socket_timeout=SECONDS)
    try:
        wait_until(lambda: sum(int(row["db"]) == database for row in client.client_list()) >= 8)
    finally:
        process.kill()
        process.wait()
        client.close()


@pytest.fixture(scope="module")
def small_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Redis that is full with two megabytes more than it has."""
    with redis_server(tmp_path_factory.mktemp("small")) as port:
        client = importlib.import_module("redis").Redis(port=port, socket_timeout=SECONDS)
        client.config_set("maxmemory", client.info("memory")["used_memory"] + 2_000_000)
        yield client
        client.close()


@pytest.mark.parametrize(("policy", "kept"), [("allkeys-lru", 0), ("volatile-lru", 300), ("noeviction", 300)])
def test_what_a_full_redis_keeps_of_a_queue(policy: str, kept: int, small_redis: Any) -> None:
    small_redis.flushall()
    small_redis.config_set("maxmemory-policy", policy)
    port = small_redis.connection_pool.connection_kwargs["port"]
    app = importlib.import_module("celery").Celery("shop", broker=f"redis://127.0.0.1:{port}", set_as_current=False)
    with app.connection_for_write() as connection:
        for number in range(300):
            app.send_task("shop.ship", (number,), connection=connection)
    app.close()
    assert small_redis.llen("celery") == 300
    # Redis' clock of what was used last has seconds.
    time.sleep(1.1)
    errors = 0
    for number in range(3000):
        try:
            small_redis.set(f"cache:{number}", "x" * 1000)
        except importlib.import_module("redis").ResponseError:
            errors += 1
    assert small_redis.llen("celery") == kept
    assert bool(errors) == (policy != "allkeys-lru")
