"""Functions that run in a database transaction from their first line: decorated, in views, for signals, in the admin.

Sources: Django 5.2, "Tying transactions to HTTP requests", `ModelAdmin` (`changeform_view` and `delete_view` are
atomic), `django.db.models.signals`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from celerylint.facts import Class, Decorator, FileFacts, Function
from celerylint.index.atomic import Atomic, items_of
from celerylint.index.classes import MODEL, Classes
from celerylint.index.configuration import Configuration
from celerylint.index.tasks import last_name
from celerylint.records import dataclass
from celerylint.source import Span
from celerylint.values import Call, Const, Item, Mapping, Name, Value

NOT_ATOMIC = "django.db.transaction.non_atomic_requests"
SAVING_SIGNALS = frozenset(
    f"django.db.models.signals.{name}" for name in ("pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed")
)
MODEL_METHODS = frozenset({"save", "delete"})
ADMINS = ("django.contrib.admin.", "import_export.admin.", "reversion.admin.", "guardian.admin.")
ADMIN_METHODS = frozenset(
    {"save_model", "save_related", "save_formset", "save_form", "delete_model", "response_add", "response_change"}
)
# What has a function run later, by the last part of its name.
LATER = frozenset(
    {
        "on_commit", "call_on_commit", "run_on_commit", "after_commit", "Thread", "Timer", "submit", "start_new_thread",
        "call_later", "call_soon", "run_in_executor", "delay", "apply_async", "spawn", "defer", "enqueue", "add_task",
    }
)  # fmt: skip
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


class Beginnings:
    """Judges functions. `lines_with` gives path and text of every line with a word in it."""

    def __init__(
        self,
        classes: Classes,
        atomic: Atomic,
        configuration: Configuration,
        lines_with: Callable[[str], list[tuple[str, str]]],
    ) -> None:
        self.modules, self.classes = classes.modules, classes
        self.atomic, self.configuration, self.lines_with = atomic, configuration, lines_with

    @cached_property
    def atomic_requests(self) -> bool:
        """Whether each request runs in a transaction of the default database."""
        paths = dict.fromkeys(path for path, _ in self.lines_with("ATOMIC_REQUESTS"))
        found = (self.modules.load(path) for path in paths if self.configuration.is_production(path))
        return any(self.turns_on_atomic_requests(facts) for facts in found if facts is not None)

    def turns_on_atomic_requests(self, facts: FileFacts) -> bool:
        """Whether a settings module sets `ATOMIC_REQUESTS` for the default database."""
        written = any(
            isinstance(write.target, Item)
            and write.target.key == Const("ATOMIC_REQUESTS")
            and write.value == Const(True)
            for write in facts.writes
        )
        return written or any(self.in_default_database(row.value) for row in facts.assigns.get("DATABASES", ()))

    def in_default_database(self, value: Value) -> bool:
        entry = value.get("default") if isinstance(value, Mapping) else None
        entry = None if entry is None else self.modules.expand(entry)
        return isinstance(entry, Mapping) and entry.get("ATOMIC_REQUESTS") == Const(True)

    def cause(self, function: Function, facts: FileFacts, connected: dict[str, str]) -> Cause | None:
        """Why a function runs in a transaction whoever calls it; `connected` are signals by the key of a receiver."""
        for decorator in function.decorators:
            if self.atomic.is_atomic(decorator.value):
                return Cause("decorator", facts.path, decorator.span)
        if self.is_deferred(function):
            return None
        cls = facts.classes.get(function.owner) if function.in_class else None
        if cls is not None and (found := self.class_cause(cls, function)) is not None:
            return found
        signal = self.signal_of(function.decorators) or connected.get(function.key, "")
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
        if function.name in MODEL_METHODS and self.classes.of_class(cls) == MODEL:
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

    def is_deferred(self, function: Function) -> bool:
        """Whether a decorator of the project has a function run later: at commit, in a thread, as a task."""
        return any(self.defers(decorator.value) for decorator in function.decorators)

    def defers(self, value: Value) -> bool:
        func = value.func if isinstance(value, Call) else value
        definition = self.modules.resolve(func.dotted) if isinstance(func, Name) else None
        if definition is None or not isinstance(definition.what, Function | Class):
            return False
        inside = f"{definition.what.qualname}."
        bodies = (each for name, each in definition.facts.functions.items() if f"{name}.".startswith(inside))
        return any(last_name(site.callee) in LATER for each in bodies for site in each.calls)

    def connected(self, considered: list[FileFacts]) -> dict[str, str]:
        """Model signals by the key of the function that `post_save.connect(function)` makes receive them."""
        found = {}
        for facts in considered:
            for fact in facts.calls:
                signal = self.name_of(fact.call).removesuffix(".connect")
                function = self.function_of(fact.call.args[0]) if signal in SAVING_SIGNALS and fact.call.args else None
                if function is not None:
                    found[function.key] = signal.rpartition(".")[2]
        return found

    def function_of(self, value: Value) -> Function | None:
        definition = self.modules.resolve(value.dotted) if isinstance(value, Name) else None
        return definition.what if definition is not None and isinstance(definition.what, Function) else None


def arguments_of(value: Value) -> tuple[Value, ...]:
    return (*value.args, *(argument for _, argument in value.keywords)) if isinstance(value, Call) else ()


def method_named(value: Value) -> str:
    """The method that `method_decorator(…, name="post")` on a class decorates; "dispatch" where none is named."""
    name = value.keyword("name") if isinstance(value, Call) else None
    return name.value if isinstance(name, Const) and isinstance(name.value, str) else "dispatch"
