"""Our judgement of expressions against what `kombu.utils.json` really does with the objects they make."""

from __future__ import annotations

import ast
import collections
import copy
import datetime
import decimal
import enum
import fractions
import functools
import ipaddress
import itertools
import math
import operator
import pathlib
import re
import time
import types
import uuid
import zoneinfo
from importlib import import_module, metadata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from celerylint import celery_data, jsonable, values
from celerylint.jsonable import judge, judge_annotation
from celerylint.names import Names
from celerylint.tree import arrange
from celerylint.values import Name, Value

KOMBU = celery_data.parse_version(metadata.version("kombu"))
NEW, OLD = (5, 7), (5, 2)
json = import_module("kombu.utils.json")
safestring = import_module("django.utils.safestring")
celery_canvas = import_module("celery.canvas")

MODULES: list[types.ModuleType] = [
    collections, copy, datetime, decimal, enum, fractions, functools, ipaddress, itertools, math, operator, pathlib,
    re, time, types, uuid, zoneinfo, safestring,
]  # fmt: skip


class Color(enum.Enum):
    RED = 1


class Size(enum.IntEnum):
    BIG = 3


class Point(collections.namedtuple("Point", "x y")):
    __slots__ = ()


BASES = {"shop.Color": "enum.Enum", "shop.Size": "enum.IntEnum", "shop.Point": "typing.NamedTuple"}
NAMESPACE: dict[str, Any] = {
    **{module.__name__.rpartition(".")[2]: module for module in MODULES},
    "Color": Color,
    "Size": Size,
    "Point": Point,
    "celery": import_module("celery"),
}
IMPORTS = "\n".join(
    [
        *(f"import {module.__name__}" for module in MODULES if "." not in module.__name__),
        "from django.utils import safestring",
        "import celery",
        "from shop import Color, Size, Point",
    ]
)


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
    module = ast.parse(f"{IMPORTS}\n({expression})")
    statement = module.body[-1]
    assert isinstance(statement, ast.Expr)
    return Names(arrange(module), "jobs", "jobs.py", Nowhere()).value(statement.value)


def judged(expression: str, kombu: jsonable.Version = KOMBU) -> jsonable.Judgement:
    return judge(value_of(expression), kombu, lambda dotted: BASES.get(dotted, ""))


def alike(left: object, right: object) -> bool:
    """Whether two objects are equal, and of the same types all the way down."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(alike(item, right[key]) for key, item in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(alike, left, right))
    return left == right or (left != left and right != right)


def arrived(expression: str) -> tuple[str, object]:
    """What kombu does with the object, and what arrives."""
    made = eval(expression, dict(NAMESPACE))
    try:
        sent = json.dumps(made)
    except (TypeError, ValueError):
        return "refused", None
    came = json.loads(sent)
    again = eval(expression, dict(NAMESPACE)) if KOMBU >= (5, 3) else made
    return ("same" if alike(made, came) or alike(again, came) else "changed"), came


# Expressions, as text. All of them give the same object each time, and none is empty where that would matter.

numbers = st.one_of(
    st.integers(-(10**20), 10**20).map(repr),
    st.booleans().map(repr),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(
        ["1e999", "1 + 2", "7 // 2", "7 / 2", "True + 1", "2 * 1.5", "math.pi", "len('ab')", "float('nan')"]
    ),
)
texts = st.one_of(
    st.text(max_size=4).map(repr),
    st.sampled_from(["'a' + 'b'", "f'{1}'", "'%d' % 3", "'x'.upper()", "str(5)", "repr(None)", "'ab'[0]", "'a' * 3"]),
)
plain = st.one_of(numbers, texts, st.just("None"), st.sampled_from(["1 < 2", "not 1", "bool(3)", "isinstance(1, int)"]))
ENVELOPED = [
    "b'ab'",
    "b'\\xff'",
    "bytes(3)",
    "'ä'.encode()",
    "datetime.datetime(2024, 1, 2)",
    "datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc)",
    "datetime.datetime(2024, 1, 2).replace(hour=3)",
    "datetime.datetime(2024, 1, 2) + datetime.timedelta(days=1)",
    "datetime.datetime.fromisoformat('2024-01-02T03:04:05')",
    "datetime.datetime.min",
    "datetime.date(2024, 1, 2)",
    "datetime.date(2024, 1, 2) - datetime.timedelta(days=1)",
    "datetime.datetime(2024, 1, 2).date()",
    "datetime.time(3, 4)",
    "decimal.Decimal('1.50')",
    "decimal.Decimal(1) * 2",
    "uuid.UUID(int=5)",
    "uuid.uuid5(uuid.NAMESPACE_DNS, 'a')",
    "uuid.NAMESPACE_URL",
]
DERIVED = [
    "datetime.datetime(2024, 1, 2).isoformat()",
    "datetime.datetime(2024, 1, 2).year",
    "datetime.timedelta(days=1).total_seconds()",
    "datetime.timedelta(days=1) / datetime.timedelta(hours=1)",
    "(datetime.date(2024, 1, 2) - datetime.date(2024, 1, 1)).days",
    "uuid.UUID(int=5).hex",
    "b'ab'.decode()",
    "pathlib.Path('a').name",
    "pathlib.Path('a').as_posix()",
    "copy.deepcopy([1])",
    "dict(a=1)",
    "dict({'a': 1}, b=2)",
    "{'a': 1} | {'b': 2}",
    "{'a': 1}.copy()",
    "list({'a': 1})",
    "list({'a': 1}.keys())",
    "list({'a': 1}.values())",
    "[1] + [2]",
    "[1] * 2",
    "list(range(3))",
    "sorted({3, 1})",
    "[*{1}, *range(2)]",
    "[x for x in range(2)]",
    "[x.upper() for x in 'ab']",
    "{x: 1 for x in 'ab'}",
    "re.sub('a', 'b', 'a')",
    "None or 1",
    "1 if math.pi else 2",
]
CHANGED = [
    "(1, 2)",
    "()",
    "tuple([1])",
    "(1,) + (2,)",
    "(1,) * 0",
    "[(1, 2)]",
    "list({'a': 1}.items())",
    "list(enumerate('a'))",
    "{1: 2}",
    "{None: 1}",
    "{True: 1, 'a': 2}",
    "{1.5: {}}",
    "{x: 1 for x in range(2)}",
    "time.gmtime(0)",
    "collections.OrderedDict(a=1)",
    "collections.OrderedDict([('a', 1)])",
    "collections.Counter('aa')",
    "collections.defaultdict(list)",
    "safestring.mark_safe('a')",
    "celery.signature('shop.add')",
    "Size.BIG",
    "Size(3)",
    "{Size.BIG: 1}",
    "Point(1, 2)",
    "(1, 2) if math.pi else (3,)",
]
REFUSED = [
    "{1}",
    "set()",
    "{1} | {2}",
    "{1}.union({2})",
    "frozenset({1})",
    "{x for x in range(2)}",
    "(x for x in range(2))",
    "range(3)",
    "map(str, [1])",
    "filter(None, [1])",
    "zip([1], [2])",
    "enumerate([1])",
    "reversed([1])",
    "iter([1])",
    "itertools.chain([1])",
    "{'a': 1}.keys()",
    "{'a': 1}.values()",
    "lambda: 1",
    "len",
    "dict",
    "datetime.datetime",
    "datetime.datetime.now",
    "uuid.uuid4",
    "datetime.timedelta(days=1)",
    "datetime.datetime(2024, 1, 2) - datetime.datetime(2024, 1, 1)",
    "2 * datetime.timedelta(days=1)",
    "datetime.timezone.utc",
    "1j",
    "complex(1, 2)",
    "object()",
    "bytearray(b'a')",
    "memoryview(b'a')",
    "slice(1)",
    "ValueError('x')",
    "pathlib.Path('a')",
    "pathlib.Path('a') / 'b'",
    "pathlib.PurePosixPath('a').parent",
    "re.compile('a')",
    "fractions.Fraction(1, 2)",
    "collections.deque([1])",
    "types.MappingProxyType({})",
    "types.SimpleNamespace(a=1)",
    "functools.partial(len)",
    "ipaddress.IPv4Address('127.0.0.1')",
    "zoneinfo.ZoneInfo('UTC')",
    "Color.RED",
    "Color(1)",
    "{(1, 2): 3}",
    "{b'a': 1}",
    "{uuid.UUID(int=5): 1}",
    "{Color.RED: 1}",
    "dict(a={1})",
    "list([{1}])",
    "tuple([{1}])",
    "[{1} for x in range(2)]",
    "{'a': {1} for x in range(2)}",
    "(1, {2})",
    "{1} if math.pi else {2}",
]
SORTED = [(expression, "same") for expression in ENVELOPED + DERIVED]
SORTED += [(expression, "changed") for expression in CHANGED] + [(expression, "refused") for expression in REFUSED]

leaves = st.one_of(plain, st.sampled_from(ENVELOPED + DERIVED), st.sampled_from(CHANGED), st.sampled_from(REFUSED))
# Literals only: that two keys which are worked out are equal, and the first value lost, is more than we look at.
keys = st.one_of(st.text(max_size=2).map(repr), st.sampled_from(["1", "True", "None", "1.5", "b'a'"]))


def containers(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    lists = st.lists(parts, min_size=1, max_size=3).map(lambda items: f"[{', '.join(items)}]")
    pairs = st.lists(st.tuples(keys, parts), max_size=3)
    dicts = pairs.map(lambda items: "{" + ", ".join(f"{key}: {item}" for key, item in items) + "}")
    joined = st.builds(lambda left, right: f"{left} + {right}", lists, lists)
    copied = parts.map(lambda part: f"copy.copy([{part}])")
    unpacked = st.builds(lambda left, right: f"[*{left}, *{right}]", lists, lists)
    merged = st.builds(lambda left, right: "{**" + left + ", **" + right + "}", dicts, dicts)
    named = parts.map(lambda part: f"dict(key={part})")
    single = st.builds(lambda key, part: "{" + f"{key}: {part}" + "}", st.one_of(texts, st.just("(1,)")), parts)
    return st.one_of(lists, dicts, joined, copied, unpacked, merged, named, single)


expressions = st.recursive(leaves, containers, max_leaves=5)


@examples(max_examples=600)
@given(expressions)
def test_every_judgement_is_what_kombu_does(expression: str) -> None:
    state, came = arrived(expression)
    judgement = judged(expression)
    assert judgement.state == state, judgement
    if state != "same":
        assert judgement.why
    if state == "changed" and judgement.becomes in {"str", "int"}:
        assert judgement.becomes in {type(part).__name__ for part in flatten(came)}


def flatten(came: object) -> list[object]:
    """An object and all in it."""
    inner = list(came.values()) if isinstance(came, dict) else came if isinstance(came, list) else []
    return [came, *(part for item in inner for part in flatten(item))]


@pytest.mark.parametrize(("expression", "state"), SORTED)
def test_every_expression_alone(expression: str, state: str) -> None:
    assert judged(expression, NEW).state == state
    assert judged(expression).state == arrived(expression)[0]


@given(expressions, expressions)
def test_the_unknown_is_never_taken_for_carried(left: str, right: str) -> None:
    inner = values.Sequence("list", (value_of(left), values.UNKNOWN, value_of(right)))
    assert judge(inner, KOMBU).state in {"unknown", "changed", "refused"}
    for outer in (values.Mapping(((values.Const("a"), inner),)), values.Comprehension("list", inner)):
        assert judge(outer, KOMBU).state in {"unknown", "changed", "refused"}


@pytest.mark.parametrize(
    ("expression", "old"),
    [
        ("b'a'", "refused"),
        ("datetime.datetime.now()", "changed"),
        ("datetime.date.today()", "changed"),
        ("datetime.time(1)", "changed"),
        ("decimal.Decimal(1)", "changed"),
        ("uuid.uuid4()", "changed"),
        ("datetime.timedelta(1)", "refused"),
        ("{1}", "refused"),
        ("[uuid.uuid4()]", "changed"),
        ("'a'", "same"),
    ],
)
def test_before_kombu_5_3_nothing_was_enveloped(expression: str, old: str) -> None:
    assert judged(expression, OLD).state == old
    assert judged(expression, (4, 6)).state == old
    if expression[0] not in "{'" and "timedelta" not in expression:
        assert judged(expression, NEW).state == "same"


@pytest.mark.parametrize(
    "expression",
    [
        "shop",
        "shop.order",
        "Order.objects.get()",
        "undefined()",
        "[undefined]",
        "{**undefined}",
        "{undefined: 1}",
        "dict(undefined)",
        "list(undefined)",
        "json.loads('1')",
        "1 ** -1",
        "abs(-1)",
        "'a' and {1}",
        "__name__",
    ],
)
def test_what_is_not_known_is_not_judged(expression: str) -> None:
    assert judged(expression).state == "unknown"


@pytest.mark.parametrize(
    ("expression", "instead"),
    [
        ("{1}", "list({})"),
        ("range(3)", "list({})"),
        ("datetime.timedelta(days=1)", "{}.total_seconds()"),
        ("pathlib.Path('a')", "str({})"),
        ("Color.RED", "{}.value"),
        ("re.compile('a')", "{}.pattern"),
        ("zoneinfo.ZoneInfo('UTC')", "str({})"),
        ("types.MappingProxyType({'a': 1})", "dict({})"),
    ],
)
def test_what_is_proposed_instead_is_carried(expression: str, instead: str) -> None:
    assert judged(expression).instead == instead
    assert arrived(instead.format(f"({expression})"))[0] == "same"


def test_nothing_is_proposed_for_a_part_of_a_container() -> None:
    assert judged("[{1}]").instead == ""
    assert "set" in judged("[{1}]").why


ANNOTATIONS = [
    ("int", "same"),
    ("str | None", "same"),
    ("typing.Optional[datetime.datetime]", "same"),
    ("list[int]", "same"),
    ("typing.List[uuid.UUID]", "same"),
    ("dict[str, decimal.Decimal]", "same"),
    ("dict[int, str]", "changed"),
    ("tuple[int, ...]", "changed"),
    ("list[tuple[int, int]]", "changed"),
    ("set[int]", "refused"),
    ("typing.Set[int]", "refused"),
    ("typing.Union[set, frozenset]", "refused"),
    ("list[datetime.timedelta]", "refused"),
    ("tuple[set, int]", "refused"),
    ("typing.Annotated[pathlib.Path, 1]", "refused"),
    ("list", "unknown"),
    ("dict", "unknown"),
    ("typing.Any", "unknown"),
    ("int | set[int]", "unknown"),
    ("Order", "unknown"),
    ("typing.Sequence[int]", "unknown"),
]


@pytest.mark.parametrize(("annotation", "state"), ANNOTATIONS)
def test_annotations(annotation: str, state: str) -> None:
    source = f"import typing\n{IMPORTS}\ndef report(given: {annotation}):\n    given"
    module = ast.parse(source)
    function = module.body[-1]
    assert isinstance(function, ast.FunctionDef)
    use = function.body[0]
    assert isinstance(use, ast.Expr)
    parameter = Names(arrange(module), "jobs", "jobs.py", Nowhere()).value(use.value)
    assert judge(parameter, NEW).state == state
    assert isinstance(parameter, values.Param)
    assert parameter.annotation is not None
    assert judge_annotation(parameter.annotation, NEW).state == state


def test_classes_of_the_project_are_judged_by_what_they_are() -> None:
    model = values.Call(Name("shop.models.Order"), (), (("pk", values.Const(1)),))
    known = {"shop.models.Order": "django.db.models.Model"}
    assert judge(model, NEW).state == "unknown"
    judgement = judge(model, NEW, lambda dotted: known.get(dotted, ""))
    assert (judgement.state, judgement.instead) == ("refused", "{}.pk")
