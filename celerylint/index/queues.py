"""Queues and routes: what `task_queues` and `task_routes` say, and where a task's messages go."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from celerylint.facts import Queue, Route, Setting, Task
from celerylint.index.configuration import Configuration
from celerylint.index.mappings import Entries, Entry, Mappings
from celerylint.index.modules import Modules
from celerylint.index.task_names import TaskNames
from celerylint.source import Span
from celerylint.values import (
    NONE,
    UNKNOWN,
    Call,
    Comprehension,
    Const,
    Element,
    Mapping,
    Name,
    Sequence,
    Star,
    Value,
    options,
    walk,
)

# kombu.Queue(name, exchange, routing_key, …), kombu/entity.py.
QUEUE_PARAMETERS = ("name", "exchange", "routing_key", "channel", "bindings", "on_declared")
KINDS = frozenset({"Queue", "Broadcast"})
DEFAULT = "celery"


class Queues:
    """The queues and routes of a project."""

    def __init__(self, modules: Modules, configuration: Configuration, mappings: Mappings, names: TaskNames) -> None:
        self.modules, self.configuration, self.mappings, self.names = modules, configuration, mappings, names

    @cached_property
    def declared(self) -> list[Queue]:
        """The queues that production code declares, in the order of paths and places."""
        rows = self.configuration.reaching("task_queues")
        found = {(queue.path, queue.span, queue.name): queue for row in rows for queue in self.of_setting(row)}
        return [found[key] for key in sorted(found)]

    def declares(self, app: str) -> frozenset[str] | None:
        """The names of the queues that an app declares: empty where it sets none, None where not all are known."""
        rows = self.configuration.effective("task_queues", app)
        if not rows:
            return None if self.configuration.hidden else frozenset()
        queues = [queue for row in rows for queue in self.of_setting(row)]
        if len(rows) > 1 or any(self.is_open(row) for row in rows) or not all(queue.name for queue in queues):
            return None
        return frozenset(queue.name for queue in queues)

    def default(self, app: str) -> str | None:
        """The name of an app's default queue, None where it is not known."""
        value = self.configuration.value("task_default_queue", app)
        if value is None:
            return DEFAULT
        return self.text(value) or None

    def creates_missing(self, app: str) -> bool | None:
        """Whether queues that nobody declares are made on the way; None where that is not known."""
        value = self.configuration.value("task_create_missing_queues", app)
        if value is None:
            return True
        return value.value if isinstance(value, Const) and isinstance(value.value, bool) else None

    # Declarations

    def of_setting(self, row: Setting) -> Iterator[Queue]:
        """The queues that one setting declares; a name of "" stands for those that are not known."""
        for value, path, span in self.items(row.given, row.path, row.value_span):
            yield self.queue(value, path, span, row.app)

    def is_open(self, row: Setting) -> bool:
        """Whether a setting may declare more queues than are seen."""
        match self.modules.expand(row.given):
            case Sequence(items=items):
                return any(isinstance(item, Star) for item in items)
            case Comprehension(element=element):
                return UNKNOWN in self.made(element)
            case Mapping() | Name() | Call():
                return self.mappings.entries(row.given, row.path).open
            case _:
                return True

    def items(self, value: Value, path: str, span: Span) -> Iterator[tuple[Value, str, Span]]:
        """The items of a sequence or dict of queues, with their places."""
        match self.modules.expand(value):
            case Sequence(items=items, where=where):
                for index, item in enumerate(items):
                    place = where.items[index] if where is not None and index < len(where.items) else span
                    if isinstance(item, Star):
                        yield UNKNOWN, path, span
                    else:
                        yield item, where.path if where is not None else path, place
            case Comprehension(element=element):
                yield from ((item, path, span) for item in self.made(element))
            case Mapping() | Name() | Call():
                for entry in self.mappings.entries(value, path).items:
                    yield as_call(entry), entry.path, entry.key_span or entry.span or span
            case _:
                pass

    def made(self, element: Value) -> list[Value]:
        """What a comprehension over known items makes of each; Unknown where they are not known."""
        bases = {part.base for part in walk(element) if isinstance(part, Element)}
        items = self.listed(bases.pop()) if len(bases) == 1 else None
        if items is None or not isinstance(element, Call):
            return [UNKNOWN]
        return [
            Call(
                element.func,
                tuple(item if isinstance(arg, Element) else arg for arg in element.args),
                tuple((key, item if isinstance(arg, Element) else arg) for key, arg in element.keywords),
            )
            for item in items
        ]

    def listed(self, value: Value) -> tuple[Value, ...] | None:
        """The items of a sequence, or of the one that a function returns; None where they are not all known."""
        value = self.modules.expand(value)
        if isinstance(value, Call) and isinstance(value.func, Name):
            function = self.modules.function_named(value.func.dotted)
            if function is not None and len(function.returns) == 1:
                value = self.modules.expand(function.returns[0])
        if not isinstance(value, Sequence) or any(isinstance(item, Star) for item in value.items):
            return None
        return value.items

    def queue(self, value: Value, path: str, span: Span, app: str) -> Queue:
        value = self.modules.expand(value)
        if not isinstance(value, Call) or not isinstance(value.func, Name):
            return Queue("", path, span, "", app=app)
        kind = self.modules.canonical(value.func.dotted).rpartition(".")[2]
        given = {key: item for key, item in value.keywords if key}
        given |= dict(zip(QUEUE_PARAMETERS, value.args, strict=False))
        if kind not in KINDS and kind != "dict":
            return Queue("", path, span, "", given, app)
        return Queue(self.text(given.get("name")), path, span, kind, given, app)

    def text(self, value: Value | None) -> str:
        """The text that a value is known to be, or the name of a queue object, else ""."""
        match self.modules.expand(value) if value is not None else None:
            case Const(value=str() as text):
                return text
            case Call(func=Name(dotted=dotted)) as call if dotted.rpartition(".")[2] in KINDS:
                return self.text(call.args[0] if call.args else call.keyword("name"))
            case _:
                return ""

    # Routes

    @cached_property
    def routes(self) -> list[Route]:
        """Every route that production code writes, in the order in which Celery looks at them."""
        return [route for row in self.configuration.reaching("task_routes") for route in self.routes_of(row)]

    def routes_of(self, row: Setting) -> Iterator[Route]:
        """The routes of one setting; a router that is code has no pattern."""
        yield from self.router(row.given, row.path, row.value_span, row.app, 0)

    def router(self, value: Value, path: str, span: Span, app: str, depth: int) -> Iterator[Route]:
        """The routes of a router: a dict, a list of pairs, or (outermost) a list of routers."""
        for option in options(self.modules.expand(value)):
            match option:
                case Const(value=None):
                    pass
                case Sequence(items=(key, target), where=where) if depth and is_pattern(key):
                    places = where.items if where is not None else (span, span)
                    entry = Entry(key, target, where.path if where is not None else path, places[0], places[1])
                    yield self.route(entry, path, span, app)
                case Sequence(items=items, where=where):
                    for index, item in enumerate(items):
                        place = where.items[index] if where is not None and index < len(where.items) else span
                        yield from self.router(item, where.path if where is not None else path, place, app, depth + 1)
                case Mapping() | Name() | Call():
                    source = value if isinstance(value, Name) else option
                    yield from self.of_map(self.mappings.entries(source, path), path, span, app)
                case _:
                    yield Route("", None, path, span, span, app=app)

    def of_map(self, found: Entries, path: str, span: Span, app: str) -> Iterator[Route]:
        for entry in found.items:
            yield self.route(entry, path, span, app)
        if found.open:
            yield Route("", None, path, span, span, app=app)

    def route(self, entry: Entry, path: str, span: Span, app: str) -> Route:
        """One route of a map."""
        pattern, regex = self.pattern(entry.key)
        target, spans = self.target(entry)
        place = entry.key_span or entry.span or span
        return Route(pattern, target, entry.path or path, place, entry.span or place, regex, app, spans)

    def pattern(self, key: Value | None) -> tuple[str, bool]:
        """A pattern, and whether it is a regular expression."""
        match self.modules.expand(key) if key is not None else None:
            case Const(value=str() as text):
                return text, False
            case Call(func=Name(dotted="re.compile"), args=(first, *_)):
                return self.text(first), True
            case value:
                return self.names.named(value)[0], False

    def target(self, entry: Entry) -> tuple[dict[str, Value] | None, dict[str, Span]]:
        """The options that a route gives; a bare name is a queue's."""
        value = self.modules.expand(entry.value)
        if text := self.text(value):
            return {"queue": Const(text)}, {"queue": entry.span} if entry.span is not None else {}
        if not isinstance(value, Mapping | Name | Call):
            return None, {}
        found = self.mappings.entries(value, entry.path)
        if found.open or not all(item.name for item in found.items):
            return None, {}
        spans = {item.name: item.key_span for item in found.items if item.key_span and item.path == entry.path}
        return {item.name: item.value for item in found.items}, spans

    def match(self, name: str) -> Route | None:
        """The route of a task by its name: exact names before patterns; one that is code, where that comes first."""
        return match(name, self.routes)

    def queue_of(self, task: Task, app: str) -> str | None:
        """The queue that a task's messages go to where a call says nothing else: what the task says, or its route, or
        the default (`celery.app.routes.Router.route`, 5.7); None where that is not known."""
        given = self.names.tasks.option(task, "queue")[0]
        if given is not None and given != NONE:
            return self.text(given) or None
        routes = [route for route in self.routes if not app or route.app in ("", app)]
        if routes and not task.name:
            return None
        route = match(task.name, routes)
        if route is not None and route.target is None:
            return None
        if route is not None and route.target and "queue" in route.target:
            return self.text(route.target["queue"]) or None
        return self.default(app)


def match(name: str, routes: Iterable[Route]) -> Route | None:
    """The first route for a name, as `celery.app.routes.MapRoute` finds it (5.7)."""
    patterns = []
    for route in routes:
        if not route.pattern:
            patterns.append(route)
        elif not route.regex and "*" not in route.pattern:
            if route.pattern == name:
                return route
        elif matches(route, name):
            patterns.append(route)
    return patterns[0] if patterns else None


def matches(route: Route, name: str) -> bool:
    """Whether a route is for a task of this name. Only a `*` makes a name a glob."""
    if route.regex:
        try:
            return re.match(route.pattern, name) is not None
        except re.error:
            return True
    if "*" in route.pattern:
        return fnmatch.fnmatchcase(name, route.pattern)
    return route.pattern == name


def is_pattern(value: Value) -> bool:
    """Whether a value is what a pair of a route begins with."""
    return isinstance(value, Const | Name) or (isinstance(value, Call) and value.func == Name("re.compile"))


def as_call(entry: Entry) -> Value:
    """A queue of a dict of queues, as a call with its name."""
    if isinstance(entry.value, Call):
        return entry.value
    keywords: list[tuple[str | None, Value]] = [("name", entry.key or UNKNOWN)]
    if isinstance(entry.value, Mapping):
        keywords += [
            (key.value, value)
            for key, value in entry.value.items
            if isinstance(key, Const) and isinstance(key.value, str)
        ]
    return Call(Name("builtins.dict"), (), tuple(keywords))
