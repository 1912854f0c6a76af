"""The commands that the checklist prints do what it says, with a real worker and a real Redis."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.checklist.conftest import answered
from tests.reality.conftest import SECONDS, Worker, wait_until

pytestmark = pytest.mark.skipif(shutil.which("redis-cli") is None, reason="needs redis-cli in PATH")


@dataclass(frozen=True)
class Printed:
    """A running worker and what the checklist prints for its project."""

    worker: Worker
    folder: Path
    steps: dict[str, list[str]]

    def run(self, command: str) -> str:
        """What a command prints in a shell, where it ends well."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            command,
            shell=True,
            cwd=self.folder,
            env=os.environ | {"PATH": path},
            input="y\n",
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def first(self, item: str, words: str) -> str:
        """What the first command of an item prints that has some words in it."""
        return self.run(next(command for command in self.steps[item] if words in command))

    def ran(self) -> int:
        """How many harmless tasks the worker has run."""
        return self.worker.log.count("celery.accumulate") // 2


@pytest.fixture(scope="module")
def printed(work: Callable[..., Any]) -> Iterator[Printed]:
    with work("", concurrency=1) as worker:
        folder = worker.log_path.parent
        (folder / "Procfile").write_text("worker: celery -A real worker -c 1 -l INFO\n", encoding="utf-8")
        sheet = answered(folder)
        steps = {item.id: [step.command for step in answer.steps if step.command] for item, answer in sheet.answers}
        yield Printed(worker, folder, steps)


def test_workers_answer(printed: Printed) -> None:
    assert "pong" in printed.first("verify.workers-registered", "ping")
    assert "celery" in printed.first("verify.workers-registered", "active_queues")
    assert "real.mark" in printed.first("verify.workers-registered", "registered")
    assert "pool will grow" in printed.first("runbook.scale-up", "pool_grow")


def test_a_task_that_does_no_harm_is_run(printed: Printed) -> None:
    call, result = printed.steps["verify.test-task"]
    task = printed.run(call).strip()
    printed.worker.logs(f"celery.accumulate[{task}] succeeded")
    assert printed.run(result.replace("ID", task)).strip() == "[]"


def test_urgent_tasks_are_sent_behind_others_and_all_are_run(printed: Printed) -> None:
    fill, behind, active = printed.steps["verify.priority"]
    before = printed.ran()
    printed.run(fill)
    printed.run(behind)
    assert "celery@" in printed.run(active)
    wait_until(lambda: printed.ran() >= before + 101, lambda: printed.worker.log[-2000:])


def test_a_queue_is_filled_measured_and_emptied(printed: Printed) -> None:
    waiting = next(command for command in printed.steps["runbook.drain"] if "LLEN" in command)
    printed.first("runbook.drain", "cancel_consumer")
    printed.first("verify.alerts", "range(1100)")
    assert int(printed.run(waiting)) == 1100
    assert "celery" in printed.first("issues.memory", "--memkeys")
    assert "1100 messages" in printed.first("runbook.drain", "purge")
    assert int(printed.run(waiting)) == 0


def test_redis_is_asked(printed: Printed) -> None:
    assert "redis_version" in printed.first("broker.redis-version", "INFO")
    assert printed.first("broker.persistence", "CONFIG GET") == "appendonly\nno\n"
    assert printed.first("runbook.incident", "PING") == "PONG\n"
