"""The time limits in force for tasks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from celerylint.facts import App, Task
from celerylint.index import Index
from celerylint.index.tasks import last_name
from celerylint.records import dataclass
from celerylint.source import Span
from celerylint.values import Call, Value

LIMITS = frozenset({"time_limit", "soft_time_limit"})
TIMEOUT = re.compile(r"(?i)time_?(?:out|limit)")
# Above so many tasks without a limit, and if most have none, that is one decision for the app, not one for each task.
MANY = 10


@dataclass(frozen=True, slots=True)
class Unlimited:
    """The tasks of an app that nothing ends, with their places. `total` counts all its tasks that stand in production
    code."""

    tasks: tuple[Task, ...]
    places: frozenset[tuple[str, Span]]
    total: int

    @property
    def all_over(self) -> bool:
        """Whether the app's tasks have no limits as a rule."""
        return len(self.tasks) > MANY and 2 * len(self.tasks) >= self.total


KNOWN: WeakKeyDictionary[Index, dict[str, Unlimited]] = WeakKeyDictionary()


def unlimited(index: Index) -> dict[str, Unlimited]:
    """The tasks without any limit, by the key of their app ("" for shared tasks and apps without a name)."""
    if index not in KNOWN:
        KNOWN[index] = dict(grouped(index))
    return KNOWN[index]


def grouped(index: Index) -> Iterator[tuple[str, Unlimited]]:
    limited = limited_by_calls(index)
    if limited is None:
        return
    tasks: dict[str, list[Task]] = {}
    for task in index.tasks:
        if index.configuration.is_production(task.path):
            tasks.setdefault(app_key(task, index), []).append(task)
    for key, members in tasks.items():
        without = tuple(task for task in members if task.key not in limited and is_unlimited(task, index))
        yield key, Unlimited(without, frozenset((task.path, task.span) for task in without), len(members))


def limited_by_calls(index: Index) -> set[str] | None:
    """The keys of tasks that are given a limit where they are sent; None where one is that is not known."""
    limited = [dispatch for dispatch in index.dispatches if not LIMITS.isdisjoint(dispatch.options)]
    places = {(dispatch.path, dispatch.span) for dispatch in limited}
    for facts in index.facts:
        for fact in facts.calls:
            passes = last_name(fact.call.func) == "apply_async" and not LIMITS.isdisjoint(dict(fact.call.keywords))
            if passes and (facts.path, fact.span) not in places:
                return None
    return {dispatch.task.key for dispatch in limited if dispatch.task is not None}


def is_unlimited(task: Task, index: Index) -> bool:
    """Whether neither the task's options nor the settings nor a decorator limit it, as far as everything is known."""
    function = index.function_of(task)
    timed = function is not None and any(TIMEOUT.search(called(decorator.value)) for decorator in function.decorators)
    return not timed and all(index.option(task, name).absent for name in LIMITS)


def called(value: Value) -> str:
    """The name of a decorator."""
    return last_name(value.func if isinstance(value, Call) else value)


def app_key(task: Task, index: Index) -> str:
    """The key of the app that a task belongs to, "" where it may belong to several or that is not known."""
    keys, main = index.configuration.app_keys, index.configuration.main_apps
    if task.app in keys:
        return task.app
    return next(iter(main)) if len(main) == 1 else ""


def app_of(key: str, index: Index) -> App | None:
    """The app with a key; without one the first of production code."""
    production = [app for app in index.apps if index.configuration.is_production(app.path)]
    return next((app for app in production if app.key == key), production[0] if production else None)
