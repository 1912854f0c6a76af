"""What Celery would register, by every form of definition."""

from __future__ import annotations

from functools import cached_property

from celerylint.facts import CallFact, Class, Decorator, FileFacts, Function, Task
from celerylint.index.apps import Apps
from celerylint.index.factories import Factories, Factory
from celerylint.index.modules import Modules
from celerylint.index.naming import Naming
from celerylint.index.spreading import spread
from celerylint.index.task_bases import TaskBases
from celerylint.source import Span
from celerylint.values import (
    NONE,
    Attr,
    Call,
    Const,
    Either,
    Item,
    Name,
    Param,
    Value,
    truth,
)
from celerylint.values import Function as FunctionValue


class Tasks:
    """The registry: all tasks by key and by name. `wrappers` are dotted or bare names of task decorators
    that the configuration names."""

    def __init__(self, modules: Modules, apps: Apps, facts: list[FileFacts], wrappers: tuple[str, ...] = ()) -> None:
        self.modules, self.apps, self.facts = modules, apps, facts
        self.naming = Naming(modules, apps, facts)
        self.factories = Factories(modules, apps, wrappers)
        self.bases = TaskBases(modules, apps, facts)

    @cached_property
    def all(self) -> list[Task]:
        """Every task, in the order of paths and lines."""
        found = [task for facts in self.facts for task in self.of_file(facts)]
        return sorted({task.key: task for task in reversed(found)}.values(), key=lambda task: (task.path, task.span))

    @cached_property
    def by_key(self) -> dict[str, Task]:
        return {task.key: task for task in self.all}

    @cached_property
    def by_function(self) -> dict[str, Task]:
        """Tasks by the key of the function that is their body."""
        return {task.function: task for task in self.all if task.function}

    @cached_property
    def by_name(self) -> dict[str, list[Task]]:
        found: dict[str, list[Task]] = {}
        for task in self.all:
            if task.name:
                found.setdefault(task.name, []).append(task)
        return found

    def of_file(self, facts: FileFacts) -> list[Task]:
        found = []
        for function in facts.functions.values():
            task = self.decorated(function)
            if task is not None:
                found.append(task)
        for cls in facts.classes.values():
            if ("run" in cls.methods or cls.key in self.registered) and self.bases.is_task_class(cls):
                found.append(self.class_task(cls))
        for fact in facts.calls:
            task = self.called(fact, facts)
            if task is not None:
                found.append(task)
        return found

    @cached_property
    def registered(self) -> set[str]:
        """The keys of the classes that `register_task` is called with."""
        found = set()
        for fact in (fact for facts in self.facts for fact in facts.calls):
            if last_name(fact.call.func) == "register_task" and fact.call.args:
                given = fact.call.args[0]
                cls = self.modules.cls(given.func if isinstance(given, Call) else given)
                if cls is not None:
                    found.add(cls.key)
        return found

    # Decorators

    def decorated(self, function: Function) -> Task | None:
        for decorator in () if stands_for_another(function) else function.decorators:
            factory, options = self.factories.decoration(decorator.value)
            if factory is not None:
                return self.task(function, decorator, factory, options)
        return None

    def name(self, given: Value | None, body: Function | Class, app: str = "") -> str:
        """The name of a task: the given one, "" where that is not known, or what its body gets without."""
        known = self.modules.expand(given) if given is not None else NONE
        if known == NONE:
            return self.naming.name(body, app)
        return known.value if isinstance(known, Const) and isinstance(known.value, str) else ""

    def task(self, function: Function, decorator: Decorator, factory: Factory, call: Call | None) -> Task:
        call = call and spread(call, self.modules.expand)
        keywords = {key: value for key, value in call.keywords if key} if call else {}
        options = factory.options | keywords
        given = options.get("name")
        return Task(
            name=self.name(given, function, factory.app),
            key=function.key,
            path=function.path,
            span=function.span,
            kind="decorator",
            function=function.key,
            options=options,
            spans={"": decorator.span},
            open=factory.open or bool(call and call.splat),
            bound=truth(self.modules.expand(options["bind"])) is True if "bind" in options else False,
            via=factory.via,
            app=factory.app,
            base=base_name(options.get("base")),
            explicit_name=given is not None,
        )

    # Classes

    def class_task(self, cls: Class) -> Task:
        name = cls.attributes.get("name") or next((value for key, value in cls.keywords if key == "name"), None)
        options = {key: value for key, value in cls.attributes.items() if not key.startswith("_")}
        return Task(
            name=self.name(name, cls),
            key=cls.key,
            path=cls.path,
            span=cls.span,
            kind="class",
            function=f"{cls.key}.run" if "run" in cls.methods else "",
            options=options,
            spans=dict(cls.spans),
            open=bool(cls.keywords),
            bound=True,
            via="celery.Task",
            base=base_name(cls.bases[0]) if cls.bases else "",
            explicit_name=name is not None,
        )

    # Calls: `app.task(function)`, `shared_task(name="x")(function)`

    def called(self, fact: CallFact, facts: FileFacts) -> Task | None:
        target = fact.call.args[0] if fact.call.args else None
        if not isinstance(target, FunctionValue | Name):
            return None
        factory, call = self.factories.decoration(fact.call.func)
        function = self.body(target) if factory is not None else None
        if factory is None or function is None or stands_for_another(function):
            return None
        return self.task(function, Decorator(fact.call, fact.span), factory, call or fact.call)

    def body(self, value: Value) -> Function | None:
        """The function of the project that a value is."""
        if isinstance(value, FunctionValue) and value.key:
            return self.modules.function(value.key)
        definition = self.modules.resolve(value.dotted) if isinstance(value, Name) else None
        return definition.what if definition is not None and isinstance(definition.what, Function) else None

    # Values

    def of(self, value: Value, depth: int = 0) -> Task | None:
        """The task that a value is; None where it is none or cannot be told."""
        match value:
            case Name(dotted=dotted):
                definition = None if self.modules.holds_no_task(dotted) else self.modules.resolve(dotted)
                if definition is None or depth > 4:
                    return None
                if isinstance(definition.what, Function | Class):
                    return self.by_key.get(definition.what.key)
                if isinstance(definition.what, tuple):
                    return self.agreed([row.value for row in definition.what], depth)
                return None
            case FunctionValue(key=key):
                return self.by_key.get(key)
            case Param(function=function, index=0):
                return self.own(function)
            case Call(func=Name() as func, args=args):
                cls = self.modules.cls(func)
                if cls is not None:
                    return self.by_key.get(cls.key)
                return self.made(func, args, depth)
            case Call(func=func, args=args):
                return self.made(func, args, depth)
            case Item(base=base, key=key) if is_registry(base):
                return self.named(self.modules.expand(key))
            case Either(options=options):
                return self.agreed(list(options), depth)
            case _:
                return None

    def named(self, name: Value) -> Task | None:
        """The one task of a name."""
        found = self.by_name.get(name.value, []) if isinstance(name, Const) and isinstance(name.value, str) else []
        return found[0] if len(found) == 1 else None

    def agreed(self, values: list[Value], depth: int) -> Task | None:
        found = {task.key: task for value in values if (task := self.of(value, depth + 1)) is not None}
        return next(iter(found.values())) if len(found) == 1 and len(values) == 1 else None

    def made(self, func: Value, args: tuple[Value, ...], depth: int) -> Task | None:
        """The task that `app.task(function)` or `app.register_task(Task())` gives."""
        if not args:
            return None
        if last_name(func) == "register_task":
            return self.of(args[0], depth + 1)
        if self.factories.decoration(func)[0] is not None:
            function = self.body(args[0])
            return None if function is None else self.by_function.get(function.key)
        return None

    def own(self, function: str) -> Task | None:
        """The task that the first parameter of a function is: of a bound task, or of a method of a task class."""
        task = self.by_function.get(function)
        if task is not None:
            return task if task.bound else None
        module, _, qualname = function.partition(":")
        return self.by_key.get(f"{module}:{qualname.rpartition('.')[0]}")

    # Options

    def option(self, task: Task, name: str) -> tuple[Value | None, Span | None, str]:
        """What a task's decorator or classes say of an option: value, place, path; value None where they are silent."""
        if name in task.options:
            return task.options[name], task.spans.get(name) or task.spans.get(""), task.path
        for cls in self.bases.classes(task):
            if name in cls.attributes:
                return cls.attributes[name], cls.spans[name], cls.path
        return None, None, ""


def stands_for_another(function: Function) -> bool:
    """Whether a function has the name of what a decorator is given, which is the task then: `@wraps(function)`."""
    return any(
        isinstance(decorator.value, Call)
        and decorator.value.func == Name("functools.wraps")
        and any(isinstance(arg, Param) for arg in decorator.value.args)
        for decorator in function.decorators
    )


def last_name(func: Value) -> str:
    """The last part of the name of what is called."""
    return func.dotted.rpartition(".")[2] if isinstance(func, Name) else func.name if isinstance(func, Attr) else ""


def base_name(value: Value | None) -> str:
    return value.dotted if isinstance(value, Name) else ""


def is_registry(value: Value) -> bool:
    """Whether a value is an application's `tasks`."""
    return (isinstance(value, Name) and value.dotted.endswith(".tasks")) or (
        isinstance(value, Attr) and value.name == "tasks"
    )
