"""The settings that stand in the configuration of a Flask application."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from celerylint.facts import CallFact, FileFacts, Setting, Write
from celerylint.index.apps import receiver
from celerylint.index.links import EXTENSION, FLASK, Linked
from celerylint.index.mappings import Entries, Entry
from celerylint.index.tasks import last_name
from celerylint.source import Span
from celerylint.values import Const, Item

if TYPE_CHECKING:
    from celerylint.index.settings import Settings

UPDATES = frozenset({"from_mapping", "update"})


class FlaskSettings:
    """Reads what Celery reads of Flask's configuration: all of it, or the dict under one key."""

    def __init__(self, reader: Settings) -> None:
        self.reader, self.links, self.mappings = reader, reader.links, reader.mappings

    def of_file(self, facts: FileFacts) -> Iterator[Setting]:
        """Everything that one file writes there."""
        found = [link for link in self.links.all if link.target in {FLASK, EXTENSION}]
        for link in {(link.target, link.key, link.namespace, link.app): link for link in found}.values():
            if link.key:
                yield from self.under_key(facts, link)
            else:
                yield from self.in_whole(facts, link)

    # Under a key

    def under_key(self, facts: FileFacts, link: Linked) -> Iterator[Setting]:
        """`CELERY = {…}` in a class or module, `app.config["CELERY"] = {…}`, `app.config.from_mapping(CELERY={…})`."""
        for cls in facts.classes.values():
            if link.key in cls.attributes:
                found = self.mappings.entries(cls.attributes[link.key], cls.path)
                found = replace(found, items=tuple(within(found.items, cls.path, cls.value_spans[link.key])))
                holder = f"{cls.module}.{cls.qualname}"
                yield from self.entries(found, cls.spans[link.key], link, f"class {cls.name}", holder)
        if self.reader.is_settings_module(facts):
            for row in facts.assigns.get(link.key, ()):
                found = self.mappings.entries(row.value, facts.path)
                yield from self.entries(found, row.span, link, row.condition, facts.module)
        for write in facts.writes:
            if self.key_of(write) == link.key:
                found = self.mappings.entries(write.value, facts.path)
                yield from self.entries(found, write.value_span, link, write.condition)
        for fact in facts.calls:
            given = fact.call.keyword(link.key) if last_name(fact.call.func) in UPDATES else None
            if given is not None:
                found = self.mappings.entries(given, facts.path)
                yield from self.entries(found, dict(fact.keyword_spans)[link.key], link, fact.condition)

    def entries(
        self, found: Entries, span: Span, link: Linked, condition: str = "", holder: str = ""
    ) -> Iterator[Setting]:
        return self.reader.of_entries(found, span, link.namespace, link.app, "object", condition, holder)

    def key_of(self, write: Write) -> str:
        """The key of Flask's configuration that an assignment sets, "" for any other."""
        match write.target:
            case Item(base=base, key=Const(value=str() as key)) if self.links.is_flask_config(base):
                return key
            case _:
                return ""

    # The whole

    def in_whole(self, facts: FileFacts, link: Linked) -> Iterator[Setting]:
        """`CELERY_…` and `BROKER_…` of modules and classes, `app.config["broker_url"] = …`, `app.config.update(…)`."""
        if self.reader.is_settings_module(facts):
            yield from self.in_module(facts, link)
        for write in facts.writes:
            key = self.key_of(write)
            if key:
                entry = Entry(Const(key), write.value, facts.path, write.span, write.value_span, write.condition)
                yield from self.put(entry, write.span, link)
        for fact in facts.calls:
            if last_name(fact.call.func) in UPDATES and self.links.is_flask_config(receiver(fact.call.func)):
                for entry in self.updated(fact, facts):
                    yield from self.put(replace(entry, condition=fact.condition), fact.span, link)

    def in_module(self, facts: FileFacts, link: Linked) -> Iterator[Setting]:
        """Upper-case names of a module of settings, and of the classes in it, which Flask may read."""
        for name, rows in facts.assigns.items():
            space = self.space(name, link) if name.isupper() else None
            if space is not None:
                yield from (self.reader.of_assign(row, facts, space, link.app) for row in rows)
        for cls in facts.classes.values():
            for name in cls.attributes:
                space = self.space(name, link) if name.isupper() else None
                if space is not None:
                    yield self.reader.of_attribute(cls, name, space, link.app, f"class {cls.name}")

    def space(self, name: str, link: Linked) -> str | None:
        """The namespace under which a name of Flask's configuration is read, None where it is not meant for Celery."""
        names = self.reader.names
        if link.target == EXTENSION:
            return next((space for space in ("", "CELERY") if names.new_name(name, space)), None)
        meant = names.is_meant(name, link.namespace) or names.is_meant_in_django(name, link.namespace)
        return link.namespace if meant else None

    def put(self, entry: Entry, span: Span, link: Linked) -> Iterator[Setting]:
        """One item that is put into Flask's configuration; `span` is the place of one that is not written out."""
        space = self.space(entry.name, link)
        if space is not None:
            where = entry.key_span or span
            yield self.reader.make(
                entry.name, entry.value, entry.path, where, entry.span or where, space, entry.condition, link.app
            )

    def updated(self, fact: CallFact, facts: FileFacts) -> Iterator[Entry]:
        """The items that a call puts into Flask's configuration."""
        for arg in fact.call.args:
            yield from (entry for entry in self.mappings.entries(arg, facts.path).items if entry.path == facts.path)
        spans = dict(fact.keyword_spans)
        for key, value in fact.call.keywords:
            if key:
                yield Entry(Const(key), value, facts.path, spans.get(key), spans.get(key))


def within(entries: Iterable[Entry], path: str, span: Span) -> Iterator[Entry]:
    """The items that stand in a place themselves, and not in a dict that is spread out there."""
    for entry in entries:
        inner = entry.span
        if inner is None or (entry.path == path and span.line <= inner.line and inner.end_line <= span.end_line):
            yield entry
