"""Which code runs inside a database transaction that commits later: in blocks, decorated, in views, for signals.

Sources: Django 5.2, "Tying transactions to HTTP requests", `ModelAdmin` (`changeform_view` and `delete_view` are
atomic), `django.db.models.signals`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from celerylint.facts import Block, CallSite, Class, Decorator, Dispatch, FileFacts, Function
from celerylint.index.atomic import Atomic, items_of
from celerylint.index.configuration import Configuration
from celerylint.index.modules import Modules
from celerylint.index.reach import CallGraph, Step
from celerylint.index.tasks import last_name
from celerylint.source import Span
from celerylint.values import Call, Const, Item, Mapping, Name, Value

NOT_ATOMIC = "django.db.transaction.non_atomic_requests"
SAVING_SIGNALS = frozenset(
    f"django.db.models.signals.{name}" for name in ("pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed")
)
MODELS = frozenset({"django.db.models.Model", "django.contrib.gis.db.models.Model"})
MODEL_METHODS = frozenset({"save", "delete"})
ADMINS = ("django.contrib.admin.", "import_export.admin.", "reversion.admin.", "guardian.admin.")
ADMIN_METHODS = frozenset(
    {"save_model", "save_related", "save_formset", "save_form", "delete_model", "response_add", "response_change"}
)
VIEWS = ("django.views.", "rest_framework.views.", "rest_framework.generics.", "rest_framework.viewsets.")
VIEW_DECORATORS = ("rest_framework.decorators.", "django.views.decorators.", "django.contrib.auth.decorators.")


@dataclass(frozen=True, slots=True)
class Cause:
    """Why code runs in a transaction. `kind` is `block`, `session`, `decorator`, `admin`, `request`, `signal`, `save`.

    Of the last two the transaction is that of whoever saves, if there is one. `name` is the signal, the method.
    """

    kind: str
    path: str
    span: Span
    name: str = ""

    @property
    def certain(self) -> bool:
        return self.kind not in {"signal", "save"}


@dataclass(frozen=True, slots=True)
class Inside:
    """That code runs in a transaction: the cause, and the calls that lead from there, outermost first."""

    cause: Cause
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """How a function comes to run in a transaction: by a call in `caller` (a key, "" where it starts) or of itself."""

    cause: Cause
    caller: str = ""
    step: Step | None = None


class Transactions:
    """`read` gives the bytes of a shown path, `lines_with` every line with a word in it, with its path."""

    def __init__(
        self,
        graph: CallGraph,
        configuration: Configuration,
        facts: list[FileFacts],
        dispatches: list[Dispatch],
        lines_with: Callable[[str], list[tuple[str, str]]],
        read: Callable[[str], bytes | None],
    ) -> None:
        self.modules: Modules = graph.modules
        self.configuration, self.facts, self.dispatches = configuration, facts, dispatches
        self.lines_with, self.read = lines_with, read
        self.atomic = Atomic(self.modules)
        self.graph = CallGraph(self.modules, graph.tasks, self.names_sender)
        self.naming: dict[str, bool] = {facts.path: True for facts in facts}

    def around(self, path: str, key: str, span: Span) -> Inside | None:
        """The transaction in which a place of a function (a key) runs; None where none is known."""
        module, _, qualname = key.partition(":")
        facts = self.modules.facts(module)
        for block in facts.blocks if facts is not None and qualname else ():
            if block.scope == qualname and within(span, block.span) and (kind := self.atomic.block_kind(block)):
                return Inside(Cause(kind, path, block.span))
        link = self.reached.get(key)
        return None if link is None else Inside(link.cause, tuple(self.steps(link)))

    def steps(self, link: Link | None) -> list[Step]:
        found: list[Step] = []
        while link is not None and link.step is not None:
            found.append(link.step)
            link = self.reached.get(link.caller)
        return found[::-1]

    # Files

    @cached_property
    def senders(self) -> dict[bytes, set[bytes]]:
        """Names of functions that send tasks, or call one that does, by that of their class or module."""
        found: dict[str, Function] = {}
        for dispatch in self.dispatches:
            key = f"{self.modules.module(dispatch.path)[0]}:{dispatch.scope}"
            if dispatch.sends and dispatch.scope and (function := self.modules.function(key)) is not None:
                found[key] = function
        direct, names = set(found), {function.name for function in found.values()}
        known = CallGraph(self.modules, self.graph.tasks, {facts.path for facts in self.facts}.__contains__)
        for function in (function for facts in self.facts for function in facts.functions.values()):
            sites = [site for site in function.calls if last_name(site.callee) in names]
            if any(callee.key in direct for site in sites for callee in known.callees(site.callee, function)):
                found[function.key] = function
        senders: dict[bytes, set[bytes]] = {}
        for function in found.values():
            senders.setdefault(owner(function).encode(), set()).add(function.name.encode())
        return senders

    def names_sender(self, path: str) -> bool:
        """Whether a file names a function that sends tasks, and the module it is from."""
        if path not in self.naming:
            data = self.read(path) or b""
            self.naming[path] = any(
                module in data and any(name in data for name in names) for module, names in self.senders.items()
            )
        return self.naming[path]

    @cached_property
    def considered(self) -> list[FileFacts]:
        """The files about Celery, and those with transactions that name a function that sends tasks."""
        known = {facts.path for facts in self.facts}
        others = self.modules.relatives.keys() - known if self.senders else set()
        opening = [path for path in sorted(others) if not self.modules.is_test(path) and self.opens(path)]
        return [*self.facts, *self.load([path for path in opening if self.names_sender(path)])]

    def opens(self, path: str) -> bool:
        """Whether a file may open a transaction."""
        data = self.read(path) or b""
        return b"atomic" in data or (self.atomic_requests and b"View" in data)

    def load(self, paths: list[str]) -> list[FileFacts]:
        return [facts for path in paths if (facts := self.modules.load(path)) is not None]

    # Settings

    @cached_property
    def atomic_requests(self) -> bool:
        """Whether each request runs in a transaction of the default database."""
        paths = dict.fromkeys(path for path, _ in self.lines_with("ATOMIC_REQUESTS"))
        settings = self.load([path for path in paths if self.configuration.is_production(path)])
        return any(turns_on_atomic_requests(facts) for facts in settings)

    # Where transactions begin, and what they reach

    @cached_property
    def reached(self) -> dict[str, Link]:
        """Functions that run in a transaction, with the shortest way from its beginning; certain ones first."""
        found: dict[str, Link] = {}
        beginnings = list(self.beginnings())
        for certain in (True, False):
            queue: deque[str] = deque()
            for key, link in beginnings:
                if link.cause.certain is certain and key not in found:
                    found[key] = link
                    queue.append(key)
            self.spread(queue, found)
        return found

    def spread(self, queue: deque[str], found: dict[str, Link]) -> None:
        while queue:
            key = queue.popleft()
            function = self.modules.function(key)
            if function is None:
                continue
            for site in function.calls:
                for callee in self.callees(site, function):
                    if callee.key not in found:
                        step = Step(function.path, site.span, callee.qualname)
                        found[callee.key] = Link(found[key].cause, key, step)
                        queue.append(callee.key)

    def callees(self, site: CallSite, function: Function) -> list[Function]:
        """What a call runs then and there."""
        return [] if site.later else self.graph.callees(site.callee, function)

    def beginnings(self) -> Iterator[tuple[str, Link]]:
        """The functions that run in a transaction from their first line, and those that a block calls."""
        for facts in self.considered:
            if self.modules.is_test(facts.path):
                continue
            for function in facts.functions.values():
                cause = self.cause(function, facts)
                if cause is not None:
                    yield function.key, Link(cause)
            for block in facts.blocks:
                if kind := self.atomic.block_kind(block):
                    yield from self.called_in(block, kind, facts)

    def called_in(self, block: Block, kind: str, facts: FileFacts) -> Iterator[tuple[str, Link]]:
        function = facts.functions.get(block.scope)
        if function is None:
            return
        for site in function.calls:
            if within(site.span, block.span):
                for callee in self.callees(site, function):
                    step = Step(facts.path, site.span, callee.qualname)
                    yield callee.key, Link(Cause(kind, facts.path, block.span), "", step)

    def cause(self, function: Function, facts: FileFacts) -> Cause | None:
        """Why a function runs in a transaction whoever calls it."""
        for decorator in function.decorators:
            if self.atomic.is_atomic(decorator.value):
                return Cause("decorator", facts.path, decorator.span)
        cls = facts.classes.get(function.owner) if function.in_class else None
        if cls is not None and (found := self.class_cause(cls, function)) is not None:
            return found
        signal = self.signal_of(function.decorators) or self.connected.get(function.key, "")
        if signal:
            return Cause("signal", facts.path, function.span, signal)
        if cls is None and self.atomic_requests and self.is_view(function):
            return Cause("request", facts.path, function.span)
        return None

    def class_cause(self, cls: Class, function: Function) -> Cause | None:
        """Why a method does: its class is decorated, an admin, a model, or a view."""
        for decorator in cls.decorators:
            if self.atomic.is_atomic(decorator.value) and method_named(decorator.value) in {function.name, "dispatch"}:
                return Cause("decorator", cls.path, decorator.span)
        if function.name not in ADMIN_METHODS | MODEL_METHODS and not self.atomic_requests:
            return None
        classes, names = self.modules.bases(cls)
        if function.name in ADMIN_METHODS and any(name.startswith(ADMINS) for name in names):
            return Cause("admin", cls.path, function.span, function.name)
        if function.name in MODEL_METHODS and any(name in MODELS for name in names):
            return Cause("save", cls.path, function.span, f"{cls.name}.{function.name}")
        view = self.atomic_requests and any(name.startswith(VIEWS) for name in names) and not function.is_async
        decorators = [function.decorators, *(each.decorators for each in [cls, *classes])]
        if view and not any(self.is_exempt(each) for each in decorators):
            return Cause("request", cls.path, function.span)
        return None

    def is_view(self, function: Function) -> bool:
        """Whether a function is a view: by its decorators, or by its parameter and place."""
        if function.is_async or function.owner or self.is_exempt(function.decorators):
            return False
        by_name = (
            bool(function.parameters)
            and function.parameters[0].name == "request"
            and "views" in function.module.split(".")
        )
        return by_name or any(self.name_of(d.value).startswith(VIEW_DECORATORS) for d in function.decorators)

    def is_exempt(self, decorators: tuple[Decorator, ...]) -> bool:
        return any(self.name_of(each) == NOT_ATOMIC for d in decorators for each in (d.value, *arguments_of(d.value)))

    def name_of(self, value: Value) -> str:
        func = value.func if isinstance(value, Call) else value
        return self.modules.canonical(func.dotted) if isinstance(func, Name) else ""

    # Signals

    def signal_of(self, decorators: tuple[Decorator, ...]) -> str:
        """The model signal that a function receives by `@receiver(post_save)` or `@post_save.connect`."""
        for decorator in decorators:
            name = self.name_of(decorator.value)
            heard = [name.removesuffix(".connect")] if name.endswith(".connect") else []
            if name in {"django.dispatch.receiver", "django.dispatch.dispatcher.receiver"}:
                heard = [
                    self.name_of(each) for argument in arguments_of(decorator.value) for each in items_of(argument)
                ]
            for signal in heard:
                if signal in SAVING_SIGNALS:
                    return signal.rpartition(".")[2]
        return ""

    @cached_property
    def connected(self) -> dict[str, str]:
        """Model signals by the key of the function that `post_save.connect(function)` makes receive them."""
        found = {}
        for facts in self.considered:
            for fact in facts.calls:
                signal = self.name_of(fact.call).removesuffix(".connect")
                function = self.function_of(fact.call.args[0]) if signal in SAVING_SIGNALS and fact.call.args else None
                if function is not None:
                    found[function.key] = signal.rpartition(".")[2]
        return found

    def function_of(self, value: Value) -> Function | None:
        definition = self.modules.resolve(value.dotted) if isinstance(value, Name) else None
        return definition.what if definition is not None and isinstance(definition.what, Function) else None


def owner(function: Function) -> str:
    """What a file that calls a function is likely to name: its class, else its module."""
    return (function.owner if function.in_class else function.module).rpartition(".")[2]


def within(inner: Span, outer: Span) -> bool:
    return inner[:2] >= outer[:2] and inner[2:] <= outer[2:]


def arguments_of(value: Value) -> tuple[Value, ...]:
    return (*value.args, *(argument for _, argument in value.keywords)) if isinstance(value, Call) else ()


def method_named(value: Value) -> str:
    """The method that `method_decorator(…, name="post")` on a class decorates; "dispatch" where none is named."""
    name = value.keyword("name") if isinstance(value, Call) else None
    return name.value if isinstance(name, Const) and isinstance(name.value, str) else "dispatch"


def turns_on_atomic_requests(facts: FileFacts) -> bool:
    """Whether a settings module sets `ATOMIC_REQUESTS` for the default database."""
    written = any(
        isinstance(write.target, Item) and write.target.key == Const("ATOMIC_REQUESTS") and write.value == Const(True)
        for write in facts.writes
    )
    return written or any(in_default_database(row.value) for row in facts.assigns.get("DATABASES", ()))


def in_default_database(value: Value) -> bool:
    entry = value.get("default") if isinstance(value, Mapping) else None
    return isinstance(entry, Mapping) and entry.get("ATOMIC_REQUESTS") == Const(True)
