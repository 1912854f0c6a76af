"""What calls of well-known libraries do outside of the process: what they wait for, how long, and how they fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from celerylint.index import Index
from celerylint.rules.library_table import CLIENTS, FUNCTIONS, IO, MAKERS, SDK_METHODS, STRIPE, Client
from celerylint.values import NONE, Attr, Call, Item, Name, Star, Value, attribute

__all__ = ["IO", "io_call"]


def io_call(value: Value, index: Index) -> IO | None:
    """What a call does outside of the process, with `blocks` as it is written; None where nothing is known of it.

    `value` is what `File.value` gives for the call.
    """
    if not isinstance(value, Call):
        return None
    match value.func:
        case Name(dotted=dotted):
            return named_call(value, index.modules.canonical(dotted), index)
        case Attr(base=base, name=name):
            return method_call(value, base, name, index)
        case _:
            return None


def named_call(call: Call, name: str, index: Index) -> IO | None:
    row = FUNCTIONS.get(name)
    if row is not None:
        return replace(row, blocks=waits(row, call, index)) if connects(call, name) else None
    if name.startswith("stripe.") and name.count(".") == 2 and name.rpartition(".")[2] in SDK_METHODS:
        return STRIPE
    owner, _, last = name.rpartition(".")
    return method_call(call, Name(owner), last, index) if owner else None


def connects(call: Call, name: str) -> bool:
    """Whether a function does I/O, or a class as soon as it is called: with an address."""
    is_class = name.rpartition(".")[2][0].isupper()
    return not is_class or bool(call.args) or call.keyword("host") is not None


def method_call(call: Call, base: Value, name: str, index: Index) -> IO | None:
    """The I/O of a method of a client."""
    found = client_of(base, index)
    if found is None:
        return None
    client, made, direct = found
    if client.methods and (name not in client.methods or not direct):
        return None
    if not client.methods and (name in MAKERS or name[0].isupper() or name.startswith("__")):
        return None
    row = replace(client.io, place=dict(client.places).get(name, -1))
    if connected(made, index):
        # What waits, if anything, is the call that made it.
        return replace(row, blocks=False)
    limit = given(row.timeout, row.place, call, index) or given(client.timeout, client.place, made, index)
    return replace(row, blocks=limit == NONE if limit is not None else row.blocks and not (call.splat or made.splat))


def connected(made: Call, index: Index) -> bool:
    name = index.modules.canonical(made.func.dotted) if isinstance(made.func, Name) else ""
    return name in FUNCTIONS and connects(made, name)


def client_of(value: Value, index: Index) -> tuple[Client, Call, bool] | None:
    """The client that a value is or comes from, the call that made it, and whether it is the client itself."""
    for depth, part in enumerate(roots(value, index)):
        if isinstance(part, Call) and isinstance(part.func, Name):
            client = CLIENTS.get(index.modules.canonical(part.func.dotted)) or subclass_client(part.func, index)
            if client is not None:
                return client, part, depth == 0
    return None


def roots(value: Value, index: Index) -> Iterator[Value]:
    """A value, then what it is an attribute, item or method's result of, and so on."""
    for _ in range(12):
        value = owner_of(value, index) if isinstance(value, Name) else index.member(value)
        match value:
            case Call(func=Attr(base=base, name="__enter__")):
                value = base
                continue
            case _:
                yield value
        match value:
            case Attr(base=base) | Item(base=base) | Call(func=Attr(base=base)):
                value = base
            case Call(func=Name(dotted=dotted)) if "." in dotted:
                value = Name(dotted.rpartition(".")[0])
            case _:
                return


def may_be_client(dotted: str, index: Index) -> bool:
    """Whether a name may stand for a client: those of the project stand in files that mention what clients do."""
    path = index.modules.path(dotted)
    return not path or index.graph.follow(path)


def owner_of(name: Name, index: Index) -> Value:
    """What a dotted name is assigned, with the attributes behind it kept: `shop.http.s3.Bucket`."""
    if not may_be_client(name.dotted, index):
        return name
    expanded = index.expand(name)
    if expanded != name or "." not in name.dotted:
        return expanded
    owner, _, last = name.dotted.rpartition(".")
    base = index.expand(Name(owner))
    return name if base == Name(owner) else attribute(base, last)


def subclass_client(func: Name, index: Index) -> Client | None:
    """The client that a class of the project derives from, where it leaves the sending alone."""
    cls = index.modules.cls(func) if may_be_client(func.dotted, index) else None
    if cls is None:
        return None
    classes, names = index.modules.bases(cls)
    client = next((CLIENTS[name] for name in names if name in CLIENTS), None)
    if client is None or any(
        not {"__init__", "request", "send", *client.methods}.isdisjoint(c.methods) for c in [cls, *classes]
    ):
        return None
    return client


def waits(row: IO, call: Call, index: Index) -> bool:
    """Whether a call may wait for ever as it is written."""
    limit = given(row.timeout, row.place, call, index)
    return limit == NONE if limit is not None else row.blocks and not call.splat


def given(timeout: str, place: int, call: Call, index: Index) -> Value | None:
    """The limit that a call passes, None where it passes none that is written out."""
    if not timeout:
        return None
    value = call.keyword(timeout)
    if value is None and 0 <= place < len(call.args) and not any(isinstance(arg, Star) for arg in call.args):
        value = call.args[place]
    return None if value is None else index.expand(value)
