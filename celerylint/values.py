"""What an expression is known to be, as plain data that outlives its tree.

A value is symbolic: names are replaced by what they stand for (an absolute dotted name, a parameter,
the expression that was assigned), calls and attributes are kept as written. `Unknown` is a value too,
and no rule may conclude anything from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import TypeAlias

from celerylint.records import dataclass
from celerylint.source import Span

Constant: TypeAlias = str | bytes | int | float | complex | bool | None


@dataclass(frozen=True, slots=True)
class Where:
    """Where a display stands: its file, itself, its items, and of a dict the keys (None for `**value`)."""

    path: str
    span: Span
    items: tuple[Span, ...] = ()
    keys: tuple[Span | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing is known."""


@dataclass(frozen=True, slots=True)
class Const:
    """A literal. `1`, `True` and `1.0` are told apart by the type of `value`."""

    value: Constant


@dataclass(frozen=True, slots=True)
class Typed:
    """A new object of a known type whose content is not known: an f-string, a comparison, an annotation.

    `type` is dotted: `str`, `int`, `datetime.datetime`, `shop.models.Order`. `annotated` says that a
    human claims it (a parameter's annotation) and no expression proves it. `start` is what a text is known to
    begin with; it is no part of what the value is equal to. `at_least` is a type that it is one of where nothing
    may be known of `type`: what a handler catches is an exception.
    """

    type: str
    annotated: bool = False
    start: str = field(default="", compare=False)
    at_least: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """An absolute dotted name: `celery.shared_task`, `shop.tasks.ship`, `builtins.open`.

    What the name is bound to is the index's to say (`Index.resolve`).
    """

    dotted: str


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a function. `function` is `module:qualname`; `index` counts from 0, -1 for `*args`,
    `**kwargs` and keyword-only ones."""

    function: str
    name: str
    index: int
    annotation: Value | None = None


@dataclass(frozen=True, slots=True)
class Attr:
    """`base.name`, where the base is no plain dotted name."""

    base: Value
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """`func(*args, **keywords)`; a keyword of None is `**value`, a starred argument is `Star`."""

    func: Value
    args: tuple[Value, ...] = ()
    keywords: tuple[tuple[str | None, Value], ...] = ()

    def keyword(self, name: str) -> Value | None:
        """The value of a keyword, None where it is not written out."""
        return next((value for key, value in self.keywords if key == name), None)

    @property
    def splat(self) -> bool:
        """Whether `*x` or `**x` passes arguments that are not written out."""
        return any(key is None for key, _ in self.keywords) or any(isinstance(arg, Star) for arg in self.args)


@dataclass(frozen=True, slots=True)
class Item:
    """`base[key]`."""

    base: Value
    key: Value


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list, tuple or set display; `type` is `list`, `tuple`, `set`. `where` is no part of what it is equal to."""

    type: str
    items: tuple[Value, ...]
    where: Where | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Mapping:
    """A dict display; a key of None is `**value`. `where` is no part of what it is equal to."""

    items: tuple[tuple[Value | None, Value], ...]
    where: Where | None = field(default=None, compare=False, repr=False)

    def get(self, name: str) -> Value | None:
        """The value under a literal string key, None where it is not written out."""
        for key, value in reversed(self.items):
            if isinstance(key, Const) and key.value == name:
                return value
        return None

    @property
    def open(self) -> bool:
        """Whether keys may be in it that are not literal."""
        return any(not isinstance(key, Const) for key, _ in self.items)


@dataclass(frozen=True, slots=True)
class Comprehension:
    """A comprehension or generator expression; `type` is `list`, `set`, `dict`, `generator`."""

    type: str
    element: Value


@dataclass(frozen=True, slots=True)
class Element:
    """One item of what is iterated over: `for x in base`."""

    base: Value


@dataclass(frozen=True, slots=True)
class Star:
    """`*base` in a call or display."""

    base: Value


@dataclass(frozen=True, slots=True)
class Binary:
    """`left op right`; `op` is the name of the `ast` class: `BitOr`, `Add`, `Mod` …"""

    op: str
    left: Value
    right: Value


@dataclass(frozen=True, slots=True)
class Either:
    """One of several: branches of a conditional expression, assignments that may both reach."""

    options: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A lambda (`module:qualname` is empty then) or a nested function, as a value."""

    key: str


Value: TypeAlias = (
    Unknown
    | Const
    | Typed
    | Name
    | Param
    | Attr
    | Call
    | Item
    | Sequence
    | Mapping
    | Comprehension
    | Element
    | Star
    | Binary
    | Either
    | Function
)

LIGHT = (Unknown, Const, Name, Typed, Function)
UNKNOWN = Unknown()
NONE = Const(None)
# The method that stands for `await` of a value.
AWAIT = "__await__"


def options(value: Value) -> tuple[Value, ...]:
    """Everything a value may be."""
    return value.options if isinstance(value, Either) else (value,)


def either(values: list[Value]) -> Value:
    """One of the values; Unknown where any of them is."""
    if len(values) == 1:
        return values[0]
    flat = list(dict.fromkeys(option for value in values for option in options(value)))
    if not flat or any(isinstance(option, Unknown) for option in flat):
        return UNKNOWN
    return flat[0] if len(flat) == 1 else Either(tuple(flat))


def attribute(base: Value, name: str) -> Value:
    """`base.name`."""
    if isinstance(base, Name):
        return Name(f"{base.dotted}.{name}")
    return UNKNOWN if isinstance(base, Unknown) else Attr(base, name)


def awaited(value: Value) -> Value | None:
    """What a value is the `await` of, None where it is none."""
    match value:
        case Call(func=Attr(base=base, name=name)) if name == AWAIT:
            return base
        case _:
            return None


def dotted(value: Value) -> str:
    """The dotted name that a value is, or "" ."""
    return value.dotted if isinstance(value, Name) else ""


def beginning(value: Value) -> str:
    """What a text is known to begin with: all of a literal, an f-string up to its first unknown part; else ""."""
    match value:
        case Const(value=str() as text) | Typed(type="str", start=text):
            return text
        case Call(func=Attr(base=Const(value=str() as text), name="format")):
            return text.partition("{")[0]
        case Binary(op="Add", left=left):
            return beginning(left)
        case _:
            return ""


def truth(value: Value | None) -> bool | None:
    """Whether a value is true; None where that is not known."""
    match value:
        case Const(value=constant):
            return bool(constant)
        case Sequence(items=items) | Mapping(items=items):
            return bool(items)
        case _:
            return None


def number(value: Value | None) -> int | float | None:
    """The number of seconds, items … that a literal (or product of literals, or timedelta) gives; else None."""
    match value:
        case Const(value=bool()):
            return None
        case Const(value=int() | float() as plain):
            return plain
        case Binary(op="Mult" | "Add" | "Sub" | "Div" as op, left=left, right=right):
            a, b = number(left), number(right)
            if a is None or b is None or (op == "Div" and not b):
                return None
            return a * b if op == "Mult" else a + b if op == "Add" else a - b if op == "Sub" else a / b
        case Call(func=Name(dotted="datetime.timedelta"), args=args, keywords=keywords):
            return timedelta(args, keywords)
        case Call(func=Attr(base=base, name="total_seconds"), args=()):
            return number(base)
        case _:
            return None


UNITS = {
    "days": 86400,
    "seconds": 1,
    "microseconds": 1e-6,
    "milliseconds": 1e-3,
    "minutes": 60,
    "hours": 3600,
    "weeks": 604800,
}


def timedelta(args: tuple[Value, ...], keywords: tuple[tuple[str | None, Value], ...]) -> float | None:
    """The seconds of a `timedelta(...)` call."""
    total = 0.0
    for unit, value in [*zip(UNITS, args, strict=False), *keywords]:
        amount = number(value)
        if amount is None or unit not in UNITS:
            return None
        total += amount * UNITS[unit]
    return total


def parts(value: Value) -> list[Value]:
    """What a value is directly made of."""
    match value:
        case Attr(base=base) | Element(base=base) | Star(base=base):
            return [base]
        case Call(func=func, args=args, keywords=keywords):
            return [func, *args, *(arg for _, arg in keywords)]
        case Item(base=base, key=key):
            return [base, key]
        case Sequence(items=inner) | Either(options=inner):
            return list(inner)
        case Mapping(items=pairs):
            return [part for pair in pairs for part in pair if part is not None]
        case Comprehension(element=element):
            return [element]
        case Binary(left=one, right=other):
            return [one, other]
        case _:
            return []


def walk(value: Value) -> Iterator[Value]:
    """The value and all that it is made of, outermost first."""
    stack = [value]
    while stack:
        value = stack.pop()
        yield value
        stack.extend(reversed(parts(value)))


def heavier(value: Value, limit: int) -> bool:
    """Whether a value is made of more than `limit` values; values share parts, so that they can grow without end."""
    if isinstance(value, LIGHT):
        return False
    stack: list[Value] = [value]
    while stack and limit >= 0:
        limit -= 1
        for part in parts(stack.pop()):
            if isinstance(part, LIGHT):
                limit -= 1
            else:
                stack.append(part)
    return limit < 0
