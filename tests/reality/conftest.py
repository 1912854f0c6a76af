"""Real Celery for the tests that show what rules claim: a broker of our own and workers that run a given module.

Each module has a Redis of its own, and Celery and kombu as a new process has them, so that no test sees what
another one did, whatever the order and however many processes share the tests.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from weakref import WeakSet

import pytest
from celery import _state
from celery.app import builtins
from kombu.serialization import registry
from kombu.transport import memory, virtual

HEAD = """
from celery import Celery
app = Celery("real", broker={url!r}, backend={url!r})
app.conf.update(task_track_started=True, worker_prefetch_multiplier=1, worker_hijack_root_logger=False)

@app.task
def mark():
    pass
"""
# It has no types.
broker_state: Any = virtual.BrokerState
# A machine that does much else takes this long; nothing waits longer than it has to.
SECONDS = 60
ENDED = {"SUCCESS", "FAILURE", "REVOKED"}


@contextmanager
def process_state() -> Iterator[pytest.MonkeyPatch]:
    """What Celery and kombu keep for a whole process is afterwards as it was.

    `celery._state` holds the current app, and the tasks that every app is given when it is finalized: those of
    all other apps, unless they are made with `shared=False`. `kombu.transport.memory` holds one broker.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_state, "default_app", _state.default_app)
        patch.setattr(_state._tls, "current_app", _state._tls.current_app)
        patch.setattr(_state, "_task_join_will_block", _state._task_join_will_block)
        patch.setattr(_state, "_on_app_finalizers", set(_state._on_app_finalizers))
        patch.setattr(_state, "_apps", WeakSet(_state._apps))
        patch.setattr(registry, "_disabled_content_types", set(registry._disabled_content_types))
        patch.setattr(memory.Channel, "queues", {})
        patch.setattr(memory.Channel, "events", defaultdict(set))
        # Before kombu 5.0 there is no such attribute; only bindings are shared there, which are all alike.
        patch.setattr(memory.Transport, "global_state", broker_state(), raising=False)
        yield patch


@pytest.fixture(scope="module", autouse=True)
def new_process() -> Iterator[None]:
    """Celery as a new process has it, whatever was done in this one and whatever its environment says."""
    with process_state() as patch:
        patch.setattr(_state, "default_app", None)
        patch.setattr(_state._tls, "current_app", None)
        patch.setattr(_state, "_task_join_will_block", False)
        patch.setattr(_state, "_on_app_finalizers", set(filter(is_builtin, _state._on_app_finalizers)))
        patch.setattr(_state, "_apps", WeakSet())
        for name in [name for name in os.environ if name.startswith("CELERY_")]:
            patch.delenv(name)
        patch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
        yield


@pytest.fixture(autouse=True)
def same_process(new_process: None) -> Iterator[None]:
    """A test leaves Celery to the next one of its module as it found it."""
    with process_state():
        yield


def is_builtin(finalizer: Callable[..., object]) -> bool:
    return finalizer.__module__ == builtins.__name__


@dataclass(frozen=True)
class Worker:
    """A running worker, and how to talk to it; `log_path` is what it has written, `pid` its main process."""

    celery: Any
    redis: Any
    log_path: Path
    pid: int

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
        wait_until(lambda: self.state(task_id)[0] in ENDED, lambda: f"{self.state(task_id)}\n{self.log}")
        return self.state(task_id)

    def settle(self) -> None:
        """Wait until a worker with one slot has run what was sent, and what that has sent in turn."""
        for _ in range(2):
            self.outcome("real.mark")

    def logs(self, words: str, times: int = 1) -> None:
        """Wait until the log holds some words so many times; a worker writes it after a result is stored."""
        wait_until(lambda: self.log.count(words) >= times, lambda: f"{words!r} is not there:\n{self.log}")

    def hangs(self, name: str, *args: Any, seconds: float = 1.0) -> bool:
        """Whether a task starts and has not ended some seconds later."""
        task_id = self.send(name, *args)
        wait_until(lambda: self.state(task_id)[0] != "PENDING", lambda: self.log)
        time.sleep(seconds)
        return self.state(task_id)[0] == "STARTED"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def redis_server(folder: Path, *more: str) -> Iterator[int]:
    """The port of a Redis of our own with `more` options, which is killed in the end and leaves its files in a folder.
    Somebody else may take a port that was free; then another is tried."""
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("needs redis-server in PATH")
    options = ["--bind", "127.0.0.1", "--save", "", "--databases", "1000", "--dir", str(folder), *more]
    for port in (free_port() for _ in range(5)):
        process = subprocess.Popen([server, "--port", str(port), *options], stdout=subprocess.DEVNULL)
        try:
            if serves(process, port):
                yield port
                return
        finally:
            process.kill()
            process.wait()
    pytest.fail(f"{server} does not start")


def serves(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether a server that was started is the one that answers at a port; if not, it has ended."""
    wait_until(lambda: process_at(port) == process.pid or process.poll() is not None)
    return process.poll() is None


def process_at(port: int) -> int | None:
    """The id of the Redis server that answers there."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        connection.sendall(b"INFO server\r\n")
        found = re.search(rb"process_id:(\d+)", connection.recv(4096))
        return int(found[1]) if found else None
    return None


def wait_until(happened: Callable[[], object], instead: Callable[[], str] = str, seconds: float = SECONDS) -> None:
    """Wait for something; `instead` tells what there is where it has not happened after so many seconds."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, f"it has not happened in {seconds} s. {instead()}"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the module's Redis, without its database number: workers have those from 100 on."""
    with redis_server(tmp_path_factory.mktemp("redis")) as port:
        yield f"redis://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def work(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """`with work(code, pool="prefork", concurrency=2) as worker:` runs a worker with the tasks of `code`.

    `code` finds the app as `app`; its tasks are named `real.…`. Every worker has a Redis database of its own.
    """
    databases = count(100)

    @contextmanager
    def run(code: str, *options: str, pool: str = "prefork", concurrency: int = 2) -> Iterator[Worker]:
        url, folder = f"{redis_url}/{next(databases)}", tmp_path_factory.mktemp("worker")
        (folder / "real.py").write_text(HEAD.format(url=url) + code, encoding="utf-8")
        log = folder / "log"
        command = [
            sys.executable, "-m", "celery", "-A", "real", "worker", "-P", pool, "-c", str(concurrency), "-l", "INFO",
            "--without-gossip", "--without-mingle", "--without-heartbeat", *options,
        ]  # fmt: skip
        env = os.environ | {"PYTHONPATH": str(folder), "TMPDIR": str(folder), "C_FORCE_ROOT": "1"}
        with log.open("w") as file:
            process = subprocess.Popen(command, cwd=folder, env=env, stdout=file, stderr=file, start_new_session=True)
        app = importlib.import_module("celery").Celery("client", broker=url, set_as_current=False)
        client = importlib.import_module("redis").Redis.from_url(url, socket_timeout=SECONDS)
        worker = Worker(app, client, log, process.pid)
        try:
            wait_until(lambda: " ready." in worker.log or process.poll() is not None, lambda: worker.log)
            assert process.poll() is None, worker.log
            yield worker
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            app.close()
            client.close()

    return run
