"""Where queues, priorities and routing keys are given: to tasks, calls, routes and entries of the schedule."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from celerylint.facts import Dispatch, Route, ScheduleEntry, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.records import dataclass
from celerylint.rules.declared import declared
from celerylint.source import Span
from celerylint.values import Const, Mapping, Value


@dataclass(frozen=True, slots=True)
class Given:
    """The routing options that one place gives, with where each stands; `task` is whose they are, where known."""

    options: dict[str, Value]
    places: dict[str, Span]
    task: Task | None
    app: str
    what: str


def of_task(task: Task, file: File, index: Index) -> Given:
    """What a task's decorator or class says."""
    found = declared(task, file, index)
    places = {name: found.place(file, name) for name in found.nodes} if found is not None else {}
    options = found.options if found is not None else {}
    return Given(options, places, task, app_of(task, index), "task")


def of_dispatch(dispatch: Dispatch, file: File, index: Index) -> Given:
    """What a call says; places are those of whole keywords."""
    call = file.node_at(dispatch.span, ast.Call)
    keywords = {keyword.arg: file.span(keyword) for keyword in call.keywords if keyword.arg} if call is not None else {}
    return Given(dispatch.options, keywords, dispatch.task, app_of(dispatch.task, index), "call")


def of_route(route: Route, index: Index) -> Given:
    """What a route says."""
    places = dict.fromkeys(route.target or {}, route.span)
    return Given(route.target or {}, places, None, route.app or main_app(index), "route")


def of_entry(entry: ScheduleEntry, index: Index) -> Given:
    """What the options of an entry of the schedule say."""
    value = index.expand(entry.values["options"]) if "options" in entry.values else None
    if not isinstance(value, Mapping):
        return Given({}, {}, entry.task, entry.app or main_app(index), "entry")
    options = {key.value: item for key, item in value.items if isinstance(key, Const) and isinstance(key.value, str)}
    places = dict.fromkeys(options, entry.place("options"))
    return Given(options, places, entry.task, entry.app or main_app(index), "entry")


def given_by(subject: Task | Dispatch | Route | ScheduleEntry, file: File, index: Index) -> Given:
    match subject:
        case Task():
            return of_task(subject, file, index)
        case Dispatch():
            return of_dispatch(subject, file, index)
        case Route():
            return of_route(subject, index)
        case ScheduleEntry():
            return of_entry(subject, index)


def app_of(task: Task | None, index: Index) -> str:
    """The key of the app that a task belongs to, "" where it may be one of several."""
    keys = index.configuration.app_keys
    return task.app if task is not None and task.app in keys else main_app(index)


def main_app(index: Index) -> str:
    """The key of the one app that shared tasks run in, "" where there are several."""
    main = index.configuration.main_apps
    return next(iter(main)) if len(main) == 1 else ""


def names(value: Value, index: Index) -> Iterator[str]:
    """The queues that a value is known to name; a conditional may name several."""
    found = index.modules.values(value)
    texts = [index.queues.text(option) for option in found]
    if all(texts):
        yield from dict.fromkeys(texts)


def is_for_others(dispatch: Dispatch) -> bool:
    """Whether a call sends a task by name that the project does not have: another service consumes it."""
    return dispatch.method == "send_task" and dispatch.task is None
