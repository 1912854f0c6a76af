"""The Celery model of a project, as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from celerylint.output._values import show, to_json
from celerylint.values import Attr, Call, Const, Mapping, Sequence, Value, dotted, options

if TYPE_CHECKING:
    from celerylint.facts import App, CallFact, Dispatch, FileFacts, Setting, Task
    from celerylint.index import Index
    from celerylint.source import Span

Row: TypeAlias = "dict[str, Any]"


def model(index: Index) -> dict[str, list[Row]]:
    """Everything that was found, by kind, each in the order of paths and lines."""
    return {
        "apps": [app(item) for item in index.apps],
        "tasks": [task(item) for item in index.tasks],
        "dispatches": [dispatch(item) for item in index.dispatches],
        "settings": [setting(item) for item in index.settings],
        "queues": queues(index),
        "routes": list(routes(index.settings)),
        "schedules": [*schedules(index.settings), *periodic(index.facts)],
    }


def place(path: str, span: Span) -> Row:
    """Where something stands."""
    return {"path": path, "line": span.line, "column": span.column}


def values(items: dict[str, Value]) -> dict[str, Any]:
    """Named values as JSON."""
    return {name: to_json(value) for name, value in items.items()}


def app(item: App) -> Row:
    """An application object."""
    return {"name": item.key, **place(item.path, item.span), "call": show(item.call)}


def task(item: Task) -> Row:
    """A task; its name is null where it cannot be known."""
    return {
        "name": item.name or None,
        **place(item.path, item.span),
        "kind": item.kind,
        "function": item.function or None,
        "via": item.via,
        "bound": item.bound,
        "options": values(item.options),
        "more_options": item.open,
    }


def dispatch(item: Dispatch) -> Row:
    """A call that sends a task or makes its signature."""
    return {
        "method": item.method,
        **place(item.path, item.span),
        "task": item.name or None,
        "known": item.task is not None,
        "from": item.scope,
        "args": None if item.args is None else [to_json(value) for value in item.args],
        "kwargs": None if item.kwargs is None else values(item.kwargs),
        "options": values(item.options),
    }


def setting(item: Setting) -> Row:
    """A setting as one place writes it; its name is null where Celery reads none that is written so."""
    return {
        "name": item.name or None,
        "written": item.written,
        **place(item.path, item.span),
        "value": to_json(item.value),
        "condition": item.condition,
    }


def queues(index: Index) -> list[Row]:
    """Every queue that is named anywhere, by name: where it is declared, and what is sent to it."""
    found: dict[str, Row] = {}

    def add(value: Value | None, kind: str, path: str, span: Span) -> None:
        for name in names(value):
            row = found.setdefault(name, {"name": name, "declared": [], "used": []})
            row[kind].append(place(path, span))

    for item in index.settings:
        if item.name in ("task_queues", "task_default_queue"):
            add(item.value, "declared", item.path, item.value_span)
    for row in index.tasks:
        add(row.options.get("queue"), "used", row.path, row.spans.get("queue", row.span))
    for sent in index.dispatches:
        add(sent.options.get("queue"), "used", sent.path, sent.option_spans.get("queue", sent.span))
    for item in index.settings:
        if item.name == "task_routes":
            for _, target in route_items(item.value):
                add(target.get("queue") if isinstance(target, Mapping) else target, "used", item.path, item.value_span)
    return [found[name] for name in sorted(found)]


def names(value: Value | None) -> Iterator[str]:
    """The queue names that a value gives: a string, `Queue("x")`, or several of them."""
    match value:
        case Const(value=str() as name):
            yield name
        case Sequence(items=items):
            for item in items:
                yield from names(item)
        case Mapping(items=pairs):
            for key, _ in pairs:
                yield from names(key)
        case Call(func=func, args=args) if dotted(func).endswith("Queue"):
            yield from names(args[0] if args else value.keyword("name"))
        case _:
            pass


def routes(settings: list[Setting]) -> Iterator[Row]:
    """What `task_routes` says, a row per pattern; a router that is code has no pattern."""
    for item in settings:
        if item.name == "task_routes":
            for pattern, target in route_items(item.value):
                yield {
                    "pattern": to_json(pattern) if pattern else None,
                    **place(item.path, item.value_span),
                    "target": to_json(target),
                }


def route_items(value: Value) -> Iterator[tuple[Value | None, Value]]:
    """Pattern and target of every route: of a dict, a list of pairs, or a list of either."""
    for option in options(value):
        match option:
            case Mapping(items=pairs):
                yield from ((key, target) for key, target in pairs)
            case Sequence(items=(Const(value=str()) as pattern, target)):
                yield pattern, target
            case Sequence(items=items):
                for item in items:
                    yield from route_items(item)
            case _:
                yield None, option


def schedules(settings: list[Setting]) -> Iterator[Row]:
    """The entries of `beat_schedule`."""
    for item in settings:
        if item.name == "beat_schedule" and isinstance(item.value, Mapping):
            for key, entry in item.value.items:
                known = entry.get if isinstance(entry, Mapping) else lambda _: None
                yield {
                    "name": to_json(key) if key else None,
                    **place(item.path, item.value_span),
                    "task": optional(known("task")),
                    "schedule": optional(known("schedule")),
                    "entry": to_json(entry),
                }


def periodic(facts: list[FileFacts]) -> Iterator[Row]:
    """The calls of `add_periodic_task`."""
    for file in facts:
        for fact in file.calls:
            if called(fact) == "add_periodic_task":
                when, sent = (*fact.call.args, None, None)[:2]
                yield {
                    "name": optional(fact.call.keyword("name")),
                    **place(file.path, fact.span),
                    "task": optional(sent or fact.call.keyword("sig")),
                    "schedule": optional(when or fact.call.keyword("schedule")),
                    "entry": {"expression": show(fact.call)},
                }


def called(fact: CallFact) -> str:
    """The last part of the name of what is called."""
    func = fact.call.func
    return func.name if isinstance(func, Attr) else dotted(func).rpartition(".")[2]


def optional(value: Value | None) -> Any:
    """A value as JSON, null where it is not written."""
    return None if value is None else to_json(value)
