"""The tables of types, methods and functions against the objects that they speak of."""

from __future__ import annotations

import ast
import copy
import datetime
import decimal
import operator
import pathlib
import uuid
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from celerylint.celery_data import json_types, return_types
from celerylint.kinds import known_type, type_of
from celerylint.names import Names
from celerylint.tree import arrange
from celerylint.values import Value


def test_every_type_in_the_tables_is_one_that_is_judged() -> None:
    for table in (return_types.RETURNS, return_types.METHODS, return_types.ATTRIBUTES, return_types.CONSTANTS):
        assert {kind for kind in table.values() if not known_type(kind)} == set()
    assert {kind for kind in json_types.ALIASES.values() if not known_type(kind)} == set()


def importable(dotted: str) -> object:
    """What a dotted name of a module that is installed means; None where it is not."""
    parts = dotted.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            return operator.attrgetter(".".join(parts[cut:]))(import_module(".".join(parts[:cut])))
        except (ImportError, AttributeError):
            continue
    return None


def kind_of(made: object) -> str:
    """The type of an object, or the nearest base of it that the tables know, named as they name it."""
    if isinstance(made, type):
        return "type"
    for kind in type(made).__mro__[:-1]:
        # Python 3.13 keeps its paths in `pathlib._local`.
        module = kind.__module__.removesuffix("._local")
        dotted = kind.__name__ if module == "builtins" else f"{module}.{kind.__name__}"
        dotted = json_types.ALIASES.get(dotted, dotted)
        if known_type(dotted):
            return dotted
    return "iterator" if isinstance(made, Iterator) else "object"


DAY = datetime.date(2024, 1, 2)
# Arguments to try, in this order, until a callable takes them.
ARGUMENTS: list[tuple[Any, ...]] = [
    *[(), (1,), ("a",), ("1",), (b"a",), ([1],), (["a"],), ([b"a"],), (set(),), ({},), (".b",), ("/",), ("0000",)],
    *[
        ("a", "a"),
        (b"a", b"b"),
        (1, 2),
        (1, "big"),
        (b"a", "big"),
        ("%Y",),
        ("2024", "%Y"),
        ("2024-01-02",),
        ("03:04",),
    ],
    *[(DAY, datetime.time(1)), (True, int), (bool, int), (uuid.NAMESPACE_DNS, "a"), (1, "real"), ("a", "b", "a")],
    *[(decimal.Decimal(1),), ("a", 1)],
]
SAMPLES: dict[str, object] = {
    "str": "xax",
    "bytes": b"xax",
    "int": 5,
    "float": 1.5,
    "dict": {"a": 1},
    "set": {1},
    "frozenset": frozenset({1}),
    "datetime.datetime": datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc),
    "datetime.date": DAY,
    "datetime.time": datetime.time(1),
    "datetime.timedelta": datetime.timedelta(1),
    "decimal.Decimal": decimal.Decimal(1),
    "uuid.UUID": uuid.UUID(int=1),
    "pathlib.Path": pathlib.Path(__file__),
}


def called(function: Any) -> object:
    """What a callable returns for the first arguments that it takes."""
    for arguments in ARGUMENTS:
        try:
            return function(*copy.deepcopy(arguments))
        except (TypeError, ValueError, LookupError, AttributeError, OSError):
            continue
    raise AssertionError(f"no arguments for {function}")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_methods_return_what_the_table_says() -> None:
    for (kind, method), made in return_types.METHODS.items():
        if kind != "requests.Response":
            assert kind_of(called(getattr(SAMPLES[kind], method))) == made, (kind, method)


def test_attributes_are_what_the_table_says() -> None:
    for (kind, name), made in return_types.ATTRIBUTES.items():
        if kind in SAMPLES:
            assert kind_of(getattr(SAMPLES[kind], name)) == made, (kind, name)


ELSEWHERE = ("django.", "numpy.", "pandas.", "requests.")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_functions_return_what_the_table_says() -> None:
    for name, made in return_types.RETURNS.items():
        plain_name = "." not in name or name.partition(".")[0] in {"bytes", "int", "dict"}
        function = importable(f"builtins.{name}" if plain_name else name)
        if name in {"open", "input"} or name.startswith(ELSEWHERE):
            continue
        assert kind_of(called(function)) == made, name


def test_constants_are_what_the_table_says() -> None:
    for name, made in return_types.CONSTANTS.items():
        found = importable(name)
        if found is not None and not name.startswith("sys.std"):
            assert kind_of(found) == made, name


class Nowhere:
    """A project without modules of its own."""

    def locate(self, dotted: str, importer: str) -> str:
        return dotted

    def relative(self, importer: str, level: int, module: str) -> str:
        return module

    def is_own(self, dotted: str) -> bool:
        return True


def value_of(expression: str) -> Value:
    """What our own reading makes of an expression."""
    module = ast.parse(f"import datetime, os, shop\n({expression})")
    statement = module.body[-1]
    assert isinstance(statement, ast.Expr)
    return Names(arrange(module), "jobs", "jobs.py", Nowhere()).value(statement.value)


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("datetime.datetime.now()", "datetime.datetime"),
        ("datetime.datetime.now() - datetime.datetime.now()", "datetime.timedelta"),
        ("{}.keys()", "dict_keys"),
        ("os.environ['HOME']", "str"),
        ("'%s' % shop.order", "str"),
        ("[1, 2] * 2", "list"),
        ("{1} - {2}", "set"),
        ("7 / 2", "float"),
        ("2 ** -1", ""),
        ("shop.order", ""),
        ("shop.order + 1", ""),
        ("shop.order.isoformat()", ""),
        ("datetime.datetime", "type"),
        ("datetime.datetime.now", "function"),
        ("1 if shop.order else 2", "int"),
        ("1 if shop.order else 'a'", ""),
    ],
)
def test_types_of_expressions(expression: str, kind: str) -> None:
    assert type_of(value_of(expression)) == kind


def test_classes_of_the_project_have_the_type_that_they_are_told_to_be() -> None:
    def base(dotted: str) -> str:
        return {"shop.Color": "enum.Enum"}.get(dotted, "")

    assert type_of(value_of("shop.Color.RED"), base) == "enum.Enum"
    assert type_of(value_of("shop.Color(1)"), base) == "enum.Enum"
    assert type_of(value_of("shop.Color.RED.value"), base) == ""
