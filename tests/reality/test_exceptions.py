"""What Celery makes of exceptions that cannot be pickled: the claims of CEL222, its fixes among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.reality.conftest import Worker

TASKS = """
class OneOfTwo(Exception):
    def __init__(self, message, code):
        super().__init__(message)
        self.code = code

class Keyword(Exception):
    def __init__(self, message, *, code):
        super().__init__(message)
        self.code = code

class None_(Exception):
    def __init__(self, value):
        Exception.__init__(self)
        self.value = value

class Both(Exception):
    def __init__(self, message, code):
        super().__init__(message, code)
        self.code = code

class Reduced(Exception):
    def __init__(self, order_id, reason):
        super().__init__(f"{order_id}: {reason}")
        self.order_id, self.reason = order_id, reason

    def __reduce__(self):
        return type(self), (self.order_id, self.reason)

class Untold(Exception):
    def __init__(self, message, code):
        self.code = code

class Defaulted(Exception):
    def __init__(self, message, code=1):
        super().__init__(message)
        self.code = code

@app.task
def fails(name):
    raise {
        "OneOfTwo": lambda: OneOfTwo("card", 51),
        "Keyword": lambda: Keyword("card", code=51),
        "None_": lambda: None_("card"),
        "Both": lambda: Both("card", 51),
        "Reduced": lambda: Reduced(7, "card"),
        "Untold": lambda: Untold("card", 51),
        "Defaulted": lambda: Defaulted("card", 51),
    }[name]()
"""


@pytest.fixture(scope="module")
def worker(work: Callable[..., Any]) -> Iterator[Worker]:
    with work(TASKS, pool="prefork", concurrency=1) as running:
        yield running


@pytest.mark.parametrize("name", ["OneOfTwo", "Keyword", "None_"])
def test_an_exception_that_cannot_be_rebuilt_is_wrapped(worker: Worker, name: str) -> None:
    state, error = worker.outcome("real.fails", name)
    assert state == "FAILURE"
    assert error.startswith("UnpickleableExceptionWrapper: ")
    assert name in error


@pytest.mark.parametrize("name", ["Both", "Reduced", "Untold", "Defaulted"])
def test_one_that_can_be_is_itself(worker: Worker, name: str) -> None:
    state, error = worker.outcome("real.fails", name)
    assert state == "FAILURE"
    assert error.startswith(f"{name}: ")
