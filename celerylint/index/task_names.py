"""What names of tasks mean: which task one is of, and whether any code registers it."""

from __future__ import annotations

from collections import Counter
from functools import cached_property

from celerylint.celery_data import nearest
from celerylint.facts import Class, Function, Task
from celerylint.index.installed import Installed
from celerylint.index.modules import Modules
from celerylint.index.tasks import Tasks
from celerylint.values import Attr, Const, Name, Value

# celery.app.builtins (4.4 to 5.7)
BUILTIN = frozenset(
    f"celery.{name}"
    for name in (
        "accumulate", "backend_cleanup", "chain", "chord", "chord_unlock", "chunks", "group", "map", "starmap",
    )
)  # fmt: skip
# From so many tasks on, a project that names all but a few of them alike does so on purpose.
ENOUGH = 5


class TaskNames:
    """The names that tasks are registered under, as far as code tells."""

    def __init__(self, modules: Modules, tasks: Tasks, installed: Installed) -> None:
        self.modules, self.tasks, self.installed = modules, tasks, installed
        self.judged: dict[str, bool | None] = {}

    def text(self, value: Value | None) -> str:
        """The text that a value is known to be, else ""."""
        known = self.modules.expand(value) if value is not None else None
        return known.value if isinstance(known, Const) and isinstance(known.value, str) else ""

    def named(self, value: Value | None) -> tuple[str, Task | None]:
        """The name that `"name"`, `task.name` or a task itself gives, and the task; "" and None for an unknown one."""
        if value is None:
            return "", None
        name = self.text(value)
        if name:
            found = self.tasks.by_name.get(name, [])
            return name, found[0] if len(found) == 1 else None
        match value:
            case Name(dotted=dotted) if dotted.endswith(".name"):
                task = self.tasks.of(Name(dotted.removesuffix(".name")))
            case Attr(base=base, name="name"):
                task = self.tasks.of(base)
            case _:
                task = self.tasks.of(value)
        return (task.name, task) if task is not None else ("", None)

    def registered(self, name: str, *, own: bool = False) -> bool | None:
        """Whether any code registers a task under a name; None where that cannot be told.

        Only a name under one of the project's own packages can be known not to be registered; one without dots or
        under another name only where it is meant for the project's `own` tasks, as those of its schedule are, and
        these have such names.
        """
        if name not in self.judged:
            self.judged[name] = self.judge(name)
        found = self.judged[name]
        if found is None and own and not self.names_are_made and not self.may_be_wrapped(name):
            return False if self.is_like_others(name) else None
        return found

    def judge(self, name: str) -> bool | None:
        if name in self.tasks.by_name or name in BUILTIN:
            return True
        if self.names_are_made or self.may_be_wrapped(name):
            return None
        found = self.judge_own(name)
        installed = self.installed.registers(name)
        return installed if installed or (found is None and self.is_of_others(name)) else found

    def is_of_others(self, name: str) -> bool:
        """Whether a name is in a package that is not the project's, and like none of its tasks'."""
        module = name.rpartition(".")[0]
        return bool(module) and not self.is_own_package(module) and not self.resembles_one(name)

    def resembles_one(self, name: str) -> bool:
        """Whether a task has this name but for the packages at the beginning, which imports may leave out."""
        known = (one for one in self.tasks.by_name if "." in one)
        return any(one.endswith(f".{name}") or name.endswith(f".{one}") for one in known)

    def judge_own(self, name: str) -> bool | None:
        """False where one of the project's modules would register a name and does not, None otherwise."""
        module, _, last = name.rpartition(".")
        if not module or self.resembles_one(name):
            return None
        relatives = self.modules.by_import.get(module, [])
        if relatives:
            judged = [self.defined(self.modules.ids[relative], last) for relative in relatives]
            return None if None in judged else False
        return False if self.is_own_package(module) else None

    def defined(self, module: str, last: str) -> bool | None:
        """False where a module is known to define no task of a name, None otherwise."""
        facts = self.modules.facts(module)
        if facts is None:
            return None
        what = facts.functions.get(last) or facts.classes.get(last)
        match what:
            case Function() as function:
                return self.of_function(function)
            case Class():
                return None
            case _:
                pass
        if last in facts.imports:
            task = self.tasks.of(Name(f"{module}.{last}"))
            return False if task is not None and task.name else None
        if last in facts.assigns:
            return None
        outside = [star for star in facts.stars if not self.modules.split(star)[0]]
        inside = [self.defined(star, last) for star in facts.stars if self.modules.split(star)[0] == star]
        return None if outside or None in inside else False

    def of_function(self, function: Function) -> bool | None:
        """False for a function that is no task, or one of another name."""
        task = self.tasks.by_function.get(function.key)
        if task is not None:
            return False if task.name and not task.open else None
        return None if function.decorators else False

    @property
    def names_are_made(self) -> bool:
        """Whether an application of the project makes names in a way that cannot be told."""
        return not self.tasks.naming.is_known

    def may_be_wrapped(self, name: str) -> bool:
        """Whether a task has the last part of a name for its function, and a decorator that may name it otherwise."""
        return name.rpartition(".")[2] in self.wrapped

    @cached_property
    def wrapped(self) -> set[str]:
        tasks = [task for task in self.tasks.all if (task.open and not task.explicit_name) or not task.name]
        return {task.key.partition(":")[2].rpartition(".")[2] for task in tasks}

    def is_like_others(self, name: str) -> bool:
        """Whether a name without dots, or under a name that no package has, is one as the project's tasks have."""
        top, dot, _ = name.partition(".")
        return self.scheme == (f"{top}{dot}" if dot else "") and (not dot or self.is_of_others(name))

    @cached_property
    def scheme(self) -> str | None:
        """What the names begin with that the project gives its tasks: `shop.`, or "" for names without dots; None
        where there is no such scheme, or not all names are known."""
        production = [task for task in self.tasks.all if not self.modules.is_test(task.path)]
        tops = Counter("".join(task.name.partition(".")[:2]) if "." in task.name else "" for task in production)
        for top, count in tops.most_common(1):
            explicit = not top or all(task.explicit_name for task in production if task.name.startswith(top))
            if explicit and count >= max(ENOUGH, 0.8 * len(production)) and all(task.name for task in production):
                return top
        return None

    def is_own_package(self, module: str) -> bool:
        """Whether a module that is not there would be in one of the project's own packages."""
        top = module.partition(".")[0]
        return top in self.packages

    @cached_property
    def packages(self) -> set[str]:
        """The top-level packages that the project's tasks and other modules are imported from."""
        return {name.partition(".")[0] for name in self.modules.by_import if "." in name} - {"tests", "test"}

    def meant(self, name: str) -> str:
        """The one registered name that a wrong one was meant to be, "" where there is none or more than one."""
        module, _, rest = name.rpartition(".")
        for relative in self.modules.by_import.get(module, []):
            task = self.tasks.of(Name(f"{self.modules.ids[relative]}.{rest}"))
            if task is not None and task.name:
                return task.name
        found = nearest(name, self.tasks.by_name) or nearest(name, self.installed.names)
        if found is not None:
            return found
        last = name.rpartition(".")[2]
        same = [known for known in self.tasks.by_name if known.rpartition(".")[2] == last]
        return same[0] if len(same) == 1 else ""
