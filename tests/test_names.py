"""What expressions are known to be: names, scopes, assignments, containers."""

from __future__ import annotations

from pathlib import Path

import pytest

from celerylint.values import (
    UNKNOWN,
    Attr,
    Call,
    Comprehension,
    Const,
    Either,
    Element,
    Function,
    Item,
    Mapping,
    Name,
    Param,
    Sequence,
    Typed,
    Value,
)
from tests.tools import value

SHIP = Name("shop.ship")
SENT = Call(Name("shop.ship.delay"))


@pytest.mark.parametrize(
    ("text", "expression", "expected"),
    [
        ("from celery import shared_task as task\ntask", "task", Name("celery.shared_task")),
        ("import celery.schedules as s\ns.crontab", "s.crontab", Name("celery.schedules.crontab")),
        ("import celery.schedules\ncelery.app", "celery.app", Name("celery.app")),
        ("LIMIT = 60 * 5\nLIMIT", "LIMIT", "300"),
        ("print", "print", Name("builtins.print")),
        ("def print(): ...\nprint", "print", Name("shop.print")),
        ("class A:\n    x = 1\n    def m(self):\n        return x", "x", Name("shop.x")),
        ("x = 1\nx = 2\nx", "x", Name("shop.x")),
        ("app = make()\napp", "app", Name("shop.app")),
        ("def f():\n    def g(): ...\n    g", "g", Function("shop:f.g")),
        ("def f(order): order", "order", Param("shop:f", "order", 0)),
        ("def f(*, order: int): order", "order", Param("shop:f", "order", -1, Name("builtins.int"))),
        (
            "from shop.models import Order\ndef f(o: 'Order'): o",
            "o",
            Param("shop:f", "o", 0, Name("shop.models.Order")),
        ),
        ("f'{x}'", "f'{x}'", Call(Attr(Const("{}"), "format"), (Name("shop.x"),))),
        ("f'{x!r}'", "f'{x!r}'", Typed("str")),
        ("f'a{f()}'", "f'a{f()}'", Typed("str")),
        ("x = 'b'\nf'a{x}'", "f'a{x}'", Const("ab")),
        ("'a' + 'b'", "'a' + 'b'", Const("ab")),
        ("-3", "-3", Const(-3)),
        ("x < 1", "x < 1", Typed("bool")),
    ],
)
def test_names(tmp_path: Path, text: str, expression: str, expected: Value | str) -> None:
    found = value(tmp_path, text, expression)
    if isinstance(expected, str):
        from celerylint.values import number

        assert number(found) == int(expected)
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("body", "expression", "expected"),
    [
        ("r = ship.delay()\nr.get", "r.get", Attr(SENT, "get")),
        ("a, b = ship.delay(), 1\na", "a", SENT),
        ("a, *b = things()\na", "a", UNKNOWN),
        ("pair = things()\na, b = pair\nb", "b", Item(Call(Name("shop.things")), Const(1))),
        ("for r in [ship.delay()]:\n    r", "r", Element(Sequence("list", (SENT,)))),
        ("rs = [ship.delay() for _ in y]\nrs", "rs", Comprehension("list", SENT)),
        ("rs = []\nrs.append(ship.delay())\nrs", "rs", Sequence("list", (SENT,))),
        ("with ship.lock() as held:\n    held", "held", Call(Attr(Call(Name("shop.ship.lock")), "__enter__"))),
        ("try: ...\nexcept ValueError as error:\n    error", "error", Typed("builtins.ValueError")),
        ("r = 1\nif y:\n    r = 2\nr", "r", Either((Const(2), Const(1)))),
        ("if y:\n    r = 1\nelse:\n    r = 2\nr", "r", Either((Const(2), Const(1)))),
        ("r = 1\nr = 2\nr", "r", Const(2)),
        ("r = 1\nfor _ in y:\n    r\n    r = 2", "r", Either((Const(1), Const(2)))),
        ("r = 1\nr += 1\nr", "r", UNKNOWN),
        ("if (r := ship.delay()):\n    r", "r", SENT),
        ("r = {'a': 1}['a']\nr", "r", Const(1)),
        ("r = {'a': 1, **y}\nr", "r", Mapping(((Const("a"), Const(1)), (None, Name("shop.y"))))),
        ("r = ship.delay() if y else None\nr", "r", Either((SENT, Const(None)))),
        ("global g\ng = 1\ng", "g", Name("shop.g")),
        ("import celery\ncelery.group", "celery.group", Name("celery.group")),
        ("r = r\nr", "r", UNKNOWN),
    ],
)
def test_local_variables(tmp_path: Path, body: str, expression: str, expected: Value) -> None:
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    text = f"def ship(): ...\ndef things(): ...\ny = things()\ndef f():\n{indented}\n"
    assert value(tmp_path, text, expression) == expected


def test_values_stay_small_however_names_build_on_each_other(tmp_path: Path) -> None:
    steps = "\n".join(f"    x{n + 1} = g(x{n}, x{n})" for n in range(60))
    assert value(tmp_path, f"def g(*a): ...\ndef f(x0):\n{steps}\n    x60\n", "x60") == UNKNOWN
