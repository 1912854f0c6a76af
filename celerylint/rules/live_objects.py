"""Values that are objects of this process: model instances, querysets, requests, users, forms, files, connections.

What a value is follows from how it was made: `Order.objects.get(...)`, `self` in a method of a model, `instance` of a
signal receiver, an annotation. A value of which that is not known is none of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from celerylint.facts import Function
from celerylint.index import Index
from celerylint.index.tasks import last_name
from celerylint.rules.live_object_table import (
    MANAGERS,
    MANY,
    NAMES,
    RESULTS,
    SINGLE,
    VALUES,
)
from celerylint.rules.models import (
    Kind,
    LiveObject,
    annotated,
    class_methods,
    class_of,
    form_of,
    is_view,
    model_of,
    named_decorator,
    own_class,
    own_method,
    received,
    related,
    request_part,
    saved_by,
    selected,
    split,
    statement_of,
    view_part,
)
from celerylint.values import (
    NONE,
    UNKNOWN,
    Attr,
    Call,
    Comprehension,
    Const,
    Either,
    Element,
    Item,
    Mapping,
    Name,
    Param,
    Sequence,
    Value,
    awaited,
)

DEEPEST = 8
SCALARS = frozenset({"scalars", "scalar", "scalar_one", "scalar_one_or_none"})
WITH_CREATED = frozenset({"get_or_create", "update_or_create", "aget_or_create", "aupdate_or_create"})


def live_object(value: Value, index: Index, depth: int = 0) -> LiveObject | None:
    """The object of this process that a value is known to be, None where it is none or nothing is known."""
    if depth > DEEPEST:
        return None
    if (coming := awaited(value)) is not None:
        return in_time(coming, index, depth + 1)
    match value:
        case Name(dotted=dotted):
            return named(dotted, index, depth)
        case Param():
            return parameter(value, index)
        case Call():
            return called(value, index, depth)
        case Attr(base=base, name=name):
            return attribute(base, name, index, depth)
        case Item(base=base, key=key):
            return item(base, key, index, depth)
        case Element(base=base):
            return element(live_object(base, index, depth + 1))
        case Either(options=options):
            return agreed([option for option in options if option != NONE], index, depth)
        case _:
            return None


def in_time(coming: Value, index: Index, depth: int) -> LiveObject | None:
    """What awaiting a value gives: of an asynchronous function of the project, what that returns."""
    match coming:
        case Call(func=Name(dotted=dotted)) if (found := returned(dotted, index, depth, is_async=True)) is not None:
            return found
        case _:
            return live_object(coming, index, depth)


def held_object(value: Value, index: Index) -> LiveObject | None:
    """The object that a value is, or that a list or dict holds which it is."""
    found = live_object(value, index)
    if found is not None:
        return None if found.kind == "manager" else found
    for part in held(value):
        inner = held_object(part, index)
        if inner is not None:
            return replace(inner, many=True)
    return None


def held(value: Value) -> Iterable[Value]:
    """What a container holds that is written out."""
    match value:
        case Sequence(items=items):
            return items
        case Mapping(items=pairs):
            return [held_value for _, held_value in pairs]
        case Comprehension(type="list" | "set" | "generator", element=inner):
            return [inner]
        case Comprehension(type="dict", element=Sequence(items=(_, inner))):
            return [inner]
        case _:
            return []


def agreed(options: list[Value], index: Index, depth: int) -> LiveObject | None:
    """What all of several values are."""
    found = [live_object(option, index, depth + 1) for option in options]
    first = found[0] if found else None
    return first if first is not None and all(one is not None and one.kind == first.kind for one in found) else None


def element(whole: LiveObject | None) -> LiveObject | None:
    """What iterating over an object gives."""
    if whole is None:
        return None
    if whole.kind == "query":
        return replace(whole, kind="instance")
    return replace(whole, many=False) if whole.many else None


# Names, parameters, attributes, items


def named(dotted: str, index: Index, depth: int) -> LiveObject | None:
    name = index.modules.canonical(dotted)
    if name in NAMES:
        return LiveObject(NAMES[name])
    owner, _, last = dotted.rpartition(".")
    if name.partition(".")[0] == "flask" and name.startswith("flask.request."):
        return request_part(last)
    if last in MANAGERS and (model := model_of(Name(owner), index, guess=last == "objects")) is not None:
        return replace(model, kind="manager")
    found = index.expand(Name(dotted))
    return None if isinstance(found, Name) else live_object(found, index, depth + 1)


def parameter(param: Param, index: Index) -> LiveObject | None:
    if param.annotation is not None:
        return annotated(param.annotation, index)
    function = index.modules.function(param.function)
    if function is None:
        return None
    if param.name == "instance":
        return received(function, index)
    if param.name == "request" and is_view(param, function, index):
        return LiveObject("request")
    if param.name == "form" and function.name in {"form_valid", "form_invalid"} and function.in_class:
        return LiveObject("form")
    if param.index == 0 and function.in_class:
        cls = class_of(function, index)
        plain = not any(named_decorator(function, name) for name in ("classmethod", "staticmethod"))
        return model_of(Name(f"{cls.module}.{cls.qualname}"), index) if cls is not None and plain else None
    return None


def attribute(base: Value, name: str, index: Index, depth: int) -> LiveObject | None:
    """`base.name`: a part of a request, of a view, or a foreign key."""
    if isinstance(base, Param) and base.index == 0 and (part := view_part(base, name, index)) is not None:
        return part
    if name == "objects" and (model := model_of(base, index) or own_class(base, index)) is not None:
        return replace(model, kind="manager")
    owner = live_object(base, index, depth + 1)
    if owner is None:
        return None
    if owner.kind == "request":
        return request_part(name)
    if owner.kind == "instance":
        return related(owner, base, name, index)
    return LiveObject("instance") if owner.kind == "form" and name == "instance" else None


def item(base: Value, key: Value, index: Index, depth: int) -> LiveObject | None:
    """`queryset[0]`, the first of what `get_or_create` gives, `request.FILES["photo"]`."""
    base = awaited(base) or base
    whole = live_object(base, index, depth + 1)
    if whole is not None and whole.many:
        return replace(whole, many=False)
    if not isinstance(key, Const) or not isinstance(key.value, int):
        return None
    if isinstance(base, Call) and last_name(base.func) in WITH_CREATED:
        found = method(base, index, depth) if key.value == 0 else None
        return found and replace(found, kind="instance")
    return element(whole)


# Calls


def called(call: Call, index: Index, depth: int) -> LiveObject | None:
    """What a call gives: of a class, of a library's function, of a function of the project, of a method."""
    match call.func:
        case Name(dotted=dotted):
            name = index.modules.canonical(dotted)
            if name in RESULTS:
                return made(call, RESULTS[name], index)
            if name in {"builtins.list", "builtins.tuple", "builtins.sorted"} and call.args:
                inner = element(live_object(call.args[0], index, depth + 1))
                return inner and replace(inner, many=True)
            return (
                form_of(dotted, index)
                or model_of(call.func, index)
                or method(call, index, depth)
                or returned(dotted, index, depth)
            )
        case Attr():
            return method(call, index, depth)
        case _:
            return None


def made(call: Call, kind: Kind, index: Index) -> LiveObject:
    """What a function of a library gives; `get_object_or_404` an instance of its first argument."""
    model = model_of(call.args[0], index) if kind == "instance" and call.args else None
    return model or LiveObject(kind)


def returned(dotted: str, index: Index, depth: int, *, is_async: bool = False) -> LiveObject | None:
    """What a plain function of the project returns."""
    definition = index.modules.resolve(dotted)
    return given_by(definition.what, index, depth, is_async=is_async) if definition is not None else None


def given_by(what: object, index: Index, depth: int, *, is_async: bool = False) -> LiveObject | None:
    """What all that a plain function returns is, besides None."""
    match what:
        case Function(is_generator=False, decorators=(), returns=(_, *_) as values) if what.is_async is is_async:
            return agreed([value for value in values if value != NONE], index, depth) if UNKNOWN not in values else None
        case _:
            return None


def method(call: Call, index: Index, depth: int) -> LiveObject | None:
    """What a method of a manager, query, session, form or view gives."""
    receiver, name = split(call.func)
    if receiver is None:
        return None
    if name in {"get", "get_or_404", "get_one"} and call.args and (model := model_of(call.args[0], index)) is not None:
        return model  # session.get(Order, 1)
    if name == "query" and len(call.args) == 1 and (model := model_of(call.args[0], index)) is not None:
        return replace(model, kind="query")
    if name in SCALARS and (model := selected(statement_of(call, receiver), index)) is not None:
        return replace(model, kind="query") if name == "scalars" else model
    if isinstance(receiver, Param) and (own := own_method(receiver, name, index)) is not None:
        return own if isinstance(own, LiveObject) else given_by(own, index, depth)
    if name == "save" and (saved := saved_by(receiver, index)) is not None:
        return saved
    source = live_object(receiver, index, depth + 1) or class_methods(receiver, name, index)
    if source is None:
        return filtered(call, receiver, name, index)
    if name == "__enter__":
        return source if source.kind in {"file", "connection"} else None
    if source.kind in {"manager", "query", "values"}:
        return queried(source, name)
    if source.many and source.kind == "file" and name == "get":
        return replace(source, many=False)
    return None


def queried(source: LiveObject, name: str) -> LiveObject | None:
    """What a method of a manager or query gives."""
    if name in VALUES:
        return LiveObject("values")
    if name in MANY:
        return replace(source, kind="query") if source.kind != "values" else source
    if name in SINGLE:
        return replace(source, kind="instance") if source.kind != "values" else None
    if name == "bulk_create":
        return replace(source, kind="instance", many=True)
    return None


def filtered(call: Call, receiver: Value, name: str, index: Index) -> LiveObject | None:
    """`Order.objects.paid().get(pk=1)`: a query of the project's own, of which one row is taken by its fields."""
    by_fields = name in {"get", "latest", "earliest"} and not call.args and bool(call.keywords)
    if not by_fields and not (name in {"first", "last"} and not call.args and not call.keywords):
        return None
    while isinstance(receiver, Call):
        inner, method_name = split(receiver.func)
        if inner is None or method_name in VALUES:
            return None
        receiver = inner
    found = live_object(receiver, index)
    return replace(found, kind="instance") if found is not None and found.kind == "manager" else None
