"""The bundled example: every mistake of the shop is found, and its right twin is clean and really works.

`fixtures/projects/shop_expected.tsv` was written by reading the shop: path, line, code, and the line itself.
A finding stands on the line of the `def` or `class` where it is about a task, of the keyword or key where it
is about an option or setting, and on the first line of a call.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from celerylint import engine

ROOT = Path(__file__).parents[1]
PROJECTS = ROOT / "fixtures" / "projects"
SHOP, RIGHT = PROJECTS / "shop", PROJECTS / "shop_right"
TABLE = PROJECTS / "shop_expected.tsv"
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


class Place(NamedTuple):
    path: str
    line: int
    code: str


def rows() -> list[tuple[Place, str]]:
    """What the table says: a place, and how its line reads."""
    lines = (line.split("\t") for line in TABLE.read_text().splitlines())
    return [(Place(path, int(line), code), text) for path, line, code, text in lines]


def expected() -> set[Place]:
    """The places of the table that the rules there are can find; deployment files need the rules for them."""
    codes = set(engine.rules())
    deployment = any(code.startswith("CEL8") for code in codes)
    return {place for place, _ in rows() if place.code in codes and (deployment or place.path.endswith(".py"))}


def reported(project: Path, *options: str) -> set[Place]:
    """What `celerylint check` reports, with paths relative to the project."""
    command = [sys.executable, "-m", "celerylint", "check", "--isolated", "--no-cache", "--output-format", "json"]
    folder = project.relative_to(ROOT).as_posix()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([*command, *options, folder], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    findings = json.loads(done.stdout)
    return {Place(finding["path"].removeprefix(f"{folder}/"), finding["line"], finding["code"]) for finding in findings}


def listed(places: set[Place]) -> str:
    """Places as one reads them, a line each."""
    return "\n" + "\n".join(f"{place.path}:{place.line}: {place.code}" for place in sorted(places))


@pytest.fixture(scope="module")
def shop_findings() -> set[Place]:
    return reported(SHOP)


def test_every_mistake_is_found(shop_findings: set[Place]) -> None:
    missed = expected() - shop_findings
    assert not missed, listed(missed)


def test_nothing_else_is_reported(shop_findings: set[Place]) -> None:
    extra = shop_findings - expected()
    assert not extra, listed(extra)


def test_right_twin_is_clean() -> None:
    extra = reported(RIGHT, "--select", "ALL")
    assert not extra, listed(extra)


def test_table_quotes_the_shop() -> None:
    places = [place for place, _ in rows()]
    assert places == sorted(set(places))
    quoted = {(place, (SHOP / place.path).read_text().splitlines()[place.line - 1].strip()) for place in places}
    assert quoted == set(rows())


@pytest.mark.parametrize("project", [SHOP, RIGHT], ids=lambda project: project.name)
def test_every_module_compiles(project: Path) -> None:
    modules = sorted(project.rglob("*.py"))
    assert len(modules) > 40
    for module in modules:
        compile(module.read_bytes(), str(module), "exec", dont_inherit=True)


# The right twin, run


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Variables that keep a run of the right twin inside a folder of its own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CELERY_")}
    return inherited | {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_NAME": str(tmp_path / "shop.sqlite3"),
        "PROBE_FOLDER": str(tmp_path),
        "REPORT_FOLDER": str(tmp_path),
        "PYTHONPATH": str(RIGHT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def run(environment: dict[str, str], *arguments: str) -> str:
    """Run this Python in the right twin's folder; what it prints."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=RIGHT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def database(environment: dict[str, str]) -> None:
    run(environment, "manage.py", "migrate", "--run-syncdb", "-v0")


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server of our own on a free port of the loopback."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no redis-server in PATH")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    server = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: answers(port), server)
        yield f"redis://127.0.0.1:{port}"
    finally:
        stop(server)


def answers(port: int) -> bool:
    """Whether a Redis server answers a PING."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    """Wait until a process is ready."""
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, f"it ended with status {process.returncode}"
        assert time.monotonic() < end, f"not ready after {seconds} s"
        time.sleep(0.05)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process that this test started."""
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


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
        wait_for((tmp_path / "worker-ready").exists, worker)
        assert json.loads(run(environment, "-c", f"{PLACE_ORDER}\nplace_order()")) == PLACED, log.read_text()
    finally:
        stop(worker)
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
