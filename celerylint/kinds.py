"""Which type a value is known to have, by the tables `json_types` and `return_types` of `celery_data`."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import TypeAlias

from celerylint.celery_data import json_types, return_types
from celerylint.values import (
    Attr,
    Binary,
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
    Star,
    Typed,
    Value,
)

# The known type that a class of the project is one of (enum.Enum, django.db.models.Model …), or "".
Base: TypeAlias = Callable[[str], str]

NUMBERS = ("bool", "int", "float")
SETS = frozenset({"set", "frozenset", "dict_keys"})
MOMENTS = frozenset({"datetime.datetime", "datetime.date"})
CALENDAR: dict[tuple[str, str, str], str] = {
    **{("Sub", moment, moment): "datetime.timedelta" for moment in MOMENTS},
    **{(op, moment, "datetime.timedelta"): moment for moment in MOMENTS for op in ("Add", "Sub")},
    **{("Add", "datetime.timedelta", moment): moment for moment in MOMENTS},
    **{(op, "datetime.timedelta", "datetime.timedelta"): "datetime.timedelta" for op in ("Add", "Sub", "Mod")},
    ("Div", "datetime.timedelta", "datetime.timedelta"): "float",
    ("FloorDiv", "datetime.timedelta", "datetime.timedelta"): "int",
    **{
        ("Mult", *pair): "datetime.timedelta" for pair in (("datetime.timedelta", "int"), ("int", "datetime.timedelta"))
    },
    ("Div", "datetime.timedelta", "int"): "datetime.timedelta",
}


def nothing(dotted: str) -> str:
    """The base of a class of which nothing is known."""
    return ""


def type_of(value: Value, base: Base = nothing) -> str:
    """The dotted type of a value (builtins without a module), "" where it is not known."""
    match value:
        case Const(value=constant):
            return type(constant).__name__
        case Typed(type=kind, at_least=known):
            return canonical(kind, base) or known
        case Sequence(type=kind) | Comprehension(type=kind):
            return kind
        case Mapping():
            return "dict"
        case Function():
            return "function"
        case Name(dotted=dotted):
            return type_of_name(dotted, base)
        case Param(annotation=Name(dotted=dotted)):
            return canonical(dotted, base)
        case Call():
            return type_of_call(value, base)
        case Attr(base=inner, name=name):
            return return_types.ATTRIBUTES.get((type_of(inner, base), name), "")
        case Binary():
            return type_of_binary(value, base)
        case Item(base=inner):
            return "str" if inner == Name("os.environ") or type_of(inner, base) == "str" else ""
        case Element(base=inner):
            return item_type(inner, base)
        case Either(options=options):
            kinds = {type_of(option, base) for option in options}
            return kinds.pop() if len(kinds) == 1 else ""
        case _:
            return ""


def canonical(kind: str, base: Base) -> str:
    """One name for a type: without `builtins.`, aliases followed, a class of the project by its base."""
    plain = kind.removeprefix("builtins.")
    plain = json_types.ALIASES.get(plain, plain)
    if known_type(plain):
        return plain
    if "." not in plain and is_exception(plain):
        return "Exception"
    return base(kind)


def known_type(kind: str) -> bool:
    """Whether the tables say what happens to a type."""
    tables = (json_types.PLAIN, json_types.ENVELOPED, json_types.CHANGED, json_types.REFUSED_TYPES)
    return any(kind in table for table in tables) or kind in {"list", "dict"}


def is_exception(name: str) -> bool:
    """Whether a builtin is an exception class."""
    found = getattr(builtins, name, None)
    return isinstance(found, type) and issubclass(found, BaseException)


def type_of_name(dotted: str, base: Base) -> str:
    """A name that is no value of the project's own: a constant, a class, a function of Python's, an enum's member."""
    if dotted in return_types.CONSTANTS:
        return return_types.CONSTANTS[dotted]
    owner, _, name = dotted.rpartition(".")
    if name in OF_ENUMS:
        return ""
    if owner == "builtins":
        return "" if name.startswith("__") else "function" if callable(getattr(builtins, name, None)) else ""
    if "." in dotted and (known_type(dotted) or dotted in json_types.ALIASES):
        return "type"
    if "." in dotted and dotted in return_types.RETURNS:
        return "function"
    kind = base(owner) if owner else ""
    return kind if "Enum" in kind or "Flag" in kind or kind.endswith("Choices") else ""


def type_of_call(call: Call, base: Base) -> str:
    """The type of what a call returns."""
    match call:
        case Call(func=Name(dotted=dotted)):
            plain = dotted.removeprefix("builtins.")
            return return_types.RETURNS[plain] if plain in return_types.RETURNS else canonical(dotted, base)
        case Call(func=Attr(base=inner, name=method)):
            return return_types.METHODS.get((type_of(inner, base), method), "")
        case _:
            return ""


def type_of_binary(value: Binary, base: Base) -> str:
    """The type that an operator gives on operands of known types."""
    left, right, op = type_of(value.left, base), type_of(value.right, base), value.op
    if left in NUMBERS and right in NUMBERS:
        return type_of_sum(op, left, right)
    joined = (op == "Add" and right == left) or (op == "Mult" and right == "int")
    if left in {"list", "tuple", "str", "bytes"} and (joined or (op == "Mod" and left in {"str", "bytes"})):
        return left
    if left in SETS and right in SETS and op in {"BitOr", "BitAnd", "Sub", "BitXor"}:
        return "set" if left == "dict_keys" else left
    if left == "dict" and right == "dict" and op == "BitOr":
        return "dict"
    if left == "pathlib.Path" and op == "Div":
        return left
    if "decimal.Decimal" in (left, right) and {left, right} <= {"decimal.Decimal", "int", "bool"}:
        return "decimal.Decimal" if op in {"Add", "Sub", "Mult", "Div", "Mod", "FloorDiv"} else ""
    return CALENDAR.get((op, left, right), "")


def type_of_sum(op: str, left: str, right: str) -> str:
    """The type of a calculation with two plain numbers; "" for powers, which may be complex."""
    wider = max(left, right, key=NUMBERS.index)
    if op == "Div":
        return "float"
    if op in {"Add", "Sub", "Mult", "Mod", "FloorDiv"}:
        return "int" if wider == "bool" else wider
    if op in {"BitAnd", "BitOr", "BitXor"}:
        return wider
    return "int" if op in {"LShift", "RShift"} else ""


# What an enum class has besides its members.
OF_ENUMS = frozenset({"choices", "labels", "values", "names", "__members__"})
ITEMS = {"str": "str", "bytes": "int", "range": "int", "enumerate": "tuple", "zip": "tuple", "dict_items": "tuple"}


def item_type(value: Value, base: Base) -> str:
    """The type of what iterating over a value gives."""
    match value:
        case Sequence(items=items):
            kinds = {"" if isinstance(item, Star) else type_of(item, base) for item in items}
            return kinds.pop() if len(kinds) == 1 else ""
        case Comprehension(type="list" | "set" | "generator", element=element):
            return type_of(element, base)
        case _:
            return ITEMS.get(type_of(value, base), "")
