"""Every setting that a project's code writes, by the form in which it is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from celerylint.facts import Assign, CallFact, Class, FileFacts, Setting, SettingForm
from celerylint.index.apps import Apps, receiver
from celerylint.index.class_settings import class_settings
from celerylint.index.flask_settings import FlaskSettings
from celerylint.index.links import Links
from celerylint.index.mappings import Entries, Mappings
from celerylint.index.modules import Modules
from celerylint.index.setting_names import SettingNames
from celerylint.index.tasks import last_name
from celerylint.index.traits import Traits
from celerylint.source import Span
from celerylint.values import (
    UNKNOWN,
    Attr,
    Binary,
    Call,
    Const,
    Element,
    Item,
    Mapping,
    Name,
    Value,
    Where,
)

SETTINGS_PATH = re.compile(r"(?:^|/)[\w.]*(?:settings|config|conf)\w*(?:/|\.py$)", re.IGNORECASE)
APP_KEYWORDS = {
    "broker": "broker_url",
    "backend": "result_backend",
    "include": "include",
    "task_cls": "",
    "changes": "",
    "accept_content": "accept_content",
}
GIVEN = frozenset({"write", "keyword", "default"})
FORMS: dict[str, SettingForm] = {"add_defaults": "default", "setdefault": "default"}


class Settings:
    """Reads settings. `names` says what Celery calls them."""

    def __init__(
        self, modules: Modules, apps: Apps, links: Links, names: SettingNames, mappings: Mappings, traits: Traits
    ) -> None:
        self.modules, self.apps, self.links, self.names = modules, apps, links, names
        self.mappings, self.traits = mappings, traits
        self.flask = FlaskSettings(self)

    def of_file(self, facts: FileFacts) -> Iterator[Setting]:
        """Everything that one file writes."""
        yield from self.of_django(facts)
        yield from self.of_linked(facts)
        yield from self.flask.of_file(facts)
        yield from self.of_writes(facts)
        for fact in facts.calls:
            yield from self.of_call(fact, facts)

    def make(
        self,
        written: str,
        value: Value,
        path: str,
        span: Span,
        value_span: Span,
        namespace: str = "",
        condition: str = "",
        app: str = "",
        form: SettingForm = "object",
        holder: str = "",
    ) -> Setting:
        known = value if value == UNKNOWN else self.mappings.whole(value)
        if form in GIVEN and not namespace:
            namespace = self.space_of(written, app)
        name = self.names.new_name(written, namespace)
        return Setting(name, written, known, path, span, value_span, namespace, condition, app, form, holder, value)

    # Objects that are read whole

    def of_django(self, facts: FileFacts) -> Iterator[Setting]:
        """Upper-case settings of a module of Django's settings, and of classes in it."""
        spaces = self.links.namespaces
        if not spaces or not self.is_settings_module(facts):
            return
        app = self.links.sole_reader("django")
        for name, rows in facts.assigns.items():
            space = next((space for space in spaces if self.names.is_meant_in_django(name, space)), None)
            if space is not None:
                yield from (self.of_assign(row, facts, space, app) for row in rows)
        for cls in facts.classes.values():
            for name in cls.attributes:
                space = next((space for space in spaces if self.names.is_meant_in_django(name, space)), None)
                if space:
                    yield self.of_attribute(cls, name, space, app, f"class {cls.name}")

    def is_settings_module(self, facts: FileFacts) -> bool:
        return (
            facts.module in self.traits.settings
            or SETTINGS_PATH.search(self.modules.relatives.get(facts.path, facts.path)) is not None
        )

    def of_linked(self, facts: FileFacts) -> Iterator[Setting]:
        """The names of a module, class or dict that an app reads."""
        for link in self.links.all:
            if link.target == "dict" and link.path == facts.path and link.value is not None:
                found = self.mappings.entries(link.value, facts.path)
                yield from self.of_entries(found, link.span, link.namespace, link.app, "object")
            if facts.module in self.links.modules_of(link):
                app = self.links.sole_reader(facts.module)
                for name, rows in facts.assigns.items():
                    if self.names.is_meant(name, link.namespace):
                        yield from (self.of_assign(row, facts, link.namespace, app) for row in rows)
            for cls in self.links.classes_of(link):
                if cls.path == facts.path:
                    yield from class_settings(self, cls, facts, link)

    def of_assign(self, row: Assign, facts: FileFacts, namespace: str, app: str) -> Setting:
        name = f"{facts.module}.{row.name}"
        value = Name(name) if len(facts.assigns[row.name]) == 1 and self.mappings.added(name) else row.value
        return self.make(
            row.name, value, facts.path, row.span, row.value_span, namespace, row.condition, app, "object",
            facts.module,
        )  # fmt: skip

    def of_attribute(self, cls: Class, name: str, namespace: str, app: str, condition: str = "") -> Setting:
        span, value_span = cls.spans[name], cls.value_spans[name]
        value, holder = cls.attributes[name], f"{cls.module}.{cls.qualname}"
        if any(base.endswith("BaseSettings") for base in self.modules.bases(cls)[1]):
            value = UNKNOWN  # A default of pydantic's, which the environment replaces.
        return self.make(name, value, cls.path, span, value_span, namespace, condition, app, "object", holder)

    # Writes

    def of_writes(self, facts: FileFacts) -> Iterator[Setting]:
        """`app.conf.name = value`, `app.conf["name"] = value`, `app.conf.name["key"] = value`."""
        for write in facts.writes:
            name, owner = self.conf_key(write.target)
            if name:
                form: SettingForm = "write"
                value, app = write.value, self.apps.key_of(owner)
                if isinstance(value, Binary) and value.op == "BitOr" and value.left == write.target:
                    value, form = value.right, "extends"
                yield self.make(name, value, facts.path, write.span, write.value_span, "", write.condition, app, form)
                continue
            match write.target:
                case Item(base=base, key=key) if self.apps.conf_of(base):
                    app = self.apps.key_of(self.apps.owner(write.target))
                    found = self.mappings.entries(written_item(key, write.value), facts.path)
                    yield from self.of_entries(found, write.span, "", app, "write", write.condition)
                case Item(base=base, key=key):
                    yield from self.extended(base, key, write.value, facts, write.span, write.value_span)
                case _:
                    pass

    def extended(
        self, base: Value, key: Value, value: Value, facts: FileFacts, span: Span, value_span: Span
    ) -> Iterator[Setting]:
        """One more item of a dict that is a setting of an app, or of Django."""
        name, namespace, app = self.setting_of(base)
        if name:
            item = Mapping(((key, value),), Where(facts.path, span, (value_span,), (span,)))
            yield self.make(name, item, facts.path, span, value_span, namespace, "", app, "extends")

    def setting_of(self, value: Value) -> tuple[str, str, str]:
        """The setting that a value reads, as written, with its namespace and app; "" for anything else."""
        name, owner = self.conf_key(value)
        if name:
            return name, "", self.apps.key_of(owner)
        if isinstance(value, Name) and value.dotted.startswith("django.conf.settings."):
            written = value.dotted.removeprefix("django.conf.settings.")
            for space in self.links.namespaces:
                if self.names.new_name(written, space):
                    return written, space, self.links.sole_reader("django")
        return "", "", ""

    def conf_key(self, target: Value) -> tuple[str, Value]:
        """The setting that `app.conf.name` or `app.conf["name"]` is, and the app; "" for anything else."""
        match target:
            case Name(dotted=dotted):
                owner, _, key = dotted.rpartition(".")
                found = self.apps.conf_of(Name(owner)) if "." in owner else False
            case Attr(base=base, name=key):
                found = self.apps.conf_of(base)
            case Item(base=base, key=Const(value=str() as key)):
                found = self.apps.conf_of(base)
            case _:
                return "", UNKNOWN
        return (key, self.apps.owner(target)) if found else ("", UNKNOWN)

    def of_call(self, fact: CallFact, facts: FileFacts) -> Iterator[Setting]:
        call, spans = fact.call, dict(fact.keyword_spans)
        if self.apps.makes_app(call.func):
            yield from self.app_keywords(fact, facts, spans)
        elif self.apps.updates_conf(call):
            app, form = self.apps.key_of(self.apps.owner(call.func)), FORMS.get(last_name(call.func), "write")
            for key, value in call.keywords:
                if key:
                    span = spans.get(key, fact.span)
                    yield self.make(key, value, facts.path, span, span, "", fact.condition, app, form)
            for given in self.given(call):
                found = self.mappings.entries(given, facts.path)
                yield from self.of_entries(found, fact.span, "", app, form, fact.condition)
        elif last_name(call.func) == "update":
            yield from self.updated(fact, facts)

    def given(self, call: Call) -> list[Value]:
        """The dicts that a call writes several settings from; `add_defaults` calls a function for one."""
        if last_name(call.func) == "setdefault":
            return [written_item(call.args[0], call.args[1])] if len(call.args) == 2 else []
        given = [*call.args, *(value for key, value in call.keywords if key is None)]
        return [Call(value) if self.is_function(value) else value for value in given]

    def is_function(self, value: Value) -> bool:
        return isinstance(value, Name) and self.modules.function_named(value.dotted) is not None

    def space_of(self, written: str, app: str) -> str:
        """The namespace of an app whose prefix a name has that the app is given by code."""
        spaces = (link.namespace for link in self.links.all if link.app == app)
        return next((space for space in spaces if self.names.has_prefix(written, space)), "")

    def updated(self, fact: CallFact, facts: FileFacts) -> Iterator[Setting]:
        """`app.conf.beat_schedule.update({…})`."""
        name, namespace, app = self.setting_of(receiver(fact.call.func))
        if name:
            keywords = tuple((None if key is None else Const(key), value) for key, value in fact.call.keywords)
            for value in (*fact.call.args, *((Mapping(keywords),) if keywords else ())):
                yield self.make(
                    name, value, facts.path, fact.span, fact.span, namespace, fact.condition, app, "extends"
                )

    def app_keywords(self, fact: CallFact, facts: FileFacts, spans: dict[str, Span]) -> Iterator[Setting]:
        app = self.apps.bound_to(facts, fact)
        func = fact.call.func
        plain = isinstance(func, Name) and self.modules.canonical(func.dotted) == "celery.Celery"
        positional = dict(zip(("main", "loader", "backend"), fact.call.args, strict=False))
        keywords = {key: value for key, value in fact.call.keywords if key}
        for value in (value for key, value in fact.call.keywords if key is None):
            keywords |= {item.name: item.value for item in self.mappings.entries(value, facts.path).items if item.name}
        for key, value in (positional | keywords).items():
            span = spans.get(key, fact.span)
            if key == "changes":
                found = self.mappings.entries(value, facts.path)
                yield from self.of_entries(found, span, "", app, "keyword", fact.condition)
            written = APP_KEYWORDS.get(key, key)
            if self.names.new_name(written, "") or (plain and self.names.is_meant(written, "")):
                yield self.make(written, value, facts.path, span, span, "", fact.condition, app, "keyword")

    def of_entries(
        self,
        found: Entries,
        span: Span,
        namespace: str,
        app: str,
        form: SettingForm,
        condition: str = "",
        holder: str = "",
    ) -> Iterator[Setting]:
        """The items of a dict of settings; `span` is the place of those that are not written out."""
        for entry in found.items:
            if entry.name:
                tests = " and ".join(filter(None, (condition, entry.condition)))
                yield self.make(
                    entry.name, entry.value, entry.path, entry.key_span or span, entry.span or entry.key_span or span,
                    namespace, tests, app, form, holder,
                )  # fmt: skip


def unique(settings: Iterable[Setting]) -> list[Setting]:
    """Each setting once, in the order of paths and places; one that several apps read belongs to none alone."""
    found: dict[Setting, Setting] = {}
    for setting in settings:
        shared = replace(setting, app="")
        found[shared] = shared if shared in found and found[shared].app != setting.app else setting
    return sorted(found.values(), key=lambda setting: (setting.path, setting.span))


def written_item(key: Value, value: Value) -> Value:
    """What `conf[key] = value` gives a configuration: one item, or in a loop over a dict's items all of these."""
    match key, value:
        case Item(base=Element(base=Call(func=func)) as each, key=Const(value=0)), Item(base=other, key=Const(value=1)):
            if each == other and last_name(func) == "items":
                return receiver(func)
        case _:
            pass
    return Mapping(((key, value),))
