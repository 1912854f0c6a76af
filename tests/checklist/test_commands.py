"""The commands that answers print, by what starts a project's programs and by its broker."""

from __future__ import annotations

from pathlib import Path

import pytest

from celerylint.checklist import Sheet
from celerylint.checklist.item import Answer
from tests import tools
from tests.checklist.conftest import answered

APP = """
    from celery import Celery

    app = Celery("shop", broker="{url}")

    @app.task(autoretry_for=(OSError,))
    def ship(order_id, *, express=False):
        pass
"""
REDIS = "redis://redis.shop.example:6379/2"


def sheet_of(folder: Path, files: dict[str, str], url: str = REDIS) -> Sheet:
    tools.project(folder, {"shop/__init__.py": "", "shop/celery.py": APP.format(url=url), **files})
    return answered(folder)


def of(sheet: Sheet, name: str) -> Answer:
    return next(answer for item, answer in sheet.answers if item.id == name)


def commands(sheet: Sheet, name: str) -> list[str]:
    return [step.command for step in of(sheet, name).steps]


def pod(name: str, *containers: str) -> str:
    """A Deployment whose containers run some commands."""
    listed = "".join(
        f'        - {{name: {each}, image: shop, command: ["celery", "-A", "shop", "{each}"]}}\n' for each in containers
    )
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: shop}}\n"
        f"spec:\n  template:\n    spec:\n      containers:\n{listed}---\n"
    )


OPERATED = {
    "kubernetes": (
        {"k8s.yaml": pod("work", "worker") + pod("clock", "beat")},
        ["kubectl scale deployment/work -n shop --replicas=N"],
        ["kubectl scale deployment/clock -n shop --replicas=0"],
        ["kubectl rollout undo deployment/work -n shop"],
        ["kubectl rollout undo deployment/clock -n shop", "kubectl scale deployment/clock -n shop --replicas=1"],
    ),
    "shared pods": (
        {
            "k8s.yaml": pod("work", "worker").replace(
                "containers:\n", "containers:\n        - {name: web, image: shop, command: [gunicorn]}\n"
            )
        },
        ["kubectl scale deployment/work -n shop --replicas=N  # and web, in the same pods"],
        [""],
        ["kubectl rollout undo deployment/work -n shop  # and web, in the same pods"],
        ["celery -A shop beat --loglevel=INFO"],
    ),
    "compose": (
        {
            "compose.yaml": "services:\n"
            "  one: {image: shop, container_name: one, command: celery -A shop worker}\n"
            "  many: {image: shop, command: celery -A shop worker}\n"
            "  beat: {image: shop, command: celery -A shop beat}\n"
        },
        ["docker compose up -d --no-recreate --scale many=N many"],
        ["docker compose stop beat"],
        [f"docker compose up -d --no-deps {name}  # with the image of the release before" for name in ("one", "many")],
        ["docker compose up -d beat"],
    ),
    "supervisor": (
        {
            "supervisord.conf": "[program:work]\ncommand=celery -A shop worker\nnumprocs=2\n"
            "[program:clock]\ncommand=celery -A shop beat\n[group:shop]\nprograms=clock\n"
        },
        ["supervisorctl start 'work:*'"],
        ["supervisorctl stop shop:clock"],
        ["supervisorctl restart 'work:*'  # with the release before in place"],
        ["supervisorctl start shop:clock"],
    ),
    "systemd": (
        {
            "work.service": "[Service]\nExecStart=/usr/bin/celery -A shop worker\n",
            "clock.service": "[Service]\nExecStart=/usr/bin/celery -A shop beat\n",
        },
        ["systemctl start work"],
        ["systemctl stop clock"],
        ["systemctl restart work  # with the release before in place"],
        ["systemctl start clock"],
    ),
    "procfile": (
        {"Procfile": "work: celery -A shop worker\nclock: celery -A shop beat\n"},
        ["heroku ps:scale work=N"],
        ["heroku ps:scale clock=0"],
        ["heroku rollback"],
        ["heroku ps:scale clock=1"],
    ),
    "cloud foundry": (
        {
            "manifest.yml": "applications:\n- {name: work, command: celery -A shop worker}\n"
            "- {name: clock, command: celery -A shop beat}\n"
        },
        ["cf scale work -i N"],
        ["cf stop clock"],
        ["cf rollback work --version N"],
        ["cf rollback clock --version N", "cf start clock"],
    ),
    "worker with a beat": (
        {"Procfile": "work: celery -A shop worker -B\n"},
        ["heroku ps:scale work=N"],
        ["heroku ps:scale work=0"],
        ["heroku rollback"],
        ["heroku ps:scale work=1"],
    ),
    "nothing": (
        {},
        ["celery -A shop worker -Q celery"],
        [""],
        [""],
        ["celery -A shop beat --loglevel=INFO"],
    ),
}


@pytest.mark.parametrize("name", OPERATED)
def test_programs_are_operated_by_what_starts_them(name: str, tmp_path: Path) -> None:
    files, scaled, stopped, undone, started = OPERATED[name]
    sheet = sheet_of(tmp_path, files)
    assert commands(sheet, "runbook.scale-up")[:-1] == scaled
    assert commands(sheet, "rollback.stop-beat") == stopped
    assert commands(sheet, "rollback.deploy-previous")[:-1] == undone
    assert commands(sheet, "rollback.start-beat") == started


def test_the_release_of_a_chart_is_left_to_fill_in(tmp_path: Path) -> None:
    chart = {
        "chart/Chart.yaml": "name: shop\nversion: 1.0.0\n",
        "chart/templates/worker.yaml": pod("'{{ .Release.Name }}-work'", "worker").replace(", namespace: shop", ""),
    }
    assert commands(sheet_of(tmp_path, chart), "runbook.restart")[0] == "kubectl rollout restart deployment/NAME-work"


BROKERS = {
    REDIS: (
        "redis-cli -h redis.shop.example -p 6379 -n 2 PING",
        "redis-cli -h redis.shop.example -p 6379 -n 2 LLEN celery",
    ),
    "rediss://shop:hush@redis.shop.example": (
        "redis-cli -h redis.shop.example --tls --user shop --askpass PING",
        "redis-cli -h redis.shop.example --tls --user shop --askpass LLEN celery",
    ),
    "amqp://rabbit.shop.example//": (
        "rabbitmq-diagnostics ping",
        "rabbitmqctl list_queues name messages consumers",
    ),
    "sqs://": (
        "aws sqs list-queues",
        "aws sqs get-queue-attributes --attribute-names ApproximateNumberOfMessages "
        '--queue-url "$(aws sqs get-queue-url --queue-name celery --query QueueUrl --output text)"',
    ),
}


@pytest.mark.parametrize("url", BROKERS)
def test_the_broker_is_asked_in_its_own_way(url: str, tmp_path: Path) -> None:
    ping, depth = BROKERS[url]
    asked = commands(sheet_of(tmp_path, {}, url), "runbook.incident")
    assert [asked[0], asked[-1]] == [ping, depth]


def test_a_broker_that_must_refuse_is_asked_without_a_login(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, {}, "redis://redis.shop.example:6379/2")
    assert commands(sheet, "security.redis-auth") == ["redis-cli -h redis.shop.example -p 6379 PING"]


def test_what_sqs_does_not_carry_is_said(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, {}, "sqs://")
    assert "neither remote control nor events" in of(sheet, "verify.workers-registered").caveat
    assert of(sheet, "verify.test-task").caveat == ""


def test_only_what_does_no_harm_is_sent_to_try(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, {})
    for name in ("verify.test-task", "verify.priority", "verify.alerts"):
        sent = [command for command in commands(sheet, name) if "call" in command or "send_task" in command]
        assert sent
        assert all("celery.accumulate" in command for command in sent)


def test_a_health_check_is_what_is_tried(tmp_path: Path) -> None:
    health = {"shop/health.py": "from shop.celery import app\n\n@app.task\ndef heartbeat():\n    pass\n"}
    sheet = sheet_of(tmp_path, health)
    assert commands(sheet, "verify.test-task")[0] == "celery -A shop call shop.health.heartbeat --queue=celery"


def test_arguments_that_a_task_needs_are_left_to_fill_in(tmp_path: Path) -> None:
    called = commands(sheet_of(tmp_path, {}), "verify.retries")[-1]
    assert called == "celery -A shop call shop.celery.ship --kwargs='{\"order_id\": …}'"


def test_a_queue_that_workers_consume_is_what_is_filled(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, {"Procfile": "work: celery -A shop worker -Q urgent,medium\n"})
    assert 'queue="medium"' in commands(sheet, "verify.alerts")[1]


def test_stages_before_production_say_nothing_where_production_is_there(tmp_path: Path) -> None:
    def manifest(instances: int) -> str:
        return f"applications:\n- {{name: work, command: celery -A shop worker, instances: {instances}}}\n"

    files = {"manifest_prod.yml": manifest(3), "manifest_stage.yml": manifest(1), "manifest_dev.yml": manifest(1)}
    answer = of(sheet_of(tmp_path, files), "scaling.table")
    assert answer.state == "pass"
    assert answer.tables[0].rows == (("celery", "default", "3", "2 to 4", "4", "4"),)
    assert [place.path for place in answer.evidence] == ["manifest_prod.yml"]
