"""What serialisers do: the claims of CEL301, CEL302, CEL305 and CEL307, and what CEL311 and CEL312 say of secrets."""

from __future__ import annotations

import contextlib
import json
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.reality.conftest import SECONDS

if TYPE_CHECKING:
    from tests.reality.conftest import Worker

serialization = import_module("kombu.serialization")
PICKLE, JSON = "application/x-python-serialize", "application/json"


class Bomb:
    """An object that runs code when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.fixture(autouse=True)
def same_registry() -> Iterator[None]:
    """The serialisers that kombu has disabled are disabled again afterwards."""
    disabled = set(serialization.registry._disabled_content_types)
    yield
    serialization.registry._disabled_content_types |= disabled


def decode(body: bytes, accept: set[str] | None) -> object:
    return serialization.loads(body, PICKLE, "binary", accept=accept)


def test_to_accept_pickle_is_to_run_what_a_message_says(tmp_path: Path) -> None:
    body = pickle.dumps(Bomb(tmp_path / "ran"))
    with pytest.raises(import_module("kombu.exceptions").ContentDisallowed):
        decode(body, {JSON})
    assert not (tmp_path / "ran").exists()
    decode(body, {JSON, PICKLE})
    assert (tmp_path / "ran").exists()


def test_enabling_insecure_serialisers_changes_nothing_where_there_is_an_accept_list(tmp_path: Path) -> None:
    body = pickle.dumps({1})
    disallowed = import_module("kombu.exceptions").ContentDisallowed
    with pytest.raises(disallowed):
        decode(body, None)
    import_module("kombu").enable_insecure_serializers()
    assert decode(body, None) == {1}
    with pytest.raises(disallowed):
        decode(body, {JSON})


def calls_to_read(name: str, rows: object) -> int:
    """How many functions written in Python run to read a message."""
    content_type, encoding, body = serialization.dumps(rows, serializer=name)
    events: list[str] = []
    sys.setprofile(lambda frame, event, arg: events.append(event))
    try:
        read = serialization.loads(body, content_type, encoding, accept={content_type})
    finally:
        sys.setprofile(None)
    assert read == rows
    return events.count("call")


def test_yaml_takes_hundreds_of_times_as_long_as_json() -> None:
    """What a machine does besides changes seconds, but not how much is done: YAML is read in Python, JSON in C."""
    rows = [{"order": number, "lines": ["a", "b"]} for number in range(300)]
    assert calls_to_read("yaml", rows) > 100 * calls_to_read("json", rows)


@pytest.mark.parametrize(("loader", "runs"), [("Loader", True), ("UnsafeLoader", True), ("FullLoader", False)])
def test_which_loaders_of_yaml_run_code(tmp_path: Path, loader: str, runs: bool) -> None:
    """CEL314 reports those that do."""
    yaml, marker = import_module("yaml"), tmp_path / "ran"
    text = f"!!python/object/apply:os.mkdir ['{marker}']"
    with contextlib.nullcontext() if runs else pytest.raises(yaml.constructor.ConstructorError):
        yaml.load(text, Loader=getattr(yaml, loader))
    assert marker.exists() == runs


@pytest.mark.parametrize(
    ("accept", "forced", "ends"), [("pickle", "", True), ("pickle", "1", False), ("json", "", False)]
)
def test_what_c_force_root_takes_away(monkeypatch: pytest.MonkeyPatch, accept: str, forced: str, ends: bool) -> None:
    platforms = import_module("celery.platforms")
    for name in ("getuid", "geteuid"):
        monkeypatch.setattr(platforms.os, name, lambda: 0)
    monkeypatch.setenv("C_FORCE_ROOT", forced)
    refused = pytest.raises(import_module("celery.exceptions").SecurityError)
    with refused if ends else pytest.warns(platforms.SecurityWarning):
        platforms.check_privileges([accept])


# Django can be set up once in a process.
SHOP = """
import json, django, tempfile, sqlite3, sys
from django.conf import settings
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
)
django.setup()
from celery import Celery
from django import forms
from django.contrib.auth.models import User
from django.core.management import call_command
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from kombu.exceptions import EncodeError

call_command("migrate", verbosity=0)
app = Celery("shop", broker="memory://")

@app.task
def ship(given=None):
    pass

user = User.objects.create_user("ann")
objects = {
    "instance": user,
    "in a dict": {"user": user},
    "queryset": User.objects.all(),
    "values": User.objects.values_list("pk", flat=True),
    "request": HttpRequest(),
    "user of a request": SimpleLazyObject(lambda: user),
    "form": forms.Form(),
    "file": tempfile.TemporaryFile(),
    "connection": sqlite3.connect(":memory:"),
    "key": user.pk,
    "list of keys": list(User.objects.values_list("pk", flat=True)),
}
refused = []
for name, given in objects.items():
    try:
        ship.delay(given)
    except EncodeError:
        refused.append(name)
ship.apply_async((user,), serializer="pickle")
User.objects.update(email="new@shop.example")
app.conf.accept_content = ["pickle"]
with app.connection_for_read() as connection, connection.SimpleQueue("celery") as queue:
    bodies = [queue.get(block=False) for _ in range(len(queue))]
    bodies[-1].accept = {"application/x-python-serialize"}
    copy = bodies[-1].payload[0][0]
copy.save()
json.dump({"refused": refused, "email": User.objects.get().email}, sys.stdout)
"""


@pytest.fixture(scope="module")
def shop() -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-c", SHOP], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_json_refuses_every_object_of_the_process(shop: dict[str, Any]) -> None:
    objects = [
        "instance",
        "in a dict",
        "queryset",
        "values",
        "request",
        "user of a request",
        "form",
        "file",
        "connection",
    ]
    assert shop["refused"] == objects


def test_a_pickled_instance_writes_back_what_it_was(shop: dict[str, Any]) -> None:
    assert shop["email"] == ""


SECRETS = """
app.conf.worker_send_task_events = True
app.conf.task_send_sent_event = True

@app.task(bind=True, max_retries=1)
def log_in(self, password):
    raise self.retry(countdown=0)

@app.task
def returns(kind):
    app.backend.client.incr(f"ran:{kind}")
    return {"set": {1}, "result": app.AsyncResult("1"), "tuple": (1, 2), "error": ValueError(1)}[kind]

@app.task(ignore_result=True)
def ignores():
    app.backend.client.incr("ran:ignores")
    return {1}
"""
SECRET = "hunter2-hunter2"


@pytest.fixture(scope="module")
def worker(work: Callable[..., Any]) -> Iterator[Worker]:
    with work(SECRETS, pool="solo", concurrency=1) as running:
        yield running


@pytest.fixture(scope="module")
def events(worker: Worker) -> list[dict[str, Any]]:
    """The events that Celery sends while a task with a secret is sent, hidden by `argsrepr`, and retried."""
    found: list[dict[str, Any]] = []
    with worker.celery.connection_for_read() as connection:
        receiver = worker.celery.events.Receiver(connection, handlers={"*": found.append})
        capture = receiver.itercapture(limit=None, timeout=SECONDS)
        next(capture)
        worker.celery.conf.task_send_sent_event = True
        task_id = worker.send("real.log_in", SECRET, argsrepr="('***',)")
        for _ in capture:
            if any(event["type"] == "task-failed" and event["uuid"] == task_id for event in found):
                break
    return found


@pytest.mark.parametrize(("kind", "state"), [("set", "FAILURE"), ("error", "FAILURE"), ("tuple", "SUCCESS")])
def test_a_result_that_json_refuses_fails_the_task_after_its_work(worker: Worker, kind: str, state: str) -> None:
    found, error = worker.outcome("real.returns", kind)
    assert worker.redis.get(f"ran:{kind}") == b"1"
    assert found == state
    assert state == "SUCCESS" or error.startswith("EncodeError")


def test_a_returned_result_has_a_json_form(worker: Worker) -> None:
    assert worker.outcome("real.returns", "result") == ("SUCCESS", [["1", None], None])


def test_a_result_that_is_ignored_may_be_anything(worker: Worker) -> None:
    task_id = worker.send("real.ignores")
    worker.logs(f"Task real.ignores[{task_id}] succeeded")
    assert worker.redis.get("ran:ignores") == b"1"


def test_argsrepr_hides_a_secret_until_the_first_retry(events: list[dict[str, Any]]) -> None:
    received = [event["args"] for event in events if event["type"] == "task-received"]
    assert received[0] == "('***',)"
    assert SECRET in received[1]


def test_the_last_retry_puts_the_arguments_into_the_log_and_the_result(
    worker: Worker, events: list[dict[str, Any]]
) -> None:
    (failed,) = (event for event in events if event["type"] == "task-failed")
    assert SECRET in failed["exception"]
    worker.logs(SECRET)
    state, error = worker.state(failed["uuid"])
    assert state == "FAILURE"
    assert SECRET in error


def test_the_message_holds_the_arguments_whatever_argsrepr_says() -> None:
    app = import_module("celery").Celery("client", broker="memory://", set_as_current=False)
    app.send_task("shop.log_in", [SECRET], argsrepr="('***',)")
    with app.connection_for_read() as connection, connection.SimpleQueue("celery") as queue:
        message = queue.get(block=False)
    assert message.headers["argsrepr"] == "('***',)"
    assert SECRET in str(message.body)
