"""What tasks derive from: which classes are tasks, and the bases that Celery, apps and decorators give them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from celerylint.facts import Class, FileFacts, Task
from celerylint.index.apps import Apps, is_foreign_app_class
from celerylint.index.modules import Modules
from celerylint.values import UNKNOWN, Attr, Const, Name, Param, Value, either

TASK_CLASSES = frozenset({"celery.Task", "celery.contrib.abortable.AbortableTask"})


class TaskBases:
    """Judges classes, and follows the bases of tasks."""

    def __init__(self, modules: Modules, apps: Apps, facts: list[FileFacts]) -> None:
        self.modules, self.apps, self.facts = modules, apps, facts
        self.judged: dict[str, bool] = {}

    def is_task_class(self, cls: Class) -> bool:
        """Whether a class derives from Celery's Task, through bases of the project or an app's `Task`."""
        if cls.key not in self.judged:
            self.judged[cls.key] = False
            _classes, names = self.modules.bases(cls)
            self.judged[cls.key] = any(self.is_task_base(name) for name in names)
        return self.judged[cls.key]

    def is_task_base(self, name: str) -> bool:
        owner, _, last = name.rpartition(".")
        return name in TASK_CLASSES or (
            last == "Task"
            and bool(owner)
            and ("celery" in owner.lower().split(".")[0] or self.apps.is_app(Name(owner)))
        )

    def classes(self, task: Task) -> list[Class]:
        """The task's base classes that stand in the project, nearest first."""
        return self.of(task)[0]

    def of(self, task: Task) -> tuple[list[Class], list[str]]:
        """The classes that a task derives from: those of the project, nearest first, and the names of the others.

        A base that cannot be told gives "" among the names.
        """
        if task.kind == "class":
            own = self.class_of(task)
            return ([], [""]) if own is None else self.modules.bases(own)
        value = task.options.get("base", self.default_base)
        if value is None:
            return [], []
        base = self.modules.cls(value)
        if base is None:
            return [], [self.modules.canonical(value.dotted) if isinstance(value, Name) else ""]
        classes, names = self.modules.bases(base)
        return [base, *classes], names

    @cached_property
    def default_base(self) -> Value | None:
        """What the project's apps use as `Task`: `app.Task = Base`, `Celery(task_cls=…)`; None for Celery's own."""
        production = [facts for facts in self.facts if not self.modules.is_test(facts.path)]
        given = [value for facts in production for value in self.given_bases(facts)]
        return either(given) if given else None

    def given_bases(self, facts: FileFacts) -> Iterator[Value]:
        for write in facts.writes:
            match write.target:
                case Name(dotted=name) if name.endswith(".Task") and self.apps.is_app(Name(name.removesuffix(".Task"))):
                    yield write.value
                case Attr(base=base, name="Task") if self.apps.is_app(base) or self.is_app_self(base):
                    yield write.value
                case _:
                    pass
        for call in (fact.call for fact in facts.calls if self.apps.makes_app(fact.call.func)):
            given = call.keyword("task_cls")
            text = given.value if isinstance(given, Const) else None
            if isinstance(text, str):
                yield Name(self.modules.locate(text.replace(":", "."), facts.path))
            elif given is not None:
                yield given
            else:
                yield from self.own_base(call.func)

    def own_base(self, func: Value) -> list[Value]:
        """The task class that an application class brings; Unknown for a class of another package."""
        cls = self.modules.cls(func)
        if cls is not None:
            classes, names = self.modules.bases(cls)
            own = [c.attributes["task_cls"] for c in [cls, *classes] if "task_cls" in c.attributes]
            return own[:1] or [UNKNOWN for name in names if is_foreign_app_class(name)]
        foreign = isinstance(func, Name) and is_foreign_app_class(self.modules.canonical(func.dotted))
        return [UNKNOWN] if foreign else []

    def is_app_self(self, value: Value) -> bool:
        """Whether a value is `self` in a method of an application class of the project."""
        if not isinstance(value, Param) or value.index != 0:
            return False
        return self.apps.makes_app(Name(value.function.rpartition(".")[0].replace(":", ".")))

    def has_foreign(self, task: Task) -> bool:
        """Whether a base outside the project (other than Celery's own) may set options and run the body its own way."""
        return any(not self.is_plain(name) for name in self.of(task)[1])

    def is_plain(self, name: str) -> bool:
        return (
            name in TASK_CLASSES
            or name == "builtins.object"
            or name == "abc.ABC"
            or (name.endswith(".Task") and self.apps.is_app(Name(name.removesuffix(".Task"))))
        )

    def class_of(self, task: Task) -> Class | None:
        module, _, qualname = task.key.partition(":")
        facts = self.modules.facts(module)
        return None if facts is None else facts.classes.get(qualname)
