"""Where tasks are sent, and what signatures and canvases are."""

from __future__ import annotations

from functools import cached_property

from celerylint.facts import CallFact, Dispatch, FileFacts, Task
from celerylint.index.apps import Apps
from celerylint.index.modules import Modules
from celerylint.index.spreading import named_items, spread_fact
from celerylint.index.task_bases import TASK_CLASSES
from celerylint.index.tasks import Tasks
from celerylint.records import dataclass
from celerylint.source import Span
from celerylint.values import (
    Attr,
    Binary,
    Call,
    Const,
    Either,
    Name,
    Param,
    Sequence,
    Star,
    Value,
)

SENDERS = frozenset({"delay", "apply_async", "delay_on_commit", "apply_async_on_commit"})
MAKERS = frozenset({"s", "si", "signature", "subtask", "map", "starmap", "chunks"})
CANVASES = {
    "celery.chain": "chain",
    "celery.group": "group",
    "celery.chord": "chord",
    "celery.xmap": "map",
    "celery.xstarmap": "starmap",
    "celery.chunks": "chunks",
}
SIGNATURE_MAKERS = frozenset({"celery.signature", "celery.subtask", "celery.Signature", "celery.maybe_signature"})
SIGNATURE_METHODS = frozenset({"set", "clone", "on_error", "freeze", "link", "link_error"})


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature or canvas. `kind` is `task`, `chain`, `group`, `chord`, `map` …; `task` is the task that its
    result comes from where that is one known task; `parts` are the members of a canvas that are written out."""

    kind: str
    task: Task | None = None
    parts: tuple[Value, ...] = ()
    immutable: bool = False


class Dispatches:
    """Judges values that have to do with sending."""

    def __init__(self, modules: Modules, apps: Apps, tasks: Tasks, facts: list[FileFacts]) -> None:
        self.modules, self.apps, self.tasks, self.facts = modules, apps, tasks, facts

    @cached_property
    def all(self) -> list[Dispatch]:
        """Every dispatch and every signature made, in the order of paths and lines."""
        return [dispatch for facts in self.facts for dispatch in self.of_file(facts)]

    def of_file(self, facts: FileFacts) -> list[Dispatch]:
        found = (self.dispatch(fact, facts) for fact in facts.calls)
        return sorted((dispatch for dispatch in found if dispatch), key=lambda dispatch: dispatch.span)

    def dispatch(self, fact: CallFact, facts: FileFacts) -> Dispatch | None:
        """The dispatch that a call is, None for any other call."""
        receiver, method = split_call(fact.call)
        if isinstance(fact.call.func, Name) and self.modules.canonical(fact.call.func.dotted) in SIGNATURE_MAKERS:
            return self.named(fact, facts, "signature", fact.call.func)
        if receiver is None:
            return None if isinstance(fact.call.func, Name) else self.called_canvas(fact, facts)
        if method == "send_task" and (self.apps.is_app(receiver) or self.is_sender_of_app(receiver)):
            return self.named(fact, facts, method, receiver)
        if method == "signature" and self.apps.is_app(receiver):
            return self.named(fact, facts, method, receiver)
        if method not in SENDERS | MAKERS | {"apply", "retry"}:
            return None
        task = self.tasks.of(receiver)
        if task is None and not self.is_task_like(receiver, method):
            return None
        known = spread_fact(fact, facts.path, self.modules.expand)
        args, arg_spans, kwargs, kwarg_spans, options, option_spans = self.arguments(known, method)
        before = self.set_options(receiver) if task is None and method in SENDERS else {}
        return Dispatch(
            method=method,
            path=facts.path,
            span=fact.span,
            scope=fact.scope,
            task=task,
            name=task.name if task else "",
            receiver=receiver,
            args=args,
            kwargs=kwargs,
            options=before | options,
            arg_spans=arg_spans,
            kwarg_spans=kwarg_spans,
            option_spans=dict.fromkeys(before, fact.span) | option_spans,
            open=fact.call.splat,
            dropped=fact.dropped,
        )

    def set_options(self, signature: Value) -> dict[str, Value]:
        """The options that `.set(...)` has given a signature."""
        made = self.modules.expand(signature)
        inner, method = split_call(made) if isinstance(made, Call) else (None, "")
        if not isinstance(made, Call) or inner is None or method not in SIGNATURE_METHODS:
            return {}
        own = {key: value for key, value in made.keywords if key and method == "set"}
        return self.set_options(inner) | own

    def is_sender_of_app(self, receiver: Value) -> bool:
        return self.tasks.of(receiver) is not None

    def is_task_like(self, receiver: Value, method: str) -> bool:
        """Whether something that is no known task is a signature, or a task of another package by its name."""
        if method in SENDERS | {"apply", "set"} and self.signature(receiver) is not None:
            return True
        if method == "retry":
            return self.is_some_task(receiver)
        if not isinstance(receiver, Name) or method not in SENDERS | MAKERS:
            return False
        name, definition = self.modules.follow(receiver.dotted)
        module, _ = self.modules.split(name)
        return definition is None and not module and "tasks" in name.split(".")[1:-1]

    def is_some_task(self, receiver: Value) -> bool:
        """Whether a value is a task, whichever it may be: the running one, `self` of an abstract base, a parameter."""
        match receiver:
            case Param(annotation=Name(dotted=dotted)):
                cls = self.modules.cls(Name(dotted))
                return self.modules.canonical(dotted) in TASK_CLASSES or (
                    cls is not None and self.tasks.bases.is_task_class(cls)
                )
            case Param(function=function, index=0):
                module, _, qualname = function.partition(":")
                facts = self.modules.facts(module)
                owner = facts.classes.get(qualname.rpartition(".")[0]) if facts is not None else None
                return owner is not None and self.tasks.bases.is_task_class(owner)
            case Name(dotted=dotted):
                return self.modules.canonical(dotted) == "celery.current_task"
            case _:
                return False

    def called_canvas(self, fact: CallFact, facts: FileFacts) -> Dispatch | None:
        """`chain(…)()`, `chord(header)(body)`: calling a canvas sends it, calling a signature runs the task."""
        func = fact.call.func
        signature = self.signature(func) if isinstance(func, Call | Binary) else None
        if signature is None or signature.kind not in {"chain", "group", "chord", "chunks"}:
            return None
        args, kwargs = (None, None) if fact.call.splat else (fact.call.args, {k: v for k, v in fact.call.keywords if k})
        return Dispatch(
            "call", facts.path, fact.span, fact.scope, None, "", func, args, kwargs, {}, fact.arg_spans,
            dict(fact.keyword_spans), open=fact.call.splat, dropped=fact.dropped,
        )  # fmt: skip

    def named(self, fact: CallFact, facts: FileFacts, method: str, receiver: Value) -> Dispatch:
        """A dispatch by the task's name: `send_task("name", args)`, `signature("name", args=…)`."""
        call = fact.call
        first = call.args[0] if call.args else call.keyword("name") or call.keyword("varies") or call.keyword("task")
        value = self.modules.expand(first) if first is not None else None
        task = self.tasks.of(value) if value is not None else None
        name = value.value if isinstance(value, Const) and isinstance(value.value, str) else task.name if task else ""
        named = self.tasks.by_name.get(name, [])
        rest = CallFact(
            Call(call.func, call.args[1:], tuple(pair for pair in call.keywords if pair[0] not in {"name", "varies"})),
            fact.span,
            fact.scope,
            fact.dropped,
            fact.condition,
            fact.arg_spans[1:],
            fact.keyword_spans,
        )
        known = spread_fact(rest, facts.path, self.modules.expand)
        args, arg_spans, kwargs, kwarg_spans, options, option_spans = self.arguments(known, "apply_async")
        return Dispatch(
            method, facts.path, fact.span, fact.scope, task or (named[0] if len(named) == 1 else None), name, receiver,
            args, kwargs, options, arg_spans, kwarg_spans, option_spans, call.splat, fact.dropped,
        )  # fmt: skip

    def arguments(
        self, fact: CallFact, method: str
    ) -> tuple[
        tuple[Value, ...] | None,
        tuple[Span, ...],
        dict[str, Value] | None,
        dict[str, Span],
        dict[str, Value],
        dict[str, Span],
    ]:
        """A call's arguments, split into the task's own and the execution options, with their places."""
        call, keyword_spans = fact.call, dict(fact.keyword_spans)
        keywords = {key: value for key, value in call.keywords if key}
        if method in {"delay", "s", "si", "delay_on_commit"}:
            args = None if any(isinstance(arg, Star) for arg in call.args) else call.args
            kwargs = None if any(key is None for key, _ in call.keywords) else keywords
            return args, fact.arg_spans, kwargs, keyword_spans, {}, {}
        names: tuple[str, ...] = ()
        if method == "retry":
            names = ("args", "kwargs", "exc", "throw", "eta", "countdown", "max_retries")
        elif method not in {"map", "starmap", "chunks"}:
            names = ("args", "kwargs")
        written, open_call = dict(zip(names, call.args, strict=False)) | keywords, call.splat
        spans = dict(zip(names, fact.arg_spans, strict=False)) | keyword_spans
        own, own_spans = self.positional(
            written.pop("args", None), spans.pop("args", None), open_call or method == "retry"
        )
        named, named_spans = self.by_keyword(
            written.pop("kwargs", None), spans.pop("kwargs", None), open_call or method == "retry"
        )
        return own, own_spans, named, named_spans, written, spans

    def positional(
        self, value: Value | None, span: Span | None, open_call: bool
    ) -> tuple[tuple[Value, ...] | None, tuple[Span, ...]]:
        if value is None:
            return (None if open_call else ()), ()
        expanded = self.modules.expand(value)
        if isinstance(expanded, Sequence) and not any(isinstance(item, Star) for item in expanded.items):
            return expanded.items, (span,) * len(expanded.items) if span else ()
        return (() if expanded == Const(None) else None), ()

    def by_keyword(
        self, value: Value | None, span: Span | None, open_call: bool
    ) -> tuple[dict[str, Value] | None, dict[str, Span]]:
        if value is None:
            return (None if open_call else {}), {}
        expanded = self.modules.expand(value)
        items = named_items(expanded)
        if items is not None:
            return items, dict.fromkeys(items, span) if span else {}
        return ({} if expanded == Const(None) else None), {}

    # What values are

    def signature(self, value: Value, depth: int = 0) -> Signature | None:
        """The signature or canvas that a value is."""
        if depth > 8:
            return None
        match value:
            case Call(func=Name(dotted=dotted)) if (name := self.modules.canonical(dotted)) in CANVASES:
                return self.canvas(CANVASES[name], value)
            case Call(func=Name(dotted=dotted)) if self.modules.canonical(dotted) in SIGNATURE_MAKERS:
                return Signature("task")
            case Call():
                return self.method_signature(value, depth)
            case Binary(op="BitOr", left=left, right=right):
                one, other = self.signature(left, depth + 1), self.signature(right, depth + 1)
                if one is None and other is None:
                    return None
                kind = "chord" if one is not None and one.kind == "group" else "chain"
                return Signature(kind, other.task if other else None, (left, right))
            case Either(options=options):
                found = [self.signature(option, depth + 1) for option in options]
                return found[0] if found and all(found) else None
            case Name(dotted=dotted) if not self.modules.holds_no_task(dotted):
                expanded = self.modules.expand(value)
                return None if expanded == value else self.signature(expanded, depth + 1)
            case _:
                return None

    def canvas(self, kind: str, call: Call) -> Signature:
        parts = call.args
        if len(parts) == 1 and isinstance(parts[0], Sequence):
            parts = parts[0].items
        last = self.signature(parts[-1], 4) if parts and kind == "chain" else None
        return Signature(kind, last.task if last else None, parts)

    def method_signature(self, call: Call, depth: int) -> Signature | None:
        receiver, method = split_call(call)
        if receiver is None:
            # chord(header)(body) is sent, `partial_signature(...)` is too.
            return None
        if method in MAKERS:
            task = self.tasks.of(receiver)
            if task is not None or self.is_task_like(receiver, method):
                kind = method if method in {"map", "starmap", "chunks"} else "task"
                return Signature(kind, task, (), method == "si" or call.keyword("immutable") == Const(True))
        if method in {"signature", "subtask"} and self.apps.is_app(receiver):
            return Signature("task")
        if method in SIGNATURE_METHODS or method == "group":
            inner = self.signature(receiver, depth + 1)
            return inner and (Signature("group") if method == "group" else inner)
        return None


def split_call(call: Call) -> tuple[Value | None, str]:
    """The receiver and the method of `receiver.method(...)`."""
    match call.func:
        case Attr(base=base, name=name):
            return base, name
        case Name(dotted=dotted) if "." in dotted:
            owner, _, name = dotted.rpartition(".")
            return Name(owner), name
        case _:
            return None, ""
