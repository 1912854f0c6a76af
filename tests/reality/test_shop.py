"""The right twin of the bundled shop really works: Django and Celery find no fault, and an order is placed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reality.conftest import SECONDS, wait_until

RIGHT = Path(__file__).parents[2] / "fixtures" / "projects" / "shop_right"
QUEUES = ("critical", "high", "default", "low", "bulk")

PLACE_ORDER = """
import json, sys, time
import django
django.setup()
from django.contrib.auth import get_user_model
from django.db import transaction
from catalog.models import Product, SearchDocument
from orders.models import Item, Order

def place_order():
    customer = get_user_model().objects.create(username="ada", email="ada@shop.example")
    tea = Product.objects.create(sku="tea", name="Tea", category="drinks", price="2.50", stock=3)
    with transaction.atomic():
        order = Order.objects.create(customer=customer)
        Item.objects.create(order=order, product=tea, quantity=2)
    end = time.monotonic() + 30
    while time.monotonic() < end and (order.state == "open" or not SearchDocument.objects.exists()):
        time.sleep(0.1)
        order.refresh_from_db()
    tea.refresh_from_db()
    found = SearchDocument.objects.filter(text__contains="tea").count()
    json.dump({"state": order.state, "total": str(order.total), "left": tea.stock, "found": found}, sys.stdout)
"""
PLACED = {"state": "placed", "total": "5.00", "left": 1, "found": 1}

OF_A_REAL_APP = """
import json, sys
import django
django.setup()
from config import celery_app as app
app.loader.import_default_modules()
names = {name for name in app.tasks if not name.startswith("celery.")}
queue = {name: app.amqp.router.route({}, name)["queue"].name for name in names}
scheduled = [entry["task"] for entry in app.conf.beat_schedule.values()]
json.dump({"names": sorted(names), "queue": queue, "scheduled": scheduled}, sys.stdout)
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Variables that keep a run inside a folder of its own."""
    return variables(tmp_path)


def variables(folder: Path) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_NAME": str(folder / "shop.sqlite3"),
        "PROBE_FOLDER": str(folder),
        "REPORT_FOLDER": str(folder),
        "PYTHONPATH": str(RIGHT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def run(environment: dict[str, str], *arguments: str) -> str:
    """Run this Python in the right twin's folder; what it prints."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=RIGHT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with tables and nothing in them."""
    folder = tmp_path_factory.mktemp("migrated")
    run(variables(folder), "manage.py", "migrate", "--run-syncdb", "-v0")
    return folder / "shop.sqlite3"


@pytest.fixture
def database(environment: dict[str, str], migrated: Path) -> None:
    shutil.copy(migrated, environment["DATABASE_NAME"])


def test_django_finds_no_fault(environment: dict[str, str]) -> None:
    run(environment, "manage.py", "check", "--fail-level", "WARNING")


def test_django_finds_no_fault_in_production(environment: dict[str, str]) -> None:
    production = {
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz-0123456789-ABCDEFGH",
        "DATABASE_ENGINE": "django.db.backends.sqlite3",
        "DATABASE_PASSWORD": "unused",
        "CACHE_URL": "rediss://redis-cache:6380/0",
        "CELERY_BROKER_URL": "rediss://redis-broker:6380/0",
        "CELERY_RESULT_BACKEND": "rediss://redis-results:6380/0",
        "REDIS_CA": "/run/secrets/redis-ca.crt",
    }
    settings = "from django.conf import settings; print(settings.CELERY_BROKER_USE_SSL['ssl_cert_reqs'].name)"
    assert run(environment | production, "-c", settings).strip() == "CERT_REQUIRED"
    run(environment | production, "manage.py", "check", "--deploy", "--fail-level", "WARNING")


def test_celery_agrees_with_itself(environment: dict[str, str]) -> None:
    """What is scheduled is registered, and what is registered goes to a queue that workers read."""
    app = json.loads(run(environment, "-c", OF_A_REAL_APP))
    assert set(app["scheduled"]) <= set(app["names"])
    assert set(app["queue"].values()) == set(QUEUES)
    commands = (RIGHT / "docker-compose.yml").read_text()
    for queue in QUEUES:
        assert f"worker -Q {queue} " in commands
        assert f'"-Q", "{queue}"' in (RIGHT / "k8s" / f"worker-{queue}.yaml").read_text()


@pytest.mark.usefixtures("database")
def test_an_order_is_placed_by_a_worker_on_redis(environment: dict[str, str], redis_url: str, tmp_path: Path) -> None:
    environment |= {"CELERY_BROKER_URL": f"{redis_url}/0", "CELERY_RESULT_BACKEND": f"{redis_url}/1"}
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-c", "1", "-Q", ",".join(QUEUES)]
    log = tmp_path / "worker.log"
    with log.open("wb") as output:
        worker = subprocess.Popen(command, cwd=RIGHT, env=environment, stdout=output, stderr=output)
    try:
        wait_until(lambda: (tmp_path / "worker-ready").exists() or worker.poll() is not None, log.read_text)
        assert json.loads(run(environment, "-c", f"{PLACE_ORDER}\nplace_order()")) == PLACED, log.read_text()
        worker.terminate()
        worker.wait(SECONDS)
    finally:
        worker.kill()
        worker.wait()
    assert not (tmp_path / "worker-ready").exists()


@pytest.mark.usefixtures("database")
def test_an_order_is_placed_in_memory(environment: dict[str, str]) -> None:
    lines = [
        PLACE_ORDER,
        "from celery.contrib.testing.worker import start_worker",
        "from config import celery_app",
        "with start_worker(celery_app, pool='solo', perform_ping_check=False):",
        "    place_order()",
    ]
    assert json.loads(run(environment, "-c", "\n".join(lines))) == PLACED
