"""What several rules on deployment files ask of a deployment and of the project that it runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from weakref import WeakKeyDictionary

from celerylint.deploy import Deployment
from celerylint.deploy.launching import Launch
from celerylint.deploy.model import Beat, Flower, Host, Process, Worker
from celerylint.deploy.programs import Call
from celerylint.deploy.snippets import HIDDEN
from celerylint.facts import Task
from celerylint.index import Index
from celerylint.index.production import is_production_path
from celerylint.values import Const, Unknown, Value, number, options

# Compose's override is for development by convention.
NOT_PRODUCTION = re.compile(r"override|devcontainer|worktree|cypress|vagrant", re.IGNORECASE)
# Beats that do not lock: several of them each send everything that is due.
UNLOCKED = frozenset(
    {
        "celery.beat:PersistentScheduler",
        "celery.beat.PersistentScheduler",
        "celery.beat:Scheduler",
        "django",
        "django_celery_beat.schedulers:DatabaseScheduler",
        "django_celery_beat.schedulers.DatabaseScheduler",
        "sqlalchemy_celery_beat.schedulers:DatabaseScheduler",
    }
)
LOCKING_PROGRAMS = frozenset({"single-beat", "singlebeat"})
# Programs that restart what they run whenever a file changes.
RELOADING = frozenset({"runserver", "runserver_plus", "--reload"})
DEVELOPERS_IMAGE = re.compile(r"[:/_-](?:dev|devel|develop|development|test|tests|testing)(?:[:_-]|$)", re.IGNORECASE)
WATCHERS = frozenset({"watchmedo", "watchfiles", "hupper", "nodemon", "entr", "watchexec"})


def is_production(host: Host, deployment: Deployment) -> bool:
    """Whether a host is meant for production, as far as its file tells, and what runs there or beside it."""
    if host.kind == "recipe" or host.developing or host.unit in development_units(deployment):
        return False
    return is_production_file(host.path, deployment)


UNITS: WeakKeyDictionary[Deployment, frozenset[str]] = WeakKeyDictionary()


def development_units(deployment: Deployment) -> frozenset[str]:
    """The compose files that run code from somebody's disk, or reload it: one such service says it for all."""
    if deployment not in UNITS:
        pairs = zip(deployment.launches, deployment.calls, strict=True)
        found = {
            launch.host.unit
            for launch, calls in pairs
            if launch.host.kind == "compose" and (launch.host.developing or develops(launch, calls))
        }
        # Compose takes an override by itself, so that what it makes of the plain file holds for all of that.
        UNITS[deployment] = frozenset(found | {unit.partition("+")[0] for unit in found if "override" in unit})
    return UNITS[deployment]


def develops(launch: Launch, calls: list[Call]) -> bool:
    """Whether a service is one that only developers and tests use."""
    image = launch.host.image
    if isinstance(image, str) and DEVELOPERS_IMAGE.search(image):
        return True
    words = {word.text for call in calls for word in call.words[:4]}
    around = {program for call in calls for program in call.around}
    return not RELOADING.isdisjoint(words) or not WATCHERS.isdisjoint(around)


def is_production_file(path: str, deployment: Deployment) -> bool:
    """Whether a deployment file is meant for production by its name."""
    relative = deployment.repository.relative(path)
    return is_production_path(relative) and not NOT_PRODUCTION.search(relative)


def in_production(process: Process, deployment: Deployment) -> bool:
    """Whether a command is meant for production: nothing restarts it when code changes, and its host is."""
    watched = not WATCHERS.isdisjoint(process.call.around)
    return not watched and is_production(process.host, deployment) and is_production_file(process.path, deployment)


def uses_celery(index: Index, deployment: Deployment) -> bool:
    """Whether the project runs Celery at all."""
    return bool(index.tasks or index.apps or deployment.processes)


# Settings


def setting(index: Index, name: str) -> Value | None:
    """What production code has for a setting: None where nothing sets it, Unknown where that is not known."""
    return index.configuration.anywhere(name) if index.apps else None


def soft_shutdown(index: Index) -> bool:
    """Whether a soft shutdown is configured, or may be (`worker_soft_shutdown_timeout`, Celery 5.5)."""
    value = setting(index, "worker_soft_shutdown_timeout")
    return value is not None and number(value) != 0


# Schedulers


def may_lock(process: Beat | Worker, index: Index) -> bool:
    """Whether the scheduler of a beat keeps a second one from sending too, or may do so."""
    if not LOCKING_PROGRAMS.isdisjoint(process.call.around):
        return True
    given = process.line.option("--scheduler")
    if given is not None:
        return given.value not in UNLOCKED
    value = setting(index, "beat_scheduler")
    if isinstance(value, Unknown):
        return any(True for _ in index.lines_with("redbeat"))
    return value is not None and not (isinstance(value, Const) and value.value in UNLOCKED)


# Time limits


def longest_limit(worker: Worker, index: Index) -> tuple[float, str] | None:
    """The longest time limit in seconds of a task that a worker may run, and what has it; None where none is known."""
    given = worker.limit("time_limit") or worker.limit("soft_time_limit")
    found = [(given, what(worker))] if isinstance(given, float | int) else []
    found += [(limit, f"`{task.label}`") for task in tasks_of(worker, index) if (limit := limit_of(task, index))]
    return max(found, key=lambda pair: (pair[0], pair[1]), default=None)


def limit_of(task: Task, index: Index) -> float | None:
    """The seconds after which a task ends for sure, as far as known: its hard limit, else its soft one."""
    for name in ("time_limit", "soft_time_limit"):
        value = index.option(task, name).value
        known = [seconds for option in options(value) if (seconds := number(option))] if value is not None else []
        if known:
            return max(known)
    return None


def tasks_of(worker: Worker, index: Index) -> Iterator[Task]:
    """The production tasks that may be sent to a worker's queues; all where its queues are not known."""
    for task in index.tasks:
        if index.configuration.is_production(task.path) and not index.modules.is_test(task.path):
            queue = index.queues.queue_of(task, task.app)
            if queue is None or not isinstance(worker.queues, tuple) or queue in worker.queues:
                yield task


# Words


def listed(names: Iterable[str], limit: int = 4) -> str:
    """Names in backticks, the first few of many."""
    known = [f"`{name}`" for name in names]
    shown = known if len(known) <= limit else [*known[: limit - 1], f"{len(known) - limit + 1} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def what(process: Process) -> str:
    """How messages call a process: by its host's name, else by its command."""
    name = process.host.name
    if process.host.kind in {"script", "dockerfile", "recipe"} or not name or HIDDEN in name:
        return {Worker: "this worker", Beat: "this beat", Flower: "this Flower"}.get(type(process), "this program")
    return f"`{name}`"


def seconds(value: float) -> str:
    """A time in words."""
    return f"{value:g} s"
