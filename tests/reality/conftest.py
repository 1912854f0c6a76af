"""Real Celery for the tests that show what rules claim: a broker of our own and workers that run a given module."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

HEAD = """
from celery import Celery
app = Celery("real", broker={url!r}, backend={url!r})
app.conf.update(task_track_started=True, worker_prefetch_multiplier=1, worker_hijack_root_logger=False)
"""
SECONDS = 15
ENDED = {"SUCCESS", "FAILURE", "REVOKED"}


@dataclass(frozen=True)
class Worker:
    """A running worker, and how to talk to it; `log_path` is what it has written."""

    celery: Any
    redis: Any
    log_path: Path

    @property
    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def send(self, name: str, *args: Any, **options: Any) -> str:
        """The id of a new task."""
        with self.celery.connection_for_write() as connection:
            return str(self.celery.send_task(name, args, connection=connection, **options).id)

    def state(self, task_id: str) -> tuple[str, Any]:
        """State and result of a task; of a failed one the exception as `Class: message`."""
        stored = self.redis.get(f"celery-task-meta-{task_id}")
        row: dict[str, Any] = json.loads(stored) if stored else {"status": "PENDING", "result": None}
        if isinstance(row["result"], dict) and "exc_type" in row["result"]:
            words = " ".join(str(word) for word in row["result"]["exc_message"])
            return row["status"], f"{row['result']['exc_type']}: {words}"
        return row["status"], row["result"]

    def outcome(self, name: str, *args: Any, **options: Any) -> tuple[str, Any]:
        """State and result of a new task, once it has ended."""
        return self.ended(self.send(name, *args, **options))

    def ended(self, task_id: str) -> tuple[str, Any]:
        """State and result of a task that was sent, once it has ended."""
        wait_until(lambda: self.state(task_id)[0] in ENDED)
        return self.state(task_id)

    def hangs(self, name: str, *args: Any, seconds: float = 1.0) -> bool:
        """Whether a task starts and has not ended some seconds later."""
        task_id = self.send(name, *args)
        wait_until(lambda: self.state(task_id)[0] != "PENDING")
        time.sleep(seconds)
        return self.state(task_id)[0] == "STARTED"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Redis of our own, without its database number."""
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("needs redis-server in PATH")
    port, folder = free_port(), tmp_path_factory.mktemp("redis")
    command = [
        server,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--databases",
        "1000",
        "--dir",
        str(folder),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: listens(port))
        yield f"redis://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def wait_until(happened: Callable[[], object], seconds: float = SECONDS) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def apart() -> Iterator[None]:
    """What Celery and kombu keep for the whole process is not passed on from test to test.

    Tasks of one app are registered with all others, and the messages of all memory brokers share their queues.
    """
    state = importlib.import_module("celery._state")
    builtin = {finalizer for finalizer in state._on_app_finalizers if finalizer.__module__ == "celery.app.builtins"}
    state._on_app_finalizers.intersection_update(builtin)
    yield
    memory = importlib.import_module("kombu.transport.memory")
    for queue in memory.Channel.queues.values():
        queue.queue.clear()


@pytest.fixture(scope="session")
def databases() -> Iterator[int]:
    return count(0)


@pytest.fixture(scope="session")
def work(redis_url: str, databases: Iterator[int], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """`with work(code, pool="prefork", concurrency=2) as worker:` runs a worker with the tasks of `code`.

    `code` finds the app as `app`; its tasks are named `real.…`. Every worker has a Redis database of its own.
    """

    @contextmanager
    def run(code: str, *options: str, pool: str = "prefork", concurrency: int = 2) -> Iterator[Worker]:
        url, folder = f"{redis_url}/{next(databases)}", tmp_path_factory.mktemp("worker")
        (folder / "real.py").write_text(HEAD.format(url=url) + code, encoding="utf-8")
        log = folder / "log"
        command = [
            sys.executable, "-m", "celery", "-A", "real", "worker", "-P", pool, "-c", str(concurrency), "-l", "INFO",
            "--without-gossip", "--without-mingle", "--without-heartbeat", *options,
        ]  # fmt: skip
        env = os.environ | {"PYTHONPATH": str(folder), "C_FORCE_ROOT": "1"}
        with log.open("w") as file:
            process = subprocess.Popen(command, cwd=folder, env=env, stdout=file, stderr=file, start_new_session=True)
        app = importlib.import_module("celery").Celery("client", broker=url, set_as_current=False)
        client = importlib.import_module("redis").Redis.from_url(url)
        worker = Worker(app, client, log)
        try:
            wait_until(lambda: " ready." in worker.log or process.poll() is not None)
            assert process.poll() is None, worker.log
            yield worker
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            app.close()
            client.close()

    return run
