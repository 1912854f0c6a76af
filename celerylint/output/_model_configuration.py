"""Configuration, queues, routes and schedules of a project, as plain data."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from celerylint.index.configuration import merged
from celerylint.output._model import Row, place
from celerylint.output._values import show, to_json
from celerylint.rules import crontabs
from celerylint.rules.queue_names import names
from celerylint.values import Value

if TYPE_CHECKING:
    from celerylint.facts import App, Route, ScheduleEntry, Setting
    from celerylint.index import Index
    from celerylint.index.links import Linked
    from celerylint.source import Span

RUNS = 3


def app(item: App, index: Index) -> Row:
    """An application object: what it reads, and the value in force of each of its settings with where that stands."""
    configuration = index.configuration
    known = sorted({row.name for row in index.settings if row.name})
    settings = {name: rows for name in known if (rows := configuration.chosen(name, item.key))}
    return {
        "name": item.key,
        **place(item.path, item.span),
        "call": show(item.call),
        "reads": [reads(link, index) for link in configuration.links if link.app == item.key],
        "settings": {name: in_force(rows) for name, rows in settings.items()},
        "default_queue": index.queues.default(item.key),
    }


def reads(link: Linked, index: Index) -> Row:
    """A configuration that an app reads; its modules are empty where these cannot be told."""
    return {
        **place(link.path, link.span),
        "target": link.target or None,
        "namespace": link.namespace or None,
        "modules": modules(link, index),
    }


def modules(link: Linked, index: Index) -> list[str]:
    """The modules and classes that a link leads to; those for production, where the app is."""
    configuration = index.configuration
    if link.target == "django" and configuration.named:
        return configuration.named
    if index.modules.split(link.target)[0]:
        return [link.target]
    rows = [row for row in index.settings if row.holder and row.app in ("", link.app)]
    if configuration.is_production(link.path):
        rows = [row for row in rows if configuration.is_production(row.path, row.condition)]
    return sorted({row.holder for row in rows})


def in_force(rows: list[Setting]) -> Row:
    """A value in force, with all places that it may come from."""
    return {"value": to_json(merged(rows)), "from": [place(row.path, row.span) for row in rows]}


def setting(item: Setting, index: Index) -> Row:
    """A setting as one place writes it; its name is null where Celery reads none that is written so.

    `effective` says whether it may be in force in production: for its app, or any where it is for several.
    """
    apps = [item.app] if item.app else sorted(index.configuration.app_keys) or [""]
    return {
        "name": item.name or None,
        "written": item.written,
        **place(item.path, item.span),
        "value": to_json(item.value),
        "condition": item.condition,
        "app": item.app or None,
        "effective": bool(item.name) and any(item in index.configuration.effective(item.name, app) for app in apps),
    }


def queues(index: Index) -> list[Row]:
    """Every queue that is named anywhere, by name: where it is declared, and what is sent to it."""
    found: dict[str, Row] = {}

    def add(value: Value | None, kind: str, path: str, span: Span) -> None:
        for name in names(value, index) if value is not None else ():
            row = found.setdefault(name, {"name": name, "declared": [], "used": []})
            row[kind].append(place(path, span))

    for queue in index.queues.declared:
        if queue.name:
            row = found.setdefault(queue.name, {"name": queue.name, "declared": [], "used": []})
            row["declared"].append(place(queue.path, queue.span))
    for default in index.configuration.reaching("task_default_queue"):
        add(default.value, "declared", default.path, default.value_span)
    for task in index.tasks:
        add(task.options.get("queue"), "used", task.path, task.spans.get("queue", task.span))
    for sent in index.dispatches:
        add(sent.options.get("queue"), "used", sent.path, sent.option_spans.get("queue", sent.span))
    for route in index.routes:
        add((route.target or {}).get("queue"), "used", route.path, route.span)
    return [found[name] for name in sorted(found)]


def routes(item: Route) -> Row:
    """A route; a router that is code has no pattern and no target."""
    target: Any = None
    if item.target is not None:
        target = {name: to_json(value) for name, value in item.target.items()}
    return {
        "pattern": item.pattern or None,
        **place(item.path, item.span),
        "target": target,
        "regex": item.regex,
    }


def schedules(item: ScheduleEntry, index: Index, now: datetime) -> Row:
    """An entry of beat's schedule, with the seconds between its runs, or the next times of a crontab."""
    every = crontabs.seconds(item.schedule, index)
    runs = crontabs.next_runs(item.schedule, index, now, RUNS)
    return {
        "name": item.name or None,
        **place(item.path, item.span),
        "task": item.sent or None,
        "known": item.task is not None or (bool(item.sent) and index.task_names.registered(item.sent) is True),
        "schedule": None if item.schedule is None else to_json(item.schedule),
        "entry": {key: to_json(value) for key, value in item.values.items()},
        "app": item.app or None,
        "source": item.source,
        "every": every,
        "next": [run.isoformat(sep=" ", timespec="minutes") for run in runs],
    }
