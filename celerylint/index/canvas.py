"""Signatures and canvases as values: what is in them, and which of their tasks a result in front reaches."""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import replace

from celerylint.facts import Task
from celerylint.index.arguments import ANY, Arguments
from celerylint.index.dispatches import CANVASES, SIGNATURE_MAKERS, Dispatches, split_call
from celerylint.records import dataclass
from celerylint.values import (
    Binary,
    Call,
    Comprehension,
    Const,
    Mapping,
    Name,
    Sequence,
    Star,
    Value,
    truth,
)

DEEPEST = 10


@dataclass(frozen=True, slots=True)
class Made:
    """One task's signature. `arguments` are those it holds; `immutable` (None: not known) that it takes no others.

    `task` is None where it is not of this project, `name` its name where that is known.
    """

    task: Task | None
    arguments: Arguments
    immutable: bool | None = False
    name: str = ""

    def called(self, given: Arguments) -> Arguments:
        """What the task gets when the signature is called with `given`."""
        if self.immutable is None:
            return self.arguments.behind(ANY)
        return self.arguments if self.immutable else self.arguments.behind(given)


@dataclass(frozen=True, slots=True)
class Canvas:
    """A canvas by its members: a chain's steps, a group's tasks, a chord's header; `body` is a chord's."""

    kind: str
    members: tuple[Value, ...]
    body: Value | None = None


class Canvases:
    def __init__(self, sending: Dispatches) -> None:
        self.sending = sending
        self.modules, self.tasks, self.apps = sending.modules, sending.tasks, sending.apps

    def made(self, value: Value, depth: int = 0) -> Made | None:
        """The signature of one task that a value is."""
        if depth > DEEPEST:
            return None
        if isinstance(value, Name):
            expanded = self.modules.expand(value)
            return None if expanded == value else self.made(expanded, depth + 1)
        if not isinstance(value, Call):
            return None
        receiver, method = split_call(value)
        if isinstance(value.func, Name) and self.modules.canonical(value.func.dotted) in SIGNATURE_MAKERS:
            return self.made_by_name(value)
        if receiver is None:
            return None
        if method in {"set", "on_error"}:
            inner = self.made(receiver, depth + 1)
            return inner and self.after_set(inner, value)
        if method == "clone":
            inner = self.made(receiver, depth + 1)
            return inner and replace(inner, arguments=inner.arguments.behind(ANY))
        if method in {"signature", "subtask"} and self.apps.is_app(receiver):
            return self.made_by_name(value)
        return self.made_by_task(receiver, method, value)

    def made_by_task(self, receiver: Value, method: str, call: Call) -> Made | None:
        task = self.tasks.of(receiver)
        if task is None:
            return None
        if method in {"s", "si"}:
            return Made(task, self.passed(call), method == "si", task.name)
        if method in {"signature", "subtask"}:
            return Made(task, self.packed(call), self.immutability(call), task.name)
        return None

    def made_by_name(self, call: Call) -> Made:
        """`signature("name", args, kwargs)`."""
        first = call.args[0] if call.args else call.keyword("varies") or call.keyword("task")
        value = self.modules.expand(first) if first is not None else None
        task = self.tasks.of(value) if value is not None else None
        rest = Call(call.func, call.args[1:], call.keywords)
        if task is not None or not isinstance(value, Const) or not isinstance(value.value, str):
            return Made(task, self.packed(rest), self.immutability(rest), task.name if task else "")
        named = self.tasks.by_name.get(value.value, [])
        return Made(named[0] if len(named) == 1 else None, self.packed(rest), self.immutability(rest), value.value)

    def after_set(self, made: Made, call: Call) -> Made:
        written = call.keyword("immutable") or (call.args[0] if call.args else None)
        if written is None or split_call(call)[1] != "set":
            return made
        return replace(made, immutable=truth(self.modules.expand(written)))

    def immutability(self, call: Call) -> bool | None:
        written = call.keyword("immutable")
        if written is None:
            return None if any(key is None for key, _ in call.keywords) else False
        return truth(self.modules.expand(written))

    def passed(self, call: Call) -> Arguments:
        """The arguments of a call that hands them on as they are, those in `**{…}` among them."""
        count, more = counted(call.args)
        written = frozenset(key for key, _ in call.keywords if key)
        others = [self.keyed(value) for key, value in call.keywords if key is None]
        names = written.union(*(keys for keys, _ in others))
        return Arguments(count, more, names, any(hidden for _, hidden in others))

    def packed(self, call: Call, names: tuple[str, str] = ("args", "kwargs")) -> Arguments:
        """The task's arguments in a call that takes them as `args` and `kwargs`."""
        written = dict(zip(names, call.args, strict=False)) | {key: value for key, value in call.keywords if key}
        if any(isinstance(argument, Star) for argument in call.args):
            return ANY
        hidden = any(key is None for key, _ in call.keywords)
        positional, named = written.get(names[0]), written.get(names[1])
        count, more = self.counted(positional) if positional is not None else (0, hidden)
        keys, others = self.keyed(named) if named is not None else (frozenset[str](), hidden)
        return Arguments(count, more, keys, others)

    def counted(self, value: Value) -> tuple[int, bool]:
        """How many items a value of `args` holds, and whether it may hold more."""
        expanded = self.modules.expand(value)
        match expanded:
            case Const(value=constant) if not constant:
                return 0, False
            case Sequence(type="list" | "tuple", items=items):
                return counted(items)
            case Binary(op="Add", left=left, right=right):
                one, other = self.counted(left), self.counted(right)
                return one[0] + other[0], one[1] or other[1]
            case _:
                return 0, True

    def keyed(self, value: Value) -> tuple[frozenset[str], bool]:
        """The keys that a value of `kwargs` holds, and whether it may hold others."""
        expanded = self.modules.expand(value)
        match expanded:
            case Const(value=constant) if not constant:
                return frozenset(), False
            case Mapping(items=items):
                keys = frozenset(key.value for key, _ in items if isinstance(key, Const) and isinstance(key.value, str))
                return keys, expanded.open
            case Call(func=Name(dotted="builtins.dict"), args=(), keywords=keywords):
                return frozenset(key for key, _ in keywords if key), any(key is None for key, _ in keywords)
            case _:
                return frozenset(), True

    # Canvases

    def canvas(self, value: Value, depth: int = 0) -> Canvas | None:
        """The chain, group or chord that a value is, with its members as they are written."""
        match value:
            case _ if depth > DEEPEST:
                return None
            case Name():
                expanded = self.modules.expand(value)
                return None if expanded == value else self.canvas(expanded, depth + 1)
            case Binary(op="BitOr", left=left, right=right):
                if not (self.is_signature(left, depth) and self.is_signature(right, depth)):
                    return None
                first = self.canvas(left, depth + 1)
                if first is not None and first.kind == "group":
                    return Canvas("chord", first.members, right)
                return Canvas("chain", (left, right))
            case Call(func=Name(dotted=dotted)) if kind := CANVASES.get(self.modules.canonical(dotted), ""):
                return called(kind, value)
            case Call():
                receiver, method = split_call(value)
                return (
                    self.canvas(receiver, depth + 1) if receiver is not None and method in {"set", "on_error"} else None
                )
            case _:
                return None

    def is_signature(self, value: Value, depth: int = 0) -> bool:
        return self.made(value, depth + 1) is not None or self.sending.signature(value) is not None

    def entries(self, value: Value, depth: int = 0) -> list[Made]:
        """The signatures that arguments given to a value reach, as far as they are known."""
        made = self.made(value)
        if made is not None:
            return [made]
        if isinstance(value, Comprehension) and depth < DEEPEST:
            return self.entries(value.element, depth + 1)
        canvas = self.canvas(value) if depth < DEEPEST else None
        if canvas is None or not canvas.members:
            return []
        members = canvas.members[:1] if canvas.kind == "chain" else canvas.members
        return [
            entry for member in members if not isinstance(member, Star) for entry in self.entries(member, depth + 1)
        ]


def counted(items: Items[Value]) -> tuple[int, bool]:
    return sum(not isinstance(item, Star) for item in items), any(isinstance(item, Star) for item in items)


def called(kind: str, call: Call) -> Canvas | None:
    """The canvas that a call of `chain`, `group` or `chord` makes."""
    if kind == "chord":
        header = call.args[0] if call.args else call.keyword("header")
        body = call.args[1] if len(call.args) > 1 else call.keyword("body")
        return Canvas(kind, spread(header) if header is not None else (), body)
    if kind == "group":
        return Canvas(kind, spread(call.args[0]) if len(call.args) == 1 else call.args)
    if kind == "chain":
        # A list may have been appended to, here and there: its order is not known.
        listed = len(call.args) == 1 and isinstance(call.args[0], Sequence)
        return Canvas(kind, () if listed else call.args)
    return None


def spread(value: Value) -> tuple[Value, ...]:
    """The members that one argument holds."""
    return value.items if isinstance(value, Sequence) else (value,)
