"""Which objects are Celery applications."""

from __future__ import annotations

from functools import cached_property

from celerylint.facts import App, Assign, Class, FileFacts, Function
from celerylint.index.modules import Modules
from celerylint.values import UNKNOWN, Attr, Call, Const, Item, Name, Param, Value

CURRENT = frozenset({"celery.current_app", "celery.app.default_app", "celery.app_or_default"})
# Where Flask's and Pyramid's applications keep theirs: `app.extensions["celery"]`, `config.registry["celery.app"]`.
APP_KEYS = frozenset({"celery", "celery.app", "celery_app"})
USUAL_NAMES = frozenset({"app", "celery", "celery_app", "capp"})


class Apps:
    """The applications of a project. `facts` are the files that mention Celery, in path order."""

    def __init__(self, modules: Modules, facts: list[FileFacts]) -> None:
        self.modules, self.facts = modules, facts
        self.judged: dict[Value, bool] = {}

    @cached_property
    def apps(self) -> list[App]:
        """Every application object bound to a module-level name or made in a function, in path order."""
        found = []
        for facts in self.facts:
            for fact in facts.calls:
                if self.makes_app(fact.call.func):
                    found.append(App(self.bound_to(facts, fact.call), facts.path, fact.span, fact.call))
        return found

    def bound_to(self, facts: FileFacts, call: Call) -> str:
        for name, rows in facts.assigns.items():
            if any(row.value == call for row in rows):
                return f"{facts.module}.{name}"
        return facts.module

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
            case Param(function=function, index=0):
                return self.is_app_method(function)
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
        if not isinstance(func, Name) or depth > 6:
            return False
        name, definition = self.modules.follow(func.dotted)
        if definition is None:
            return name == "celery.Celery" or name in CURRENT or is_foreign_app_class(name)
        match definition.what:
            case Class() as cls:
                return "celery.Celery" in self.modules.bases(cls)[1]
            case Function() as function:
                return any(self.is_app(value, depth + 1) for value in function.returns)
            case _:
                return False

    def conf_of(self, value: Value) -> bool:
        """Whether a value is the configuration of an application."""
        match value:
            case Name(dotted=dotted) if dotted.endswith(".conf"):
                return self.is_app(Name(dotted.removesuffix(".conf")))
            case Attr(base=base, name="conf"):
                return self.is_app(base)
            case _:
                return False


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


def conf_owner(target: Value) -> Value:
    """The app in `app.conf.name`, `app.conf["name"]`, `app.conf.update`, `app.add_defaults`."""
    match target:
        case Item(base=base):
            return receiver(base)
        case Name(dotted=dotted) if ".conf." in dotted:
            return Name(dotted.rpartition(".conf.")[0])
        case Attr(base=Attr(base=base, name="conf")):
            return base
        case _:
            return receiver(target)
