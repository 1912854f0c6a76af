"""Which objects are Celery applications."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from celerylint.facts import App, Assign, CallFact, Class, FileFacts, Function
from celerylint.index.modules import Modules
from celerylint.values import UNKNOWN, Attr, Call, Const, Item, Name, Param, Value, dotted

CURRENT = frozenset({"celery.current_app", "celery.app.default_app", "celery.app_or_default"})
# Where Flask's and Pyramid's applications keep theirs: `app.extensions["celery"]`, `config.registry["celery.app"]`.
APP_KEYS = frozenset({"celery", "celery.app", "celery_app"})
CELERY_NAMES = frozenset({"celery", "celery_app", "capp"})
USUAL_NAMES = CELERY_NAMES | {"app"}
# Signals whose sender is the application (`Celery.on_configure` …, celery/app/base.py).
SIGNAL = re.compile(r"\.on_(?:configure|after_configure|after_finalize|after_fork)\.connect$")


class Apps:
    """The applications of a project. `facts` are the files that mention Celery, in path order."""

    def __init__(self, modules: Modules, facts: list[FileFacts]) -> None:
        self.modules, self.facts = modules, facts
        self.judged: dict[Value, bool] = {}

    @cached_property
    def apps(self) -> list[App]:
        """Every application object bound to a module-level name or made in a function, in path order.

        One that a function makes for a module-level name counts once, where it is made if that place is known.
        """
        found = [
            App(self.bound_to(facts, fact), facts.path, fact.span, fact.call, self.scope_of(facts, fact))
            for facts in self.facts
            for fact in facts.calls
            if self.makes_app(fact.call.func) and not self.is_elsewhere(fact)
        ]
        made = {app.key for app in found if not self.is_made_by_function(app.call.func)}
        return [app for app in found if app.key not in made or not self.is_made_by_function(app.call.func)]

    def scope_of(self, facts: FileFacts, fact: CallFact) -> str:
        """The qualname around a call that makes an application, "" where a module-level name is bound to it."""
        return "" if len(self.made_by.get(f"{facts.module}:{fact.scope}", [])) == 1 else fact.scope

    def is_elsewhere(self, fact: CallFact) -> bool:
        """Whether an application that a call gives is made somewhere else."""
        return self.is_current(fact.call.func) or (bool(fact.scope) and self.is_made_by_function(fact.call.func))

    def is_made_by_function(self, func: Value) -> bool:
        return isinstance(func, Name) and self.modules.function_named(func.dotted) is not None

    def is_current(self, func: Value) -> bool:
        """Whether a call gives an application that was made elsewhere."""
        return isinstance(func, Name) and self.modules.canonical(func.dotted) in CURRENT

    @cached_property
    def made_by(self) -> dict[str, list[str]]:
        """By the key of a function that returns an application, the module-level names that are bound to it."""
        found: dict[str, list[str]] = {}
        for facts in self.facts:
            for name, rows in facts.assigns.items():
                for row in rows:
                    func = row.value.func if isinstance(row.value, Call) else None
                    if isinstance(func, Name) and self.makes_app(func):
                        function = self.modules.function_named(func.dotted)
                        if function is not None:
                            found.setdefault(function.key, []).append(f"{facts.module}.{name}")
        return found

    def bound_to(self, facts: FileFacts, fact: CallFact) -> str:
        """The key of the application that a call makes: the module-level name that it is bound to, directly or by the
        function around it; else the dotted name of what is around it."""
        if not fact.scope:
            for name, rows in facts.assigns.items():
                if any(row.value == fact.call for row in rows):
                    return f"{facts.module}.{name}"
            return facts.module
        names = self.made_by.get(f"{facts.module}:{fact.scope}", [])
        return names[0] if len(names) == 1 else f"{facts.module}.{fact.scope}"

    def key_of(self, value: Value) -> str:
        """The key of the application that a value is, "" where it may be one of several."""
        match value:
            case Name(dotted=dotted):
                return self.modules.canonical(dotted)
            case Param(function=function, index=0) if self.is_app_method(function):
                return self.of_class(function)
            case Param():
                keys = {self.key_of(passed) for passed in self.handed.get((value.function, value.name), [])}
                return keys.pop() if len(keys) == 1 else ""
            case Call():
                return self.by_call.get(value, "")
            case _:
                return ""

    @cached_property
    def by_call(self) -> dict[Call, str]:
        """The keys of applications that are made in functions, by the call that makes them."""
        return {
            fact.call: self.bound_to(facts, fact)
            for facts in self.facts
            for fact in facts.calls
            if fact.scope and self.makes_app(fact.call.func)
        }

    def of_class(self, function: str) -> str:
        """The key of the one application of the class that a method belongs to."""
        module, _, qualname = function.partition(":")
        owner = f"{module}.{qualname.rpartition('.')[0]}"
        keys = {
            app.key
            for app in self.apps
            if isinstance(app.call.func, Name) and self.modules.canonical(app.call.func.dotted) == owner
        }
        return keys.pop() if len(keys) == 1 else ""

    @cached_property
    def handed(self) -> dict[tuple[str, str], list[Value]]:
        """What is passed for parameters that are named as applications are, by function and parameter."""
        found: dict[tuple[str, str], list[Value]] = {}
        for facts in self.facts:
            for fact in facts.calls:
                func = fact.call.func
                if isinstance(func, Name) and not self.is_out_of_the_way(func):
                    function = self.modules.function_named(func.dotted)
                    if function is not None:
                        for name, value in passed(function, fact.call):
                            found.setdefault((function.key, name), []).append(value)
        return found

    def is_handed(self, param: Param) -> bool:
        """Whether callers pass an application for a parameter, or a signal of one does."""
        values = self.handed.get((param.function, param.name), [])
        if any(self.is_app(value, 3) for value in values):
            return True
        return param.name in CELERY_NAMES if not values else False

    def is_signalled(self, function: str) -> bool:
        """Whether a function receives a signal whose sender is an application."""
        found = self.modules.function(function)
        decorators = [] if found is None else [decorator.value for decorator in found.decorators]
        funcs = [value.func if isinstance(value, Call) else value for value in decorators]
        return any(SIGNAL.search(dotted(func) or (last_part(func))) for func in funcs)

    def is_app(self, value: Value, depth: int = 0) -> bool:
        """Whether a value is an application: known, not guessed, but for the usual names imported from a
        module outside the project that is named for Celery."""
        if depth > 6:
            return False
        known = self.judged.get(value)
        if known is None:
            self.judged[value] = False
            known = self.judged[value] = self.judge(value, depth)
        return known

    def may_be_app(self, value: Value) -> bool:
        """Whether a value is an application, as far as nothing says that it is something else."""
        known = self.modules.expand(value)
        other = isinstance(known, Call) and isinstance(known.func, Name) and not self.modules.path(known.func.dotted)
        return self.is_app(value) or not other

    def judge(self, value: Value, depth: int) -> bool:
        match value:
            case Name(dotted=dotted):
                name, definition = self.modules.follow(dotted)
                if name in CURRENT:
                    return True
                if definition is None:
                    module, _, last = name.rpartition(".")
                    return last in USUAL_NAMES and "celery" in module.lower() and not module.startswith("celery.")
                if isinstance(definition.what, tuple):
                    return any(self.is_app_row(row, depth) for row in definition.what)
                return False
            case Call(func=func):
                return self.makes_app(func, depth + 1)
            case Attr(base=base, name=name):
                return (name in {"celery", "celery_app"} and isinstance(base, Call | Attr)) or (
                    name == "app" and self.is_task_self(base)
                )
            case Param(annotation=Name(dotted=dotted)):
                return self.modules.canonical(dotted) == "celery.Celery"
            case Param(function=function, index=0) if self.is_app_method(function) or self.is_signalled(function):
                return True
            case Param():
                return self.is_handed(value)
            case Item(key=Const(value=str() as key)):
                return key in APP_KEYS
            case _:
                return False

    def is_app_row(self, row: Assign, depth: int) -> bool:
        return row.value != UNKNOWN and self.is_app(row.value, depth + 1)

    def is_app_method(self, function: str) -> bool:
        """Whether a function is a method of an application class of the project, whose `self` is an application."""
        module, _, qualname = function.partition(":")
        facts = self.modules.facts(module)
        cls = facts.classes.get(qualname.rpartition(".")[0]) if facts is not None else None
        return cls is not None and "celery.Celery" in self.modules.bases(cls)[1]

    def is_task_self(self, base: Value) -> bool:
        return isinstance(base, Param) and base.index == 0

    def makes_app(self, func: Value, depth: int = 0) -> bool:
        """Whether calling a value makes an application: the class, a subclass, a project function that returns one."""
        if not isinstance(func, Name) or depth > 6 or self.is_out_of_the_way(func):
            return False
        name, definition = self.modules.follow(func.dotted)
        if definition is None:
            return name == "celery.Celery" or name in CURRENT or is_foreign_app_class(name)
        match definition.what:
            case Class() as cls:
                bases = self.modules.bases(cls)[1]
                return "celery.Celery" in bases or any(map(is_foreign_app_class, bases))
            case Function() as function:
                return any(self.is_app(value, depth + 1) for value in function.returns)
            case _:
                return False

    def is_out_of_the_way(self, func: Name) -> bool:
        """Whether a name leads to a file that does not mention Celery, and is not read for this."""
        path = self.modules.path(func.dotted)
        return bool(path) and not self.modules.mentions(path)

    def updates_conf(self, call: Call) -> bool:
        """Whether a call writes several settings of an application: `conf.update`, `conf.add_defaults` …"""
        match call.func:
            case Name(dotted=dotted) if dotted.endswith((".update", ".add_defaults", ".setdefault")):
                return self.conf_of(receiver(call.func)) or self.adds_defaults(call.func)
            case Attr(name="update" | "add_defaults" | "setdefault"):
                return self.conf_of(receiver(call.func)) or self.adds_defaults(call.func)
            case _:
                return False

    def adds_defaults(self, func: Value) -> bool:
        """Whether a function is `app.add_defaults`."""
        named = isinstance(func, Name) and func.dotted.endswith(".add_defaults")
        return (named or (isinstance(func, Attr) and func.name == "add_defaults")) and self.is_app(receiver(func))

    def is_made_outside(self, func: Value) -> bool:
        """Whether an application is of a class outside the project, which may configure it."""
        if not isinstance(func, Name):
            return False
        name, definition = self.modules.follow(func.dotted)
        if definition is None:
            return is_foreign_app_class(name)
        return isinstance(definition.what, Class) and any(
            map(is_foreign_app_class, self.modules.bases(definition.what)[1])
        )

    def is_made_out_of_sight(self, func: Value) -> bool:
        """Whether an application is made where its configuration cannot be followed: by another package, or by a
        function in which no `Celery(…)` is seen."""
        return self.is_made_outside(func) or self.is_made_by_function(func)

    def conf_of(self, value: Value) -> bool:
        """Whether a value is the configuration of an application."""
        app = self.configured(value)
        return app is not None and self.is_app(app)

    def configured(self, value: Value) -> Value | None:
        """What `….conf` is the configuration of, by that name or one that is bound to it; None for anything else."""
        match value:
            case Name(dotted=dotted) if dotted.endswith(".conf") and self.is_app(Name(dotted.removesuffix(".conf"))):
                return Name(dotted.removesuffix(".conf"))
            case Name(dotted=dotted):
                name = self.modules.canonical(dotted)
                return Name(name.removesuffix(".conf")) if name != dotted and name.endswith(".conf") else None
            case Attr(base=base, name="conf"):
                return base
            case _:
                return None

    def owner(self, target: Value) -> Value:
        """The app in `app.conf.name`, `app.conf["name"]`, `app.conf.update`, `app.add_defaults`."""
        holder = target.base if isinstance(target, Item) else receiver(target)
        app = self.configured(holder)
        return holder if app is None else app


def passed(function: Function, call: Call) -> Iterator[tuple[str, Value]]:
    """What a call passes to a function's parameters, by their names."""
    if not call.splat:
        names = [parameter.name for parameter in function.parameters]
        yield from zip(names, call.args, strict=False)
        yield from ((key, value) for key, value in call.keywords if key)


def last_part(func: Value) -> str:
    """The end of `x.on_after_configure.connect`, where x is no plain name."""
    match func:
        case Attr(base=Attr(name=signal), name=method):
            return f".{signal}.{method}"
        case _:
            return ""


def is_foreign_app_class(name: str) -> bool:
    """Whether a class outside the project is named as an application class of a package for Celery."""
    module, _, last = name.rpartition(".")
    return last != "Celery" and last.endswith("Celery") and "celery" in module


def receiver(func: Value) -> Value:
    """What a method is called on."""
    match func:
        case Attr(base=base):
            return base
        case Name(dotted=dotted):
            return Name(dotted.rpartition(".")[0])
        case _:
            return UNKNOWN
