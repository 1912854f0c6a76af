"""Where the modules of a project are: the names of its files, and which of them an import means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

# Libraries that files of a project are named like (`shop/celery.py`), and a module by which their own code is known.
LIBRARIES = {"celery": "celery.app.base", "kombu": "kombu.connection"}
TESTS = re.compile(r"(?:^|/)(?:tests?|testing|conftest\.py|test_[^/]*\.py|[^/]*_tests?\.py|tests?\.py)(?:/|$)")


class Locations:
    """The project's Python files by dotted name.

    `paths` maps each file's shown path to its path below the project's root (both with `/`). A file's name is what
    its packages make it (`__init__.py` upwards); where several files would share one, it is the path below the root.
    """

    def __init__(self, paths: Mapping[str, str], source_roots: Iterable[str] = ()) -> None:
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
                own = name if len(relatives) == 1 else from_path(relative)
                self.ids[relative] = f".{own}" if self.is_library(own) else own
        self.by_id = {name: relative for relative, name in self.ids.items()}
        self.tops = {name.partition(".")[0] for name in self.by_id}
        self.tails: dict[str, list[str]] = {}
        for relative in self.shown:
            self.tails.setdefault(from_path(relative).rpartition(".")[2], []).append(relative)
        self.located: dict[tuple[str, str], str] = {}
        self.tests: dict[str, bool] = {}

    def import_name(self, relative: str) -> str:
        """The dotted name by which Python imports a file, as far as the folders tell."""
        parts = relative.split("/")
        for root in self.roots:
            if relative.startswith(root + "/"):
                return from_path(relative[len(root) + 1 :])
        first = len(parts) - 1
        while first > 0 and "/".join(parts[:first]) in self.packages:
            first -= 1
        if first == len(parts) - 1 or parts[first] in LIBRARIES:
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

    def is_library(self, dotted: str) -> bool:
        """Whether a dotted name means a library, whatever files of the project are named like it."""
        top = dotted.partition(".")[0]
        return top in LIBRARIES and LIBRARIES[top] not in self.by_import

    def is_own(self, dotted: str) -> bool:
        """Whether a dotted name begins as a module of the project does."""
        return dotted.partition(".")[0] in self.tops

    def locate(self, dotted: str, importer: str) -> str:
        """The project's own dotted name for an absolute import written in a file."""
        folder = folder_of(self.relatives.get(importer, importer))
        key = (dotted, folder)
        if key not in self.located:
            self.located[key] = self.search(dotted.split("."), folder) or dotted
        return self.located[key]

    def search(self, parts: list[str], folder: str) -> str:
        if self.is_library(parts[0]):
            return ""
        for count in range(len(parts), 0, -1):
            found = self.beside_manage(parts[:count], folder) or self.candidates(parts[:count], folder)
            if found:
                nearest = max(found, key=lambda relative: (common(relative, folder), -len(relative)))
                return ".".join([self.ids[nearest], *parts[count:]])
        return ""

    def beside_manage(self, parts: list[str], folder: str) -> list[str]:
        """The file that a dotted name means from the folder of the `manage.py` above a file."""
        above = [root for root in self.run_from if folder == root or folder.startswith(root + "/")]
        stems = [f"{root}/{'/'.join(parts)}" for root in sorted(above, key=len, reverse=True)]
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
            if f"/{stem}".endswith("/" + tail) and stem[: -len(tail) - 1] not in self.packages:
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
        if path not in self.tests:
            self.tests[path] = TESTS.search(self.relatives.get(path, path)) is not None
        return self.tests[path]

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
