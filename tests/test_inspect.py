"""What `celerylint inspect` says of projects agrees with what their imported apps say of themselves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import celery
import pytest

from celerylint.config import load
from celerylint.index import Index
from celerylint.output._model import Row, model
from celerylint.project import Project

PROJECTS = Path(__file__).parents[1] / "fixtures" / "projects"
NOW = datetime(2026, 1, 30, 12, 34)
INSTALLED = ".".join(celery.__version__.split(".")[:2])

REAL = """
import json, sys
from datetime import datetime
from importlib import import_module
if "DJANGO_SETTINGS_MODULE" in __import__("os").environ:
    import django
    django.setup()
now, asked = datetime.fromisoformat(sys.argv[1]), json.loads(sys.argv[2])
apps = {key: getattr(import_module(key.rpartition(".")[0]), key.rpartition(".")[2]) for key in asked}
for app in apps.values():
    app.loader.import_default_modules()

def following(schedule):
    "The first run after now, on the schedule's clock, as Celery works it out."
    if not hasattr(schedule, "remaining_delta"):
        return None
    schedule.nowfun = lambda: now
    start, delta, _ = schedule.remaining_delta(now)
    return (start + delta).replace(tzinfo=None).isoformat(sep=" ", timespec="minutes")

def said(app, settings):
    app.finalize()
    names = sorted(name for name in app.tasks if not name.startswith("celery."))
    return {
        "tasks": names,
        "queues": sorted(app.amqp.queues.consume_from),
        "default_queue": app.conf.task_default_queue,
        "goes_to": {name: queue(app, name) for name in names},
        "settings": {name: app.conf[name] for name in settings},
        "schedule": {
            name: [entry["task"], following(entry["schedule"])] for name, entry in app.conf.beat_schedule.items()
        },
    }

def queue(app, name):
    "Where `delay()` sends a task; a route that names no queue leaves it to the default."
    options = app.tasks[name]._get_exec_options()
    return app.amqp.router.route(options, name).get("queue", app.amqp.default_queue).name

json.dump({key: said(apps[key], settings) for key, settings in asked.items()}, sys.stdout, default=repr)
"""
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "imported_settings",
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz-0123456789-ABCDEFGH",
    "DATABASE_PASSWORD": "unused",
    "CACHE_URL": "rediss://redis-cache:6380/0",
    "REDIS_CA": "/run/secrets/redis-ca.crt",
    "CELERY_BROKER_URL": "rediss://redis-broker:6380/0",
    "CELERY_RESULT_BACKEND": "rediss://redis-results:6380/0",
}
# What the bundled projects need and we do not: a database, and a package that one of them imports.
BESIDE = {
    "imported_settings.py": """
        from config.settings.production import *
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
        """,
    "pymongo.py": "from unittest.mock import MagicMock as MongoClient",
}
PLAIN = {
    "shop/__init__.py": "",
    "shop/app.py": """
        from celery import Celery
        app = Celery("shop", include=["shop.jobs"], broker="memory://")
        app.config_from_object("shop.celeryconfig")
        app.conf.task_time_limit = 60
        app.conf.update(worker_concurrency=3, task_track_started=True)
        """,
    "shop/celeryconfig.py": """
        from celery.schedules import crontab
        from kombu import Queue
        timezone = "Europe/Madrid"
        task_time_limit = 30
        task_default_queue = "main"
        task_queues = (Queue("main"), Queue("mail"))
        task_routes = ([("shop.jobs.mail_*", {"queue": "mail"}), ("shop.jobs.mail_bill", "main")],)
        beat_schedule = {"bill": {"task": "shop.jobs.bill", "schedule": crontab(hour="*/6", minute=5)}}
        beat_schedule["pack"] = {"task": "pack", "schedule": 30.0}
        """,
    "shop/jobs.py": """
        from celery import shared_task
        from shop.app import app

        @app.task
        def bill(): ...

        @app.task(name="pack", queue="mail")
        def pack(): ...

        @shared_task
        def mail_thanks(): ...

        @shared_task
        def mail_bill(): ...
        """,
}
FLASK_LIKE = {
    "web/__init__.py": "",
    "web/app.py": """
        from celery import Celery, Task

        class Flask:
            def __init__(self, name):
                self.name, self.config, self.extensions = name, {}, {}

        def celery_init_app(app):
            class ContextTask(Task):
                def __call__(self, *args, **kwargs):
                    return self.run(*args, **kwargs)

            celery_app = Celery(app.name, task_cls=ContextTask)
            celery_app.config_from_object(app.config["CELERY"])
            celery_app.set_default()
            app.extensions["celery"] = celery_app
            return celery_app

        flask_app = Flask("web")
        flask_app.config["CELERY"] = dict(
            broker_url="memory://",
            task_ignore_result=True,
            imports=["web.tasks"],
            task_routes={"web.tasks.ship": "fast"},
        )
        celery_app = celery_init_app(flask_app)
        """,
    "web/tasks.py": """
        from celery import shared_task

        @shared_task(ignore_result=False)
        def ship(): ...

        @shared_task
        def pack(): ...
        """,
}
CLASS = {
    "stock/__init__.py": "",
    "stock/config.py": """
        from datetime import timedelta

        class Base:
            SHOP_BROKER_URL = "memory://"
            SHOP_TASK_ACKS_LATE = True
            SHOP_TASK_DEFAULT_QUEUE = "stock"
            SHOP_IMPORTS = ("stock.jobs",)

        class Production(Base):
            SHOP_TASK_ACKS_LATE = False
            SHOP_WORKER_PREFETCH_MULTIPLIER = 1
            SHOP_TASK_CREATE_MISSING_QUEUES = True
            SHOP_BEAT_SCHEDULE = {"count": {"task": "stock.jobs.count", "schedule": timedelta(minutes=2)}}
            OTHER = 1
        """,
    "stock/app.py": """
        from celery import Celery
        from stock.config import Production
        app = Celery("stock")
        app.config_from_object(Production, namespace="SHOP")
        """,
    "stock/jobs.py": """
        from celery import Task
        from stock.app import app

        @app.task(bind=True)
        def count(self): ...

        class Recount(Task):
            name = "stock.recount"

            def run(self): ...

        recount = app.register_task(Recount())
        """,
}
SEVERAL = {
    "mail/__init__.py": "",
    "mail/app.py": """
        from celery import Celery
        app = Celery("mail", broker="memory://", include=["mail.tasks"])
        app.conf.task_default_queue = "mail"
        app.conf.task_time_limit = 30
        """,
    "mail/tasks.py": "from mail.app import app\n@app.task(shared=False)\ndef send(): ...\n",
    "search/__init__.py": "",
    "search/app.py": """
        from celery import Celery
        from kombu import Queue

        class SearchApp(Celery):
            def gen_task_name(self, name, module):
                return super().gen_task_name(name, module)

        app = Celery("search", broker="memory://", set_as_current=False, include=["search.tasks"])
        app.conf.task_queues = [Queue("search"), Queue("rebuild")]
        app.conf.task_default_queue = "search"
        app.conf.task_routes = {"search.tasks.re*": {"queue": "rebuild"}}
        app.add_defaults({"task_time_limit": 600, "result_expires": 60})
        """,
    "search/tasks.py": "from search.app import app\n@app.task(shared=False, name='search.tasks.rebuild')\n"
    "def rebuild(): ...\n@app.task(shared=False, name='search.look')\ndef look(): ...\n",
}
SMALL = {"plain": PLAIN, "flask": FLASK_LIKE, "class": CLASS, "several": SEVERAL}


@dataclass(frozen=True)
class Pair:
    """What we say of a project and what its apps say, by the keys of these."""

    shown: dict[str, list[Row]]
    index: Index
    real: dict[str, Any]

    @property
    def apps(self) -> list[Row]:
        return self.shown["apps"]


def found(project: Path) -> tuple[dict[str, list[Row]], Index]:
    """The model of a project, under the Celery that is installed here."""
    index = Project(load([project], {"cache": False, "target-version": INSTALLED}, isolated=True), [project]).index
    return model(index, NOW), index


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return folder


def imported(project: Path, apps: list[Row], variables: dict[str, str], beside: Path) -> dict[str, Any]:
    """What the apps say of themselves, imported in a process of their own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("CELERY_", "DJANGO_"))}
    path = os.pathsep.join([str(project), str(beside)])
    environment = inherited | variables | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    asked = {app["name"]: list(app["settings"]) for app in apps}
    command = [sys.executable, "-c", REAL, NOW.isoformat(), json.dumps(asked)]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def bundled() -> list[str]:
    """The bundled projects that are written for a Celery as new as the installed one, or nearly."""
    folders = sorted(path for path in PROJECTS.iterdir() if path.is_dir())
    indexes = {path.name: Project(load([path], {"cache": False}), [path]).index for path in folders}
    return [name for name, index in indexes.items() if index.traits.celery >= (5, 0)]


@pytest.fixture(scope="module", params=[*bundled(), *SMALL])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    small = SMALL.get(request.param)
    project = write(tmp_path_factory.mktemp(request.param), small) if small else PROJECTS / request.param
    shown, index = found(project)
    beside = write(tmp_path_factory.mktemp("beside"), BESIDE)
    return Pair(shown, index, imported(project, shown["apps"], {} if small else ENVIRONMENT, beside))


def is_literal(value: Any) -> bool:
    """Whether a value of the model is known as a literal, all the way down."""
    if isinstance(value, dict):
        return "expression" not in value and "unknown" not in value and all(map(is_literal, value.values()))
    return all(map(is_literal, value)) if isinstance(value, list) else True


def test_the_tasks(pair: Pair) -> None:
    registered = {name for real in pair.real.values() for name in real["tasks"]}
    rows = [task for task in pair.shown["tasks"] if task["inside"] is None and task["imported"] is not False]
    assert {task["name"] for task in rows} == registered
    assert len(registered) >= 2


def test_the_settings(pair: Pair) -> None:
    for app in pair.apps:
        known = {name: row["value"] for name, row in app["settings"].items() if is_literal(row["value"])}
        assert known == {name: pair.real[app["name"]]["settings"][name] for name in known}
        assert len(known) >= 2
        unknown = set(app["settings"]) - set(known)
        assert unknown <= {
            "beat_schedule", "broker_url", "broker_use_ssl", "redis_backend_use_ssl", "result_backend", "task_queues",
        }  # fmt: skip


def test_the_queues(pair: Pair) -> None:
    for app in pair.apps:
        real = pair.real[app["name"]]
        assert sorted(pair.index.queues.declares(app["name"]) or {app["default_queue"]}) == real["queues"]
        assert app["default_queue"] == real["default_queue"]


def test_where_messages_go(pair: Pair) -> None:
    for app in pair.apps:
        goes_to = pair.real[app["name"]]["goes_to"]
        tasks = {task.name: task for task in pair.index.tasks}
        # One whose name another function's takes the place of is routed under that, which no route knows.
        expected = {name: queue for name, queue in goes_to.items() if name in tasks}
        assert {name: pair.index.queues.queue_of(tasks[name], app["name"]) for name in expected} == expected
        assert len(expected) >= len(goes_to) - 1


def test_the_schedule_and_its_next_runs(pair: Pair) -> None:
    for app in pair.apps:
        rows = [row for row in pair.shown["schedules"] if row["app"] == app["name"]]
        shown = {row["name"]: [row["task"], row["next"][0] if row["next"] else None] for row in rows}
        assert shown == pair.real[app["name"]]["schedule"]
        assert all(row["next"] or row["every"] for row in rows)


def test_the_app_reads_what_production_uses() -> None:
    shown, _ = found(PROJECTS / "shop_right")
    (app,) = shown["apps"]
    assert [(row["namespace"], row["modules"]) for row in app["reads"]] == [("CELERY", ["config.settings.production"])]


def test_the_shop_with_its_mistakes() -> None:
    shown, _ = found(PROJECTS / "shop")
    assert [app["name"] for app in shown["apps"]] == ["config.celery.app", "orders.warehouse.warehouse"]
    shop, warehouse = shown["apps"]
    assert shop["settings"]["broker_url"]["value"] == "redis://redis.shop.example:6379/0"
    assert warehouse["settings"]["broker_url"]["value"].startswith("amqp://")
    assert warehouse["settings"]["task_time_limit"]["value"] == 300
    assert (shop["default_queue"], warehouse["default_queue"]) == ("default", "warehouse")
    assert [row["task"] for row in shown["schedules"] if not row["known"]] == ["accounts.tasks.purge_sessions"]
    assert [row["name"] for row in shown["tasks"] if row["inside"]] == ["notifications.tasks.write"]
    assert [row["name"] for row in shown["tasks"] if row["imported"] is False] == ["catalog.jobs.recompute_bestsellers"]
    assert [row["line"] for row in shown["tasks"] if row["name"] == "common.decorators.wrapper"] == [51, 58]
