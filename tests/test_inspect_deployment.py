"""What `celerylint inspect` says of deployments: joined with the code, values with their places, unknown kept apart."""

from __future__ import annotations

import contextlib
import difflib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from celerylint import cli
from celerylint.cli.inspect import DEPLOYED
from scripts import generate_reports
from tests import tools

Row: TypeAlias = "dict[str, Any]"
Model: TypeAlias = "dict[str, list[Row]]"
Of: TypeAlias = "Callable[[dict[str, str]], Model]"
UNKNOWN = {"unknown": True}
COMPOSE = """\
services:
  worker:
    image: shop
    command: celery -A shop worker -Q mail --concurrency=4 -c $SIZE
    deploy: {replicas: 3}
  all:
    image: shop
    command: celery -A shop worker --autoscale 8,2 -n all@%h -B
    stop_grace_period: 2m
    user: app
  beat: {image: shop, command: celery -A shop beat --schedule /data/beat}
  flower: {image: mher/flower, ports: ["5555:5555"]}
  exporter: {image: danihodovic/celery-exporter}
  redis: {image: redis:7.2, command: redis-server --appendonly yes --save 60 1, volumes: [queue:/data]}
  other: {image: shop-worker}
volumes: {queue: {}}
"""
CODE = """\
from celery import Celery

app = Celery("shop", broker="redis://redis")
app.conf.task_time_limit = 60
app.conf.worker_concurrency = 2
app.conf.task_routes = {"shop.send": {"queue": "mail"}}
app.conf.beat_schedule = {"a": {"task": "shop.send", "schedule": 5.0}}

@app.task(name="shop.send")
def send(): ...

@app.task(name="shop.report")
def report(): ...
"""


@pytest.fixture
def inspect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What the command prints for a project of some files."""

    def run(files: dict[str, str], *arguments: str) -> str:
        tools.project(tmp_path, files)
        monkeypatch.chdir(tmp_path)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            assert cli.run(["inspect", "--isolated", *arguments, "."]) == 0
        return printed.getvalue()

    return run


@pytest.fixture
def model(inspect: Callable[..., str]) -> Of:
    """The model of a project of some files."""

    def run(files: dict[str, str]) -> Model:
        found: Model = json.loads(inspect(files, "--output-format", "json"))
        return found

    return run


def at(row: Row) -> str:
    return f"{row['path']}:{row['line']}:{row['column']}"


@pytest.fixture
def shop(model: Of) -> Model:
    return model({"compose.yaml": COMPOSE, "shop.py": CODE})


def test_workers_are_joined_with_the_code(shop: Model) -> None:
    mail, everything = shop["workers"]
    assert (mail["name"], at(mail), mail["application"]) == ("worker", "compose.yaml:4:14", "shop.app")
    assert (mail["queues"]["value"], mail["tasks"]) == (["mail"], ["shop.send"])
    assert mail["time_limit"] == {"value": 60, "from": [{"path": "shop.py", "line": 4, "column": 1}]}
    assert everything["queues"] == {"value": ["celery"], "from": []}
    assert everything["tasks"] == ["shop.report"]
    assert everything["concurrency"]["value"] == 2
    assert (everything["autoscale"]["value"], everything["beat"], everything["hostname"]) == ("8,2", True, "all@%h")


def test_the_last_of_several_options_counts_and_may_be_unknown(shop: Model) -> None:
    assert shop["workers"][0]["concurrency"]["value"] == UNKNOWN
    assert shop["workers"][0]["command"] == "celery -A shop worker -Q mail --concurrency=4 -c ?"


def test_what_is_around_a_worker(shop: Model) -> None:
    mail, everything = (row["host"] for row in shop["workers"])
    assert mail["replicas"] == {"value": 3, "from": [{"path": "compose.yaml", "line": 5, "column": 14}]}
    assert (mail["grace"], mail["user"], mail["probes"]) == ({"value": 10.0, "from": []}, UNKNOWN, [])
    assert (everything["grace"]["value"], everything["user"]) == (120.0, "app")


def test_everything_else_that_is_deployed(shop: Model) -> None:
    (beat,), (flower,), (exporter,), (redis,) = (shop[kind] for kind in DEPLOYED[1:5])
    assert (beat["entries"], beat["schedule"]["value"], beat["scheduler"]["value"]) == (1, "/data/beat", None)
    assert (flower["guarded"], [(port["number"], port["reach"]) for port in flower["ports"]]) == (
        False,
        [(5555, "all")],
    )
    assert exporter["name"] == "exporter"
    assert (redis["broker"], redis["version"], redis["appendonly"]["value"]) == (True, "7.2", "yes")
    assert (redis["save"], redis["password"], redis["complete"]) == (["60 1"], False, True)
    assert redis["volumes"] == [{"target": "/data", "kind": "volume"}]


def test_what_is_not_understood_comes_with_its_reason(model: Of) -> None:
    files = {
        "compose.yaml": COMPOSE + "x-old: celery -A shop worker --old\n",
        "start.sh": 'celery -A shop worker $MORE\nidle() {\n  celery -A shop beat\n}\nexec celery "$@"\n',
        "k/templates/w.yaml": "kind: Pod\napiVersion: v1\n a: {{ celery }\n",
        "p/kustomization.yaml": "resources: [https://example.com/celery?ref=1]\n",
    }
    rows = model(files)["not_understood"]
    assert [(at(row), row["about"], row["text"], row["reason"]) for row in rows] == [
        ("compose.yaml:15:3", "command", "", "its image, which is not built here, says what it runs"),
        ("compose.yaml:17:8", "command", "celery -A shop worker --old", "it is in no command that is read"),
        ("k/templates/w.yaml:3:3", "template", "", rows[2]["reason"]),
        ("p/kustomization.yaml:1:13", "kustomization", "https://example.com/celery?ref=1",
         "it is not in the repository"),
        ("start.sh:1:1", "command", "celery -A shop worker ?", "the value of `MORE` is not known"),
        ("start.sh:3:3", "command", "celery -A shop beat", "nothing here is known to run it"),
        ("start.sh:5:6", "command", "celery ?", "it is what the script is given"),
    ]  # fmt: skip
    assert rows[2]["reason"].startswith("what is left of this template is no YAML: ")


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("command: [celery, -A, shop, worker, {{ .Values.more }}]", ""),
        ("command: [celery, -A, shop, '{{ .Values.what }}']", "`{{ .Values.what }}` is filled in elsewhere"),
        ("command: ['{{ .Values.what }}', worker]", "`{{ .Values.what }}` is filled in elsewhere"),
        ("{{- if .Values.debug }}\n      command: [celery, -A, shop, worker]\n{{- end }}",
         "it stands under `if .Values.debug`"),
        ("command: [/opt/start-worker]", "`/opt/start-worker` is not in the repository"),
        ("args: [worker]", "its image, which is not built here, says what it runs"),
    ],
)  # fmt: skip
def test_templates_say_why_they_are_not_understood(model: Of, template: str, reason: str) -> None:
    text = (
        f"kind: Pod\napiVersion: v1\nspec:\n  containers:\n    - name: worker\n      image: celery\n      {template}\n"
    )
    rows = model({"c/Chart.yaml": "", "c/templates/worker.yaml": text})["not_understood"]
    assert [row["reason"][: len(reason)] for row in rows] == ([reason] if reason else [])


def test_deployment_files_without_code(model: Of) -> None:
    found = model({"compose.yaml": COMPOSE})
    assert found["apps"] == found["tasks"] == []
    assert [row["queues"]["value"] for row in found["workers"]] == [["mail"], UNKNOWN]
    assert [row["application"] for row in found["workers"]] == [None, None]


def test_kinds_can_be_chosen(inspect: Callable[..., str]) -> None:
    files = {"compose.yaml": COMPOSE, "shop.py": CODE}
    assert list(json.loads(inspect(files, "--not-understood", "--beats", "--output-format", "json"))) == [
        "beats",
        "not_understood",
    ]
    text = inspect(files, "--workers")
    assert text.splitlines()[:5] == [
        "workers (2)",
        "  worker (compose)  compose.yaml:4:14",
        "      celery -A shop worker -Q mail --concurrency=4 -c ?",
        "      consumes mail, 1 task",
        "      concurrency ?, time limit 60 s (shop.py:4)",
    ]


@pytest.mark.parametrize(
    ("more", "counted"),
    [
        ("", "1 task"),
        ("@app.task\ndef pack(): ...\npack.apply_async(queue='mail')\n", "2 tasks"),
        ("@app.task(queue=find())\ndef pack(): ...\n", "at least 1 task"),
    ],
)
def test_tasks_of_a_worker(inspect: Callable[..., str], more: str, counted: str) -> None:
    text = inspect({"compose.yaml": COMPOSE, "shop.py": CODE + more}, "--workers")
    assert f"      consumes mail, {counted}" in text.splitlines()


@pytest.mark.parametrize(("seconds", "every"), [("5.0", "5"), ("0.5", "0.5"), ("30 * 24 * 3600", "2592000")])
def test_seconds_of_a_schedule_are_spelt_out(inspect: Callable[..., str], seconds: str, every: str) -> None:
    text = inspect({"shop.py": CODE.replace("5.0", seconds)}, "--schedules")
    assert text.splitlines()[1].endswith(f"shop.send every {every} s")


def test_tasks_of_a_worker_behind_a_router_of_code(inspect: Callable[..., str]) -> None:
    code = CODE.replace('{"shop.send": {"queue": "mail"}}', "[find_router()]")
    text = inspect({"compose.yaml": COMPOSE, "shop.py": code}, "--workers")
    assert "      consumes mail, tasks ?" in text.splitlines()


@pytest.mark.parametrize("shop", generate_reports.SHOPS)
@pytest.mark.parametrize("name", generate_reports.MODELS)
def test_the_shops_are_seen_as_they_were(shop: str, name: str) -> None:
    golden = generate_reports.GOLDEN / f"{shop}.{generate_reports.MODELS[name]}"
    before, now = golden.read_text(encoding="utf-8").splitlines(), generate_reports.model(shop, name).splitlines()
    diff = list(difflib.unified_diff(before, now, golden.name, "now", lineterm="", n=1))
    assert not diff, "\n".join(["if this is meant, run `python scripts/generate_reports.py`", *diff[:40]])
