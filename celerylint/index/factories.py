"""Decorators that make tasks: Celery's own, those of apps, and what a project makes of them."""

from __future__ import annotations

from dataclasses import field

from celerylint.facts import Function
from celerylint.index.apps import Apps
from celerylint.index.modules import Modules
from celerylint.records import dataclass
from celerylint.values import UNKNOWN, Attr, Call, Const, Name, Param, Value, walk
from celerylint.values import Function as FunctionValue

DECORATORS = frozenset({"celery.shared_task", "celery.task", "celery.periodic_task"})


@dataclass(frozen=True, slots=True)
class Factory:
    """Something that makes a task of a function: `shared_task`, `app.task`, a project's own wrapper.

    `options` are those that it always passes, `open` says that it may pass more that cannot be seen.
    """

    via: str
    app: str = ""
    options: dict[str, Value] = field(default_factory=dict)
    open: bool = False


class Factories:
    """Tells what makes tasks. `wrappers` are dotted or bare names of task decorators that the configuration names."""

    def __init__(self, modules: Modules, apps: Apps, wrappers: tuple[str, ...] = ()) -> None:
        self.modules, self.apps, self.wrappers = modules, apps, wrappers
        self.known: dict[Value, Factory | None] = {}

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
        if value not in self.known:
            self.known[value] = None
            self.known[value] = self.find_factory(value, depth)
        return self.known[value]

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


def fixed_options(call: Call) -> dict[str, Value]:
    """The options that a wrapper passes by itself, Unknown where they depend on its parameters."""
    return {
        key: UNKNOWN if any(isinstance(part, Param) for part in walk(value)) else value
        for key, value in call.keywords
        if key
    }
