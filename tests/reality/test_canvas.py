"""CEL403, CEL407, CEL408, CEL409, CEL410 and CEL417: what becomes in a worker of what was sent without a complaint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.reality.conftest import Worker

TASKS = """
from celery import Task, chain, chord, group, signature

def ran(name, *args):
    app.backend.client.rpush("ran", " ".join([name, *map(str, args)]))

@app.task
def one(a):
    ran("one", a)
    return a

@app.task
def none():
    ran("none")

@app.task
def fails():
    raise ValueError("no")

@app.task(ignore_result=True)
def forget(a):
    pass

@app.task
def id_only(task_id):
    ran("id_only")

@app.task
def two(request, exc):
    ran("two")

@app.task
def three(request, exc, traceback):
    ran("three")

@app.task(bind=True)
def bound(self, request, exc, traceback):
    ran("bound")

@app.task(bind=True)
def bound_id(self, task_id):
    ran("bound_id")

class Old(Task):
    name = "real.old"
    def run(self, request, exc, traceback):
        ran("old")

old = app.register_task(Old())

def place(x, /):
    ran("place", x)

place = app.task(place, name="real.place")

@app.task
def send(code):
    result = eval(code)
    return getattr(result, "id", None)
"""


@pytest.fixture(scope="module")
def worker(work: Callable[..., Any]) -> Iterator[Worker]:
    with work(TASKS, concurrency=1) as running:
        yield running


class Ran:
    """What ran after some code was run in the worker."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    def __call__(self, code: str) -> str:
        """The last thing that ran."""
        self.worker.redis.delete("ran")
        self.task_id = self.worker.outcome("real.send", code)[1]
        self.worker.settle()
        last = self.worker.redis.lindex("ran", -1)
        return last.decode() if last else ""

    @property
    def state(self) -> tuple[str, Any]:
        """State and result of what was sent."""
        return self.worker.state(self.task_id)


@pytest.fixture
def ran(worker: Worker) -> Ran:
    return Ran(worker)


def test_a_step_with_no_room_for_the_result_fails(ran: Ran) -> None:
    assert ran("chain(one.s(1), none.s()).delay()") == "one 1"
    assert ran.state[0] == "FAILURE"
    assert "takes 0 positional arguments but 1 was given" in ran.state[1]
    assert ran("chain(one.s(1), none.si()).delay()") == "none"


def test_a_callback_with_no_room_for_the_result_never_runs_and_the_task_ends_as_failed(ran: Ran) -> None:
    assert ran("one.apply_async((1,), link=none.s())") == "one 1"
    assert ran.state[0] == "FAILURE"
    assert "takes 0 positional arguments but 1 was given" in ran.state[1]


def test_the_name_of_a_task_as_callback_fails_the_task_that_succeeded(ran: Ran) -> None:
    assert ran("one.apply_async((1,), link='real.none')") == "one 1"
    assert ran.state[0] == "FAILURE"
    assert "AttributeError" in ran.state[1]


def test_positional_only_arguments_by_name_fail_in_the_worker(ran: Ran) -> None:
    assert ran("place.delay(x=1)") == ""
    assert ran.state[0] == "FAILURE"
    assert "TypeError" in ran.state[1]


def test_send_task_checks_nothing(ran: Ran) -> None:
    ran("app.send_task('real.one', (1, 2, 3))")
    assert ran.state[0] == "FAILURE"
    assert "TypeError" in ran.state[1]


@pytest.mark.parametrize(
    ("errback", "expected"),
    [
        ("id_only.s()", "id_only"),
        ("three.s()", "three"),
        ("bound_id.s()", "bound_id"),
        ("none.si()", "none"),
        ("two.s()", ""),
        ("bound.s()", ""),
        ("none.s()", ""),
        ("three.si()", ""),
        ("old.s()", ""),
    ],
)
def test_what_error_callbacks_get(errback: str, expected: str, ran: Ran) -> None:
    assert ran(f"fails.apply_async(link_error={errback})") == expected


@pytest.mark.parametrize("errback", ["none.s()", "bound.s()"])
def test_an_error_callback_that_cannot_be_sent_hides_the_error(errback: str, ran: Ran) -> None:
    assert ran(f"fails.apply_async(link_error={errback})") == ""
    assert ran.state[0] == "FAILURE"
    assert "TypeError" in ran.state[1]


def test_an_error_callback_that_is_called_in_place_leaves_the_error_alone(ran: Ran) -> None:
    assert ran("fails.apply_async(link_error=two.s())") == ""
    assert ran.state == ("FAILURE", "ValueError: no")


def test_an_unknown_option_delays_nothing(ran: Ran) -> None:
    assert ran("one.apply_async((7,), countdwn=60)") == "one 7"


def test_an_eta_that_is_no_time_is_dropped(ran: Ran) -> None:
    assert ran("one.apply_async((8,), eta='tomorrow')") == ""
    assert ran.state[0] == "PENDING"


def test_on_redis_a_chord_runs_though_its_header_ignores_results(ran: Ran) -> None:
    assert ran("chord([forget.s(1), forget.s(2)])(one.s())") == "one [None, None]"
