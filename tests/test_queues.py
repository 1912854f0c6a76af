"""Queues and routes in every form, and where messages go; routes are held to Celery's own router."""

from __future__ import annotations

import fnmatch
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celerylint.facts import Route
from celerylint.index import Index
from celerylint.index.queues import match
from celerylint.source import Span
from celerylint.values import Const
from tests.tools import index

APP = """
from celery import Celery
from kombu import Exchange, Queue
from kombu.common import Broadcast
app = Celery('shop')
"""
GIVEN = """
A = 'a'
QUEUES = [Queue('a'), Queue('b')]
def names():
    return [A, 'b']
class Names:
    FIRST = 'a'
    SECOND = 'b'
    @staticmethod
    def every():
        return [Names.FIRST, Names.SECOND]
"""
HERE = Span(1, 1, 1, 1)


def read(folder: Path, text: str) -> Index:
    return index(folder, {"tasks.py": APP + text})


@pytest.mark.parametrize(
    "text",
    [
        "[Queue('a'), Queue('b')]",
        "(Queue('a', Exchange('x'), routing_key='r'), Queue(name='b'))",
        "{'a': {'exchange': 'x'}, 'b': {'routing_key': 'r'}}",
        "dict(a={'exchange': 'x'}, b={})",
        "[Queue(A), Broadcast('b')]",
        "QUEUES",
        "[Queue(name, Exchange('x'), routing_key=name) for name in ('a', 'b')]",
        "[Queue(name) for name in names()]",
        "[Queue(name=each) for each in Names.every()]",
    ],
)
def test_declared_queues(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, f"{GIVEN}app.conf.task_queues = {text}")
    assert [queue.name for queue in found.queues.declared] == ["a", "b"]
    assert found.queues.declares("tasks.app") == frozenset("ab")


@pytest.mark.parametrize(
    "text", ["[Queue('a'), *more()]", "[Queue(q) for q in names()]", "find()", "[Queue('a'), Queue(n())]"]
)
def test_queues_that_are_not_all_known(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, f"app.conf.task_queues = {text}").queues.declares("tasks.app") is None


def test_defaults(tmp_path: Path) -> None:
    assert read(tmp_path, "").queues.default("tasks.app") == "celery"
    assert read(tmp_path, "").queues.declares("tasks.app") == frozenset()
    assert read(tmp_path, "app.conf.task_default_queue = 'd'").queues.default("tasks.app") == "d"
    assert (
        read(tmp_path, "import os\napp.conf.task_default_queue = os.environ['Q']").queues.default("tasks.app") is None
    )
    assert read(tmp_path, "").queues.creates_missing("tasks.app") is True
    assert read(tmp_path, "app.conf.task_create_missing_queues = False").queues.creates_missing("tasks.app") is False


@pytest.mark.parametrize(
    "text",
    [
        "{'a.b': {'queue': 'q'}}",
        "{'a.b': 'q'}",
        "[{'a.b': {'queue': 'q'}}]",
        "([('a.b', {'queue': 'q'})],)",
        "[('a.b', {'queue': 'q'})]",
        "[[('a.b', 'q')]]",
        "{**{'a.b': {'queue': 'q'}}}",
        "{'a.b': {'queue': Queue('q')}}",
        "ROUTES",
    ],
)
def test_forms_of_routes(tmp_path: Path, text: str) -> None:
    (route,) = read(tmp_path, f"ROUTES = {{}}\nROUTES['a.b'] = {{'queue': 'q'}}\napp.conf.task_routes = {text}").routes
    assert route.pattern == "a.b"
    assert route.target is not None
    assert set(route.target) == {"queue"}


@pytest.mark.parametrize("text", ["route", "(route,)", "['shop.routers.Router']", "[Router()]", "{'a.b': find()}"])
def test_routes_that_code_decides(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, f"def route(name, *args, **kwargs): ...\napp.conf.task_routes = {text}")
    assert [route.target for route in found.routes] == [None]


def test_where_messages_go(tmp_path: Path) -> None:
    text = """
app.conf.task_default_queue = "d"
app.conf.task_routes = {"tasks.*": {"queue": "glob"}, "tasks.one": {"queue": "exact"}, "other": {"priority": 3}}
@app.task
def one(): ...
@app.task
def two(): ...
@app.task(name="three", queue="own")
def three(): ...
@app.task(name="four")
def four(): ...
@app.task(name="other", queue="own")
def other(): ...
"""
    found = read(tmp_path, text)
    queues = {task.name: found.queues.queue_of(task, "tasks.app") for task in found.tasks}
    assert queues == {"tasks.one": "exact", "tasks.two": "glob", "three": "own", "four": "d", "other": "own"}


# Celery has no types.
MapRoute: Any = import_module("celery.app.routes").MapRoute
NAMES = st.text("ab.*?[]", min_size=1, max_size=4)


@given(st.lists(NAMES, max_size=4, unique=True), NAMES)
def test_routes_match_as_celery_matches_them(patterns: list[str], name: str) -> None:
    if len({fnmatch.translate(pattern) for pattern in patterns}) < len(patterns):
        return  # Celery keeps one of them, which matters to nobody.
    routes = [Route(pattern, {"queue": Const(pattern)}, "x", HERE, HERE) for pattern in patterns]
    try:
        expected = MapRoute({pattern: {"queue": pattern} for pattern in patterns})(name)
    except re.error:
        return
    found = match(name, routes)
    assert (found and found.pattern) == (expected and expected["queue"])
