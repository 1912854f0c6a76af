"""The commands beside `check`."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from celerylint import __version__
from celerylint.config import OPTIONS
from celerylint.engine import rules

if TYPE_CHECKING:
    from tests.cli.conftest import Runner


def test_version_and_help(run: Runner) -> None:
    assert run("--version").out == f"celerylint {__version__}\n"
    shown = run("--help").out
    assert [name for name in ("check", "clean", "config", "inspect", "rule") if f"\n  {name}" not in shown] == []
    assert "--select" in run("check", "-h").out


def test_a_word_that_is_no_command_is_a_path(run: Runner) -> None:
    done = run("chekc")
    assert done.status == 2
    assert "chekc: no such file or directory" in done.err


@pytest.mark.parametrize("name", ["CEL206", "cel206", "retry-not-raised", "Retry-Not-Raised"])
def test_rule_prints_the_page(run: Runner, name: str) -> None:
    done = run("rule", name)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("# retry-not-raised (CEL206)\n\n`self.retry()` stands as a statement")
    assert "\n            raise self.retry(" in done.out or "\n        raise self.retry(" in done.out


def test_rule_as_json(run: Runner) -> None:
    one = json.loads(run("rule", "CEL206", "--output-format", "json").out)
    assert (one["code"], one["name"], one["severity"], one["fix"]) == ("CEL206", "retry-not-raised", "warning", "safe")
    assert one["explanation"].startswith("# retry-not-raised (CEL206)")
    every = json.loads(run("rule", "--all", "--output-format", "json").out)
    assert [rule["code"] for rule in every] == sorted(rules())
    assert one in every


def test_rule_prints_all_pages(run: Runner) -> None:
    done = run("rule", "--all")
    assert [line.split("(")[1] for line in done.out.splitlines() if line.startswith("# ") and line.endswith(")")] == [
        f"{code})" for code in rules()
    ]


@pytest.mark.parametrize("arguments", [["CEL999"], ["retry-not-rased"], [], ["CEL206", "--all"]])
def test_rule_without_one_exits_2(run: Runner, arguments: list[str]) -> None:
    done = run("rule", *arguments)
    assert (done.status, done.out) == (2, "")
    if arguments == ["retry-not-rased"]:
        assert "did you mean retry-not-raised" in done.err


def test_config_tells_where_each_value_comes_from(run: Runner) -> None:
    run.write("pyproject.toml", '[tool.celerylint]\nselect = ["CEL206"]\nper-file-ignores = { "a/*" = ["CEL1"] }\n')
    shown = run("config", "--config", "jobs = 3").out
    assert 'select = ["CEL206"]  # pyproject.toml\n' in shown
    assert 'per-file-ignores = { "a/*" = ["CEL1"] }  # pyproject.toml\n' in shown
    assert "jobs = 3  # --jobs\n" in shown
    assert "time-limit = 600  # default\n" in shown
    data = json.loads(run("config", "shop", "--output-format", "json").out)
    assert data["root"] == run.folder.as_posix()
    assert data["options"]["select"] == {"value": ["CEL206"], "source": "pyproject.toml"}
    assert list(data["options"]) == list(OPTIONS)


MODEL = {
    "pyproject.toml": "",
    "shop/__init__.py": "",
    "shop/app.py": """\
from celery import Celery
from celery.schedules import crontab
from kombu import Queue

app = Celery("shop")
app.conf.task_queues = [Queue("fast"), Queue(name="slow")]
app.conf.task_routes = {"shop.tasks.*": {"queue": "fast"}, "other.*": "bulk"}
app.conf.beat_schedule = {"nightly": {"task": "shop.tasks.send", "schedule": crontab(hour=3, minute=0)}}
app.conf.task_time_limit = 60
""",
    "shop/tasks.py": """\
from shop.app import app


@app.task(bind=True, max_retries=3, queue="slow")
def send(self, order):
    return order


def shipped(order, when):
    send.apply_async((order, 1), {"late": True}, eta=when)
    app.send_task("elsewhere.work")
""",
}


@pytest.fixture
def model(run: Runner) -> Runner:
    for name, text in MODEL.items():
        run.write(name, text)
    return run


def test_inspect_shows_the_model_as_json(model: Runner) -> None:
    shown = json.loads(model("inspect", "--output-format", "json").out)
    (app,), (task,), sent = shown["apps"], shown["tasks"], shown["dispatches"]
    assert (app["name"], app["path"], app["line"]) == ("shop.app.app", "shop/app.py", 5)
    assert (task["name"], task["line"], task["bound"]) == ("shop.tasks.send", 5, True)
    assert task["options"] == {"bind": True, "max_retries": 3, "queue": "slow"}
    assert [(row["method"], row["task"], row["known"]) for row in sent] == [
        ("apply_async", "shop.tasks.send", True),
        ("send_task", "elsewhere.work", False),
    ]
    assert sent[0]["args"][1] == 1
    assert sent[0]["kwargs"] == {"late": True}
    assert sent[0]["options"]["eta"] == {"expression": "when"}
    assert {row["name"]: row["value"] for row in shown["settings"]}["task_time_limit"] == 60
    assert [row["name"] for row in shown["queues"]] == ["bulk", "fast", "slow"]
    assert [len(row["declared"]) for row in shown["queues"]] == [0, 1, 1]
    assert [(row["pattern"], row["target"]) for row in shown["routes"]] == [
        ("shop.tasks.*", {"queue": "fast"}),
        ("other.*", {"queue": "bulk"}),
    ]
    (entry,) = shown["schedules"]
    assert (entry["name"], entry["task"]) == ("nightly", "shop.tasks.send")
    assert entry["schedule"] == {"expression": "celery.schedules.crontab(hour=3, minute=0)"}
    assert [run[10:] for run in entry["next"]] == [" 03:00"] * 3
    assert app["settings"]["task_time_limit"]["value"] == 60
    assert app["settings"]["task_time_limit"]["from"] == [{"path": "shop/app.py", "line": 9, "column": 1}]
    assert [row["effective"] for row in shown["settings"]] == [True] * 4


def test_inspect_shows_the_model_as_text(model: Runner) -> None:
    lines = model("inspect", "shop").out.splitlines()
    headings = [line for line in lines if not line.startswith(" ")]
    assert headings == [
        "apps (1)",
        "tasks (1)",
        "dispatches (2)",
        "settings (4)",
        "queues (3)",
        "routes (2)",
        "schedules (1)",
        "environments (0)",
        "workers (0)",
        "beats (0)",
        "flowers (0)",
        "exporters (0)",
        "brokers (0)",
        "not understood (0)",
    ]
    task = "  shop.tasks.send  shop/tasks.py:5:5  app.task  bind=True  max_retries=3  queue=slow"
    assert f"{task}  (not imported by workers)" in lines
    assert any("elsewhere.work" in line and line.endswith("task not found") for line in lines)


def test_inspect_says_which_environment_was_read(model: Runner) -> None:
    package = ".venv/lib/python3.12/site-packages/elsewhere"
    model.write(".venv/pyvenv.cfg", "")
    model.write(f"{package}.py", "from celery import shared_task\n@shared_task\ndef work(): ...\n")
    model.write("shop/settings.py", "INSTALLED_APPS = ['elsewhere']\n")
    model.write("shop/more.py", "import celery\nfrom shop.app import app\napp.conf.imports = ['elsewhere']\n")
    shown = json.loads(model("inspect", "--output-format", "json").out)
    assert shown["environments"] == [
        {"name": ".venv/lib/python3.12/site-packages", "origin": ".venv in the project", "tasks": ["elsewhere.work"]}
    ]
    assert [row["known"] for row in shown["dispatches"]] == [True, True]
    assert model("inspect", "--environments").out.splitlines() == [
        "environments (1)",
        "  .venv/lib/python3.12/site-packages  .venv in the project  tasks of packages: elsewhere.work",
    ]


def test_inspect_shows_the_kinds_that_are_asked_for(model: Runner) -> None:
    assert list(json.loads(model("inspect", "--settings", "--queues", "--output-format", "json").out)) == [
        "settings",
        "queues",
    ]
    lines = model("inspect", "--settings").out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == ["settings (4)"]
    assert any(line.startswith("  task_time_limit = 60") for line in lines)


def test_inspect_says_what_each_app_reads_and_what_is_overridden(run: Runner) -> None:
    run.write("shop/__init__.py", "")
    run.write(
        "shop/celery.py",
        "import os\nfrom celery import Celery\n"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.production')\n"
        "app = Celery('shop')\napp.config_from_object('django.conf:settings', namespace='CELERY')\n",
    )
    run.write("shop/settings/base.py", "CELERY_TASK_TIME_LIMIT = 10\nCELERY_TIMEZONE = 'UTC'\n")
    run.write("shop/settings/production.py", "from .base import *\nCELERY_TASK_TIME_LIMIT = 20\n")
    run.write("shop/settings/local.py", "from .base import *\nCELERY_TASK_TIME_LIMIT = 30\n")
    shown = json.loads(run("inspect", "shop", "--output-format", "json").out)
    (app,) = shown["apps"]
    assert [(row["target"], row["namespace"], row["modules"]) for row in app["reads"]] == [
        ("django", "CELERY", ["shop.settings.production"])
    ]
    assert {name: row["value"] for name, row in app["settings"].items()} == {"task_time_limit": 20, "timezone": "UTC"}
    effective = {(row["path"], row["written"]): row["effective"] for row in shown["settings"]}
    assert effective == {
        ("shop/settings/base.py", "CELERY_TASK_TIME_LIMIT"): False,
        ("shop/settings/base.py", "CELERY_TIMEZONE"): True,
        ("shop/settings/local.py", "CELERY_TASK_TIME_LIMIT"): False,
        ("shop/settings/production.py", "CELERY_TASK_TIME_LIMIT"): True,
    }
    text = run("inspect", "shop", "--apps").out
    assert "reads shop.settings.production under CELERY" in text


def test_clean_removes_the_cache_that_a_run_left(run: Runner) -> None:
    path = run.write("shop/tasks.py", run.task)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    run("--cache-dir", "left")
    assert list((run.folder / "left").iterdir())
    assert run("clean", "--cache-dir", "left").out.startswith("Removed ")
    assert not list((run.folder / "left").iterdir())
    done = run("clean", "--cache-dir", "left")
    assert (done.status, done.out.split(" at ")[0]) == (0, "No cache")


def test_inspect_of_a_path_that_is_not_there_exits_2(run: Runner) -> None:
    done = run("inspect", "nowhere")
    assert (done.status, done.out) == (2, "")
    assert "nowhere" in done.err
