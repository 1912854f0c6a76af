"""The settings that a project's code writes, in every form, under Celery's new lower-case names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from celerylint import celery_data
from celerylint.facts import Assign, CallFact, Class, FileFacts, Setting, Task
from celerylint.index.apps import Apps, conf_owner, receiver
from celerylint.index.modules import Modules
from celerylint.index.tasks import last_name
from celerylint.index.traits import Traits
from celerylint.source import Span
from celerylint.values import UNKNOWN, Attr, Call, Const, Item, Mapping, Name, Value

DJANGO_SETTINGS = frozenset({"django.conf:settings", "django.conf.settings"})
SETTINGS_PATH = re.compile(r"(?:^|/)\w*(?:settings|config|conf)\w*(?:/|\.py$)", re.IGNORECASE)
NOT_PRODUCTION_PATH = re.compile(
    r"(?:^|[/_.])(?:tests?|testing|local|dev|devel|development|debug|ci|conftest|example|sample|e2e|docs?)(?:[/_.]|$)",
    re.IGNORECASE,
)
NOT_PRODUCTION_TEST = re.compile(r"debug|test|local|\bdev|develop|is_ci\b", re.IGNORECASE)
APP_KEYWORDS = {
    "broker": "broker_url",
    "backend": "result_backend",
    "include": "include",
    "task_cls": "",
    "changes": "",
    "accept_content": "accept_content",
}


@dataclass(frozen=True, slots=True)
class Linked:
    """A `config_from_object` call: what it reads and under which namespace ("" for none).

    `target` is a module, a class or `django`; "" where it cannot be told. `app` is the key of the app that reads it.
    """

    target: str
    namespace: str
    path: str
    span: Span
    app: str = ""


class Configuration:
    """All settings of a project, those of several apps told apart where each is bound to a name of its own."""

    def __init__(self, modules: Modules, apps: Apps, facts: list[FileFacts], traits: Traits) -> None:
        self.modules, self.apps, self.facts, self.traits = modules, apps, facts, traits
        self.version = traits.celery
        self.known = celery_data.settings(traits.celery)
        self.old = celery_data.old_setting_names()

    @cached_property
    def all(self) -> list[Setting]:
        """Every setting that code writes, in the order of paths and lines; `name` is "" where Celery reads none."""
        found = [setting for facts in self.readable for setting in self.of_file(facts)]
        return sorted(dict.fromkeys(found), key=lambda setting: (setting.path, setting.span))

    @cached_property
    def readable(self) -> list[FileFacts]:
        """The files that settings can stand in: those that mention Celery, and modules that an app reads."""
        found = {facts.path: facts for facts in self.facts}
        for link in self.links if self.apps.apps else ():
            facts = self.modules.facts(self.modules.split(link.target)[0])
            if facts is not None:
                found.setdefault(facts.path, facts)
        return list(found.values())

    @cached_property
    def by_name(self) -> dict[str, list[Setting]]:
        found: dict[str, list[Setting]] = {}
        for setting in self.all:
            found.setdefault(setting.name, []).append(setting)
        return found

    def production(self, name: str) -> list[Setting]:
        """What production code writes for a setting: neither tests, local settings nor debug branches."""
        return [
            setting for setting in self.by_name.get(name, []) if self.is_production(setting.path, setting.condition)
        ]

    def in_force(self, name: str, task: Task) -> list[Setting]:
        """What production code writes for a setting of the app that a task belongs to."""
        rows = self.production(name)
        if len(self.app_keys) < 2:
            return rows
        owners = {task.app} if task.app in self.app_keys else self.main_apps
        return [row for row in rows if not row.app or row.app in owners]

    @cached_property
    def app_keys(self) -> set[str]:
        """The keys of the apps that production code binds to names."""
        named = (app for app in self.apps.apps if app.key not in self.modules.by_id)
        return {app.key for app in named if self.is_production(app.path)}

    @cached_property
    def main_apps(self) -> set[str]:
        """The apps that shared tasks run in: those that read a configuration, where some do."""
        return {link.app for link in self.links if link.app in self.app_keys} or self.app_keys

    def owner(self, app: Value) -> str:
        """The key of an app, "" where it has no name of its own."""
        return self.modules.canonical(app.dotted) if isinstance(app, Name) else ""

    def is_production(self, path: str, condition: str = "") -> bool:
        """Whether code is meant for production, as far as its file's name and the conditions around it tell."""
        relative = self.modules.relatives.get(path, path)
        return not NOT_PRODUCTION_PATH.search(relative) and not NOT_PRODUCTION_TEST.search(condition)

    @cached_property
    def links(self) -> list[Linked]:
        """Every `config_from_object`, in the order of paths and lines."""
        return [link for facts in self.facts for fact in facts.calls if (link := self.link(fact, facts))]

    @cached_property
    def hidden(self) -> bool:
        """Whether settings may come from somewhere that cannot be read, or belong to another project altogether."""
        if not any(self.is_production(app.path) for app in self.apps.apps):
            return True
        if any(not link.target for link in self.links if self.is_production(link.path)):
            return True
        return any(last_name(fact.call.func) == "config_from_envvar" for facts in self.facts for fact in facts.calls)

    def link(self, fact: CallFact, facts: FileFacts) -> Linked | None:
        target = fact.call.keyword("config_source")
        if last_name(fact.call.func) == "config_from_object":
            target = fact.call.args[0] if fact.call.args else fact.call.keyword("obj")
        elif target is None or not self.apps.makes_app(fact.call.func):
            return None
        namespace = fact.call.keyword("namespace") or (fact.call.args[3] if len(fact.call.args) > 3 else None)
        space = namespace.value if isinstance(namespace, Const) and isinstance(namespace.value, str) else ""
        made = self.apps.makes_app(fact.call.func)
        app = self.apps.bound_to(facts, fact.call) if made else self.owner(receiver(fact.call.func))
        return Linked(self.linked_target(target, facts), space, facts.path, fact.span, app)

    def linked_target(self, target: Value | None, facts: FileFacts) -> str:
        match self.modules.expand(target) if target is not None else None:
            case Const(value=str() as text) if text in DJANGO_SETTINGS:
                return "django"
            case Const(value=str() as text):
                return self.modules.locate(text.replace(":", "."), facts.path)
            case Name(dotted=dotted):
                name = self.modules.canonical(dotted)
                if name == "django.conf.settings":
                    return "django"
                return name if self.modules.split(name)[0] else ""
            case Call(func=Name(dotted=dotted)) if self.modules.cls(Name(dotted)) is not None:
                return self.modules.canonical(dotted)
            case _:
                return ""

    @cached_property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces under which Django-like settings are read; "" stands for none."""
        if self.traits.settings_namespace is not None:
            return (self.traits.settings_namespace,)
        return tuple(dict.fromkeys(link.namespace.rstrip("_") for link in self.links if link.target == "django"))

    # What a file writes

    def of_file(self, facts: FileFacts) -> Iterator[Setting]:
        yield from self.module_settings(facts)
        yield from self.linked_settings(facts)
        for write in facts.writes:
            name = self.conf_key(write.target)
            if name:
                app = self.owner(conf_owner(write.target))
                yield self.setting(
                    name, write.value, facts.path, write.span, write.value_span, "", write.condition, app
                )
        for fact in facts.calls:
            yield from self.call_settings(fact, facts)

    def module_settings(self, facts: FileFacts) -> Iterator[Setting]:
        """Upper-case settings of a Django-like settings module."""
        if not self.namespaces or not self.is_settings_module(facts):
            return
        for name, rows in facts.assigns.items():
            for space in self.namespaces:
                if name.startswith(f"{space}_" if space else ("CELERY", "BROKER_")) and name.isupper():
                    for row in rows:
                        yield self.from_assign(row, facts.path, space, self.sole_reader("django"))
                    break
        for cls in facts.classes.values():
            for name, value in cls.attributes.items():
                for space in self.namespaces:
                    if space and name.startswith(f"{space}_") and name.isupper():
                        span = cls.spans[name]
                        app = self.sole_reader("django")
                        yield self.setting(name, value, facts.path, span, span, space, f"class {cls.name}", app)

    def is_settings_module(self, facts: FileFacts) -> bool:
        return (
            facts.module in self.traits.settings
            or SETTINGS_PATH.search(self.modules.relatives.get(facts.path, facts.path)) is not None
        )

    def linked_settings(self, facts: FileFacts) -> Iterator[Setting]:
        """The names of a module or class that `config_from_object` reads."""
        for link in self.links:
            if link.target == facts.module:
                for rows in facts.assigns.values():
                    for row in rows:
                        if self.is_setting_name(row.name, link.namespace):
                            yield self.from_assign(row, facts.path, link.namespace, self.sole_reader(link.target))
            for cls in self.linked_classes(link, facts):
                for name, value in cls.attributes.items():
                    if self.is_setting_name(name, link.namespace):
                        span, app = cls.spans[name], self.sole_reader(link.target)
                        yield self.setting(name, value, facts.path, span, span, link.namespace, "", app)

    def sole_reader(self, target: str) -> str:
        """The key of the one app that reads what links lead to, "" where there are several."""
        readers = {link.app for link in self.links if link.target == target}
        return readers.pop() if len(readers) == 1 else ""

    def linked_classes(self, link: Linked, facts: FileFacts) -> list[Class]:
        cls = self.modules.cls(Name(link.target)) if link.target and link.target != "django" else None
        return [] if cls is None else [c for c in [cls, *self.modules.bases(cls)[0]] if c.path == facts.path]

    def is_setting_name(self, name: str, namespace: str) -> bool:
        if namespace:
            return name.startswith(f"{namespace.rstrip('_')}_")
        return self.new_name(name, "") != "" or (name.isupper() and name.startswith(("CELERY", "BROKER_")))

    def call_settings(self, fact: CallFact, facts: FileFacts) -> Iterator[Setting]:
        call = fact.call
        spans = dict(fact.keyword_spans)
        if self.apps.makes_app(call.func):
            yield from self.app_keywords(fact, facts, spans)
        elif self.updates_conf(call):
            for key, value in call.keywords:
                if key:
                    span, app = spans.get(key, fact.span), self.owner(conf_owner(call.func))
                    yield self.setting(key, value, facts.path, span, span, "", fact.condition, app)
            for arg in call.args:
                expanded = self.modules.expand(arg)
                if isinstance(expanded, Mapping):
                    yield from self.mapping_settings(expanded, fact, facts.path)

    def updates_conf(self, call: Call) -> bool:
        match call.func:
            case Name(dotted=dotted) if dotted.endswith((".update", ".add_defaults", ".setdefault")):
                owner = dotted.rpartition(".")[0]
                return self.apps.conf_of(Name(owner)) or (
                    dotted.endswith("add_defaults") and self.apps.is_app(Name(owner))
                )
            case Attr(base=base, name="update" | "add_defaults"):
                return self.apps.conf_of(base) or self.apps.is_app(base)
            case _:
                return False

    def app_keywords(self, fact: CallFact, facts: FileFacts, spans: dict[str, Span]) -> Iterator[Setting]:
        positional = dict(zip(("main", "loader", "backend"), fact.call.args, strict=False))
        keywords = {key: value for key, value in fact.call.keywords if key}
        for key, value in (positional | keywords).items():
            name = APP_KEYWORDS.get(key, key if key in self.known or key in self.old else "")
            if name:
                span, app = spans.get(key, fact.span), self.apps.bound_to(facts, fact.call)
                yield self.setting(name, value, facts.path, span, span, "", fact.condition, app)

    def mapping_settings(self, mapping: Mapping, fact: CallFact, path: str) -> Iterator[Setting]:
        app = self.owner(conf_owner(fact.call.func))
        for key, value in mapping.items:
            if isinstance(key, Const) and isinstance(key.value, str):
                yield self.setting(key.value, value, path, fact.span, fact.span, "", fact.condition, app)

    def conf_key(self, target: Value) -> str:
        """The setting that a write to `app.conf.name` or `app.conf["name"]` names."""
        match target:
            case Name(dotted=dotted) if ".conf." in dotted:
                owner, _, key = dotted.rpartition(".")
                return key if self.apps.conf_of(Name(owner)) else ""
            case Attr(base=base, name=name):
                return name if self.apps.conf_of(base) else ""
            case Item(base=base, key=Const(value=str() as key)):
                return key if self.apps.conf_of(base) else ""
            case _:
                return ""

    # Names

    def from_assign(self, row: Assign, path: str, namespace: str, app: str = "") -> Setting:
        return self.setting(row.name, row.value, path, row.span, row.value_span, namespace, row.condition, app)

    def setting(
        self,
        written: str,
        value: Value,
        path: str,
        span: Span,
        value_span: Span,
        namespace: str,
        condition: str = "",
        app: str = "",
    ) -> Setting:
        name = self.new_name(written, namespace)
        return Setting(
            name,
            written,
            self.modules.expand(value) if value != UNKNOWN else value,
            path,
            span,
            value_span,
            namespace,
            condition,
            app if app in self.app_keys else "",
        )

    def new_name(self, written: str, namespace: str) -> str:
        """Celery's new name for a name as written under a namespace, "" for one that it does not read there."""
        if namespace:
            prefix = f"{namespace.rstrip('_')}_"
            short = written.removeprefix(prefix)
            if written.startswith(prefix) and short == short.upper() and short.lower() in self.known:
                return short.lower()
            # Old and bare names are read under a namespace from 5.7 on (celery/utils/collections.py).
            return self.old.get(written, "") if self.version >= (5, 7) else ""
        if written in self.known:
            return written
        return self.old.get(written, "")
