"""What is deployed, joined with the code: workers, beats, Flowers, exporters and brokers, as plain data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from celerylint.deploy.notes import notes, shown
from celerylint.deploy.snippets import HIDDEN
from celerylint.output._model import Row, place
from celerylint.output._model_configuration import in_force
from celerylint.rules.cel804_flower_without_auth import may_be_guarded
from celerylint.rules.consumers import queue_names, queues_of
from celerylint.rules.deployed import in_production, is_production
from celerylint.rules.queue_names import main_app
from celerylint.rules.redis_servers import has_password, has_tls, is_broker, words
from celerylint.values import UNKNOWN, Unknown

if TYPE_CHECKING:
    from celerylint.deploy import Deployment
    from celerylint.deploy.model import Beat, Broker, Exporter, Flower, Host, Place, Probe, Process, Worker
    from celerylint.facts import Task
    from celerylint.index import Index

# What of a worker both its command line and a setting may say: our name, the option, the setting.
JOINED = (
    ("pool", "--pool", "worker_pool"),
    ("concurrency", "--concurrency", "worker_concurrency"),
    ("autoscale", "--autoscale", ""),
    ("time_limit", "--time-limit", "task_time_limit"),
    ("soft_time_limit", "--soft-time-limit", "task_soft_time_limit"),
    ("prefetch_multiplier", "--prefetch-multiplier", "worker_prefetch_multiplier"),
    ("max_tasks_per_child", "--max-tasks-per-child", "worker_max_tasks_per_child"),
    ("events", "--task-events", "worker_send_task_events"),
)


def deployed(deployment: Deployment, index: Index) -> dict[str, list[Row]]:
    """Everything that is deployed, by kind; and what is not understood, with its reason."""
    return {
        "workers": [worker(item, deployment, index) for item in deployment.workers],
        "beats": [beat(item, deployment, index) for item in deployment.beats],
        "flowers": [flower(item, deployment, index) for item in deployment.flowers],
        "exporters": [exporter(item, deployment) for item in deployment.exporters],
        "brokers": [broker(item, deployment, index) for item in deployment.brokers],
        "not_understood": [
            {"about": note.about, **spot(note.place), "text": note.text, "reason": note.reason}
            for note in notes(deployment)
        ],
    }


def spot(where: Place) -> Row:
    return place(where.path, where.span)


def known(value: Any) -> Any:
    """A value of the deployment as JSON: None where nothing is written."""
    if isinstance(value, Unknown) or (isinstance(value, str) and value == HIDDEN):
        return {"unknown": True}
    if isinstance(value, str):
        return value.replace(HIDDEN, "?")
    return [known(item) for item in value] if isinstance(value, tuple | list) else value


# Processes


def process(item: Process, deployment: Deployment, index: Index) -> Row:
    """What every `celery` command has: its name and place, and what starts it."""
    return {
        "name": item.host.title,
        **spot(item.at),
        "command": shown(item.line.words),
        "around": list(item.call.around),
        "app": known(item.app),
        "application": application(item, index) or None,
        "production": in_production(item, deployment),
        "host": host(item.host),
    }


def host(item: Host) -> Row:
    """What starts a program, and with what around it."""
    return {
        "kind": item.kind,
        "name": known(item.name),
        "workload": known(item.workload) or None,
        **spot(item.place),
        "condition": item.condition or None,
        "image": known(item.image),
        "replicas": given(item, "replicas", item.replicas),
        "resources": known(UNKNOWN if item.resources is None else None) or dict(item.resources or {}),
        "probes": known(UNKNOWN) if item.probes is None else [probe(each) for each in item.probes],
        "grace": given(item, "grace", item.grace),
        "user": known(item.user),
    }


def given(item: Host, name: str, value: Any) -> Row:
    """A setting of a host with the place that it has from, none where it is the default of what runs the host."""
    return {"value": known(value), "from": [spot(item.places[name])] if name in item.places else []}


def probe(item: Probe) -> Row:
    return {
        "kind": item.kind,
        **spot(item.place),
        "command": shown(item.command.words) if item.command is not None else None,
        "period": known(item.period),
        "timeout": known(item.timeout),
    }


def application(item: Process, index: Index) -> str:
    """The key of the application that a command runs: the one that `-A` names, else the main one."""
    keys, named = index.configuration.app_keys, (item.app or "").replace(":", ".")
    matching = [key for key in keys if named and (key == named or key.startswith(f"{named}."))]
    return matching[0] if len(matching) == 1 else main_app(index)


def worker(item: Worker, deployment: Deployment, index: Index) -> Row:
    """A worker with the queues that it consumes and the tasks that go there, and what is in force for it."""
    row = process(item, deployment, index)
    queues = queues_of(item, index)
    consumed = None if queues is None else sorted(queues)
    return {
        **row,
        "queues": {
            "value": known(UNKNOWN) if consumed is None else consumed,
            "from": [spot(option.place)] if (option := item.line.option("--queues")) is not None else [],
        },
        "tasks": None if consumed is None else sorted(tasks_in(consumed, index)),
        "more_tasks": consumed is not None and not all_routes_known(index),
        **{name: joined(item, option, setting, index) for name, option, setting in JOINED},
        "beat": known(UNKNOWN if item.beat is None else item.beat),
        "hostname": known(item.hostname),
        "loglevel": known(item.loglevel),
    }


def tasks_in(queues: Iterable[str], index: Index) -> set[str]:
    """The production tasks that are routed to some queues, or sent there by a call."""
    wanted = set(queues)
    routed = {task.name for task in named_tasks(index) if route_of(task, index) in wanted}
    sent = {
        dispatch.task.name
        for dispatch in index.dispatches
        if dispatch.task is not None
        and index.configuration.is_production(dispatch.path)
        and not wanted.isdisjoint(queue_names(dispatch.options.get("queue"), index))
    }
    return routed | (sent & {task.name for task in named_tasks(index)})


def named_tasks(index: Index) -> list[Task]:
    """The tasks of production that have a name."""
    return [task for task in index.tasks if task.name and index.configuration.is_production(task.path)]


def route_of(task: Task, index: Index) -> str | None:
    """The queue that a task's messages go to, None where that is not known."""
    return index.queues.queue_of(task, task.app or main_app(index))


def all_routes_known(index: Index) -> bool:
    """Whether it is known of every task to which queue its messages go."""
    return all(route_of(task, index) is not None for task in named_tasks(index))


def joined(item: Process, name: str, setting: str, index: Index) -> Row:
    """The value of an option, else of the setting that stands behind it, with the places that it comes from."""
    option = item.line.option(name)
    if option is not None:
        value = number(option.value) if option.value is not None else True
        return {"value": known(value), "from": [spot(option.place)]}
    if item.line.open:
        return {"value": known(UNKNOWN), "from": []}
    rows = index.configuration.chosen(setting, application(item, index)) if setting else []
    return in_force(rows) if rows else {"value": None, "from": []}


def number(text: str) -> str | int | float:
    """A number that is spelt out, else the text."""
    try:
        return int(text) if text.isdigit() else float(text)
    except ValueError:
        return text


def beat(item: Beat, deployment: Deployment, index: Index) -> Row:
    """A beat, and how many entries its schedule has."""
    entries = [entry for entry in index.schedule if index.configuration.is_production(entry.path)]
    return {
        **process(item, deployment, index),
        "scheduler": joined(item, "--scheduler", "beat_scheduler", index),
        "schedule": joined(item, "--schedule", "beat_schedule_filename", index),
        "pidfile": known(item.pidfile),
        "entries": len(entries),
    }


def flower(item: Flower, deployment: Deployment, index: Index) -> Row:
    """A Flower: how far its ports are published, and whether it asks who comes, or may do so."""
    ports = [{"number": known(port.number), "reach": port.reach, **spot(port.place)} for port in item.host.ports]
    return {**process(item, deployment, index), "ports": ports, "guarded": may_be_guarded(item, index)}


def exporter(item: Exporter, deployment: Deployment) -> Row:
    return {
        "name": item.host.title,
        **spot(item.host.place),
        "production": is_production(item.host, deployment),
        "host": host(item.host),
    }


# Brokers


def broker(item: Broker, deployment: Deployment, index: Index) -> Row:
    """A Redis server with what of its configuration matters to a broker; what the image's defaults are is not said."""
    mounts = item.host.mounts if item.host is not None else ()
    return {
        "name": item.name.replace(HIDDEN, "?"),
        **spot(item.started_at),
        "broker": is_broker(item, deployment, index),
        "version": ".".join(map(str, item.version)) if item.version else None,
        "complete": not item.open,
        "configuration": list(item.files),
        **{name: directive(item, name) for name in ("appendonly", "maxmemory", "maxmemory-policy")},
        "save": [known(" ".join(each.arguments)) for each in item.all("save")],
        "password": known(UNKNOWN if (secret := has_password(item)) is None else secret),
        "tls": known(UNKNOWN if (tls := has_tls(item)) is None else tls),
        "volumes": known(UNKNOWN) if mounts is None else [{"target": m.target, "kind": m.kind} for m in mounts],
        "host": host(item.host) if item.host is not None else None,
    }


def directive(item: Broker, name: str) -> Row:
    """What a directive says, with its place; where none does that is unknown where more of the file is."""
    found = item.get(name)
    if found is None:
        return {"value": known(UNKNOWN) if item.open else None, "from": []}
    return {"value": known(words(found)), "from": [spot(found.place)]}
