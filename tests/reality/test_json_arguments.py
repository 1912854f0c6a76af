"""What we say of an argument in source code, and what Celery does when that code sends it: CEL303 and CEL304.

Hypothesis makes the expressions and puts them where people put arguments. Celery really sends each one, through a
broker in memory, with whichever kombu is installed; `noxfile.py` runs this with several of them.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from importlib import import_module, metadata
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from celerylint import celery_data
from celerylint.config import load
from celerylint.project import Project
from tests.test_jsonable import IMPORTS, NAMESPACE, SORTED, alike, expressions

KOMBU, CELERY = (metadata.version(name) for name in ("kombu", "celery"))
NEW = celery_data.parse_version(KOMBU) >= (5, 3)
SHOP = """
import collections
import enum


class Color(enum.Enum):
    RED = 1


class Size(enum.IntEnum):
    BIG = 3


class Point(collections.namedtuple("Point", "x y")):
    __slots__ = ()
"""
TASKS = """
from celery import Celery
{imports}
app = Celery("jobs", broker="memory://", set_as_current=False)
{before}

@app.task
def ship(given=None):
    return None

@app.task(bind=True)
def pack(self, given=None):
    return None

def place(*rest):
    {body}
"""
# How an argument is written: what stands before the function, and its body. Each sends one message.
SHAPES: dict[str, tuple[str, str]] = {
    "in the call": ("", "ship.delay({0})"),
    "by keyword": ("", "ship.delay(given={0})"),
    "for a bound task": ("", "pack.delay({0})"),
    "in a local variable": ("", "local = {0}\n    ship.delay(local)"),
    "in a variable that had another value": ("", "local = 1\n    local = {0}\n    ship.delay(local)"),
    "in a constant": ("LOCAL = {0}\n", "ship.delay(LOCAL)"),
    "from a function": ("def make():\n    return {0}\n", "ship.delay(make())"),
    "in args": ("", "ship.apply_async(args=[{0}], countdown=1)"),
    "in args by place": ("", "ship.apply_async(({0},))"),
    "in kwargs": ("", "ship.apply_async(kwargs={{'given': {0}}})"),
    "in a signature": ("", "ship.s({0}).delay()"),
    "in an immutable signature": ("", "ship.si({0}).apply_async()"),
    "by name": ("", "app.send_task('jobs.ship', [{0}])"),
    "in a list that grows": ("", "found = []\n    found.append({0})\n    ship.delay(found)"),
    "in a dict that grows": ("", "found = {{'a': 1}}\n    found['b'] = {0}\n    ship.delay(found)"),
    "in a loop": ("", "for one in [{0}]:\n        ship.delay(one)"),
    "in a branch": ("", "local = {0} if rest else {0}\n    ship.delay(local)"),
}


class Sent(NamedTuple):
    """What came of sending: `refused` or `sent`, and the argument as it arrived."""

    state: str
    given: object = None


class Codes(NamedTuple):
    """What celerylint reports of the argument: that it is refused, that it arrives changed."""

    refused: bool
    changed: bool


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Codes]:
    """Says which of the rules about arguments report a module of tasks."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "shop.py").write_text(SHOP, encoding="utf-8")
    (folder / "requirements.txt").write_text(f"celery=={CELERY}\nkombu=={KOMBU}\n", encoding="utf-8")
    path = folder / "jobs.py"
    path.write_text("", encoding="utf-8")
    config = load([folder], {"select": ["CEL303", "CEL304"], "cache": False}, isolated=True)

    def found(source: str) -> Codes:
        report = Project(config, [folder], {path: source.encode()}).check()
        assert report.errors == []
        codes = {finding.code for finding in report.findings}
        return Codes("CEL303" in codes, "CEL304" in codes)

    return found


def send(source: str) -> Sent:
    """What Celery does when a module's `place()` is called."""
    module = types.ModuleType("jobs")
    sys.modules["jobs"] = module
    sys.modules["shop"] = shop = types.ModuleType("shop")
    shop.__dict__.update({name: NAMESPACE[name] for name in ("Color", "Size", "Point")})
    try:
        exec(compile(source, "jobs.py", "exec"), module.__dict__)
        module.place()
    except import_module("kombu.exceptions").EncodeError:
        return Sent("refused")
    finally:
        del sys.modules["jobs"], sys.modules["shop"]
    return Sent("sent", received(module.app))


def received(app: Any) -> object:
    """The argument in the message that the app sent last, as a worker decodes it."""
    with app.connection_for_read() as connection, connection.SimpleQueue("celery") as queue:
        message = queue.get(block=False)
        message.ack()
        args, kwargs, _ = message.payload
        assert len(queue) == 0
    return args[0] if args else kwargs["given"]


def written(expression: str, shape: str) -> str:
    """A module that sends an expression."""
    before, body = SHAPES[shape]
    inner = f"({expression})"
    return TASKS.format(imports=IMPORTS, before=before.format(inner), body=body.format(inner))


def made(expression: str, shape: str) -> object:
    """The argument itself."""
    value = eval(expression, dict(NAMESPACE))
    if shape == "in a list that grows":
        return [value]
    return {"a": 1, "b": value} if shape == "in a dict that grows" else value


@examples(max_examples=250)
@given(expressions, st.sampled_from(sorted(SHAPES)))
@example("{1}", "from a function")
@example("Color.RED", "in args")
def test_what_is_reported_is_what_celery_does(check: Callable[[str], Codes], expression: str, shape: str) -> None:
    source = written(expression, shape)
    sent, codes = send(source), check(source)
    assert codes.refused == (sent.state == "refused")
    if codes.changed:
        assert sent.state == "sent"
        assert not alike(sent.given, made(expression, shape))


@pytest.mark.parametrize("shape", sorted(SHAPES))
@pytest.mark.parametrize("expression", ["{1}", "datetime.timedelta(1)", "[1, 'a']", "b'a'", "uuid.UUID(int=1)"])
def test_every_shape(check: Callable[[str], Codes], expression: str, shape: str) -> None:
    source = written(expression, shape)
    sent = send(source)
    assert check(source).refused == (sent.state == "refused")
    if sent.state != "refused" and NEW:
        assert alike(sent.given, made(expression, shape))


@pytest.mark.parametrize(("expression", "state"), SORTED)
def test_every_expression(check: Callable[[str], Codes], expression: str, state: str) -> None:
    sent = send(written(expression, "in the call"))
    assert check(written(expression, "in the call")).refused == (sent.state == "refused")
    if NEW:
        assert (sent.state == "refused") == (state == "refused")


# Expressions whose change is always worth a word, with what arrives.
CHANGED = [
    ("{17: 1}", {"17": 1}),
    ("{None: 1}", {"null": 1}),
    ("{True: 1}", {"true": 1}),
    ("[{1.5: 'a'}]", [{"1.5": "a"}]),
    ("{'a': {17: 1}}", {"a": {"17": 1}}),
    ("{x: 1 for x in range(1)}", {"0": 1}),
    ("Point(1, 2)", [1, 2]),
    ("time.gmtime(0)", [1970, 1, 1, 0, 0, 0, 3, 1, 0]),
]


@pytest.mark.parametrize("shape", sorted(SHAPES))
@pytest.mark.parametrize(("expression", "arrives"), CHANGED)
def test_what_arrives_changed_is_reported(
    check: Callable[[str], Codes], expression: str, arrives: object, shape: str
) -> None:
    source = written(expression, shape)
    sent = send(source)
    wrapped = {"in a list that grows": [arrives], "in a dict that grows": {"a": 1, "b": arrives}}
    assert sent.given == wrapped.get(shape, arrives)
    assert check(source) == Codes(refused=False, changed=True)


@pytest.mark.parametrize("expression", ["datetime.date(2024, 1, 2)", "decimal.Decimal('1.5')", "uuid.UUID(int=5)"])
def test_before_kombu_5_3_moments_and_numbers_arrive_as_text(check: Callable[[str], Codes], expression: str) -> None:
    source = written(expression, "in the call")
    assert isinstance(send(source).given, str) == (not NEW)
    assert check(source).changed == (not NEW)
