"""What an expression is worth, by the type of its node. `names` evaluates the parts."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from celerylint.values import (
    AWAIT,
    UNKNOWN,
    Attr,
    Binary,
    Call,
    Comprehension,
    Const,
    Function,
    Item,
    Mapping,
    Name,
    Sequence,
    Star,
    Typed,
    Value,
    Where,
    attribute,
    either,
    number,
)

if TYPE_CHECKING:
    from celerylint.names import Names


def constant(names: Names, node: ast.Constant, depth: int) -> Value:
    return Const(node.value) if node.value is not Ellipsis else UNKNOWN


def name(names: Names, node: ast.Name, depth: int) -> Value:
    return names.lookup(node.id, node, depth)


def attr(names: Names, node: ast.Attribute, depth: int) -> Value:
    return attribute(names.value(node.value, depth), node.attr)


def call(names: Names, node: ast.Call, depth: int) -> Value:
    func = names.value(node.func, depth)
    if func == UNKNOWN:
        return UNKNOWN
    args = tuple(names.value(arg, depth) for arg in node.args)
    return Call(func, args, tuple((keyword.arg, names.value(keyword.value, depth)) for keyword in node.keywords))


def item(names: Names, node: ast.Subscript, depth: int) -> Value:
    base = names.value(node.value, depth)
    key = names.value(node.slice, depth)
    if isinstance(base, Mapping) and isinstance(key, Const) and isinstance(key.value, str) and not base.open:
        return base.get(key.value) or UNKNOWN
    return UNKNOWN if base == UNKNOWN else Item(base, key)


def sequence(names: Names, node: ast.List | ast.Tuple | ast.Set, depth: int) -> Value:
    kind = {ast.List: "list", ast.Tuple: "tuple"}.get(node.__class__, "set")
    place, where = names.place, None
    if place is not None:
        where = Where(names.path, place(node), tuple([place(element) for element in node.elts]))
    return Sequence(kind, tuple(names.value(element, depth) for element in node.elts), where)


def mapping(names: Names, node: ast.Dict, depth: int) -> Value:
    place, where = names.place, None
    if place is not None:
        keys = tuple([None if key is None else place(key) for key in node.keys])
        where = Where(names.path, place(node), tuple([place(value) for value in node.values]), keys)
    pairs = zip(node.keys, node.values, strict=True)
    return Mapping(
        tuple((None if key is None else names.value(key, depth), names.value(value, depth)) for key, value in pairs),
        where,
    )


def comprehension(names: Names, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, depth: int) -> Value:
    kind = {ast.ListComp: "list", ast.SetComp: "set"}.get(node.__class__, "generator")
    return Comprehension(kind, names.value(node.elt, depth))


def dict_comprehension(names: Names, node: ast.DictComp, depth: int) -> Value:
    return Comprehension("dict", Sequence("tuple", (names.value(node.key, depth), names.value(node.value, depth))))


def binary(names: Names, node: ast.BinOp, depth: int) -> Value:
    left, right = names.value(node.left, depth), names.value(node.right, depth)
    op = node.op.__class__.__name__
    if isinstance(left, Const) and isinstance(left.value, str):
        if op == "Add" and isinstance(right, Const) and isinstance(right.value, str):
            return Const(left.value + right.value)
        if op in {"Mod", "Add"}:
            return Typed("str", start=left.value if op == "Add" else left.value.partition("%")[0])
    value = Binary(op, left, right)
    known = number(value) if isinstance(left, Const) and isinstance(right, Const) else None
    return value if known is None else Const(known)


def negated(names: Names, node: ast.UnaryOp, depth: int) -> Value:
    value = names.value(node.operand, depth)
    if isinstance(node.op, ast.Not):
        return Const(not value.value) if isinstance(value, Const) else Typed("bool")
    if isinstance(node.op, ast.USub) and isinstance(value, Const) and isinstance(value.value, int | float):
        return Const(-value.value)
    return UNKNOWN


def boolean(names: Names, node: ast.BoolOp, depth: int) -> Value:
    return either([names.value(value, depth) for value in node.values])


def conditional(names: Names, node: ast.IfExp, depth: int) -> Value:
    return either([names.value(node.body, depth), names.value(node.orelse, depth)])


def comparison(names: Names, node: ast.Compare, depth: int) -> Value:
    return Typed("bool")


def formatted(names: Names, node: ast.JoinedStr, depth: int) -> Value:
    """An f-string: the text where all of it is known, `"…{}…".format(…)` of names where these make up the rest."""
    texts: list[str] = []
    args: list[Value] = []
    for part in node.values:
        inner = names.value(part.value if isinstance(part, ast.FormattedValue) else part, depth)
        plain = not isinstance(part, ast.FormattedValue) or (part.format_spec is None and part.conversion == -1)
        if plain and isinstance(inner, Const) and isinstance(inner.value, str):
            texts.append(inner.value)
        elif plain and isinstance(inner, Name) and not inner.dotted.startswith("builtins."):
            args.append(inner)
            texts.append("\0")
        else:
            return Typed("str", start="".join(texts).partition("\0")[0])
    if not args:
        return Const("".join(texts))
    template = "".join(texts).replace("{", "{{").replace("}", "}}").replace("\0", "{}")
    return Call(Attr(Const(template), "format"), tuple(args))


def anonymous(names: Names, node: ast.Lambda, depth: int) -> Value:
    return Function("")


def starred(names: Names, node: ast.Starred, depth: int) -> Value:
    return Star(names.value(node.value, depth))


def walrus(names: Names, node: ast.NamedExpr, depth: int) -> Value:
    return names.value(node.value, depth)


def awaited(names: Names, node: ast.Await, depth: int) -> Value:
    """`await value`: what it gives is not what `value` is."""
    value = names.value(node.value, depth)
    return UNKNOWN if value == UNKNOWN else Call(Attr(value, AWAIT))


EVALUATORS: dict[type[ast.expr], Callable[..., Value]] = {
    ast.Constant: constant,
    ast.Name: name,
    ast.Attribute: attr,
    ast.Call: call,
    ast.Subscript: item,
    ast.List: sequence,
    ast.Tuple: sequence,
    ast.Set: sequence,
    ast.Dict: mapping,
    ast.ListComp: comprehension,
    ast.SetComp: comprehension,
    ast.GeneratorExp: comprehension,
    ast.DictComp: dict_comprehension,
    ast.BinOp: binary,
    ast.UnaryOp: negated,
    ast.BoolOp: boolean,
    ast.IfExp: conditional,
    ast.Compare: comparison,
    ast.JoinedStr: formatted,
    ast.Lambda: anonymous,
    ast.Starred: starred,
    ast.NamedExpr: walrus,
    ast.Await: awaited,
}
