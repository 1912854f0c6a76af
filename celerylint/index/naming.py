"""The names of tasks that are given none: made of module and function, unless an application has its own way."""

from __future__ import annotations

from functools import cached_property
from typing import Literal, TypeAlias

from celerylint.facts import Class, FileFacts, Function
from celerylint.index.apps import Apps, is_foreign_app_class
from celerylint.index.modules import Modules
from celerylint.values import Attr, Call, Name, Param, Value

# celery.app.base.Celery.gen_task_name(self, name, module), 4.4 to 5.7
MAKER = "gen_task_name"
# Celery's own way, the function's name alone, or one that cannot be told.
Way: TypeAlias = Literal["module", "function", ""]


class Naming:
    """Names tasks. `facts` are the files that mention Celery."""

    def __init__(self, modules: Modules, apps: Apps, facts: list[FileFacts]) -> None:
        self.modules, self.apps, self.facts = modules, apps, facts

    def name(self, body: Function | Class, app: str = "") -> str:
        """The name that a task gets from its function or class, "" where it cannot be told; `app` is the key of the
        application that names it, "" where it may be any."""
        match self.way_of(app) if app else self.way:
            case "module":
                return f"{self.modules.imported_as(body.module)}.{body.name}"
            case "function":
                return body.name
            case _:
                return ""

    @property
    def is_known(self) -> bool:
        """Whether all applications name tasks in one way that can be told."""
        return self.way != ""

    @cached_property
    def way(self) -> Way:
        """How all applications name tasks."""
        ways: set[Way] = {way(self.modules.function(f"{cls.key}.{MAKER}")) for cls in self.makers}
        return "module" if not ways else ways.pop() if len(ways) == 1 else ""

    @cached_property
    def makers(self) -> list[Class]:
        """The classes of applications that make names."""
        classes = [cls for facts in self.facts for cls in facts.classes.values() if MAKER in cls.methods]
        return [cls for cls in classes if self.may_be_app_class(cls)]

    def may_be_app_class(self, cls: Class) -> bool:
        names = self.modules.bases(cls)[1]
        return any(not name or name == "celery.Celery" or is_foreign_app_class(name) for name in names)

    def way_of(self, app: str) -> Way:
        """How one application names tasks."""
        if not self.makers:
            return "module"
        call = next((found.call for found in self.apps.apps if found.key == app), None)
        cls = self.modules.cls(call.func) if call is not None else None
        if cls is None:
            return "module" if call is not None and call.func == Name("celery.Celery") else self.way
        own = next((one for one in [cls, *self.modules.bases(cls)[0]] if MAKER in one.methods), None)
        return way(self.modules.function(f"{own.key}.{MAKER}")) if own is not None else "module"


def way(maker: Function | None) -> Way:
    """How a method makes names."""
    if maker is None or not maker.returns:
        return ""
    ways = {way_of_value(value) for value in maker.returns}
    return ways.pop() if len(ways) == 1 else ""


def way_of_value(value: Value) -> Way:
    """How a value is made of the parameters `name` and `module`."""
    match value:
        case Param(index=1):
            return "function"
        case Call(
            func=Attr(base=Call(func=Name(dotted="builtins.super")), name="gen_task_name"),
            args=(Param(index=1), Param(index=2)),
        ):
            return "module"
        case _:
            return ""
