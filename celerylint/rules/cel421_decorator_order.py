"""A decorator stands above the task decorator, or one below it hides the function's name.

Above: what the task decorator makes is a task with `.delay()`; a decorator above it wraps that into a plain function.
`.delay` is gone, and the worker, which has the task itself, runs it without the decorator.

Below: a task is named after the function that the task decorator gets. A decorator that returns its inner function
without `functools.wraps` gives each of its tasks the name of that inner function, in the decorator's module. The first
one is registered under it, and calls of all the others run the first one.

Bad::

    from celery import shared_task

    def locked(function):
        def inner(*args, **kwargs):
            with lock:
                return function(*args, **kwargs)
        return inner

    @shared_task
    @locked
    def ship(order_id):
        ...

Good::

    from functools import wraps

    from celery import shared_task

    def locked(function):
        @wraps(function)
        def inner(*args, **kwargs):
            with lock:
                return function(*args, **kwargs)
        return inner

    @shared_task
    @locked
    def ship(order_id):
        ...

A warning where one task alone has the wrong name. Silent in tests, where the task has a `name` of its own, about
decorators that return the function or task that they get or set `.delay`, `staticmethod`, and those that are not
known. `wraps` changes the names of the tasks, so that messages on their way are not understood any more: deploy it
with an explicit `name` at first.

Source: `celery.app.base.Celery._task_from_fun`, `celery.utils.imports.gen_task_name` (5.7); Celery's user guide,
"Tasks", "Multiple decorators".
"""

from collections.abc import Iterator

from celerylint.facts import Decorator, Function, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Related, Rule
from celerylint.values import Attr, Call, Const, Item, Name, Value
from celerylint.values import Function as FunctionValue

rule = Rule(
    __name__,
    severity="error",
    message="`{decorator}` above the task decorator makes a plain function of the task: it has no `.delay()`, and the "
    "worker runs it without `{decorator}`; put it below the task decorator",
)
NAMELESS = (
    "`{decorator}` returns `{inner}` without `functools.wraps`, so this task is named `{name}`, as all that it "
    "decorates are: calls of any run the first; add `@wraps` to `{inner}`, or give the task a `name`"
)
# Decorators of other packages that return a new function.
WRAPPING = frozenset(
    {
        "django.db.transaction.atomic", "functools.lru_cache", "functools.cache", "tenacity.retry",
        "backoff.on_exception", "contextlib.contextmanager", "django.contrib.auth.decorators.login_required",
    }
)  # fmt: skip


@rule.check(Task)
def wrong_place(task: Task, file: File, index: Index) -> Iterator[Finding]:
    function = index.function_of(task) if task.kind == "decorator" else None
    if function is None or index.modules.is_test(file.path):
        return
    made_by = [index.registry.factories.decoration(decorator.value)[0] is not None for decorator in function.decorators]
    makers = [place for place, makes in enumerate(made_by) if makes]
    if len(makers) != 1:
        return
    for decorator in function.decorators[: makers[0]]:
        if replaces(decorator.value, index):
            yield rule.finding(file, decorator.span, decorator=shown(decorator))
    if not may_be_named(task, index):
        yield from nameless(function.decorators[makers[0] + 1 :], file, index)


def may_be_named(task: Task, index: Index) -> bool:
    """Whether a task has a name of its own, or may get one from the project's own decorator."""
    if task.explicit_name or not task.open:
        return task.explicit_name
    definition = index.modules.resolve(task.via)
    if definition is None or not isinstance(definition.what, Function):
        return True
    inside = definition.what.qualname
    for fact in definition.facts.calls:
        if (fact.scope + ".").startswith(f"{inside}."):
            written = [*fact.call.args, *(Const(name) for name, _ in fact.call.keywords)]
            if Const("name") in written:
                return True
    return any(
        isinstance(write.target, Item) and write.target.key == Const("name") for write in definition.facts.writes
    )


def nameless(decorators: tuple[Decorator, ...], file: File, index: Index) -> Iterator[Finding]:
    for decorator in decorators:
        inner = inner_function(decorator.value, index)
        if inner is None or inner.decorators or renamed(inner, index):
            continue
        yield rule.finding(
            file,
            decorator.span,
            message=NAMELESS,
            severity="error" if decorates_several(decorator.value, index) else "warning",
            related=(Related(inner.path, inner.span, "this takes the function's place"),),
            decorator=shown(decorator),
            inner=inner.name,
            name=f"{index.modules.imported_as(inner.module)}.{inner.name}",
        )


def shown(decorator: Decorator) -> str:
    value = decorator.value.func if isinstance(decorator.value, Call) else decorator.value
    return value.dotted.rpartition(".")[2] if isinstance(value, Name) else "the decorator"


def replaces(value: Value, index: Index) -> bool:
    """Whether a decorator certainly returns another function than it gets."""
    func = value.func if isinstance(value, Call) else value
    if isinstance(func, Name) and index.modules.canonical(func.dotted) in WRAPPING:
        return True
    inner = inner_function(value, index)
    return inner is not None and "delay" not in attributes_given(inner, index)


def attributes_given(inner: Function, index: Index) -> set[str]:
    """The attributes that a decorator sets on the function that it returns."""
    facts = index.modules.facts(inner.module)
    writes = [write.target for write in facts.writes if write.scope == inner.owner] if facts is not None else []
    return {target.name for target in writes if isinstance(target, Attr)}


def inner_function(value: Value, index: Index) -> Function | None:
    """The function that a decorator of the project returns in place of the one it gets."""
    func, levels = (value.func, 2) if isinstance(value, Call) else (value, 1)
    definition = index.modules.resolve(func.dotted) if isinstance(func, Name) else None
    found = definition.what if definition is not None else None
    for _ in range(levels):
        if not isinstance(found, Function) or found.is_generator or found.decorators:
            return None
        keys = {value.key for value in found.returns if isinstance(value, FunctionValue)}
        if len(keys) != 1 or not all(isinstance(value, FunctionValue) for value in found.returns):
            return None
        found = index.modules.function(keys.pop())
    return found if isinstance(found, Function) and not found.is_generator else None


def renamed(inner: Function, index: Index) -> bool:
    """Whether a function is given another name by `update_wrapper` or an assignment to `__name__`."""
    facts = index.modules.facts(inner.module)
    outer = facts.functions.get(inner.owner) if facts is not None else None
    if facts is None or outer is None:
        return True
    calls = [site.callee.dotted.rpartition(".")[2] for site in outer.calls if isinstance(site.callee, Name)]
    return not {"update_wrapper", "wraps"}.isdisjoint(calls) or bool(
        {"__name__", "__qualname__"} & attributes_given(inner, index)
    )


def decorates_several(value: Value, index: Index) -> bool:
    """Whether more than one task gets its name from the same inner function."""
    func = value.func if isinstance(value, Call) else value
    count = 0
    for task in index.tasks:
        function = index.function_of(task)
        for decorator in function.decorators if function is not None and not task.explicit_name else ():
            other = decorator.value.func if isinstance(decorator.value, Call) else decorator.value
            count += other == func
    return count > 1
