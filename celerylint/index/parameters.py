"""The parameters that a task's arguments have to fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from celerylint.facts import Class, Decorator, Function, Parameter, Task
from celerylint.index.atomic import manages
from celerylint.index.modules import Modules
from celerylint.index.tasks import Tasks, last_name
from celerylint.values import Attr, Call, Const, Item, Name, Param, Star, Value, truth, walk
from celerylint.values import Function as FunctionValue

# Decorators that hand on all arguments as they come.
HANDING_ON = frozenset(
    {
        "django.db.transaction.atomic", "django.db.transaction.non_atomic_requests", "django.utils.timezone.override",
        "django.utils.translation.override", "sentry_sdk.trace", "sentry_sdk.monitor", "sentry_sdk.crons.monitor",
        "newrelic.agent.background_task", "newrelic.agent.function_trace", "ddtrace.tracer.wrap", "tenacity.retry",
        "backoff.on_exception", "backoff.on_predicate", "typing.no_type_check", "functools.lru_cache",
        "functools.cache", "builtins.staticmethod",
    }
)  # fmt: skip
# Bases of tasks that hand on all arguments as they come, with the methods of a base that could do otherwise.
PLAIN_BASES = frozenset(
    {
        "celery_once.QueueOnce", "celery_once.tasks.QueueOnce", "celery_singleton.Singleton",
        "celery_singleton.singleton.Singleton", "tenant_schemas_celery.task.TenantTask", "celery.app.task.Task",
        "celery.contrib.django.task.DjangoTask", "flask_celeryext.AppContextTask", "flask_celeryext.RequestContextTask",
        "openwisp_utils.tasks.OpenwispCeleryTask",
    }
)  # fmt: skip
CHANGING = frozenset({"pop", "popitem", "setdefault", "update", "clear"})
CALLERS = ("__call__", "apply_async", "delay", "apply", "s", "si", "signature", "subtask")


class Parameters:
    """Answers which arguments a task takes, where no decorator or base may take or add some on the way."""

    def __init__(self, modules: Modules, tasks: Tasks) -> None:
        self.modules, self.tasks = modules, tasks
        self.known: dict[str, tuple[Parameter, ...] | None] = {}

    def of(self, task: Task) -> tuple[Parameter, ...] | None:
        """The parameters that a message's arguments go to, without the task itself; None where that is not known."""
        if task.key not in self.known:
            self.known[task.key] = self.find(task)
        return self.known[task.key]

    def find(self, task: Task) -> tuple[Parameter, ...] | None:
        function = self.modules.function(task.function) if task.function else None
        if function is None or not self.handed_on(task, function) or not self.plainly_called(task):
            return None
        parameters = function.parameters
        if task.kind == "class":
            static = any(decorator.value == Name("builtins.staticmethod") for decorator in function.decorators)
            return parameters if static else without_first(parameters)
        if function.in_class and not any(d.value == Name("builtins.staticmethod") for d in function.decorators):
            return None
        if task.bound:
            return without_first(parameters)
        return None if self.may_be_bound(task, parameters) else parameters

    def may_be_bound(self, task: Task, parameters: tuple[Parameter, ...]) -> bool:
        """Whether options that are not written out may make the first parameter the task."""
        if "bind" in task.options:
            return truth(self.modules.expand(task.options["bind"])) is not False
        return task.open and bool(parameters) and parameters[0].name in {"self", "task", "_self", "_task"}

    # Decorators

    def handed_on(self, task: Task, function: Function) -> bool:
        """Whether every decorator hands all arguments on, and the task is made of this very function."""
        if task.kind == "class":
            return all(self.hands_on(decorator) for decorator in function.decorators)
        others = [
            decorator
            for decorator in function.decorators
            if self.tasks.factories.decoration(decorator.value)[0] is None
        ]
        makers = [decorator for decorator in function.decorators if decorator not in others]
        return all(self.hands_on(decorator) for decorator in others) and all(
            self.makes_directly(d.value) for d in makers
        )

    def hands_on(self, decorator: Decorator) -> bool:
        value = decorator.value.func if isinstance(decorator.value, Call) else decorator.value
        if not isinstance(value, Name):
            return False
        name, definition = self.modules.follow(value.dotted)
        if definition is None:
            return name in HANDING_ON
        if not isinstance(definition.what, Function):
            return False
        # What `@contextmanager` makes is a decorator too, when called.
        called = isinstance(decorator.value, Call) and manages(definition.what)
        return called or self.wraps_plainly(definition.what)

    def wraps_plainly(self, function: Function, depth: int = 0) -> bool:
        """Whether a decorator of the project returns a function that calls the decorated one with all its arguments."""
        inner = [
            self.modules.function(value.key)
            for value in function.returns
            if isinstance(value, FunctionValue) and value.key
        ]
        if len(inner) != 1 or len(function.returns) != 1 or inner[0] is None or depth > 3:
            return False
        return self.passes_all_on(inner[0]) or self.wraps_plainly(inner[0], depth + 1)

    def passes_all_on(self, function: Function | None) -> bool:
        """Whether a function takes anything, and what it returns is what something gives for just that."""
        if function is None or not takes_anything(function.parameters) or self.changes_arguments(function):
            return False
        return any(map(passes_on, function.returns)) and not any(map(reworks, function.returns))

    def changes_arguments(self, function: Function) -> bool:
        """Whether a function adds to its `**kwargs` or takes something out."""
        facts = self.modules.facts(function.module)
        writes = facts.writes if facts is not None else ()
        return any(
            isinstance(site.callee, Attr) and isinstance(site.callee.base, Param) and site.callee.name in CHANGING
            for site in function.calls
        ) or any(
            isinstance(write.target, Item) and isinstance(write.target.base, Param)
            for write in writes
            if write.scope == function.qualname
        )

    def makes_directly(self, value: Value, depth: int = 0) -> bool:
        """Whether a task decorator, perhaps the project's own, gives the function as it is to Celery's."""
        factory = self.tasks.factories.decoration(value)[0]
        if factory is not None and self.modules.cls(Name(factory.via)) is not None:
            return False
        value = value.func if isinstance(value, Call) and self.tasks.factories.factory(value) is None else value
        if not isinstance(value, Name):
            return True
        definition = self.modules.resolve(value.dotted)
        if definition is None or not isinstance(definition.what, Function) or depth > 3:
            return value.dotted.rpartition(".")[2] not in self.tasks.factories.wrappers
        return all(self.returns_directly(returned, definition.what, depth) for returned in definition.what.returns)

    def returns_directly(self, returned: Value, maker: Function, depth: int) -> bool:
        match returned:
            case Call(func=func, args=args) if self.tasks.factories.decoration(func)[0] is not None:
                own = all(isinstance(arg, Param | Star) for arg in args)
                return own and self.makes_directly(func, depth + 1)
            case FunctionValue(key=key) if key and key != maker.key:
                inner = self.modules.function(key)
                return (
                    inner is not None
                    and bool(inner.returns)
                    and all(self.returns_directly(value, inner, depth + 1) for value in inner.returns)
                )
            case _:
                return False

    # Bases

    def plainly_called(self, task: Task) -> bool:
        """Whether the task's class sends and runs as Celery's does."""
        if task.kind != "class" and "base" not in task.options:
            return self.plain_default
        if self.tasks.bases.has_foreign(task) and not self.known_base(task):
            return False
        return all(self.calls_plainly(cls) for cls in self.classes_of(task))

    def rewrites(self, task: Task) -> bool:
        """Whether a class of the project sends other arguments than a dispatch of the task gives, or may do so."""
        senders = (f"{cls.key}.apply_async" for cls in self.classes_of(task) if "apply_async" in cls.methods)
        return not all(self.sends_as_given(self.modules.function(key)) for key in senders)

    def classes_of(self, task: Task) -> list[Class]:
        """The classes of the project that a task is made of."""
        if task.kind != "class" and "base" not in task.options:
            return self.own_defaults
        own = self.tasks.bases.class_of(task) if task.kind == "class" else None
        return [*([own] if own else []), *self.tasks.bases.classes(task)]

    @cached_property
    def own_defaults(self) -> list[Class]:
        """The classes of the project that an application makes tasks of."""
        found = (self.modules.cls(value) for value in self.default_classes())
        return [each for cls in found if cls is not None for each in [cls, *self.modules.bases(cls)[0]]]

    def sends_as_given(self, function: Function | None) -> bool:
        """Whether an `apply_async` gives Celery's the very `args` and `kwargs` that it got."""
        returned = [value for value in function.returns if isinstance(value, Call)] if function is not None else []
        sent = [call for call in returned if last_name(call.func) == "apply_async"]
        given = [value for call in sent for value in (call.keyword("args"), call.keyword("kwargs"), *call.args[:2])]
        plain = (value.base if isinstance(value, Star) else value for value in given if value is not None)
        return bool(sent) and all(isinstance(value, Param) for value in plain)

    @cached_property
    def plain_default(self) -> bool:
        """Whether what an application makes tasks of sends and runs as Celery's own class does."""
        return all(self.plain_class(value) for value in self.default_classes())

    def default_classes(self) -> Iterator[Value]:
        """What is set as the class of tasks: `Celery(task_cls=…)`, `app.Task = …`."""
        for app in self.tasks.apps.apps:
            if (written := app.call.keyword("task_cls")) is not None:
                yield self.modules.expand(written)
            own = self.modules.cls(app.call.func)
            for cls in [own, *self.modules.bases(own)[0]] if own is not None else []:
                yield from [cls.attributes["task_cls"]] if "task_cls" in cls.attributes else []
        for facts in self.tasks.facts:
            for write in facts.writes:
                if last_name(write.target) == "Task" and self.is_on_app(write.target):
                    yield write.value

    def is_on_app(self, target: Value) -> bool:
        match target:
            case Attr(base=base):
                return self.tasks.apps.is_app(base) or isinstance(base, Param)
            case Name(dotted=dotted):
                return self.tasks.apps.is_app(Name(dotted.rpartition(".")[0]))
            case _:
                return False

    def plain_class(self, value: Value) -> bool:
        if isinstance(value, Const) and isinstance(value.value, str):
            value = Name(value.value.replace(":", "."))
        cls = self.modules.cls(value)
        if cls is None:
            return isinstance(value, Name) and self.is_plain(self.modules.canonical(value.dotted))
        classes, names = self.modules.bases(cls)
        return all(self.calls_plainly(each) for each in [cls, *classes]) and all(self.is_plain(name) for name in names)

    def is_plain(self, name: str) -> bool:
        return name in PLAIN_BASES or self.tasks.bases.is_plain(name)

    def known_base(self, task: Task) -> bool:
        classes = self.tasks.bases.classes(task)
        names = {self.modules.canonical(task.base)} if not classes and task.base else set()
        for cls in classes[:1]:
            names.update(self.modules.bases(cls)[1])
        return bool(names) and all(self.is_plain(name) for name in names)

    def calls_plainly(self, cls: Class) -> bool:
        methods = [method for method in CALLERS if method in cls.methods]
        return all(self.passes_all_on(self.modules.function(f"{cls.key}.{method}")) for method in methods)


def without_first(parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...] | None:
    """The parameters behind the task itself; None where there is none to take it."""
    if parameters and parameters[0].kind in {"positional_only", "positional"}:
        return parameters[1:]
    return parameters if parameters and parameters[0].kind == "var_positional" else None


def takes_anything(parameters: Iterable[Parameter]) -> bool:
    kinds = [p.kind for p in parameters if p.name not in {"self", "cls", "task"}]
    return kinds == ["var_positional", "var_keyword"]


def reworks(value: Value) -> bool:
    """Whether something is made of what a call gives that gets all arguments: `asyncio.run(func(*args, **kwargs))`."""
    return any(map(passes_on, list(walk(value))[1:]))


def passes_on(value: Value) -> bool:
    """Whether a value is a call that gets `*args, **kwargs` of the function around it and nothing else."""
    match value:
        case Call(func=Param() | Attr(), args=args, keywords=((None, Param(index=-1)),)):
            rest = [arg for arg in args if not (isinstance(arg, Param) and arg.index == 0)]
            return len(rest) == 1 and isinstance(rest[0], Star) and isinstance(rest[0].base, Param)
        case _:
            return False
