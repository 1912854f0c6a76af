"""What Redis keeps over a restart, and whom it answers: claims of CEL821 and CEL823, and of the checklist."""

from __future__ import annotations

import importlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.reality.conftest import SECONDS, redis_server


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ((), 0),
        (("--appendonly", "yes", "--appendfsync", "always"), 1),
    ],
)
def test_what_a_restarted_redis_has_of_a_queue(options: tuple[str, ...], kept: int, tmp_path: Path) -> None:
    with redis_server(tmp_path, *options) as port:
        app = importlib.import_module("celery").Celery("shop", broker=f"redis://127.0.0.1:{port}", set_as_current=False)
        app.send_task("shop.ship", (1,))
        app.close()
        assert client(port).llen("celery") == 1
    with redis_server(tmp_path, *options) as port:
        assert client(port).llen("celery") == kept


@pytest.fixture(scope="module")
def open_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a Redis that listens on all interfaces, as it does without a configuration."""
    with redis_server(tmp_path_factory.mktemp("open"), "--bind", "0.0.0.0") as port:
        yield port


@pytest.mark.parametrize(
    ("mode", "password", "answer"),
    [("yes", "", "DENIED"), ("no", "", "PONG"), ("yes", "hush", "NOAUTH"), ("no", "hush", "NOAUTH")],
)
def test_whom_redis_answers(mode: str, password: str, answer: str, open_redis: int) -> None:
    own = client(open_redis)
    own.config_set("protected-mode", mode)
    own.config_set("requirepass", password)
    try:
        assert answer in asked(address(), open_redis)
    finally:
        client(open_redis, password=password or None).config_set("requirepass", "")


def client(port: int, **options: Any) -> Any:
    return importlib.import_module("redis").Redis(port=port, socket_timeout=SECONDS, **options)


def asked(host: str, port: int) -> str:
    """What a Redis answers to a PING without a login."""
    with socket.create_connection((host, port), timeout=SECONDS) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(4096).decode()


def address() -> str:
    """An address of this machine that is not the loopback's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("needs a network interface")
        return str(probe.getsockname()[0])
