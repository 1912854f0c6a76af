"""Whether and how a task retries: by `autoretry_for`, by calls of `retry()` in its body, its classes and helpers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from celerylint.facts import Class, Decorator, Dispatch, Function, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.index.tasks import last_name
from celerylint.values import Attr, Binary, Call, Const, Name, Param, Sequence, Unknown, Value

# Decorators of other packages that certainly do not retry; any that is not known may.
PLAIN_DECORATORS = ("functools.", "django.", "contextlib.", "sentry_sdk.", "newrelic.", "ddtrace.", "typing.")


def raises(retry: Dispatch, index: Index) -> bool:
    """Whether a call of `retry()` certainly raises: no `throw=False`, and nothing of the project's in its place."""
    if retry.method != "retry" or retry.open or retry.options.get("throw") not in (None, Const(True)):
        return False
    task = retry.task
    classes = [] if task is None else own_classes(task, index)
    override = next((found for cls in classes if (found := method(cls, "retry", index)) is not None), None)
    return override is None or (bool(override.returns) and all(is_super_retry(value) for value in override.returns))


def own_classes(task: Task, index: Index) -> list[Class]:
    """The classes of a task that stand in the project, its own first."""
    own = index.registry.bases.class_of(task) if task.kind == "class" else None
    return [*([own] if own is not None else []), *index.registry.bases.classes(task)]


def method(cls: Class, name: str, index: Index) -> Function | None:
    return index.modules.function(f"{cls.key}.{name}") if name in cls.methods else None


def is_super_retry(value: Value) -> bool:
    match value:
        case Call(func=Attr(base=Call(func=Name(dotted="builtins.super")), name="retry")):
            return True
        case _:
            return False


def retry_calls(task: Task, index: Index) -> list[Dispatch]:
    """Every `retry()` of a task that is known: in its body, in methods of its classes, and by its name elsewhere."""
    of_tasks, in_classes = numbered_retries(index)
    numbers = {number for number in of_tasks.get(task.key, ()) if index.retries[number].task == task}
    numbers.update(number for cls in own_classes(task, index) for number in in_classes.get(cls.key, ()))
    return [index.retries[number] for number in sorted(numbers)]


@lru_cache(maxsize=1)
def numbered_retries(index: Index) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """The places in `index.retries` of each task's, by its key, and of each `self.retry()`, by the key of the class in
    whose method it stands."""
    of_tasks: dict[str, list[int]] = {}
    in_classes: dict[str, list[int]] = {}
    for number, dispatch in enumerate(index.retries):
        if dispatch.task is not None:
            of_tasks.setdefault(dispatch.task.key, []).append(number)
        if (key := class_around(dispatch)) is not None:
            in_classes.setdefault(key, []).append(number)
    return of_tasks, in_classes


def class_around(dispatch: Dispatch) -> str | None:
    """The key of the class in whose method a `self.retry()` stands."""
    return dispatch.receiver.function.rpartition(".")[0] if isinstance(dispatch.receiver, Param) else None


def autoretried(task: Task, index: Index) -> bool | None:
    """Whether `autoretry_for` names anything; None where that cannot be told."""
    return lists_errors(index.option(task, "autoretry_for").value)


def lists_errors(value: Value | None) -> bool | None:
    """Whether an `autoretry_for` (None where nothing sets it) names anything; None where that cannot be told."""
    match value:
        case Unknown() | Param():
            return None
        case None | Const(value=None) | Sequence(items=()):
            return False
        case _:
            return True


def autoretry_errors(value: Value | None, index: Index) -> list[Value]:
    """What an `autoretry_for` lists, tuples of the project spelt out and added up."""
    if value is None:
        return []
    match expanded := index.expand(value):
        case Sequence(items=items):
            return [error for item in items for error in autoretry_errors(item, index)]
        case Binary(op="Add", left=left, right=right):
            return [*autoretry_errors(left, index), *autoretry_errors(right, index)]
        case _:
            return [expanded]


def never_retries(task: Task, file: File, index: Index) -> bool:
    """Whether it is certain that nothing retries a task whose definition stands in `file`."""
    return (
        autoretried(task, index) is False
        and not index.registry.bases.has_foreign(task)
        and not retry_calls(task, index)
        and not any(calls_retry(function) for function in reachable([*class_functions(task, index)], index))
        and not leaks(task, file)
        and not wrapped(task, index)
        and not any(calls_retry(function) for function in reachable([index.function_of(task)], index))
        and not extended(task, index)
    )


def class_functions(task: Task, index: Index) -> Iterator[Function]:
    """The methods of a task's classes."""
    for cls in own_classes(task, index):
        for name in cls.methods:
            function = method(cls, name, index)
            if function is not None:
                yield function
                yield from nested(function, index)


def nested(function: Function, index: Index) -> list[Function]:
    """The functions that are defined in a function."""
    facts = index.modules.facts(function.module)
    inside = f"{function.qualname}."
    return [] if facts is None else [other for name, other in facts.functions.items() if name.startswith(inside)]


def calls_retry(function: Function) -> bool:
    """Whether a function calls something named `retry`."""
    return any(last_name(site.callee) == "retry" for site in function.calls)


def leaks(task: Task, file: File) -> bool:
    """Whether a task's own body may retry in a way that is not seen: `self` handed on, `retry` taken as a value."""
    node = file.definition(task.key)
    if node is None or hands_on(task, file):
        return True
    return any(isinstance(found, ast.Attribute) and found.attr == "retry" for found in ast.walk(node))


def hands_on(task: Task, file: File) -> bool:
    """Whether a task gives itself to other code: its `self` stands otherwise than before a dot."""
    node = file.definition(task.key)
    if node is None:
        return True
    names = receivers(node) if task.kind == "class" else {first_parameter(node)} if task.bound else set()
    return any(
        isinstance(found, ast.Name) and found.id in names and not isinstance(file.parent(found), ast.Attribute)
        for found in ast.walk(node)
    )


def receivers(node: ast.AST) -> set[str]:
    """What the first parameters of a class's methods are called."""
    return {first_parameter(child) for child in ast.walk(node) if isinstance(child, ast.FunctionDef)} - {""}


def first_parameter(node: ast.AST) -> str:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return ""
    plain = [*node.args.posonlyargs, *node.args.args]
    return plain[0].arg if plain else ""


def wrapped(task: Task, index: Index) -> bool:
    """Whether another decorator of the body may retry."""
    function = index.function_of(task)
    if function is None:
        return True
    return any(may_retry(decorator, task, index) for decorator in function.decorators)


def may_retry(decorator: Decorator, task: Task, index: Index) -> bool:
    value = decorator.value
    if index.registry.factories.decoration(value)[0] is not None:
        return False
    called = value.func if isinstance(value, Call) else value
    if not isinstance(called, Name):
        return True
    name, definition = index.modules.follow(called.dotted)
    if definition is None:
        return not name.startswith(PLAIN_DECORATORS)
    if not isinstance(definition.what, Function):
        return True
    around = [definition.what, *nested(definition.what, index)]
    return any(calls_retry(function) for function in reachable(around, index))


def reachable(start: Iterable[Function | None], index: Index) -> Iterator[Function]:
    """Functions with those of the project that they call, as far as the call graph tells; at most 300."""
    pending, seen = [function for function in start if function is not None], set[str]()
    while pending and len(seen) < 300:
        function = pending.pop()
        if function.key not in seen:
            seen.add(function.key)
            yield function
            for site in function.calls:
                pending += index.graph.callees(site.callee, function)


def extended(task: Task, index: Index) -> bool:
    """Whether another class of the project derives from a class task, and may retry in it."""
    return task.kind == "class" and any(
        task.key in {base.key for base in index.modules.bases(cls)[0]}
        for facts in index.facts
        for cls in facts.classes.values()
        if cls.key != task.key
    )


def reads(task: Task, file: File, index: Index, name: str) -> bool:
    """Whether code reads an option off a task: the task's own, code that names it, or code that it is given to."""
    node = file.definition(task.key)
    attribute = re.compile(rf"""\.{name}\b(?!\s*=[^=])|["']{name}["']""")
    if not isinstance(node, ast.stmt) or attribute.search(file.text(node)):
        return True
    anywhere = hands_on(task, file)
    paths = {cls.path for cls in own_classes(task, index)}
    named = re.compile(rf"\b{re.escape(task.label)}\.{name}\b")
    return any(
        (attribute if anywhere or path in paths else named).search(line) for path, line in index.lines_with(name)
    )
