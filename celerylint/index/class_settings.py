"""The settings of a class, or of an object of one, that an app reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from celerylint.facts import Class, FileFacts, Function, Setting
from celerylint.index.links import Linked
from celerylint.index.tasks import last_name
from celerylint.values import Attr, Call, Param, either

if TYPE_CHECKING:
    from celerylint.index.settings import Settings


def class_settings(reader: Settings, cls: Class, facts: FileFacts, link: Linked) -> Iterator[Setting]:
    """The attributes of a class; of an object, what it is made with and makes of itself, too."""
    app = reader.links.sole_reader(f"{cls.module}.{cls.qualname}")
    given = dict(link.value.keywords) if isinstance(link.value, Call) else {}
    for name in cls.attributes:
        if reader.names.is_meant(name, link.namespace):
            row = reader.of_attribute(cls, name, link.namespace, app)
            yield row if name not in given else replace(row, value=given[name], given=given[name])
    if isinstance(link.value, Call):
        yield from of_object(reader, cls, facts, link.namespace, app)


def of_object(reader: Settings, cls: Class, facts: FileFacts, namespace: str, app: str) -> Iterator[Setting]:
    """What `__init__` assigns to the object, and its properties."""
    holder = f"{cls.module}.{cls.qualname}"
    for write in facts.writes:
        name = write.target.name if isinstance(write.target, Attr) and is_self(write.target.base) else ""
        if write.scope == f"{cls.qualname}.__init__" and reader.names.is_meant(name, namespace):
            places = (write.span, write.value_span)
            yield reader.make(
                name, write.value, facts.path, *places, namespace, write.condition, app, holder=holder
            )  # fmt: skip
    for name in cls.methods:
        function = facts.functions.get(f"{cls.qualname}.{name}")
        if function is not None and is_property(function) and reader.names.is_meant(name, namespace):
            value, places = either(list(function.returns)), (function.span, function.span)
            yield reader.make(name, value, facts.path, *places, namespace, "", app, holder=holder)


def is_self(value: object) -> bool:
    return isinstance(value, Param) and value.index == 0


def is_property(function: Function) -> bool:
    """Whether a method is read as an attribute."""
    return any(last_name(decorator.value) in {"property", "cached_property"} for decorator in function.decorators)
