"""Which of several places that write one setting wins, in the order that Celery applies them.

`app.conf` and the keywords of the app win over defaults that are added, those over the object that is read
(`celery.app.base.Celery._load_config`, `celery.utils.collections.ConfigurationView`, 5.7). Up to 5.6 a name with the
prefix of a namespace is looked for in all of them before the bare one, so that the object that is read under one wins.
Of modules that star-import each other and of classes that inherit, the last one wins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from celerylint.facts import Class, FileFacts, Setting
from celerylint.index.modules import Modules
from celerylint.values import Name

LAYERS = (("write", "keyword"), ("default",), ("object",))


class Force:
    """`facts` are the files with settings; `named` are the modules that code names as Django's settings, `targets` the
    modules and classes that apps read. `prefixed_first` says that prefixed names win over bare ones."""

    def __init__(
        self,
        modules: Modules,
        facts: list[FileFacts],
        is_production: Callable[[str, str], bool],
        is_settings_module: Callable[[FileFacts], bool],
        named: list[str],
        targets: list[str],
        prefixed_first: bool,
    ) -> None:
        self.modules, self.facts = modules, facts
        self.is_production, self.is_settings_module, self.named = is_production, is_settings_module, named
        self.targets, self.prefixed_first = targets, prefixed_first
        self.lineages: dict[str, set[str]] = {}

    def rows(self, rows: list[Setting], read: Sequence[str] = (), *, named: bool = False) -> list[Setting]:
        """Of what is written for one setting, what may be in force: the winner, or all that conditions choose from.

        `read` are the modules and classes that the app reads. With `named` only the modules count that code names as
        Django's settings, where there are any.
        """
        found = [row for row in rows if row.form == "extends"]
        for layer in self.layers(rows):
            reaching = self.objects(layer, read, named=named) if layer and layer[0].form == "object" else last(layer)
            found += reaching
            if any(not self.is_conditional(row) for row in reaching):
                break
        return sorted(found, key=lambda row: (row.path, row.span))

    def layers(self, rows: list[Setting]) -> Iterator[list[Setting]]:
        """The rows in the order in which Celery looks, those together that are looked at together."""
        for prefixed in (True, False) if self.prefixed_first else (None,):
            for forms in LAYERS:
                yield [row for row in rows if row.form in forms and prefixed in (None, has_prefix(row))]

    def reaching(self, rows: list[Setting]) -> list[Setting]:
        """What may be in force in any app and any of the settings that may be used."""
        others = [row for row in rows if row.form != "object"]
        return sorted([*others, *self.objects([row for row in rows if row.form == "object"], self.targets)], key=place)

    def is_conditional(self, row: Setting) -> bool:
        """Whether a row is under a condition, or is one of an object's that others may be used for."""
        return bool(row.condition) and not row.condition.startswith("class ")

    def objects(self, rows: list[Setting], read: Sequence[str] = (), *, named: bool = False) -> list[Setting]:
        """What may be in force of the rows that stand in modules and classes."""
        by_holder: dict[str, list[Setting]] = {}
        for row in rows:
            by_holder.setdefault(row.holder, []).append(row)
        below = {holder for target in read for holder in self.lineage(target)}
        others = {holder: rows for holder, rows in by_holder.items() if holder not in below}
        roots = [root for root in self.roots(others) if not named or not self.named or root in self.named]
        found = [row for root in [*read, *roots] for row in self.inherited(root, by_holder, set())]
        return list(dict.fromkeys([*by_holder.get("", []), *found]))

    def roots(self, by_holder: dict[str, list[Setting]]) -> list[str]:
        """The modules and classes that are read: the ones that code names, and those that no other one builds on."""
        holders = {holder for holder in by_holder if holder}
        named = [name for name in self.named if self.lineage(name) & holders]
        candidates = dict.fromkeys([*self.builders, *sorted(holders)])
        below = {parent for holder in candidates for parent in self.lineage(holder) if parent != holder}
        return list(dict.fromkeys([*named, *(c for c in candidates if c not in below and self.lineage(c) & holders)]))

    @cached_property
    def builders(self) -> list[str]:
        """The production modules of settings that build on others, and the classes in them."""
        found = []
        for facts in self.facts:
            if self.is_production(facts.path, "") and self.is_settings_module(facts):
                found += [facts.module] if facts.stars else []
                found += [
                    f"{cls.module}.{cls.qualname}"
                    for cls in facts.classes.values()
                    if self.is_production(facts.path, f"class {cls.name}")
                ]
        return found

    def beside(self, row: Setting, others: list[Setting]) -> list[list[Setting]]:
        """What of another setting is in force beside a row, for each of the settings that may be used with it."""
        free = [other for other in others if other.form != "object" or not other.holder]
        if row.form != "object" or not row.holder:
            return [others]
        roots = [root for root in self.roots({row.holder: [row]}) if row.holder in self.lineage(root)]
        by_holder: dict[str, list[Setting]] = {}
        for other in others:
            by_holder.setdefault(other.holder, []).append(other)
        return [[*free, *self.inherited(root, by_holder, set())] for root in roots] or [others]

    def are_read_together(self, one: str, other: str) -> bool:
        """Whether one module or class is, or builds on, the other."""
        return bool(one and other) and (one in self.lineage(other) or other in self.lineage(one))

    def inherited(self, holder: str, by_holder: dict[str, list[Setting]], seen: set[str]) -> list[Setting]:
        """What a module or class has for the setting, by its own rows or those it builds on."""
        if holder in seen:
            return []
        seen.add(holder)
        own = last(by_holder.get(holder, []))
        if any(not self.is_conditional(row) for row in own):
            return own
        for parent in self.parents(holder):
            above = self.inherited(parent, by_holder, seen)
            own = [*above, *own]
            if above:
                break
        return own

    def parents(self, holder: str) -> list[str]:
        """What a module star-imports or a class inherits from, the last or nearest first."""
        cls = self.class_of(holder)
        if cls is not None:
            return [f"{base.module}.{base.qualname}" for base in self.modules.bases(cls)[0]]
        facts = self.modules.facts(holder)
        return [] if facts is None else [star for star in reversed(facts.stars) if self.modules.split(star)[0]]

    def class_of(self, holder: str) -> Class | None:
        return None if holder in self.modules.by_id else self.modules.cls(Name(holder))

    def lineage(self, holder: str) -> set[str]:
        """A module or class, and all that it builds on."""
        if holder not in self.lineages:
            found: set[str] = set()
            pending = [holder]
            while pending:
                one = pending.pop()
                if one not in found:
                    found.add(one)
                    pending += self.parents(one)
            self.lineages[holder] = found
        return self.lineages[holder]


def last(rows: list[Setting]) -> list[Setting]:
    """Of rows that follow each other, the last that is under no condition and those after it."""
    found: list[Setting] = []
    for row in rows:
        if not row.condition or row.condition.startswith("class "):
            found = []
        found.append(row)
    return found


def has_prefix(row: Setting) -> bool:
    """Whether a row writes its setting with the prefix of a namespace."""
    return bool(row.namespace) and row.written.startswith(f"{row.namespace.rstrip('_')}_")


def place(row: Setting) -> tuple[object, ...]:
    return row.path, row.span
