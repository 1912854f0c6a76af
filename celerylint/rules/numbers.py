"""Numbers that are written as literals, products, sums, `timedelta`s, or by the name of such."""

from __future__ import annotations

from celerylint.index import Index
from celerylint.values import Attr, Binary, Call, Name, Value, number


def amount(value: Value | None, index: Index) -> int | float | None:
    """The number (of seconds, tries …) that a value is known to be, names of the project spelt out; else None."""
    return None if value is None else number(spelt_out(value, index))


def spelt_out(value: Value, index: Index, depth: int = 0) -> Value:
    """A value with the names in an arithmetic expression replaced by what they are."""
    if depth > 8:
        return value
    match value:
        case Name():
            expanded = index.expand(value)
            return value if expanded == value else spelt_out(expanded, index, depth + 1)
        case Binary(op=op, left=left, right=right):
            return Binary(op, spelt_out(left, index, depth + 1), spelt_out(right, index, depth + 1))
        case Call(func=Attr(base=base, name="total_seconds"), args=()):
            return Call(Attr(spelt_out(base, index, depth + 1), "total_seconds"))
        case Call(func=Name(dotted="builtins.int" | "builtins.float"), args=(inner,)):
            return spelt_out(inner, index, depth + 1)
        case Call(func=Name(dotted="datetime.timedelta") as func, args=args, keywords=keywords):
            plain = tuple(spelt_out(arg, index, depth + 1) for arg in args)
            named = tuple((key, spelt_out(arg, index, depth + 1)) for key, arg in keywords)
            return Call(func, plain, named)
        case _:
            return value


def is_duration(value: Value, index: Index) -> bool:
    """Whether a value is a `timedelta` and no number."""
    match spelt_out(value, index):
        case Call(func=Name(dotted="datetime.timedelta")):
            return True
        case _:
            return False
