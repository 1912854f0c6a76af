"""What is deployed, as people read it: below each thing what it runs, what is in force, and what is around it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from celerylint.output._model import Row

KINDS = frozenset({"workers", "beats", "flowers", "exporters", "brokers", "not_understood"})
IN_FORCE = (
    ("pool", "pool {}"),
    ("concurrency", "concurrency {}"),
    ("autoscale", "autoscale {}"),
    ("time_limit", "time limit {} s"),
    ("soft_time_limit", "soft time limit {} s"),
    ("prefetch_multiplier", "prefetch multiplier {}"),
    ("max_tasks_per_child", "{} tasks per child"),
    ("events", "events {}"),
)


def head(kind: str, row: Row) -> str:
    """What a line is about."""
    if kind == "not_understood":
        return str(row["text"] or row["about"])
    where = row["host"]["kind"] if row["host"] is not None else "configuration"
    return f"{row['name'] or '?'} ({where})"


def tail(kind: str, row: Row) -> str:
    """What else a line says."""
    if kind == "not_understood":
        return f"  {row['reason']}"
    notes = [*(["broker"] if row.get("broker") else []), *([] if row.get("production", True) else ["not production"])]
    condition = row["host"]["condition"] if row["host"] is not None else None
    notes += [f"only {condition}"] if condition else []
    return f"  ({'; '.join(notes)})" if notes else ""


def more(kind: str, row: Row) -> Iterator[str]:
    """The lines below."""
    match kind:
        case "workers":
            yield row["command"]
            yield consumption(row)
            yield ", ".join([*in_force(row, row), *flags(row)])
        case "beats":
            yield row["command"]
            found = [("scheduler", "scheduler {}"), ("schedule", "schedule file {}")]
            yield ", ".join([f"{row['entries']} entries", *in_force(row, row, found)])
        case "flowers":
            yield row["command"]
            ports = [f"port {plain(port['number'])} ({port['reach']})" for port in row["ports"]]
            yield ", ".join([*ports, "asks who comes" if row["guarded"] else "open to everybody"])
        case "brokers":
            yield ", ".join(of_broker(row))
        case _:
            pass
    if row.get("host") is not None:
        yield ", ".join(around(row["host"], row))


def consumption(row: Row) -> str:
    """The queues of a worker, and how many tasks go there."""
    queues, tasks = row["queues"], row["tasks"]
    names = "?" if tasks is None else ", ".join(queues["value"]) or "nothing"
    counted = "" if tasks is None else f", {amount(tasks, more=row['more_tasks'])}"
    return f"consumes {names}{counted}{'' if queues['from'] else ' (by the settings)'}"


def amount(tasks: list[str], *, more: bool) -> str:
    """How many tasks there are, of which not all may be known."""
    if more and not tasks:
        return "tasks ?"
    return f"{'at least ' if more else ''}{len(tasks)} task{'' if len(tasks) == 1 else 's'}"


def in_force(values: Row, row: Row, names: Any = IN_FORCE) -> Iterator[str]:
    """Values that are set, each with its place where that is another line than the row's."""
    for name, text in names:
        value = values[name]
        if value["value"] is not None:
            yield text.format(plain(value["value"])) + source(value["from"], row)


def source(places: list[Row], row: Row) -> str:
    """Where a value comes from, "" where that is the line of the row itself."""
    others = [f"{each['path']}:{each['line']}" for each in places if (each["path"], each["line"]) != at(row)]
    return f" ({', '.join(others)})" if others else ""


def at(row: Row) -> tuple[str, int]:
    return row["path"], row["line"]


def flags(row: Row) -> Iterator[str]:
    """What a worker's command line says besides."""
    if row["beat"] is not False:
        yield "a beat of its own" if row["beat"] is True else "beat ?"
    for name, text in (("hostname", "called {}"), ("loglevel", "log level {}")):
        if row[name] is not None:
            yield text.format(plain(row[name]))


def around(host: Row, row: Row) -> Iterator[str]:
    """What is around a program."""
    if host["image"] is not None:
        yield f"image {plain(host['image'])}"
    if host["replicas"]["value"] is not None:
        yield f"replicas {plain(host['replicas']['value'])}{source(host['replicas']['from'], row)}"
    if host["grace"]["value"] is not None:
        yield f"grace {plain(host['grace']['value'])} s{source(host['grace']['from'], row)}"
    resources = host["resources"]
    if resources:
        yield "resources ?" if "unknown" in resources else ", ".join(f"{name} {resources[name]}" for name in resources)
    if host["user"] is not None:
        yield f"user {plain(host['user'])}"
    probes = host["probes"]
    yield "probes ?" if isinstance(probes, dict) else "no probes" if not probes else named(probes)


def named(probes: list[Row]) -> str:
    found = (f"{each['kind']} every {plain(each['period'])} s" if each["period"] else each["kind"] for each in probes)
    return ", ".join(found)


def of_broker(row: Row) -> Iterator[str]:
    """What is known of a Redis server."""
    if row["version"]:
        yield f"Redis {row['version']}"
    for name in ("appendonly", "maxmemory", "maxmemory-policy"):
        if row[name]["value"] is not None:
            yield f"{name} {plain(row[name]['value'])}{source(row[name]['from'], row)}"
    yield from (f"save {plain(value)!r}" for value in row["save"])
    for name in ("password", "tls"):
        yield f"{name} ?" if isinstance(row[name], dict) else name if row[name] else f"no {name}"
    volumes = row["volumes"]
    yield "volumes ?" if isinstance(volumes, dict) else ", ".join(shown(each) for each in volumes) or "no volume"
    if not row["complete"]:
        yield "more of its configuration is not known"


def shown(volume: Row) -> str:
    kind = {"empty": "emptied with the container", "": "?"}.get(volume["kind"], volume["kind"])
    return f"{volume['target']} ({kind})"


def plain(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "?" if "unknown" in value else str(value.get("expression", value))
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ", ".join(map(plain, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
