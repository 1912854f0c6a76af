"""Tasks that packages bring: those that a project lists in its configuration and that are installed beside it.

Their files are found by a search of their bytes, parsed and never imported. All of this happens when a name is asked
for that the project does not define.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from celerylint import celery_data, lowering
from celerylint.collect import collect
from celerylint.environment import Environment
from celerylint.facts import FileFacts, Task
from celerylint.file import File
from celerylint.index.apps import Apps
from celerylint.index.listed import Listed
from celerylint.index.locations import from_path
from celerylint.index.modules import Modules
from celerylint.index.tasks import Tasks
from celerylint.paths import shown
from celerylint.source import Source, UnreadableSource


class Installed:
    """The tasks of installed packages. `environments` are those that the project may run in, likeliest first."""

    def __init__(self, listed: Listed, environments: Callable[[], Iterable[Environment]]) -> None:
        self.listed, self.environments = listed, environments

    def registers(self, name: str) -> bool | None:
        """Whether a package registers a task under a name; None where that cannot be told.

        False only for a name in a package that is listed and installed and brings tasks whose names are all known.
        """
        if name in self.names or celery_data.is_third_party_task(name):
            return True
        return False if any(name.startswith(f"{package}.") for package in self.task_packages) else None

    @cached_property
    def names(self) -> frozenset[str]:
        """The names under which tasks are registered, as far as they are known."""
        return frozenset(task.name for task in self.tasks if is_known(task))

    @property
    def tasks(self) -> list[Task]:
        """The tasks, in the order of paths and lines."""
        return self.registry.all

    @cached_property
    def environment(self) -> Environment | None:
        """The environment that is read: the first that has any of the listed packages, None where none has."""
        found = (one for one in self.environments() if any(map(one.has, self.listed.packages)))
        return next(found, None)

    @cached_property
    def modules(self) -> list[str]:
        """The dotted names of the installed modules in which workers look for tasks and that mention Celery."""
        environment = self.environment
        if environment is None:
            return []
        names = {module for name in self.listed.names for module in self.listed.modules_of(name)}
        paths = {path for name in names for path in environment.files(name) if b"elery" in content(path)}
        return sorted(from_path(environment.relative(path)) for path in paths)

    @cached_property
    def registry(self) -> Tasks:
        """The tasks in these modules, and in what they import of their own packages."""
        reading = Reading(self.environment, {module.partition(".")[0] for module in self.modules})
        facts = reading.reached(self.modules)
        return Tasks(reading.modules, Apps(reading.modules, facts), facts)

    @cached_property
    def task_packages(self) -> list[str]:
        """The packages that bring tasks, all of them with names that nothing else may have given."""
        tops = {task.key.partition(".")[0] for task in self.tasks}
        hidden = {task.key.partition(".")[0] for task in self.tasks if task.open or not task.name}
        return sorted(tops - hidden)


class Reading:
    """Reads files of an environment. `tops` are the top-level packages whose modules names may lead to."""

    def __init__(self, environment: Environment | None, tops: set[str]) -> None:
        found = {} if environment is None else {path: environment for top in tops for path in environment.files(top)}
        self.absolute = {shown(path): path for path in sorted(found)}
        self.known: dict[str, FileFacts | None] = {}
        relative = {path: found[absolute].relative(absolute) for path, absolute in self.absolute.items()}
        self.modules = Modules(relative, self.facts, (), self.mentions, self.content)

    def content(self, path: str) -> bytes:
        return content(self.absolute[path])

    def mentions(self, path: str) -> bool:
        return b"elery" in self.content(path)

    def facts(self, path: str) -> FileFacts | None:
        """The facts of a file, None where it cannot be parsed."""
        if path not in self.known:
            self.known[path] = self.collect(path)
        return self.known[path]

    def collect(self, path: str) -> FileFacts | None:
        module, package = self.modules.module(path)
        try:
            source = Source.from_bytes(path, self.content(path))
            return collect(File(source, lowering.parse(source.text), module, package, self.modules))
        except (UnreadableSource, SyntaxError, RecursionError, MemoryError, ValueError):
            return None

    def reached(self, modules: list[str]) -> list[FileFacts]:
        """The files that mention Celery of those that some modules are, and that these import; in the order of
        paths."""
        found: dict[str, FileFacts] = {}
        pending = list(modules)
        while pending:
            path = self.modules.path(pending.pop())
            facts = self.facts(path) if path and path not in found and self.mentions(path) else None
            if facts is not None:
                found[path] = facts
                pending += [*facts.imports.values(), *facts.stars]
        return [found[path] for path in sorted(found)]


def is_known(task: Task) -> bool:
    """Whether nothing that cannot be seen may have given a task its name."""
    return bool(task.name) and (task.explicit_name or not task.open)


def content(path: str) -> bytes:
    """What is in a file, nothing where it cannot be read."""
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError:
        return b""
