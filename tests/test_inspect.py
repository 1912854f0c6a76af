"""What `celerylint inspect` says of the bundled projects agrees with what their imported apps say of themselves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from celerylint.config import load
from celerylint.output._model import model
from celerylint.project import Project

PROJECTS = Path(__file__).parents[1] / "fixtures" / "projects"
NOW = datetime(2026, 1, 30, 12, 34)

REAL = """
import json, sys
from datetime import datetime, timedelta
import django
django.setup()
from config import celery_app as app
app.loader.import_default_modules()
names = sorted(name for name in app.tasks if not name.startswith("celery."))
settings = {name: value for name, value in app.conf.items() if isinstance(name, str)}
now = datetime.fromisoformat(sys.argv[1])

def following(schedule):
    "The first run after now, on the schedule's clock, as Celery works it out."
    if not hasattr(schedule, "remaining_delta"):
        return None
    schedule.nowfun = lambda: now
    start, delta, _ = schedule.remaining_delta(now)
    return (start + delta).replace(tzinfo=None).isoformat(sep=" ", timespec="minutes")

json.dump({
    "tasks": names,
    "queues": sorted(app.amqp.queues.consume_from),
    "default_queue": app.conf.task_default_queue,
    "goes_to": {name: app.amqp.router.route({}, name)["queue"].name for name in names},
    "settings": {name: app.conf[name] for name in json.loads(sys.argv[2])},
    "schedule": {
        name: [entry["task"], following(entry["schedule"])] for name, entry in app.conf.beat_schedule.items()
    },
}, sys.stdout, default=repr)
"""
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz-0123456789-ABCDEFGH",
    "DATABASE_ENGINE": "django.db.backends.sqlite3",
    "DATABASE_PASSWORD": "unused",
    "CACHE_URL": "rediss://redis-cache:6380/0",
    "REDIS_CA": "/run/secrets/redis-ca.crt",
    "PYTHONDONTWRITEBYTECODE": "1",
}
URLS = {"CELERY_BROKER_URL": "rediss://redis-broker:6380/0", "CELERY_RESULT_BACKEND": "rediss://redis-results:6380/0"}


def found(project: Path) -> dict[str, Any]:
    """The model of a project."""
    index = Project(load([project], {"cache": False}, isolated=True), [project]).index
    return {**model(index, NOW), "index": index}


@pytest.fixture(scope="module")
def right() -> dict[str, Any]:
    return found(PROJECTS / "shop_right")


@pytest.fixture(scope="module")
def real(right: dict[str, Any]) -> dict[str, Any]:
    """What the imported app of the right twin says of itself in production."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CELERY_")}
    folder = PROJECTS / "shop_right"
    (app,) = right["apps"]
    command = [sys.executable, "-c", REAL, NOW.isoformat(), json.dumps(list(app["settings"]))]
    environment = inherited | ENVIRONMENT | URLS | {"PYTHONPATH": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def is_literal(value: Any) -> bool:
    """Whether a value of the model is known as a literal, all the way down."""
    if isinstance(value, dict):
        return "expression" not in value and "unknown" not in value and all(map(is_literal, value.values()))
    return all(map(is_literal, value)) if isinstance(value, list) else True


def test_the_tasks(right: dict[str, Any], real: dict[str, Any]) -> None:
    assert sorted(task["name"] for task in right["tasks"]) == real["tasks"]


def test_the_app_reads_what_production_uses(right: dict[str, Any]) -> None:
    (app,) = right["apps"]
    assert [(row["namespace"], row["modules"]) for row in app["reads"]] == [("CELERY", ["config.settings.production"])]


def test_the_settings(right: dict[str, Any], real: dict[str, Any]) -> None:
    (app,) = right["apps"]
    known = {name: row["value"] for name, row in app["settings"].items() if is_literal(row["value"])}
    assert known == {name: real["settings"][name] for name in known}
    unknown = set(app["settings"]) - set(known)
    assert unknown == {
        "beat_schedule", "broker_url", "broker_use_ssl", "redis_backend_use_ssl", "result_backend", "task_queues",
    }  # fmt: skip
    assert len(known) > 20


def test_the_queues(right: dict[str, Any], real: dict[str, Any]) -> None:
    assert [row["name"] for row in right["queues"] if row["declared"]] == real["queues"]
    (app,) = right["apps"]
    assert app["default_queue"] == real["default_queue"]


def test_where_messages_go(right: dict[str, Any], real: dict[str, Any]) -> None:
    index = right["index"]
    (app,) = index.apps
    assert {task.name: index.queues.queue_of(task, app.key) for task in index.tasks} == real["goes_to"]


def test_the_schedule_and_its_next_runs(right: dict[str, Any], real: dict[str, Any]) -> None:
    shown = {row["name"]: [row["task"], row["next"][0] if row["next"] else None] for row in right["schedules"]}
    assert shown == real["schedule"]
    assert all(row["known"] and (row["next"] or row["every"]) for row in right["schedules"])


def test_the_shop_with_its_mistakes() -> None:
    shown = found(PROJECTS / "shop")
    assert [app["name"] for app in shown["apps"]] == ["config.celery.app", "orders.warehouse.warehouse"]
    shop, warehouse = shown["apps"]
    assert shop["settings"]["broker_url"]["value"] == "redis://redis.shop.example:6379/0"
    assert warehouse["settings"]["broker_url"]["value"].startswith("amqp://")
    assert warehouse["settings"]["task_time_limit"]["value"] == 300
    assert "task_time_limit" not in shop["settings"]
    assert (shop["default_queue"], warehouse["default_queue"]) == ("default", "warehouse")
    assert [row["task"] for row in shown["schedules"] if not row["known"]] == ["accounts.tasks.purge_sessions"]
