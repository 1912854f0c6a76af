"""The names of tasks that are given none: made of module and function, unless an application has its own way."""

from __future__ import annotations

from functools import cached_property

from celerylint.facts import Class, FileFacts, Function
from celerylint.index.apps import is_foreign_app_class
from celerylint.index.modules import Modules
from celerylint.values import Param

# celery.app.base.Celery.gen_task_name(self, name, module), 4.4 to 5.7
MAKER = "gen_task_name"


class Naming:
    """Names tasks. `facts` are the files that mention Celery."""

    def __init__(self, modules: Modules, facts: list[FileFacts]) -> None:
        self.modules, self.facts = modules, facts

    def name(self, function: Function | Class) -> str:
        """The name that a task of a function or class gets, "" where it cannot be told."""
        if not self.is_known:
            return ""
        return function.name if self.makers else f"{self.modules.imported_as(function.module)}.{function.name}"

    @cached_property
    def is_known(self) -> bool:
        """Whether all applications name tasks in one way that can be told: Celery's, or by the function alone."""
        return all(maker is not None and gives_function_name(maker) for maker in self.makers)

    @cached_property
    def makers(self) -> list[Function | None]:
        """The methods with which applications make names."""
        classes = [cls for facts in self.facts for cls in facts.classes.values() if MAKER in cls.methods]
        return [self.modules.function(f"{cls.key}.{MAKER}") for cls in classes if self.may_be_app_class(cls)]

    def may_be_app_class(self, cls: Class) -> bool:
        names = self.modules.bases(cls)[1]
        return any(not name or name == "celery.Celery" or is_foreign_app_class(name) for name in names)


def gives_function_name(maker: Function) -> bool:
    """Whether a method gives its first parameter, the name of the function, as it is."""
    return bool(maker.returns) and all(isinstance(value, Param) and value.index == 1 for value in maker.returns)
