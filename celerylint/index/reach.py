"""Which functions run in a worker: what tasks call, directly or through others."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import cached_property

from celerylint.facts import Class, Function, Task
from celerylint.index.members import Members
from celerylint.index.modules import Modules
from celerylint.index.tasks import Tasks
from celerylint.records import dataclass
from celerylint.source import Span
from celerylint.values import Attr, Call, Either, Name, Param, Value
from celerylint.values import Function as FunctionValue

# Methods of a task that run in the worker's process, with its body (celery.app.trace, 5.7).
HOOKS = ("__call__", "before_start", "on_success", "on_failure", "on_retry", "after_return")


@dataclass(frozen=True, slots=True)
class Step:
    """A call on the way from a task to a function: where it stands, what it calls, and what handlers around it
    catch (as `CallSite.caught`)."""

    path: str
    span: Span
    callee: str
    caught: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """A function that a task runs: `step` is the call that leads there from `caller` (a function's key),
    None for the task's own body. `certain` says that no call on the way depends on what a caller passes."""

    task: Task
    caller: str = ""
    step: Step | None = None
    certain: bool = True


class CallGraph:
    """The functions that tasks reach. `follow` says of a shown path whether calls into it are worth following."""

    def __init__(self, modules: Modules, tasks: Tasks, follow: Callable[[str], bool]) -> None:
        self.modules, self.tasks, self.follow = modules, tasks, follow
        self.members = Members(modules)

    @cached_property
    def reached(self) -> dict[str, Reach]:
        """By function key, the shortest way from a task, one that is certain before others; among equals the first in
        the order of tasks and lines."""
        found: dict[str, Reach] = {}
        for task in self.tasks.all:
            if task.function:
                found.setdefault(task.function, Reach(task))
        for task in self.tasks.all:
            for hook in self.hooks(task):
                found.setdefault(hook, Reach(task))
        pending, doubtful = deque(found), deque[tuple[str, Reach]]()
        while pending or doubtful:
            if pending:
                key = pending.popleft()
            else:
                key, reach = doubtful.popleft()
                if key in found:
                    continue
                found[key] = reach
            for callee, reach in self.onward(key, found[key]):
                if callee not in found and reach.certain:
                    found[callee] = reach
                    pending.append(callee)
                elif callee not in found:
                    doubtful.append((callee, reach))
        return found

    def hooks(self, task: Task) -> list[str]:
        """The keys of the methods of a task's classes that a worker calls around the body."""
        own = self.tasks.bases.class_of(task) if task.kind == "class" else None
        classes = [*([own] if own is not None else []), *self.tasks.bases.classes(task)]
        return [f"{cls.key}.{name}" for cls in classes for name in HOOKS if name in cls.methods]

    def onward(self, key: str, reach: Reach) -> Iterator[tuple[str, Reach]]:
        """The functions that a function calls; tasks are no part of their callers."""
        function = self.modules.function(key)
        if function is None:
            return
        for site in function.calls:
            certain = reach.certain and (reach.step is None or not site.optional)
            for callee in self.callees(site.callee, function):
                if callee.key not in self.tasks.by_function:
                    step = Step(function.path, site.span, callee.qualname, site.caught)
                    yield callee.key, Reach(reach.task, key, step, certain)

    @cached_property
    def homes(self) -> set[str]:
        """The paths of the files that define what functions that tasks run call, or call a method of."""
        functions = (self.modules.function(key) for key in self.reached)
        callees = {site.callee for function in functions if function is not None for site in function.calls}
        return {path for callee in callees if isinstance(callee, Name) and (path := self.modules.home(callee.dotted))}

    @cached_property
    def handed(self) -> dict[tuple[str, int | str], list[Value]]:
        """What functions that tasks run hand to others, as far as it may have results in it: by key and parameter."""
        found: dict[tuple[str, int | str], list[Value]] = {}
        for key in self.reached:
            function = self.modules.function(key)
            if function is None:
                continue
            for site in function.calls:
                for callee in self.callees(site.callee, function) if site.passed else ():
                    shift = int(takes_owner(callee, site.callee))
                    for place, value in site.passed:
                        at = place + shift if isinstance(place, int) else place
                        found.setdefault((callee.key, at), []).append(value)
        return found

    def passed(self, param: Param) -> list[Value]:
        """What callers that run in tasks are known to pass for a parameter."""
        return [*self.handed.get((param.function, param.index), ()), *self.handed.get((param.function, param.name), ())]

    def steps(self, key: str) -> list[Step]:
        """The calls that lead from a task to a function, outermost first."""
        found: list[Step] = []
        reach = self.reached.get(key)
        while reach is not None and reach.step is not None:
            found.append(reach.step)
            reach = self.reached.get(reach.caller)
        return found[::-1]

    def callees(self, value: Value, caller: Function) -> list[Function]:
        """The project's functions that calling a value runs."""
        match value:
            case Name(dotted=dotted):
                return self.named(dotted)
            case FunctionValue(key=key):
                function = self.modules.function(key)
                return [function] if function else []
            case Attr(base=base, name=name):
                cls = self.class_of(base, caller)
                return self.method(cls, name) if cls else []
            case Either(options=options):
                return [function for option in options for function in self.callees(option, caller)]
            case _:
                return []

    def named(self, dotted: str) -> list[Function]:
        definition = self.modules.resolve(dotted) if self.leads_on(dotted) else None
        match definition.what if definition else None:
            case Function() as function:
                return [function]
            case Class() as cls:
                return self.method(cls, "__init__")
            case _:
                return []

    def leads_on(self, dotted: str) -> bool:
        """Whether the file that defines a name is worth following."""
        path = self.modules.home(dotted)
        return bool(path) and self.follow(path)

    def class_of(self, base: Value, caller: Function) -> Class | None:
        """The project class that a value is an instance of (or that it is)."""
        match base:
            case Param(index=0, function=function) if caller.in_class or "." in function.partition(":")[2]:
                module, _, qualname = function.partition(":")
                facts = self.modules.facts(module)
                return facts.classes.get(qualname.rpartition(".")[0]) if facts else None
            case Param(annotation=annotation) if annotation is not None:
                return self.modules.cls(annotation)
            case Attr() if (held := self.members.of(base)) is not None and not isinstance(held, Attr):
                return self.class_of(held, caller)
            case Call(func=Name() as func):
                return self.modules.cls(func)
            case Name():
                expanded = self.modules.expand(base)
                return self.modules.cls(expanded.func) if isinstance(expanded, Call) else None
            case _:
                return None

    def method(self, cls: Class, name: str) -> list[Function]:
        for owner in self.modules.lineage(cls):
            if name in owner.methods:
                function = self.modules.function(f"{owner.key}.{name}")
                return [function] if function is not None else []
        return []


def takes_owner(callee: Function, called: Value) -> bool:
    """Whether a method's first parameter is filled by what it is called on."""
    if not callee.in_class:
        return False
    decorators = {decorator.value.dotted for decorator in callee.decorators if isinstance(decorator.value, Name)}
    if "builtins.staticmethod" in decorators:
        return False
    return isinstance(called, Attr) or callee.name == "__init__" or "builtins.classmethod" in decorators
