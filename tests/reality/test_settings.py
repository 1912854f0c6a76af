"""What Celery does with its settings: the claims of CEL501 to CEL524."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import celery
import pytest
from celery.exceptions import ImproperlyConfigured
from kombu.exceptions import SerializerNotInstalled

# They have no types.
Celery: Any = celery.Celery
Connection: Any = import_module("kombu").Connection


@pytest.fixture
def app() -> Iterator[Any]:
    made = Celery("settings", broker="memory://", backend="cache+memory://", set_as_current=False)
    yield made
    made.close()


def test_unknown_names_are_kept_in_silence(app: Any) -> None:
    app.conf.update(task_soft_time_limt=300)
    assert app.conf.task_soft_time_limit is None
    assert app.conf.task_soft_time_limt == 300


def test_old_names_still_count(app: Any) -> None:
    app.conf.update(CELERYD_CONCURRENCY=4, CELERY_ACKS_LATE=True)
    assert (app.conf.worker_concurrency, app.conf.task_acks_late) == (4, True)


@pytest.mark.parametrize("object_is_read", [True, False])
def test_mixed_names_stop_celery(app: Any, object_is_read: bool) -> None:
    both = {"task_acks_late": True, "timezone": "UTC", "CELERYD_CONCURRENCY": 4}
    if object_is_read:
        app.config_from_object(both)
    else:
        app.conf.update(both)
    with pytest.raises(ImproperlyConfigured):
        app.conf.task_acks_late  # noqa: B018


def test_names_that_may_be_mixed(app: Any) -> None:
    app.config_from_object({"task_acks_late": True, "CELERY_ACKS_LATE": True})
    app.conf.CELERYD_CONCURRENCY = 4
    assert (app.conf.task_acks_late, app.conf.worker_concurrency) == (True, 4)
    keywords = Celery("kw", broker="memory://", set_as_current=False, task_acks_late=True, CELERYD_CONCURRENCY=4)
    assert (keywords.conf.task_acks_late, keywords.conf.worker_concurrency) == (True, 4)
    spaced = Celery("space", broker="memory://", set_as_current=False)
    settings = SimpleNamespace(CELERY_TASK_ACKS_LATE=True, CELERYD_CONCURRENCY=4)
    spaced.config_from_object(settings, namespace="CELERY")
    assert spaced.conf.task_acks_late is True


def test_the_order_of_sources() -> None:
    made = Celery("order", broker="memory://", set_as_current=False, task_time_limit=1)
    made.config_from_object({"task_time_limit": 2, "result_expires": 2, "task_soft_time_limit": 2})
    made.add_defaults({"result_expires": 3})
    made.conf.task_soft_time_limit = 4
    conf = made.conf
    assert (conf.task_time_limit, conf.result_expires, conf.task_soft_time_limit) == (1, 3, 4)


def test_values_of_wrong_types(app: Any) -> None:
    app.conf.update(task_acks_late="false", accept_content="json")
    assert app.conf.task_acks_late
    with pytest.raises(SerializerNotInstalled, match="for j"):
        app.send_task("shop.ship")


def test_a_limit_that_is_a_text_fails_where_it_is_compared(app: Any) -> None:
    app.conf.update(task_time_limit="300", task_soft_time_limit=270)

    def ship() -> None: ...

    task = app.task(shared=False)(ship)
    with pytest.raises(TypeError):
        task.delay()


def test_flat_routes_and_texts_as_queues_fail_at_the_first_message(app: Any) -> None:
    app.conf.task_routes = [("shop.*", {"queue": "mail"}), ("other.*", {"queue": "mail"})]
    with pytest.raises(ValueError, match="values to unpack"):
        app.send_task("shop.ship")
    queues = Celery("queues", broker="memory://", set_as_current=False)
    queues.conf.task_queues = ["mail"]
    with pytest.raises(AttributeError):
        queues.send_task("shop.ship")


def test_the_defaults_that_rules_speak_of(app: Any) -> None:
    conf = app.conf
    assert not conf.task_acks_late
    assert not conf.worker_send_task_events
    assert not conf.task_send_sent_event
    assert conf.worker_max_tasks_per_child is None
    assert conf.worker_prefetch_multiplier == 4
    assert str(app.timezone) == "UTC"


def test_zero_prefetch_has_no_bound() -> None:
    with Connection("memory://") as connection:
        channel = connection.channel()
        channel.basic_qos(0, 0, False)
        assert channel.qos.can_consume()


@pytest.mark.filterwarnings("ignore:Call to deprecated setex")
def test_results_that_never_expire(redis_url: str) -> None:
    made = Celery("results", broker="memory://", backend=f"{redis_url}/9", set_as_current=False)
    made.conf.result_expires = 0
    made.backend.store_result("kept", 1, "SUCCESS")
    made.conf.result_expires = 60
    other = Celery("other", broker="memory://", backend=f"{redis_url}/9", set_as_current=False)
    other.backend.store_result("goes", 1, "SUCCESS")
    client = made.backend.client
    assert client.ttl("celery-task-meta-kept") == -1
    assert client.ttl("celery-task-meta-goes") > 0


def test_eager_tasks_run_where_they_are_sent(app: Any) -> None:
    app.conf.task_always_eager = True
    here: list[int] = []

    def ship() -> None:
        here.append(1)

    app.task(shared=False)(ship).delay()
    assert here == [1]


def test_the_time_zone_of_django_counts(app: Any) -> None:
    app.config_from_object(SimpleNamespace(TIME_ZONE="America/Chicago"), namespace="CELERY")
    assert app.conf.timezone == "America/Chicago"


def test_transports_drop_options_that_they_do_not_know(redis_url: str) -> None:
    with Connection(f"{redis_url}/8", transport_options={"visiblity_timeout": 5}) as connection:
        channel = connection.channel()
        assert channel.visibility_timeout == 3600
        assert not hasattr(channel, "visiblity_timeout")


def test_tls_that_is_not_there(redis_url: str) -> None:
    with Connection(f"{redis_url}/8", ssl=True) as connection:
        parameters = connection.channel()._connparams()
    assert "SSL" not in parameters.get("connection_class", object).__name__
    with Connection("rediss://localhost:1/0", ssl={"ssl_cert_reqs": ssl.CERT_NONE}) as connection:
        assert connection.ssl == {"ssl_cert_reqs": ssl.CERT_NONE}


def test_a_socket_has_no_timeout_of_its_own(redis_url: str) -> None:
    for options, timeout in (({}, None), ({"socket_timeout": 5}, 5)):
        with Connection(f"{redis_url}/8", transport_options=options) as connection:
            assert connection.channel()._connparams().get("socket_timeout") == timeout


SENDING = """
import sys
from celery import Celery
app = Celery("x", broker=sys.argv[1], set_as_current=False)
app.conf.broker_transport_options = {"socket_connect_timeout": 0.1}
print("ready", flush=True)
app.send_task("shop.ship")
"""


def test_sending_to_a_redis_that_does_not_answer_never_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        with subprocess.Popen([sys.executable, "-c", SENDING, url], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.7)
            process.kill()
