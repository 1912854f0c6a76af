"""Values as text that reads like the source, and as JSON that keeps unknown apart from known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

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
    Unknown,
    Value,
)

BRACKETS = {"list": "[]", "tuple": "()", "set": "{}", "dict": "{}", "generator": "()"}
OPERATORS = {"Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "FloorDiv": "//", "Mod": "%", "Pow": "**", "BitOr": "|"}


def show(value: Value) -> str:
    """A value as one would write it; `?` where nothing is known, `<type>` where only the type is."""
    match value:
        case Unknown():
            return "?"
        case Const(value=constant):
            return repr(constant)
        case Typed(type=name):
            return f"<{name.removeprefix('builtins.')}>"
        case Name(dotted=dotted):
            return dotted.removeprefix("builtins.")
        case Param(name=name):
            return name
        case Function(key=key):
            return key.partition(":")[2] or "<lambda>"
        case Either(options=options):
            return " or ".join(map(show, options))
        case _:
            return show_compound(value)


def show_compound(value: Value) -> str:
    """A value that is made of others."""
    match value:
        case Attr(base=base, name=name):
            return f"{show(base)}.{name}"
        case Call(func=func, args=args, keywords=keywords):
            named = (f"{key}={show(item)}" if key else f"**{show(item)}" for key, item in keywords)
            return f"{show(func)}({join([*map(show, args), *named])})"
        case Item(base=base, key=key):
            return f"{show(base)}[{show(key)}]"
        case Sequence(type="tuple", items=(item,)):
            return f"({show(item)},)"
        case Sequence(type=kind, items=items):
            return join(map(show, items)).join(BRACKETS[kind])
        case Mapping(items=pairs):
            return join(f"{show(key)}: {show(item)}" if key else f"**{show(item)}" for key, item in pairs).join("{}")
        case Binary(op=op, left=left, right=right):
            return f"{show(left)} {OPERATORS.get(op, op)} {show(right)}"
        case Comprehension(type=kind, element=element):
            return f"{show(element)} for …".join(BRACKETS[kind])
        case Element(base=base):
            return f"one of {show(base)}"
        case Star(base=base):
            return f"*{show(base)}"
        case _:
            raise AssertionError(value)


def join(parts: Iterable[str]) -> str:
    """Parts with commas between them."""
    return ", ".join(parts)


def to_json(value: Value) -> Any:
    """A literal as itself, `{"unknown": true}`, or `{"expression": "…"}` for what is known but no literal."""
    match value:
        case Unknown():
            return {"unknown": True}
        case Const(value=None | bool() | int() | float() | str() as constant):
            return constant
        case Sequence(type="list" | "tuple", items=items):
            return [to_json(item) for item in items]
        case Mapping(items=pairs) if all(isinstance(key, Const) and isinstance(key.value, str) for key, _ in pairs):
            return {key.value: to_json(item) for key, item in pairs if isinstance(key, Const)}
        case _:
            return {"expression": show(value)}
