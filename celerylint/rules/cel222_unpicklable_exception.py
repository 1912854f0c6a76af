"""An exception that a task raises cannot be pickled, so what failed is not what is seen.

A child of the pool hands its exception to the worker by pickling it. Python rebuilds an exception by calling its class
with `args`, which is what `super().__init__()` got. A class that takes two arguments and passes on one cannot be
rebuilt. Celery then stores `UnpickleableExceptionWrapper` instead: error trackers group all such failures as one,
`link_error` and callers never see the class, and attributes are gone.

Bad::

    from celery import shared_task

    class Rejected(Exception):
        def __init__(self, message, code):
            super().__init__(message)
            self.code = code

    @shared_task
    def pay(order_id):
        raise Rejected("card", 51)

Good::

    from celery import shared_task

    class Rejected(Exception):
        def __init__(self, message, code):
            super().__init__(message, code)
            self.code = code

    @shared_task
    def pay(order_id):
        raise Rejected("card", 51)

Looks at exception classes of the project that code of a task makes and that no handler between there and the task
catches. Silent where the class has `__reduce__`, `__new__` or their kin, sets `args` itself, has bases that are not
Python's own, or takes what it passed on after all.

Source: `celery.utils.serialization.get_pickleable_exception` (5.7); Python's `BaseException.__reduce__`.
"""

import ast
import builtins
from collections.abc import Iterator

from celerylint.facts import Class
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.raising import leaves_tasks

rule = Rule(
    __name__,
    severity="warning",
    message="`{name}` cannot be rebuilt from the {passed} that its `__init__` passes on, so a task that raises it fails"
    " with `UnpickleableExceptionWrapper`; pass every argument to `super().__init__()`",
    checklist=("task-design.error-handling",),
)

PICKLING = frozenset({"__reduce__", "__reduce_ex__", "__getnewargs__", "__getnewargs_ex__", "__new__", "__setstate__"})


@rule.check(Class)
def unpicklable(cls: Class, file: File, index: Index) -> Iterator[Finding]:
    if "__init__" not in cls.methods or not is_plain_exception(cls, index):
        return
    init = file.body(f"{cls.key}.__init__")
    if init is None or not leaves_tasks(cls, index):
        return
    calls = super_calls(init, file)
    if calls and all(not fits(init, call) for call in calls) and not sets_args(init, file):
        passed = f"{len(passed_on(calls[0]))} argument" + ("s" if len(passed_on(calls[0])) != 1 else "")
        data = {"init": file.span(init), "call": file.span(calls[0]) if len(calls) == 1 else None}
        yield rule.finding(file, cls.span, data=data, name=cls.name, passed=passed)


def is_plain_exception(cls: Class, index: Index) -> bool:
    """Whether a class and its bases leave pickling to Python, and no base has an `__init__` but Python's own."""
    classes, names = index.modules.bases(cls)
    if any(not PICKLING.isdisjoint(c.methods) for c in (cls, *classes)) or any(
        "__init__" in c.methods for c in classes
    ):
        return False
    return bool(names) and all(is_builtin_exception(name) for name in names)


def is_builtin_exception(name: str) -> bool:
    module, _, last = name.rpartition(".")
    kind = getattr(builtins, last, None) if module == "builtins" else None
    # OSError and the Unicode errors bring a pickling of their own.
    plain = isinstance(kind, type) and issubclass(kind, Exception)
    return plain and not issubclass(kind, OSError | UnicodeError | ImportError) if isinstance(kind, type) else False


def super_calls(init: ast.FunctionDef | ast.AsyncFunctionDef, file: File) -> list[ast.Call]:
    """The calls of the base's `__init__`."""
    return [
        call
        for call in file.within(init, ast.Call)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "__init__"
    ]


def passed_on(call: ast.Call) -> list[ast.expr]:
    """The arguments of `super().__init__(...)`, or of `Exception.__init__(self, ...)`."""
    assert isinstance(call.func, ast.Attribute)
    return call.args if isinstance(call.func.value, ast.Call) else call.args[1:]


def fits(init: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call) -> bool:
    """Whether the class can be called with what it passes on."""
    args, given = init.args, passed_on(call)
    if any(isinstance(arg, ast.Starred) for arg in given):
        return True
    plain = [*args.posonlyargs, *args.args][1:]
    needed = len(plain) - min(len(args.defaults), len(plain))
    if any(default is None for default in args.kw_defaults):
        return False
    return len(given) >= needed and (args.vararg is not None or len(given) <= len(plain))


def sets_args(init: ast.FunctionDef | ast.AsyncFunctionDef, file: File) -> bool:
    """Whether `self.args` is assigned."""
    attributes = file.within(init, ast.Attribute)
    return any(node.attr == "args" and isinstance(node.ctx, ast.Store) for node in attributes)
