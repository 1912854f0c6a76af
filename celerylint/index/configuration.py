"""The configuration of a project's applications: every setting that code writes, and which of them are in force."""

from __future__ import annotations

import re
from functools import cached_property

from celerylint.celery_data import SettingInfo
from celerylint.facts import FileFacts, Setting, Task
from celerylint.index.apps import Apps, receiver
from celerylint.index.force import Force
from celerylint.index.links import FLASK, UPDATES, Linked, Links
from celerylint.index.mappings import Mappings
from celerylint.index.modules import Modules
from celerylint.index.production import is_production_module, may_hold_in_production
from celerylint.index.setting_names import NAMES_BESIDE_NAMESPACE, SettingNames
from celerylint.index.settings import Settings, unique
from celerylint.index.tasks import last_name
from celerylint.index.traits import Traits
from celerylint.values import (
    UNKNOWN,
    Binary,
    Call,
    Const,
    Element,
    Item,
    Mapping,
    Name,
    Sequence,
    Star,
    Value,
    either,
)

# A module of another package with settings for Celery, and not Celery's own.
OF_CELERY = re.compile(r"^(?!celery\b).*celery")
FILLED = re.compile(rb"\n\s*(?:globals|locals|vars)\(\)\.update\(")
NAMESPACES = tuple(Name(f"builtins.{name}") for name in ("globals", "locals", "vars"))


class Configuration:
    """All settings of a project, those of several apps told apart where each is bound to a name of its own."""

    def __init__(
        self, modules: Modules, apps: Apps, facts: list[FileFacts], traits: Traits, mappings: Mappings
    ) -> None:
        self.modules, self.apps, self.facts, self.traits = modules, apps, facts, traits
        self.names = SettingNames(traits.celery)
        self.reading = Links(modules, apps, facts, traits)
        self.reader = Settings(modules, apps, self.reading, self.names, mappings, traits)
        self.forced: dict[tuple[str, str], list[Setting]] = {}

    @property
    def known(self) -> dict[str, SettingInfo]:
        """Every setting that the Celery in use reads, by its new name."""
        return dict(self.names.known)

    @property
    def links(self) -> list[Linked]:
        """Every configuration that an app reads, in the order of paths and lines."""
        return self.reading.all

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces under which Django's settings are read; "" stands for none."""
        return self.reading.namespaces

    @cached_property
    def all(self) -> list[Setting]:
        """Every setting that code writes, in the order of paths and lines; `name` is "" where Celery reads none."""
        return unique(setting for facts in self.readable for setting in self.reader.of_file(facts))

    @cached_property
    def readable(self) -> list[FileFacts]:
        """The files that settings can stand in: those that mention Celery, and modules that an app reads."""
        found = {facts.path: facts for facts in self.facts}
        for link in self.links if self.apps.apps else ():
            modules = [*self.reading.modules_of(link), *(cls.module for cls in self.reading.classes_of(link))]
            for facts in map(self.modules.facts, modules):
                if facts is not None:
                    found.setdefault(facts.path, facts)
        return list(found.values())

    @cached_property
    def by_name(self) -> dict[str, list[Setting]]:
        found: dict[str, list[Setting]] = {}
        for setting in self.all:
            found.setdefault(setting.name, []).append(setting)
        return found

    # What is in force

    @cached_property
    def force(self) -> Force:
        """Which of several writers of a setting wins."""
        is_module, targets = (
            self.reader.is_settings_module,
            [each for app in sorted(self.read) for each in self.read[app]],
        )
        first = self.traits.celery < NAMES_BESIDE_NAMESPACE
        return Force(self.modules, self.readable, self.is_production, is_module, self.named, targets, first)

    @cached_property
    def read(self) -> dict[str, list[str]]:
        """The modules and classes of the project that each app reads in production, by the app's key."""
        found: dict[str, list[str]] = {}
        for link in self.links:
            if self.is_production(link.path) and (self.reading.modules_of(link) or self.reading.classes_of(link)):
                found.setdefault(link.app, []).append(link.target)
        return found

    @cached_property
    def named(self) -> list[str]:
        """The production modules that are named as Django's settings."""
        known = self.modules.by_id
        paths = {name: self.modules.shown[known[name]] for name in self.reading.django_modules}
        return [name for name, path in paths.items() if self.is_production(path)]

    def production(self, name: str) -> list[Setting]:
        """What production code writes for a setting: neither tests, local settings nor debug branches."""
        return list(self.by_name_in_production.get(name, ()))

    @cached_property
    def by_name_in_production(self) -> dict[str, list[Setting]]:
        written = self.by_name.items()
        return {name: [row for row in rows if self.is_production(row.path, row.condition)] for name, rows in written}

    def reaching(self, name: str) -> list[Setting]:
        """What production code writes for a setting and nothing takes back in all the settings that may be used."""
        return self.force.reaching(self.production(name))

    def effective(self, name: str, app: str) -> list[Setting]:
        """What may be in force for a setting of an app, in the order in which Celery looks: one row where it is known
        which, none where nothing sets it."""
        return self.force.rows(self.of_app(self.production(name), {app}), self.read.get(app, ()))

    def chosen(self, name: str, app: str) -> list[Setting]:
        """What is in force for a setting of an app with the settings that its code names, in the order of places."""
        return self.force.rows(self.of_app(self.production(name), {app}), self.read.get(app, ()), named=True)

    def value(self, name: str, app: str) -> Value | None:
        """The value in force of a setting of an app: None where nothing sets it, Unknown where that is not known."""
        rows = self.effective(name, app)
        if not rows:
            return UNKNOWN if self.hidden else None
        return merged(rows)

    def anywhere(self, name: str) -> Value | None:
        """The value that any app has for a setting in production; None where nothing sets it, Unknown where it differs
        or is not known."""
        rows = self.reaching(name)
        if not rows:
            return UNKNOWN if self.hidden else None
        return merged(rows)

    def in_force(self, name: str, task: Task) -> list[Setting]:
        """What may be in force for a setting of the app that a task belongs to."""
        app = task.app if task.app in self.app_keys else ""
        if (name, app) not in self.forced:
            rows, apps = self.production(name), {app} if app else self.main_apps
            if len(self.app_keys) > 1:
                rows = self.of_app(rows, apps)
            read = [target for each in sorted(apps) for target in self.read.get(each, ())]
            self.forced[name, app] = self.force.rows(rows, read)
        return self.forced[name, app]

    def of_app(self, rows: list[Setting], apps: set[str]) -> list[Setting]:
        """The rows that are for one of some apps, or for any."""
        return [row for row in rows if row.app in apps or row.app not in self.app_keys]

    @cached_property
    def app_keys(self) -> set[str]:
        """The keys of the apps that production code binds to names."""
        named = (app for app in self.apps.apps if not app.scope and app.key not in self.modules.by_id)
        return {app.key for app in named if self.is_production(app.path)}

    @cached_property
    def main_apps(self) -> set[str]:
        """The apps that shared tasks run in: those that read a configuration, where some do."""
        return {link.app for link in self.links if link.app in self.app_keys} or self.app_keys

    def is_production(self, path: str, condition: str = "") -> bool:
        """Whether code is meant for production, as far as its file's name and the conditions around it tell."""
        relative = self.modules.relatives.get(path, path)
        return is_production_module(relative) and may_hold_in_production(condition)

    @cached_property
    def hidden(self) -> bool:
        """Whether settings may come from somewhere that cannot be read, or belong to another project altogether."""
        apps = [app for app in self.apps.apps if self.is_production(app.path)]
        if not apps or any(self.apps.is_made_out_of_sight(app.call.func) for app in apps):
            return True
        if any(self.is_hidden(link) for link in self.links if self.is_production(link.path)):
            return True
        if any(self.is_imported(facts) for facts in self.readable if self.is_production(facts.path)):
            return True
        if any(self.fills_itself(facts) for facts in self.readable if self.is_production(facts.path)):
            return True
        if any(self.is_filled(path) for path in self.beside_settings):
            return True
        calls = ((fact.call, facts.path) for facts in self.facts for fact in facts.calls)
        return any(self.is_updated_at_will(call, path) for call, path in calls)

    def is_updated_at_will(self, call: Call, path: str) -> bool:
        """Whether production code gives an app a dict of settings that is not known: `app.conf.update(more)`."""
        if last_name(call.func) not in UPDATES or not self.apps.updates_conf(call) or not self.is_production(path):
            return False
        given = [*call.args, *(value for key, value in call.keywords if key is None)]
        return any(
            self.reader.mappings.entries(value, path).open for value in given if not self.reading.is_linked(value)
        )

    def is_imported(self, facts: FileFacts) -> bool:
        """Whether a module of settings takes in whatever another package has in a module about Celery."""
        outside = [star for star in facts.stars if not self.modules.split(star)[0]]
        return self.reader.is_settings_module(facts) and any(OF_CELERY.search(star) for star in outside)

    def fills_itself(self, facts: FileFacts) -> bool:
        """Whether a module of settings takes names in from somewhere at run time: `vars().update(read(FILE))`."""
        if not self.reader.is_settings_module(facts):
            return False
        calls = (receiver(fact.call.func) for fact in facts.calls if last_name(fact.call.func) == "update")
        items = (write.target for write in facts.writes if isinstance(write.target, Item))
        writes = (item.base for item in items if not self.is_told(item.key))
        return any(isinstance(each, Call) and each.func in NAMESPACES for each in (*calls, *writes))

    def is_told(self, key: Value) -> bool:
        """Whether a name is written out, or one of several that are."""
        match self.modules.expand(key.base) if isinstance(key, Element | Star) else key:
            case Const():
                return True
            case Sequence(items=items):
                return all(map(self.is_told, items))
            case Binary(op="Add", left=left, right=right):
                return self.is_told(Element(left)) and self.is_told(Element(right))
            case _:
                return False

    @cached_property
    def beside_settings(self) -> list[str]:
        """The production modules in packages with Django's settings that do not mention Celery themselves."""
        if not self.namespaces:
            return []
        read = {facts.module for facts in self.readable if self.reader.is_settings_module(facts)}
        packages = {module.rpartition(".")[0] for module in read} - {""}
        found = (name for name in self.modules.by_id if name.rpartition(".")[0] in packages and name not in read)
        paths = (self.modules.shown[self.modules.by_id[name]] for name in found)
        return [path for path in paths if self.is_production(path)]

    def is_filled(self, path: str) -> bool:
        """Whether a file takes names in at run time, as far as its text tells."""
        return FILLED.search(self.modules.read(path) or b"") is not None

    def is_hidden(self, link: Linked) -> bool:
        """Whether what a link reads cannot be told, or is filled by code that cannot be followed."""
        if link.target in {"django", "dict", FLASK}:
            return link.target == FLASK and not link.key
        return not link.target or not self.modules.split(link.target)[0]


def merged(rows: list[Setting]) -> Value:
    """The value that rows in force make together: one of several, or a dict with the items that others put into it."""
    base = either([row.value for row in rows if row.form != "extends"] or [Mapping(())])
    more = [row.value for row in rows if row.form == "extends"]
    if not more:
        return base
    dicts = [value if isinstance(value, Mapping) else Mapping(((None, UNKNOWN),)) for value in (base, *more)]
    return Mapping(tuple(item for each in dicts for item in each.items))
