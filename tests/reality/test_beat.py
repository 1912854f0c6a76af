"""What beat does with the entries of its schedule: CEL611, CEL614 and CEL616."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any

import celery
import pytest
from kombu.transport import memory

from celerylint.rules.cel616_malformed_schedule_entry import KEYS

# They have no types.
Celery: Any = celery.Celery
Scheduler: Any = import_module("celery.beat").Scheduler


@pytest.fixture
def app() -> Iterator[Any]:
    made = Celery("beat", broker="memory://", set_as_current=False)
    memory.Channel.queues.clear()
    yield made
    made.close()


def scheduler(app: Any, **entry: Any) -> Any:
    """Beat's scheduler with one entry, as at its start."""
    app.conf.beat_schedule = {"entry": entry}
    return Scheduler(app)


@pytest.mark.parametrize("key", ["arg", "queue", "enabled", "expires", "description"])
def test_unknown_keys_stop_beat(app: Any, key: str) -> None:
    with pytest.raises(TypeError):
        scheduler(app, task="x", schedule=60.0, **{key: 1})


@pytest.mark.parametrize("key", sorted(KEYS - {"name", "app", "task", "schedule"}))
def test_known_keys_do_not(app: Any, key: str) -> None:
    scheduler(app, task="x", schedule=60.0, **{key: None})


@pytest.mark.parametrize("schedule", ["60", "*/5 * * * *", {"minute": 5}])
def test_schedules_that_are_none_stop_beat(app: Any, schedule: object) -> None:
    with pytest.raises((AttributeError, TypeError)):
        scheduler(app, task="x", schedule=schedule).tick()


def test_an_entry_without_a_task_sends_a_message_without_a_name(app: Any) -> None:
    made = scheduler(app, schedule=60.0)
    result = made.apply_async(made.schedule["entry"])
    assert result.id
    with app.connection_for_read() as connection, connection.SimpleQueue("celery") as waiting:
        assert waiting.get(timeout=1).headers["task"] is None


@pytest.mark.parametrize(
    "wrong",
    [{"args": 1}, {"kwargs": [1]}, {"options": {"expires": timedelta(minutes=1)}}],
    ids=["args", "kwargs", "expires"],
)
def test_what_fails_at_each_send(app: Any, wrong: dict[str, Any]) -> None:
    made = scheduler(app, task="x", schedule=60.0, **wrong)
    with pytest.raises(Exception, match=r".+"):
        made.apply_async(made.schedule["entry"])


def test_letters_of_a_text_are_arguments(app: Any) -> None:
    made = scheduler(app, task="x", schedule=60.0, args="abc")
    made.apply_async(made.schedule["entry"])
    with app.connection_for_read() as connection, connection.SimpleQueue("celery") as waiting:
        assert waiting.get(timeout=1).payload[0] == ["a", "b", "c"]


@pytest.mark.parametrize("seconds", [0, -5])
def test_intervals_of_nothing_are_always_due(app: Any, seconds: int) -> None:
    made = scheduler(app, task="x", schedule=seconds)
    assert made.schedule["entry"].is_due().is_due


def test_names_that_nobody_registers_are_sent(app: Any) -> None:
    made = scheduler(app, task="nobody.knows", schedule=60.0)
    assert made.apply_async(made.schedule["entry"]).id


def test_what_the_fixer_makes_of_misplaced_expires_is_sent(app: Any) -> None:
    made = scheduler(app, task="x", schedule=60.0, options={"expires": timedelta(minutes=1).total_seconds()})
    made.apply_async(made.schedule["entry"])
    with app.connection_for_read() as connection, connection.SimpleQueue("celery") as waiting:
        assert waiting.get(timeout=1).headers["expires"] is not None
