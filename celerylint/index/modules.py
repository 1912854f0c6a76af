"""The modules of a project: their names, where an import leads, and what a dotted name is defined as.

Files are read when something asks for them. What is found never depends on the order of asking.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from celerylint.facts import Assign, Class, FileFacts, Function
from celerylint.values import Name, Value, options

# Celery's own re-exports and old homes, to the one name that the rest of the index knows.
ALIASES = {
    "celery.app.shared_task": "celery.shared_task",
    "celery.app.base.Celery": "celery.Celery",
    "celery.app.Celery": "celery.Celery",
    "celery.app.task.Task": "celery.Task",
    "celery.app.Task": "celery.Task",
    "celery.task.Task": "celery.Task",
    "celery.task.base.Task": "celery.Task",
    "celery.task.task": "celery.task",
    "celery.task.base.task": "celery.task",
    "celery.task.schedules.crontab": "celery.schedules.crontab",
    "celery.task.periodic_task": "celery.periodic_task",
    "celery.decorators.task": "celery.task",
    "celery.decorators.periodic_task": "celery.periodic_task",
    "celery._state.current_app": "celery.current_app",
    "celery.app.current_app": "celery.current_app",
    "celery.app.app_or_default": "celery.current_app",
    "celery.canvas.Signature": "celery.Signature",
    **{
        f"celery.{module}.{name}": f"celery.{name}"
        for module in ("canvas", "app.canvas", "task", "task.sets")
        for name in ("chain", "group", "chord", "chunks", "xmap", "xstarmap", "signature", "subtask", "maybe_signature")
    },
}

TESTS = re.compile(r"(?:^|/)(?:tests?|testing|conftest\.py|test_[^/]*\.py|[^/]*_tests?\.py|tests?\.py)(?:/|$)")


@dataclass(frozen=True, slots=True)
class Definition:
    """What a dotted name is in the project: a function, a class, assignments, or (None) a module."""

    dotted: str
    facts: FileFacts
    what: Function | Class | tuple[Assign, ...] | None


class Modules:
    """The project's Python files by dotted name.

    `paths` maps each file's shown path to its path below the project's root (both with `/`). `load` gives the
    facts of a shown path, None where it cannot be parsed; `mentions` says of one whether its file mentions Celery.
    A file's name is what its packages make it
    (`__init__.py` upwards); where several files would share one, it is the path below the root.
    """

    def __init__(
        self,
        paths: Mapping[str, str],
        load: Callable[[str], FileFacts | None],
        source_roots: Iterable[str] = (),
        mentions: Callable[[str], bool] = lambda path: True,
    ) -> None:
        self.load, self.mentions = load, mentions
        self.relatives = dict(paths)
        self.shown = {relative: shown for shown, relative in paths.items()}
        self.packages = {folder_of(r) for r in self.shown if r.rpartition("/")[2] == "__init__.py"}
        # Whoever runs manage.py has its folder on the path, even if an __init__.py stands beside it.
        self.run_from = {folder_of(r) for r in self.shown if r.rpartition("/")[2] == "manage.py"} & self.packages
        self.roots = tuple(root.strip("/") for root in source_roots)
        self.import_names: dict[str, str] = {relative: self.import_name(relative) for relative in self.shown}
        self.by_import: dict[str, list[str]] = {}
        for relative, name in self.import_names.items():
            self.by_import.setdefault(name, []).append(relative)
        self.ids: dict[str, str] = {}
        for name, relatives in self.by_import.items():
            for relative in relatives:
                self.ids[relative] = name if len(relatives) == 1 else from_path(relative)
        self.by_id = {name: relative for relative, name in self.ids.items()}
        self.tails: dict[str, list[str]] = {}
        for relative in self.shown:
            self.tails.setdefault(from_path(relative).rpartition(".")[2], []).append(relative)
        self.located: dict[tuple[str, str], str] = {}
        self.followed: dict[str, tuple[str, Definition | None]] = {}

    def import_name(self, relative: str) -> str:
        """The dotted name by which Python imports a file, as far as the folders tell."""
        parts = relative.split("/")
        for root in self.roots:
            if relative.startswith(root + "/"):
                return from_path(relative[len(root) + 1 :])
        first = len(parts) - 1
        while first > 0 and "/".join(parts[:first]) in self.packages:
            first -= 1
        if first == len(parts) - 1 and first > 0:
            first = 1 if parts[0] == "src" and first > 1 else 0
        return from_path("/".join(parts[first:]))

    def module(self, path: str) -> tuple[str, bool]:
        """The project's name of a shown path, and whether it is a package's `__init__`."""
        relative = self.relatives.get(path, path)
        return self.ids.get(relative, from_path(relative)), relative.rpartition("/")[2] == "__init__.py"

    def imported_as(self, module: str) -> str:
        """The name by which Python imports a module that the project knows by `module`."""
        relative = self.by_id.get(module)
        return module if relative is None else self.import_names[relative]

    def locate(self, dotted: str, importer: str) -> str:
        """The project's own dotted name for an absolute import written in a file."""
        folder = folder_of(self.relatives.get(importer, importer))
        key = (dotted, folder)
        if key not in self.located:
            self.located[key] = self.search(dotted.split("."), folder) or dotted
        return self.located[key]

    def search(self, parts: list[str], folder: str) -> str:
        for count in range(len(parts), 0, -1):
            found = self.beside_manage(parts[:count], folder) or self.candidates(parts[:count], folder)
            if found:
                nearest = max(found, key=lambda relative: (common(relative, folder), -len(relative)))
                return ".".join([self.ids[nearest], *parts[count:]])
        return ""

    def beside_manage(self, parts: list[str], folder: str) -> list[str]:
        """The file that a dotted name means from the folder of the `manage.py` above a file."""
        above = [root for root in self.run_from if folder == root or folder.startswith(root + "/")]
        roots = [] if parts[0] in {"celery", "kombu"} else above
        stems = [f"{root}/{'/'.join(parts)}" for root in sorted(roots, key=len, reverse=True)]
        return [path for stem in stems for path in (f"{stem}.py", f"{stem}/__init__.py") if path in self.shown][:1]

    def candidates(self, parts: list[str], folder: str) -> list[str]:
        """The files that an absolute dotted name may mean: by full name, else below a folder that may be a root."""
        dotted = ".".join(parts)
        exact = self.by_import.get(dotted)
        if exact:
            return exact
        tail = "/".join(parts)
        if len(parts) == 1:
            beside = [f"{folder}/{tail}.py", f"{folder}/{tail}/__init__.py"]
            return [path for path in beside if path in self.shown and folder not in self.packages]
        found = []
        for relative in self.tails.get(parts[-1], ()):
            stem = relative.removesuffix(".py").removesuffix("/__init__")
            if stem.endswith("/" + tail) and stem[: -len(tail) - 1] not in self.packages:
                found.append(relative)
        return found

    def relative(self, importer: str, level: int, module: str) -> str:
        """The project's name of the module that `from .module import` means in a file."""
        base = folder_of(self.relatives.get(importer, importer))
        for _ in range(level - 1):
            base = folder_of(base)
        stem = "/".join(part for part in (base, module.replace(".", "/")) if part)
        for relative in (f"{stem}.py", f"{stem}/__init__.py"):
            if relative in self.ids:
                return self.ids[relative]
        return self.folder_name(base) + (f".{module}" if module and base else module)

    def folder_name(self, folder: str) -> str:
        """The dotted name of a folder, as its files' names begin."""
        return self.ids.get(f"{folder}/__init__.py") or folder.replace("/", ".")

    def is_test(self, path: str) -> bool:
        """Whether a shown path is that of a test or of what tests use."""
        return TESTS.search(self.relatives.get(path, path)) is not None

    def facts(self, module: str) -> FileFacts | None:
        """The facts of a module of the project."""
        relative = self.by_id.get(module)
        return None if relative is None else self.load(self.shown[relative])

    def split(self, dotted: str) -> tuple[str, str]:
        """The longest module of the project that a dotted name begins with, and the rest; ("", dotted) without one."""
        module = dotted
        while module:
            if module in self.by_id:
                return module, dotted[len(module) + 1 :]
            module = module.rpartition(".")[0]
        return "", dotted

    def path(self, dotted: str) -> str:
        """The shown path of the file that defines (or re-exports) a dotted name, "" outside the project."""
        module, _ = self.split(dotted)
        return self.shown[self.by_id[module]] if module else ""

    def canonical(self, dotted: str) -> str:
        """A dotted name with re-exports followed to where it is defined, inside the project or out of it.

        Rules ask this of every name, to know a library's: files that do not mention Celery are not read for it.
        """
        path = self.path(dotted)
        return dotted if path and not self.mentions(path) else self.follow(dotted)[0]

    def resolve(self, dotted: str) -> Definition | None:
        """What a dotted name is defined as in the project; None outside it or where that cannot be told."""
        return self.follow(dotted)[1]

    def follow(self, dotted: str, seen: set[str] | None = None) -> tuple[str, Definition | None]:
        """The canonical name with its definition. `seen` are names tried on the way, as imports go in circles."""
        if dotted in self.followed:
            return self.followed[dotted]
        way = set() if seen is None else seen
        if dotted in way:
            return dotted, None
        way.add(dotted)
        found = self.find(dotted, way)
        if seen is None:
            self.followed[dotted] = found
        return found

    def find(self, dotted: str, seen: set[str]) -> tuple[str, Definition | None]:
        module, rest = self.split(dotted)
        if not module:
            return ALIASES.get(dotted, dotted), None
        facts = self.facts(module)
        if facts is None:
            return dotted, None
        if not rest:
            return dotted, Definition(dotted, facts, None)
        what = facts.functions.get(rest) or facts.classes.get(rest)
        if what is not None:
            return f"{module}.{rest}", Definition(f"{module}.{rest}", facts, what)
        first, _, more = rest.partition(".")
        onward = f".{more}" if more else ""
        if first in facts.imports and facts.imports[first] != f"{module}.{first}":
            return self.follow(facts.imports[first] + onward, seen)
        if first in facts.assigns:
            return self.assigned(facts, module, first, onward, seen)
        if first in facts.classes:
            return self.inherited(facts.classes[first], more, seen) or (dotted, None)
        for star in facts.stars:
            name, definition = self.follow(f"{star}.{rest}", seen)
            if definition is not None or not self.split(star)[0]:
                return name, definition
        return dotted, None

    def assigned(
        self, facts: FileFacts, module: str, first: str, onward: str, seen: set[str]
    ) -> tuple[str, Definition | None]:
        rows = facts.assigns[first]
        if len(rows) == 1 and isinstance(rows[0].value, Name):
            return self.follow(rows[0].value.dotted + onward, seen)
        dotted = f"{module}.{first}"
        return (dotted + onward, None) if onward else (dotted, Definition(dotted, facts, rows))

    def inherited(self, cls: Class, member: str, seen: set[str]) -> tuple[str, Definition | None] | None:
        """A method that a class has from a base."""
        for base in cls.bases:
            if isinstance(base, Name):
                name, definition = self.follow(f"{base.dotted}.{member}", seen)
                if definition is not None:
                    return name, definition
        return None

    def function(self, key: str) -> Function | None:
        """The function with a key (`module:qualname`)."""
        module, _, qualname = key.partition(":")
        facts = self.facts(module)
        return None if facts is None else facts.functions.get(qualname)

    def cls(self, value: Value) -> Class | None:
        """The class of the project that a value names."""
        definition = self.resolve(value.dotted) if isinstance(value, Name) else None
        return definition.what if definition is not None and isinstance(definition.what, Class) else None

    def bases(self, cls: Class) -> tuple[list[Class], list[str]]:
        """All bases of a class, nearest first: those of the project, and the dotted names of the others.

        A base that cannot be told gives "" among the names.
        """
        classes: list[Class] = []
        names: list[str] = []
        pending = list(cls.bases)
        while pending and len(classes) < 100:
            base = pending.pop(0)
            found = self.cls(base)
            if found is not None and found not in classes and found is not cls:
                classes.append(found)
                pending.extend(found.bases)
            elif found is None:
                names.append(self.canonical(base.dotted) if isinstance(base, Name) else "")
        return classes, names

    def values(self, value: Value, depth: int = 0) -> list[Value]:
        """All that a value may be, with module-level names of the project replaced by what is assigned to them."""
        found: list[Value] = []
        for option in options(value):
            definition = self.resolve(option.dotted) if isinstance(option, Name) else None
            if definition is not None and isinstance(definition.what, tuple) and depth < 5:
                for row in definition.what:
                    found += self.values(row.value, depth + 1)
            else:
                found.append(option)
        return found

    def expand(self, value: Value) -> Value:
        """The one value that a value is known to be, names replaced by what is assigned to them; else itself."""
        found = self.values(value)
        return found[0] if len(found) == 1 else value


def from_path(relative: str) -> str:
    """The dotted name that a path below a root spells."""
    return relative.removesuffix(".pyi").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def folder_of(path: str) -> str:
    """The folder of a path with `/`, "" at the top."""
    return path.rpartition("/")[0]


def common(relative: str, folder: str) -> int:
    """How many leading folders two paths share."""
    count = 0
    for one, other in zip(relative.split("/"), folder.split("/"), strict=False):
        if one != other:
            break
        count += 1
    return count
