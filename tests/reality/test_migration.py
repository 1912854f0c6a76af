"""A project of Celery 4 after one run of celerylint: the same tasks, settings and schedule, on Celery 4.4 and on 5.

`fixtures/projects/legacy` is the project, `legacy_migrated` what has to come out. Celery 4.4 is installed into a folder
of its own, with what belongs to it, and given back what it imports and newer Pythons have not: as it is, it runs on
Python 3.10 at the most.
"""

from __future__ import annotations

import filecmp
import importlib.metadata
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from celerylint import celery_data
from tests.reality.conftest import SECONDS, redis_server, wait_until

ROOT = Path(__file__).parents[2]
LEGACY, MIGRATED = (ROOT / "fixtures" / "projects" / name for name in ("legacy", "legacy_migrated"))
RULES = "CEL7,CEL501,CEL502,CEL503"
# Where tests may not be skipped for want of what they need.
ALL_IS_THERE = "CELERYLINT_NO_SKIPS"
OLD = (
    "celery==4.4.7", "kombu==4.6.11", "vine==1.3.0", "amqp==2.6.1", "billiard==3.6.4.0", "pytz==2024.1",
    "redis==4.6.0", "async-timeout==4.0.3",
)  # fmt: skip
GIVEN_BACK = """
import importlib.metadata, inspect, logging, runpy, sys

for name in ("formatargspec", "getargspec"):
    if not hasattr(inspect, name):
        setattr(inspect, name, inspect.getfullargspec)
points = getattr(importlib.metadata, "EntryPoints", None)
if points is not None and not hasattr(points, "get"):
    points.get = lambda self, group, default=(): self.select(group=group)
if not hasattr(logging, "_acquireLock"):
    logging._acquireLock, logging._releaseLock = logging._lock.acquire, logging._lock.release
sys.path[0] = ""
del sys.argv[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""
SETTINGS = (
    "accept_content", "broker_transport_options", "broker_url", "imports", "result_backend", "result_expires",
    "result_serializer", "task_acks_late", "task_default_queue", "task_routes", "task_send_sent_event",
    "task_serializer", "task_soft_time_limit", "task_time_limit", "task_track_started", "timezone",
    "worker_concurrency", "worker_disable_rate_limits", "worker_hijack_root_logger", "worker_max_tasks_per_child",
    "worker_prefetch_multiplier",
)  # fmt: skip
CLIENT = f"""
import json, sys, time
import redis
from celery.result import AsyncResult
from courier import labels, metrics, tasks
from courier.app import app

def result(sent):
    return sent.get(timeout={SECONDS})

app.loader.import_default_modules()
app.finalize()
labels.cancel("no-such-task")
beats = redis.Redis.from_url(metrics.BROKER_URL)
end = time.monotonic() + {SECONDS}
while time.monotonic() < end and int(beats.get("courier:beats") or 0) < 2:
    time.sleep(0.05)
json.dump({{
    "beats": int(beats.get("courier:beats") or 0) >= 2,
    "chord": result(AsyncResult(result(tasks.weigh_all.delay(["a", "bb"])), app=app)),
    "count": result(tasks.count_parcels.delay(["a", "b", 3])),
    "label": result(labels.print_label.delay("a", copies=2)),
    "queues": sorted(queue.name for queue in app.amqp.queues.values()),
    "receipt": result(tasks.Receipt.delay("a")),
    "registered": sorted(name for name in app.tasks if name.startswith("courier.")),
    "schedule": sorted(
        [name, entry["task"], repr(entry["schedule"]).split(" (")[0]] for name, entry in app.conf.beat_schedule.items()
    ),
    "settings": {{name: str(app.conf[name]) for name in {SETTINGS!r}}},
    "waiting": sorted(type(held).__name__ for held in (labels.waiting() or {{}}).values()),
    "whoami": result(labels.whoami.delay()),
}}, sys.stdout, indent=1)
"""


class Celery(NamedTuple):
    """An installation: how to start a module in it, and the variables that it needs."""

    start: tuple[str, ...]
    path: str

    def environment(self, url: str) -> dict[str, str]:
        """The variables for the project with a Redis; what celery gives its processes is not handed on."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CELERY")}
        return kept | {"PYTHONPATH": self.path, "COURIER_BROKER_URL": url, "PYTHONWARNINGS": "ignore"}

    def command(self, process: str, project: Path) -> list[str]:
        """A line of the project's Procfile, for this installation."""
        lines = dict(line.split(": ", 1) for line in (project / "Procfile").read_text().splitlines() if line[0] != "#")
        program, *words = shlex.split(lines[process])
        assert program == "celery"
        return [*self.start, "celery", *words]


@pytest.fixture(scope="module")
def celery_4(tmp_path_factory: pytest.TempPathFactory) -> Celery:
    """Celery 4.4 and nothing else: the packages of these tests are not seen."""
    folder = tmp_path_factory.mktemp("celery_4")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q", "--no-deps", "--no-compile"]
    done = subprocess.run([*pip, "--target", str(folder), *OLD], capture_output=True, text=True)
    if done.returncode:
        reason = f"needs Celery 4.4 from the package index: {done.stderr.strip()[-500:]}"
        (pytest.fail if os.environ.get(ALL_IS_THERE) else pytest.skip)(reason)
    (folder / "given_back.py").write_text(GIVEN_BACK, encoding="utf-8")
    return Celery((sys.executable, "-S", str(folder / "given_back.py")), str(folder))


@pytest.fixture(scope="module")
def celery_5() -> Celery:
    """The Celery that is installed, the newest that celerylint knows of."""
    assert importlib.metadata.version("celery").startswith(".".join(map(str, celery_data.newest())))
    return Celery((sys.executable, "-m"), "")


def copied(folder: Path) -> Path:
    return Path(shutil.copytree(LEGACY, folder / "legacy"))


def fixed(project: Path, *options: str) -> str:
    """What one run of celerylint says when it has fixed a project."""
    command = [sys.executable, "-m", "celerylint", "check", "--isolated", "--no-cache", "--output-format", "concise"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    run = [*command, "--select", RULES, "--fix", *options, "."]
    done = subprocess.run(run, cwd=project, env=environment, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    return done.stdout


def differing(left: Path, right: Path) -> list[str]:
    """The files that are not the same in two folders."""
    names = {path.relative_to(root).as_posix() for root in (left, right) for path in root.rglob("*") if path.is_file()}
    return sorted(name for name in names if name not in filecmp.cmpfiles(left, right, [name], shallow=False)[0])


@contextmanager
def running(celery: Celery, process: str, project: Path, url: str) -> Iterator[None]:
    """A process of the Procfile, until the block ends; for a worker, once it is ready."""
    log = project / f"{process}.log"
    command = celery.command(process, project)
    with log.open("w") as file:
        started = subprocess.Popen(
            command, cwd=project, env=celery.environment(url), stdout=file, stderr=file, start_new_session=True
        )
    try:
        words = " ready." if process == "worker" else "beat: Starting"
        wait_until(lambda: words in log.read_text() or started.poll() is not None, log.read_text)
        assert started.poll() is None, log.read_text()
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def client(celery: Celery, project: Path, url: str) -> subprocess.CompletedProcess[str]:
    """What a process prints that sends the project's tasks."""
    (project / "client.py").write_text(CLIENT, encoding="utf-8")
    run = [*celery.start, "client"]
    env = celery.environment(url)
    return subprocess.run(run, cwd=project, env=env, capture_output=True, text=True, timeout=3 * SECONDS)


def outcome(celery: Celery, project: Path, folder: Path) -> dict[str, Any]:
    """What the project's tasks give and what its app says, with worker and beat as the Procfile starts them."""
    with ExitStack() as stack:
        port = stack.enter_context(redis_server(folder))
        url = f"redis://127.0.0.1:{port}/0"
        for process in ("worker", "beat"):
            stack.enter_context(running(celery, process, project, url))
        done = client(celery, project, url)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.replace(url, "URL"))
        return found


def test_one_run_gives_the_migrated_project(tmp_path: Path) -> None:
    project = copied(tmp_path)
    remaining = fixed(project)
    assert differing(project, MIGRATED) == []
    assert (project / "deploy" / "worker.sh").stat().st_mode == (LEGACY / "deploy" / "worker.sh").stat().st_mode
    assert "49 fixed, 2 remaining" in remaining
    assert "CELERY_ENABLE_UTC" in remaining
    assert "CVE-2021-23727" in remaining
    fixed(project)
    assert differing(project, MIGRATED) == []


def test_whether_the_requirement_is_raised_first_or_later_makes_no_difference(tmp_path: Path) -> None:
    """But for the defaults of the next major version, which is another one then."""
    projects = [copied(tmp_path / version) for version in ("4.4", "5.7")]
    for project in projects:
        fixed(project, "--ignore", "CEL703", "--target-version", project.parent.name)
    assert differing(*projects) == []


def test_the_migrated_project_does_on_both_what_it_did(celery_4: Celery, celery_5: Celery, tmp_path: Path) -> None:
    project = copied(tmp_path)
    before = outcome(celery_4, project, tmp_path)
    assert (before["beats"], before["chord"], before["receipt"]) == (True, 3, "receipt for a")
    assert before["whoami"] == ["courier.labels.whoami", "labels"]
    assert client(celery_5, project, "").stderr.strip().endswith("No module named 'celery.task'")
    refused = subprocess.run(celery_5.command("worker", project), cwd=project, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "-A" in refused.stderr
    fixed(project)
    assert outcome(celery_4, project, tmp_path) == before
    # The older beat has stored objects of pytz, which the newer one cannot load.
    for path in project.glob("celerybeat-schedule*"):
        path.unlink()
    assert outcome(celery_5, project, tmp_path) == before


def test_celerys_own_command_rewrites_what_is_no_setting(celery_5: Celery, tmp_path: Path) -> None:
    """`celery upgrade settings` replaces text: in strings, comments and other packages' variables, too."""
    theirs, ours = copied(tmp_path), MIGRATED
    before, after = {}, {}
    for name in ("celeryconfig", "metrics"):
        path = theirs / "courier" / f"{name}.py"
        before[name] = path.read_text()
        command = [*celery_5.start, "celery", "upgrade", "settings", "--no-backup", str(path)]
        subprocess.run(command, cwd=tmp_path, env=celery_5.environment(""), check=True, capture_output=True)
        after[name] = path.read_text()
    migrated = (ours / "courier" / "celeryconfig.py").read_text()
    for kept in (
        'get("COURIER_BROKER_URL"',
        'get("CELERYD_CONCURRENCY"',
        '["CELERYBEAT_SCHEDULE"',
        "CELERY_ENABLE_UTC =",
    ):
        assert kept in before["celeryconfig"]
        assert kept not in after["celeryconfig"]
        assert kept in migrated
    assert "# BROKER_URL is what the operators set; CELERY_RESULT_BACKEND follows it." in migrated
    assert "CELERY_RESULT_BACKEND follows" not in after["celeryconfig"]
    # What it renames it does not rename where it is read.
    assert "result_backend = BROKER_URL" in after["celeryconfig"]
    assert "\nBROKER_URL =" not in after["celeryconfig"]
    assert "result_backend = broker_url" in migrated
    assert after["metrics"] != before["metrics"]
    assert (ours / "courier" / "metrics.py").read_text() == before["metrics"]
