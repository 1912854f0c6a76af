"""The Celery model of a project, as plain data."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from celerylint.output._values import to_json
from celerylint.values import Value

if TYPE_CHECKING:
    from celerylint.facts import Dispatch, Task
    from celerylint.index import Index
    from celerylint.source import Span

Row: TypeAlias = "dict[str, Any]"


def model(index: Index, now: datetime) -> dict[str, list[Row]]:
    """Everything that was found, by kind, each in the order of paths and lines; what is due next is due after `now`,
    on the clock of the schedule."""
    from celerylint.output._model_configuration import app, queues, routes, schedules, setting
    from celerylint.output._model_surroundings import environments

    return {
        "apps": [app(item, index) for item in index.apps],
        "tasks": [task(item, index) for item in index.tasks],
        "dispatches": [dispatch(item, index) for item in index.dispatches],
        "settings": [setting(item, index) for item in index.settings],
        "queues": queues(index),
        "routes": [row for item in index.routes if (row := routes(item))],
        "schedules": [schedules(item, index, now) for item in index.schedule],
        "environments": environments(index),
    }


def place(path: str, span: Span) -> Row:
    """Where something stands."""
    return {"path": path, "line": span.line, "column": span.column}


def values(items: dict[str, Value]) -> dict[str, Any]:
    """Named values as JSON."""
    return {name: to_json(value) for name, value in items.items()}


def task(item: Task, index: Index) -> Row:
    """A task; its name is null where it cannot be known.

    `inside` is the function that defines it when it is called, null for one that its module defines. `imported` says
    whether workers import that module, null where that cannot be told.
    """
    from celerylint.rules.discovery import discovery
    from celerylint.rules.unwrapped import registered_names

    function, found = index.function_of(item), discovery(index)
    return {
        "name": registered_names(index)[item.key][0] or item.name or None,
        **place(item.path, item.span),
        "kind": item.kind,
        "function": item.function or None,
        "inside": function.owner if function is not None and function.owner and not function.in_class else None,
        "imported": found.reaches(item.key.partition(":")[0]) if found is not None else None,
        "via": item.via,
        "bound": item.bound,
        "options": values(item.options),
        "more_options": item.open,
    }


def dispatch(item: Dispatch, index: Index) -> Row:
    """A call that sends a task or makes its signature; `known` is a task of the project or of a package."""
    return {
        "method": item.method,
        **place(item.path, item.span),
        "task": item.name or None,
        "known": item.task is not None or (bool(item.name) and index.task_names.registered(item.name) is True),
        "from": item.scope,
        "args": None if item.args is None else [to_json(value) for value in item.args],
        "kwargs": None if item.kwargs is None else values(item.kwargs),
        "options": values(item.options),
    }
