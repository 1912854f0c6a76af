"""What Celery would register, by every form of definition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from functools import cached_property

from celerylint.facts import CallFact, Class, Decorator, FileFacts, Function, Task
from celerylint.index.apps import Apps, is_foreign_app_class
from celerylint.index.modules import Modules
from celerylint.index.naming import Naming
from celerylint.index.spreading import spread
from celerylint.records import dataclass
from celerylint.source import Span
from celerylint.values import (
    NONE,
    UNKNOWN,
    Attr,
    Call,
    Const,
    Either,
    Item,
    Name,
    Param,
    Value,
    either,
    truth,
    walk,
)
from celerylint.values import Function as FunctionValue

DECORATORS = frozenset({"celery.shared_task", "celery.task", "celery.periodic_task"})
TASK_CLASSES = frozenset({"celery.Task", "celery.contrib.abortable.AbortableTask"})


@dataclass(frozen=True, slots=True)
class Factory:
    """Something that makes a task of a function: `shared_task`, `app.task`, a project's own wrapper.

    `options` are those that it always passes, `open` says that it may pass more that cannot be seen.
    """

    via: str
    app: str = ""
    options: dict[str, Value] = field(default_factory=dict)
    open: bool = False


class Tasks:
    """The registry: all tasks by key and by name. `wrappers` are dotted or bare names of task decorators
    that the configuration names."""

    def __init__(self, modules: Modules, apps: Apps, facts: list[FileFacts], wrappers: tuple[str, ...] = ()) -> None:
        self.modules, self.apps, self.facts, self.wrappers = modules, apps, facts, wrappers
        self.naming = Naming(modules, apps, facts)
        self.factories: dict[Value, Factory | None] = {}
        self.class_judged: dict[str, bool] = {}

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
            if ("run" in cls.methods or cls.key in self.registered) and self.is_task_class(cls):
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
            factory, options = self.decoration(decorator.value)
            if factory is not None:
                return self.task(function, decorator, factory, options)
        return None

    def decoration(self, value: Value) -> tuple[Factory | None, Call | None]:
        """The factory that a decorator is, and its call where it is called."""
        factory = self.factory(value)
        if factory is not None:
            return factory, None
        if isinstance(value, Call):
            return self.factory(value.func), value
        return None, None

    def factory(self, value: Value, depth: int = 0) -> Factory | None:
        if depth > 5:
            return None
        if value not in self.factories:
            self.factories[value] = None
            self.factories[value] = self.find_factory(value, depth)
        return self.factories[value]

    def find_factory(self, value: Value, depth: int) -> Factory | None:
        match value:
            case Name(dotted=dotted) | Call(func=Name(dotted=dotted)) if self.modules.is_aside(dotted):
                return None
            case Name(dotted=dotted):
                return self.named_factory(dotted, depth)
            case Attr(base=base, name="task") if self.apps.is_app(base):
                return Factory("app.task")
            case Call(func=Name(dotted="functools.partial"), args=(first, *_)) as call:
                inner = self.factory(first, depth + 1)
                options = {key: option for key, option in call.keywords if key}
                return inner and Factory(inner.via, inner.app, inner.options | options, inner.open or call.splat)
            case Call(func=Name(dotted=dotted)) as call:
                return self.object_factory(dotted, call, depth)
            case _:
                return None

    def object_factory(self, dotted: str, call: Call, depth: int) -> Factory | None:
        """An object of a project class that makes tasks when it is called: `retryable_task(max_retries=3)`.

        What its `__init__` takes in `**kwargs` are the options of the task.
        """
        cls = self.modules.cls(Name(dotted))
        function = self.modules.function(f"{cls.key}.__call__") if cls is not None else None
        inner = self.wrapper(function, dotted, depth + 1) if function is not None else None
        if cls is None or inner is None:
            return None
        made = self.modules.function(f"{cls.key}.__init__")
        parameters = made.parameters if made is not None else ()
        taken = {parameter.name for parameter in parameters}
        takes_more = any(parameter.kind == "var_keyword" for parameter in parameters)
        options = {key: value for key, value in call.keywords if takes_more and key and key not in taken}
        return Factory(inner.via, inner.app, inner.options | options, True)

    def named_factory(self, dotted: str, depth: int) -> Factory | None:
        name, definition = self.modules.follow(dotted)
        if name in DECORATORS:
            return Factory(name)
        if name in self.wrappers or name.rpartition(".")[2] in self.wrappers:
            return Factory(name, open=True)
        owner, _, last = name.rpartition(".")
        if definition is None and last in {"task", "periodic_task"} and owner and self.apps.is_app(Name(owner)):
            return Factory(f"app.{last}", self.modules.canonical(owner), open=last != "task")
        if definition is not None and isinstance(definition.what, Function):
            return self.wrapper(definition.what, name, depth)
        if definition is not None and isinstance(definition.what, tuple) and len(definition.what) == 1:
            return self.factory(definition.what[0].value, depth + 1)
        return None

    def wrapper(self, function: Function, name: str, depth: int) -> Factory | None:
        """A project function that returns what a task decorator makes, directly or from a function inside it."""
        for value in function.returns:
            found: Factory | None = None
            match value:
                case FunctionValue(key=key) if key and key != function.key and depth < 4:
                    inner = self.modules.function(key)
                    if inner is not None:
                        decorators = [self.decoration(decorator.value)[0] for decorator in inner.decorators]
                        found = next((made for made in decorators if made), None) or self.wrapper(
                            inner, name, depth + 1
                        )
                case Call(func=Attr(base=Param(function=key, index=0), name=method)) if (
                    key == function.key and depth < 4
                ):
                    inner = self.modules.function(f"{function.module}:{function.owner}.{method}")
                    found = self.wrapper(inner, name, depth + 1) if inner is not None and function.in_class else None
                case Call(func=func):
                    factory, call = self.decoration(func)
                    found = factory and Factory(name, factory.app, factory.options | fixed_options(call or value), True)
            if found is not None:
                return Factory(name, found.app, found.options | self.defaults(function), True)
        return Factory(name, open=True) if self.registers(function) else None

    def defaults(self, function: Function) -> dict[str, Value]:
        """The options that a wrapper sees to in its `**options`: `options.setdefault("time_limit", 600)`."""
        facts = self.modules.facts(function.module)
        found: dict[str, Value] = {}
        for fact in facts.calls if facts is not None else ():
            match fact.call:
                case Call(
                    func=Attr(base=Param(function=key, index=-1), name="setdefault"),
                    args=(Const(value=str() as name), value),
                ) if key == function.key and not fact.condition:
                    found[name] = value
                case _:
                    pass
        return found

    def registers(self, function: Function) -> bool:
        """Whether a function inside a decorator makes a task of what is decorated: `app.task(...)(wrapped)`."""
        facts = self.modules.facts(function.module)
        inside = f"{function.qualname}."
        return facts is not None and any(
            fact.scope.startswith(inside)
            and bool(fact.call.args)
            and isinstance(fact.call.args[0], Param)
            and self.decoration(fact.call.func)[0] is not None
            for fact in facts.calls
        )

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

    def is_task_class(self, cls: Class) -> bool:
        """Whether a class derives from Celery's Task, through bases of the project or an app's `Task`."""
        if cls.key not in self.class_judged:
            self.class_judged[cls.key] = False
            _classes, names = self.modules.bases(cls)
            self.class_judged[cls.key] = any(self.is_task_base(name) for name in names)
        return self.class_judged[cls.key]

    def is_task_base(self, name: str) -> bool:
        owner, _, last = name.rpartition(".")
        return name in TASK_CLASSES or (
            last == "Task"
            and bool(owner)
            and ("celery" in owner.lower().split(".")[0] or self.apps.is_app(Name(owner)))
        )

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
        factory, call = self.decoration(fact.call.func)
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
        if self.decoration(func)[0] is not None:
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
        for cls in self.base_classes(task):
            if name in cls.attributes:
                return cls.attributes[name], cls.spans[name], cls.path
        return None, None, ""

    def base_classes(self, task: Task) -> list[Class]:
        """The task's base classes that stand in the project, nearest first."""
        return self.bases(task)[0]

    def bases(self, task: Task) -> tuple[list[Class], list[str]]:
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

    def foreign_base(self, task: Task) -> bool:
        """Whether a base outside the project (other than Celery's own) may set options and run the body its own way."""
        return any(not self.is_plain_base(name) for name in self.bases(task)[1])

    def is_plain_base(self, name: str) -> bool:
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


def fixed_options(call: Call) -> dict[str, Value]:
    """The options that a wrapper passes by itself, Unknown where they depend on its parameters."""
    return {
        key: UNKNOWN if any(isinstance(part, Param) for part in walk(value)) else value
        for key, value in call.keywords
        if key
    }


def base_name(value: Value | None) -> str:
    return value.dotted if isinstance(value, Name) else ""


def is_registry(value: Value) -> bool:
    """Whether a value is an application's `tasks`."""
    return (isinstance(value, Name) and value.dotted.endswith(".tasks")) or (
        isinstance(value, Attr) and value.name == "tasks"
    )
