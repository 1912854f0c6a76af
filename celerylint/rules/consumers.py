"""Which queues messages go to, and which of them the deployed workers consume."""

from __future__ import annotations

from collections.abc import Iterator
from weakref import WeakKeyDictionary

from celerylint.deploy import Deployment
from celerylint.deploy.launching import Launch
from celerylint.deploy.model import Worker
from celerylint.deploy.programs import Call
from celerylint.facts import Dispatch
from celerylint.index import Index
from celerylint.records import dataclass
from celerylint.rules.queue_names import is_for_others, main_app, names
from celerylint.source import Span
from celerylint.values import Const, Mapping, Name, Value, options

# Code that starts workers or has them consume more.
STARTING = ("worker_main", "add_consumer", "WorkController")
DJANGO_SETTINGS = "django.conf.settings."
LIKE_A_WORKER = ("celery", "worker", "queue", "task", "job")


@dataclass(frozen=True, slots=True)
class Named:
    """A queue that something in the code names: where, and how sure it is that messages go there."""

    name: str
    rank: int
    path: str
    span: Span
    sends: bool


KNOWN: WeakKeyDictionary[Index, dict[tuple[str, Span], str]] = WeakKeyDictionary()


def unconsumed(index: Index) -> dict[tuple[str, Span], str]:
    """The queues that messages go to and no worker consumes, each by the one place to report it at: its declaration,
    the setting that makes it the default, a route, a task's option, a call."""
    if index not in KNOWN:
        KNOWN[index] = found(index)
    return KNOWN[index]


def found(index: Index) -> dict[tuple[str, Span], str]:
    consumed = consumed_queues(index)
    if consumed is None:
        return {}
    named: dict[str, list[Named]] = {}
    for each in everything_named(index):
        named.setdefault(each.name, []).append(each)
    out = {}
    for name, places in named.items():
        if name not in consumed and any(each.sends for each in places):
            first = min(places, key=lambda each: (each.rank, each.path, each.span))
            out[first.path, first.span] = name
    return out


# What is consumed


def consumed_queues(index: Index) -> set[str] | None:
    """The queues that some worker of the deployment files consumes; None where that is not known."""
    deployment = index.deployment
    if not deployment.workers or starts_elsewhere(index, deployment):
        return None
    consumed: set[str] = set()
    for worker in deployment.workers:
        queues = queues_of(worker, index)
        if queues is None:
            return None
        consumed |= queues
    return consumed


def starts_elsewhere(index: Index, deployment: Deployment) -> bool:
    """Whether code starts workers too, or a host that looks like a worker runs something that cannot be told."""
    if any(True for word in STARTING for _ in index.lines_with(word)):
        return True
    pairs = zip(deployment.launches, deployment.calls, strict=True)
    return any(is_hidden(launch, calls) for launch, calls in pairs)


def is_hidden(launch: Launch, calls: list[Call]) -> bool:
    name = f"{launch.host.name} {launch.host.workload}".lower()
    if launch.host.kind not in {"compose", "kubernetes"} or not any(word in name for word in LIKE_A_WORKER):
        return False
    return not calls or any(not call.words or not call.words[0].known for call in calls)


def queues_of(worker: Worker, index: Index) -> set[str] | None:
    """The queues that a worker consumes; None where they are not known."""
    if worker.queues is not None:
        return set(worker.queues) if isinstance(worker.queues, tuple) else None
    if worker.excluded is not None and not isinstance(worker.excluded, tuple):
        return None
    all_of_app = default_queues(index)
    return all_of_app - set(worker.excluded or ()) if all_of_app is not None else None


def default_queues(index: Index) -> set[str] | None:
    """The queues that a worker without `-Q` consumes: all that are declared, or the default one."""
    out: set[str] = set()
    for app in sorted(index.configuration.app_keys) or [main_app(index)]:
        declared, default = index.queues.declares(app), index.queues.default(app)
        if declared is None or (not declared and default is None):
            return None
        out |= declared or {default or ""}
    return out


# What is named


def everything_named(index: Index) -> Iterator[Named]:
    production = index.configuration.is_production
    for queue in index.queues.declared:
        if queue.name and production(queue.path):
            yield Named(queue.name, 0, queue.path, queue.span, False)
    for setting in index.configuration.production("task_default_queue"):
        for name in names(setting.value, index):
            yield Named(name, 1, setting.path, setting.span, goes_to_default(name, index))
    for route in index.queues.routes:
        for name in queue_names((route.target or {}).get("queue"), index):
            yield Named(name, 2, route.path, route.span, True)
    for task in index.tasks:
        if production(task.path) and not index.modules.is_test(task.path):
            for name in queue_names(task.options.get("queue"), index):
                yield Named(name, 3, task.path, task.span, True)
    yield from named_in_calls(index)


def named_in_calls(index: Index) -> Iterator[Named]:
    for dispatch in index.dispatches:
        if index.configuration.is_production(dispatch.path) and not index.modules.is_test(dispatch.path):
            for name in queue_names(dispatch.options.get("queue"), index):
                yield Named(name, 4, dispatch.path, dispatch.span, not is_for_others(dispatch))
    for entry in index.schedule:
        value = index.expand(entry.values["options"]) if "options" in entry.values else None
        if isinstance(value, Mapping) and index.configuration.is_production(entry.path):
            for name in queue_names(value.get("queue"), index):
                yield Named(name, 4, entry.path, entry.span, True)


def queue_names(value: Value | None, index: Index) -> list[str]:
    """The queues that a value is known to name, through Django's settings too."""
    if isinstance(value, Name) and value.dotted.startswith(DJANGO_SETTINGS):
        name = value.dotted.removeprefix(DJANGO_SETTINGS)
        rows = [row for facts in index.facts for row in facts.assigns.get(name, ())]
        found = [list(names(row.value, index)) for row in rows]
        return [name for each in found for name in each] if all(found) else []
    return list(names(value, index)) if value is not None else []


def goes_to_default(name: str, index: Index) -> bool:
    """Whether a call is known to send a task to the default queue."""
    return any(queue_of(dispatch, index) == name for dispatch in index.dispatches if is_plain(dispatch, index))


def is_plain(dispatch: Dispatch, index: Index) -> bool:
    """Whether a call sends a task and says nothing of queues."""
    routed = {"queue", "routing_key", "exchange"} & dispatch.options.keys()
    return dispatch.sends and not dispatch.open and not routed and not index.modules.is_test(dispatch.path)


def queue_of(dispatch: Dispatch, index: Index) -> str | None:
    task = dispatch.task
    return index.queues.queue_of(task, task.app or main_app(index)) if task is not None else None


def all_known(index: Index) -> bool:
    """Whether every place that may name a queue names one that is known."""
    if any(not queue.name for queue in index.queues.declared) or any(route.target is None for route in index.routes):
        return False
    given = [task.options.get("queue") for task in index.tasks]
    given += [dispatch.options.get("queue") for dispatch in index.dispatches]
    given += [setting.value for setting in index.configuration.production("task_default_queue")]
    return all(value is None or is_known(value, index) for value in given)


def is_known(value: Value, index: Index) -> bool:
    return (
        value == Const(None)
        or bool(queue_names(value, index))
        or all(option == Const(None) for option in options(value))
    )
