"""Single answers that small projects get: what is easily taken for something else."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from celerylint.checklist import Sheet
from celerylint.checklist.item import Answer
from tests import tools
from tests.checklist.conftest import answered

APP = "from celery import Celery\n\napp = Celery('shop', {arguments})\n\n\n@app.task\ndef ship():\n    pass\n"
DJANGO = """\
from celery import Celery

app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
"""


def app(arguments: str = "broker='redis://redis/0'", more: str = "") -> str:
    return APP.format(arguments=arguments) + more


def of(folder: Path, files: dict[str, str]) -> Sheet:
    """All answers for a project of some files."""
    tools.project(folder, files)
    return answered(folder)


def ask(folder: Path, item: str, files: dict[str, str]) -> Answer:
    """The answer to one item for a project of some files."""
    return next(answer for known, answer in of(folder, files).answers if known.id == item)


def commands(answer: Answer) -> list[str]:
    return [step.command for step in answer.steps]


# The broker's URL


def test_a_default_in_a_default_names_the_broker(tmp_path: Path) -> None:
    nested = "import os\n" + app("broker=os.environ.get('A_URL', os.environ.get('B_URL', 'amqp://guest@localhost//'))")
    answer = ask(tmp_path, "runbook.incident", {"shop.py": nested})
    assert "rabbitmq-diagnostics ping" in commands(answer)


def test_a_url_is_shown_where_it_is_set(tmp_path: Path) -> None:
    more = """
        if wide():
            app.conf.broker_url = ""
        else:
            app.conf.broker_url = "redis://queue/0"
    """
    (place,) = ask(tmp_path, "broker.tls", {"shop.py": app("", textwrap.dedent(more))}).evidence
    assert place.text == 'app.conf.broker_url = "redis://queue/0"'


@pytest.mark.parametrize(
    ("url", "state"),
    [
        ("amqp://guest:guest@localhost//", "unknown"),
        ("amqp://guest:guest@rabbit//", "fail"),
        ("amqp://shop:hush@rabbit//", "pass"),
        ("sqs://", "pass"),
        ("https://sqs.eu-west-1.amazonaws.com", "pass"),
    ],
)
def test_what_counts_as_a_login(url: str, state: str, tmp_path: Path) -> None:
    assert ask(tmp_path, "security.redis-auth", {"shop.py": app(f"broker={url!r}")}).state == state


def test_a_redis_of_developers_does_not_count_beside_another(tmp_path: Path) -> None:
    files = {
        "shop.py": app("broker=url()"),
        "docker-compose.yml": "services:\n  test: {build: ., volumes: ['.:/app'], command: make test}\n"
        "  redis: {image: 'redis:7', ports: ['6379:6379']}\n",
        "docker/docker-compose.yml": "services:\n  shop: {build: .}\n  redis: {image: 'redis:7'}\n",
    }
    (place,) = ask(tmp_path, "security.network", files).evidence
    assert place.path == "docker/docker-compose.yml"


# Settings


@pytest.mark.parametrize(
    ("setting", "item"),
    [
        ("task_queue_max_priority", "queues.priorities"),
        ("task_default_queue", "queues.default"),
        ("timezone", "beat.timezone"),
    ],
)
def test_none_sets_nothing(setting: str, item: str, tmp_path: Path) -> None:
    files = {"shop.py": app("broker='amqp://rabbit//'", f"\napp.conf.{setting} = None\n")}
    assert ask(tmp_path, item, files).state == "fail"


@pytest.mark.parametrize(
    ("broker", "state"),
    [("broker='amqp://rabbit//'", "fail"), ("broker='sqs://'", "pass"), ("broker=url()", "unknown")],
)
def test_queues_of_their_own_are_not_priorities_on_rabbitmq(broker: str, state: str, tmp_path: Path) -> None:
    queues = """
        from kombu import Queue

        app.conf.task_queues = [Queue("urgent"), Queue("bulk")]
        app.conf.task_default_queue = "bulk"
    """
    files = {"shop.py": app(broker) + textwrap.dedent(queues)}
    assert ask(tmp_path, "queues.priorities", files).state == state


# Code


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("search.add(query.Limiter())", "unknown"),
        ("limiter = Limiter(key_func=address)", "pass"),
        ("limiter = strategies.MovingWindowRateLimiter(storage)", "pass"),
    ],
)
def test_what_limits_users(line: str, state: str, tmp_path: Path) -> None:
    files = {"shop.py": app(), "web.py": f"{line}\n"}
    assert ask(tmp_path, "security.rate-limits", files).state == state


def test_hidden_folders_hold_no_tasks(tmp_path: Path) -> None:
    sample = app(more='\n\n@app.task(queue="some-queue")\ndef sample():\n    pass\n')
    answer = ask(tmp_path, "runbook.drain", {"shop.py": app(), ".semgrep/sample.py": sample})
    assert not any("some-queue" in command for command in commands(answer))


# Workers


def test_what_tests_start_is_not_deployed(tmp_path: Path) -> None:
    files = {
        "shop.py": app(),
        "tests/entrypoint.sh": "#!/bin/sh\nexec celery -A shop worker -c 2\n",
        "Dockerfile": 'FROM python:3.12\nCMD ["sh", "tests/entrypoint.sh"]\n',
        "bin/apitest_start.sh": "#!/bin/sh\nexec celery -A shop worker -c 2\n",
    }
    assert ask(tmp_path, "workers.concurrency", files).found == "Nothing here starts a worker."


def test_a_platform_sets_the_number_of_a_procfiles_workers(tmp_path: Path) -> None:
    answer = ask(tmp_path, "workers.autoscaling", {"shop.py": app(), "Procfile": "worker: celery -A shop worker\n"})
    assert answer.state == "unknown"


def test_an_application_that_a_sample_leaves_open_is_not_named(tmp_path: Path) -> None:
    files = {
        "shop.py": app(),
        "conf/supervisord.conf": "[program:worker]\ncommand=celery -A [app].celery worker\n",
    }
    assert "celery -A shop inspect ping" in commands(ask(tmp_path, "runbook.restart", files))


@pytest.mark.parametrize(
    ("item", "command"),
    [("runbook.scale-up", "supervisorctl start worker"), ("runbook.scale-down", "supervisorctl stop worker")],
)
def test_what_takes_no_number_is_started_and_stopped(item: str, command: str, tmp_path: Path) -> None:
    files = {"shop.py": app(), "conf/supervisord.conf": "[program:worker]\ncommand=celery -A shop worker\n"}
    assert command in commands(ask(tmp_path, item, files))


# Beat


def test_only_django_has_rows_of_a_schedule(tmp_path: Path) -> None:
    assert commands(ask(tmp_path, "beat.schedules", {"shop.py": app()})) == []
    django = {"manage.py": "", "shop/celery.py": DJANGO, "shop/settings.py": ""}
    assert "dumpdata" in commands(ask(tmp_path / "django", "beat.schedules", django))[0]


# Redis on a machine


@pytest.mark.parametrize(
    ("options", "network", "firewall"),
    [
        ("", "pass", "pass"),
        ("--bind 127.0.0.1 ::1", "pass", "pass"),
        ("--requirepass hush", "unknown", "unknown"),
        ("--bind 10.0.0.1 --requirepass hush", "unknown", "unknown"),
        # What CEL823 says is about who may enter, not about who gets there.
        ("--protected-mode no", "unknown", "fail"),
    ],
)
def test_who_reaches_a_redis_without_a_container(options: str, network: str, firewall: str, tmp_path: Path) -> None:
    files = {"shop.py": app(), "start.sh": f"#!/bin/sh\nredis-server {options} &\nexec celery -A shop worker\n"}
    answers = {item.id: answer.state for item, answer in of(tmp_path, files).answers}
    assert (answers["security.network"], answers["security.firewall"]) == (network, firewall)
