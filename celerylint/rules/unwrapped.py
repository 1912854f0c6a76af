"""The names that tasks are registered under where a decorator of the project hides the function's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from celerylint.facts import Decorator, Function, Task
from celerylint.index import Index
from celerylint.values import Call, Name, Value
from celerylint.values import Function as FunctionValue

WRAPS = frozenset({"functools.wraps", "functools.update_wrapper", "wrapt.decorator", "decorator.decorator"})
NAMING = re.compile(rb"""\bname[ \t]*=|["']name["']""")
KNOWN: WeakKeyDictionary[Index, dict[str, tuple[str, str]]] = WeakKeyDictionary()


def registered_names(index: Index) -> dict[str, tuple[str, str]]:
    """By the key of a task, its registered name ("" where it is not known) and the decorator that gives it, "" for
    the task's own."""
    if index not in KNOWN:
        KNOWN[index] = {task.key: registered(task, index) for task in index.tasks}
    return KNOWN[index]


def registered(task: Task, index: Index) -> tuple[str, str]:
    if task.explicit_name or task.kind == "class":
        return task.name, ""
    function = index.function_of(task)
    if function is None or index.task_names.names_are_made or (task.open and may_name(task, index)):
        return "", ""
    for decorator in below(task, function, index):
        inner = hidden_by(decorator, index)
        if inner is None:
            return "", ""
        if inner:
            return inner, named(decorator)
    return task.name, ""


def may_name(task: Task, index: Index) -> bool:
    """Whether the decorator that makes a task may give it a name: one outside the project, or one whose file speaks of
    names of tasks."""
    maker = index.modules.function_named(task.via)
    data = index.read(maker.path) if maker is not None else None
    return data is None or NAMING.search(data) is not None


def below(task: Task, function: Function, index: Index) -> Iterator[Decorator]:
    """The decorators between the task's own and the function, outermost first."""
    makers = [index.registry.factories.decoration(decorator.value)[0] is not None for decorator in function.decorators]
    first = makers.index(True) + 1 if True in makers else 0
    yield from function.decorators[first:]


def hidden_by(decorator: Decorator, index: Index) -> str | None:
    """The name of the function that a decorator of the project puts in place of the decorated one, "" where it keeps
    its name; None where that is not known."""
    func = decorator.value.func if isinstance(decorator.value, Call) else decorator.value
    function = index.modules.function_named(func.dotted) if isinstance(func, Name) else None
    if function is None:
        return ""
    return returned(function, index, called=isinstance(decorator.value, Call), depth=0)


def returned(function: Function, index: Index, *, called: bool, depth: int) -> str | None:
    if depth > 2 or not function.returns:
        return None
    names = {of_value(value, function, index, called, depth) for value in function.returns}
    return names.pop() if len(names) == 1 else None


def of_value(value: Value, function: Function, index: Index, called: bool, depth: int) -> str | None:
    match value:
        case FunctionValue(key=key) if key and key != function.key:
            inner = index.modules.function(key)
            if inner is None:
                return None
            if called:
                return returned(inner, index, called=False, depth=depth + 1)
            if any(wraps(one, index) for one in inner.decorators):
                return ""
            return (index.registry.naming.name(inner) or None) if not inner.decorators else None
        case _:
            return None


def wraps(decorator: Decorator, index: Index) -> bool:
    func = decorator.value.func if isinstance(decorator.value, Call) else decorator.value
    return isinstance(func, Name) and index.modules.canonical(func.dotted) in WRAPS


def named(decorator: Decorator) -> str:
    """What a decorator is called."""
    func = decorator.value.func if isinstance(decorator.value, Call) else decorator.value
    return func.dotted.rpartition(".")[2] if isinstance(func, Name) else ""
