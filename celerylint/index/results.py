"""Which values are results: what a dispatch returns, alone, in containers, from functions and parameters."""

from __future__ import annotations

from collections.abc import Callable

from celerylint.facts import Function, Task
from celerylint.index.dispatches import SENDERS, Dispatches, Signature, split_call
from celerylint.index.members import Members
from celerylint.records import dataclass
from celerylint.values import (
    NONE,
    Attr,
    Call,
    Comprehension,
    Const,
    Either,
    Element,
    Item,
    Mapping,
    Name,
    Param,
    Sequence,
    Star,
    Typed,
    Unknown,
    Value,
    options,
)
from celerylint.values import Function as FunctionValue

CLASSES = frozenset(
    {
        "celery.result.AsyncResult", "celery.result.GroupResult", "celery.result.ResultSet",
        "celery.result.EagerResult", "celery.app.AsyncResult", "celery.Task.AsyncResult",
    }
)  # fmt: skip
GROUPS = frozenset({"celery.result.GroupResult", "celery.result.ResultSet"})
COPIES = frozenset({f"builtins.{name}" for name in ("list", "tuple", "set", "reversed", "sorted", "iter", "next")})
DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Result:
    """What a dispatch returns. `kind` is `sent`, `eager` (of `.apply()`), `group`, `made` (of an id);
    `task` is the task whose result it is, where that is known."""

    kind: str
    task: Task | None = None


class Results:
    """Judges values. `passed` gives what callers are known to pass for a parameter."""

    def __init__(self, sending: Dispatches, passed: Callable[[Param], list[Value]]) -> None:
        self.modules, self.apps, self.tasks, self.sending = sending.modules, sending.apps, sending.tasks, sending
        self.passed, self.members = passed, Members(sending.modules)

    def of(self, value: Value, depth: int = 0) -> Result | None:
        """The result (`AsyncResult`, `GroupResult` …) that a value is."""
        if depth > DEEPEST:
            return None
        match value:
            case Call():
                return self.of_call(value, depth)
            case Element(base=base):
                return self.in_each(base, depth + 1)
            case Item(base=base, key=key):
                return self.of_item(base, key, depth + 1)
            case Attr(base=base, name="parent") if (found := self.of(base, depth + 1)) is not None:
                return found
            case Attr():
                held = self.members.of(value)
                return None if held is None else self.of(held, depth + 1)
            case Either():
                each = [self.of(option, depth + 1) for option in options(value) if option != NONE]
                return each[0] if each and all(each) else None
            case Typed(type=name):
                return self.of_class(name)
            case Param(annotation=annotation):
                own = self.of_class(annotation.dotted) if isinstance(annotation, Name) else None
                return own or self.any_of(value, self.of, depth + 1)
            case _:
                return None

    def of_class(self, name: str) -> Result | None:
        canonical = self.modules.canonical(name)
        return Result("group" if canonical in GROUPS else "made") if canonical in CLASSES else None

    def any_of(self, param: Param, judge: Callable[[Value, int], Result | None], depth: int) -> Result | None:
        """What one of the callers of a function passes."""
        return next((found for value in self.passed(param) if (found := judge(value, depth))), None)

    def of_call(self, call: Call, depth: int) -> Result | None:
        receiver, method = split_call(call)
        if isinstance(call.func, Name) and (made := self.of_class(call.func.dotted)) is not None:
            return made
        if receiver is not None and (found := self.of_method(receiver, method, depth)) is not None:
            return found
        signature = self.signature(call.func, depth + 1)
        if signature is not None and signature.kind != "task":
            return Result("group" if signature.kind == "group" else "sent", signature.task)
        return self.returned(call.func, self.of, depth + 1)

    def of_method(self, receiver: Value, method: str, depth: int) -> Result | None:
        if method in SENDERS - {"delay_on_commit", "apply_async_on_commit"} or method == "apply":
            return self.of_sending(receiver, method)
        if method == "restore" and isinstance(receiver, Name):
            return self.of_class(receiver.dotted)
        if method == "send_task" and self.apps.is_app(receiver):
            return Result("sent")
        if method in {"AsyncResult", "GroupResult"} and (self.apps.is_app(receiver) or self.tasks.of(receiver)):
            return Result("group" if method == "GroupResult" else "made", self.tasks.of(receiver))
        held = method in {"pop", "get"} and self.of(receiver, depth + 1) is None
        return self.in_each(receiver, depth + 1) if held else None

    def of_sending(self, receiver: Value, method: str) -> Result | None:
        task = self.tasks.of(receiver)
        if task is not None:
            return Result("eager" if method == "apply" else "sent", task)
        signature = self.signature(receiver)
        if signature is not None:
            kind = "eager" if method == "apply" else "group" if signature.kind == "group" else "sent"
            return Result(kind, signature.task)
        return Result("sent") if method != "apply" and self.sending.is_task_like(receiver, method) else None

    def signature(self, value: Value, depth: int = 0) -> Signature | None:
        """The signature or canvas that a value is, also one that a function of the project returns."""
        found = self.sending.signature(value, depth)
        function = self.function(value.func) if found is None and isinstance(value, Call) else None
        if function is None or depth > DEEPEST or function.is_async or function.is_generator:
            return found
        made = [self.signature(returned, depth + 1) for returned in function.returns]
        # Among several a canvas: one task alone, called, would not be sent.
        return next((one for one in reversed(made) if one), None) if made and all(made) else None

    def returned(self, func: Value, judge: Callable[[Value, int], Result | None], depth: int) -> Result | None:
        """What a function of the project returns, if all that it returns is that (or None)."""
        function = self.function(func)
        if function is None or function.is_async or function.is_generator or function.key in self.tasks.by_function:
            return None
        found = [judge(value, depth) for value in function.returns if value != NONE]
        return found[0] if found and all(found) else None

    def function(self, func: Value) -> Function | None:
        if isinstance(func, FunctionValue) and func.key:
            return self.modules.function(func.key)
        if not isinstance(func, Name) or self.modules.is_aside(func.dotted):
            return None
        return self.modules.function_named(func.dotted)

    def of_item(self, base: Value, key: Value, depth: int) -> Result | None:
        """The result that `base[key]` is: an item of a list, a value of a dict, part of what a loop gives."""
        match base, key:
            case Element(base=Call(func=Attr(base=inner, name="items"), args=())), Const(value=1):
                return self.in_each(inner, depth)
            case Element(base=Call(func=Name(dotted="builtins.enumerate"), args=(inner, *_))), Const(value=1):
                return self.in_each(inner, depth)
            case Element(base=Call(func=Name(dotted="builtins.zip"), args=args)), Const(value=int(place)):
                return self.in_each(args[place], depth) if place < len(args) else None
            case Element(base=inner), Const(value=int(place)):
                return self.of_part(inner, place, depth)
            case _:
                return self.in_each(base, depth)

    def of_part(self, base: Value, place: int, depth: int) -> Result | None:
        """The result that one place of every tuple in a collection holds."""
        rows: list[Value] = []
        match base:
            case Comprehension(element=element):
                rows = [element]
            case Sequence(items=items):
                rows = list(items)
        found = [row.items[place] for row in rows if isinstance(row, Sequence) and place < len(row.items)]
        return self.all_of(found, depth) if len(found) == len(rows) else None

    def in_each(self, base: Value, depth: int = 0) -> Result | None:
        """The result that each item of a collection (each value of a dict) is."""
        if depth > DEEPEST:
            return None
        match base:
            case Comprehension(type="dict", element=Sequence(items=(_, element))) | Comprehension(element=element):
                return self.of(element, depth + 1)
            case Sequence(items=items):
                return self.all_of(list(items), depth)
            case Mapping(items=pairs):
                return self.all_of([item if key is not None else Star(item) for key, item in pairs], depth)
            case Call(func=Name(dotted=dotted), args=(inner, *_)) if dotted in COPIES:
                return self.in_each(inner, depth + 1)
            case Call(func=Attr(base=inner, name="values" | "copy"), args=()):
                return self.in_each(inner, depth + 1)
            case Item(base=inner, key=Unknown()):
                # A slice; what has results as its items is no collection of collections.
                return self.in_each(inner, depth + 1)
            case Attr(base=inner, name="results" | "children") if self.of(inner, depth + 1):
                return Result("sent")
            case Attr() if (kept := self.members.of(base)) is not None:
                return self.in_each(kept, depth + 1)
            case Param():
                return self.any_of(base, self.in_each, depth + 1) or self.of_group(base, depth)
            case Call():
                return self.returned(base.func, self.in_each, depth + 1) or self.of_group(base, depth)
            case _:
                return self.of_group(base, depth)

    def of_group(self, base: Value, depth: int) -> Result | None:
        """The result that each item of a group's result is."""
        whole = self.of(base, depth + 1)
        return Result("sent", whole.task) if whole is not None and whole.kind == "group" else None

    def all_of(self, items: list[Value], depth: int) -> Result | None:
        """The result that each of some items is, of `*x` each item of x."""
        found = [
            self.in_each(item.base, depth + 1) if isinstance(item, Star) else self.of(item, depth + 1)
            for item in items
            if item != NONE
        ]
        return found[0] if found and all(found) else None
