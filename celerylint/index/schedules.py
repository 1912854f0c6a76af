"""The entries of beat's schedule, from every place that makes them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from celerylint.facts import CallFact, FileFacts, ScheduleEntry, Setting, Task
from celerylint.index.apps import receiver
from celerylint.index.configuration import Configuration
from celerylint.index.dispatches import Dispatches
from celerylint.index.mappings import Entry, Mappings
from celerylint.index.modules import Modules
from celerylint.index.task_names import TaskNames
from celerylint.index.tasks import Tasks, last_name
from celerylint.source import Span
from celerylint.values import UNKNOWN, Attr, Call, Const, Function, Mapping, Name, Star, Value

PERIODIC = ("schedule", "sig", "args", "kwargs", "name")
REDBEAT = ("name", "task", "schedule", "args", "kwargs", "enabled", "options")
# The fields of django-celery-beat's PeriodicTask that say when it runs.
WHEN = ("interval", "crontab", "solar", "clocked")
MAKE_ROWS = frozenset({"create", "acreate", "get_or_create", "update_or_create", "aget_or_create", "PeriodicTask"})


class Schedules:
    """The schedule. `facts` are the files that mention Celery."""

    def __init__(
        self,
        modules: Modules,
        tasks: Tasks,
        names: TaskNames,
        sending: Dispatches,
        configuration: Configuration,
        mappings: Mappings,
        facts: list[FileFacts],
    ) -> None:
        self.modules, self.tasks, self.names, self.sending = modules, tasks, names, sending
        self.configuration, self.mappings, self.facts = configuration, mappings, facts

    @cached_property
    def all(self) -> list[ScheduleEntry]:
        """Every entry, in the order of paths and places."""
        found = [*self.of_settings(), *self.of_decorators()]
        found += [entry for facts in self.facts for fact in facts.calls for entry in self.of_call(fact, facts)]
        unique = {(entry.path, entry.span, entry.name): entry for entry in reversed(found)}
        return sorted(unique.values(), key=lambda entry: (entry.path, entry.span))

    @cached_property
    def open(self) -> bool:
        """Whether there may be entries that are not known."""
        rows = self.configuration.production("beat_schedule")
        return self.configuration.hidden or any(self.mappings.entries(row.given, row.path).open for row in rows)

    # The setting

    def of_settings(self) -> Iterator[ScheduleEntry]:
        for row in self.configuration.by_name.get("beat_schedule", []):
            for entry in self.mappings.entries(row.given, row.path).items:
                yield self.of_entry(entry, row)

    def of_entry(self, entry: Entry, row: Setting) -> ScheduleEntry:
        """An entry of `beat_schedule`; one that is no dict has no values."""
        inside = self.mappings.entries(entry.value, entry.path)
        spans = {item.name: item.span for item in inside.items if item.path == entry.path}
        keys = {item.name: item.key_span for item in inside.items if item.path == entry.path}
        values = {item.name: item.value for item in inside.items if item.name}
        sent, task = self.names.named(values.get("task"))
        where = entry.value.where if isinstance(entry.value, Mapping) else None
        inner = where.span if where is not None and where.path == entry.path else None
        span = entry.key_span or entry.span or inner or (row.value_span if entry.path == row.path else Span(1, 1, 1, 1))
        return ScheduleEntry(
            name=self.names.text(entry.key),
            sent=sent,
            task=task,
            values=values,
            path=entry.path,
            span=span,
            source="setting",
            keys={name: span for name, span in keys.items() if name and span is not None},
            places={name: span for name, span in spans.items() if name and span is not None},
            open=inside.open or any(not item.name for item in inside.items),
            condition=" and ".join(filter(None, (row.condition, entry.condition))),
            app=row.app,
        )

    # Calls

    def of_call(self, fact: CallFact, facts: FileFacts) -> Iterator[ScheduleEntry]:
        name = last_name(fact.call.func)
        if name == "add_periodic_task" and self.tasks.apps.may_be_app(receiver(fact.call.func)):
            yield self.periodic(fact, facts)
        elif name == "RedBeatSchedulerEntry":
            yield self.redbeat(fact, facts)
        elif name in MAKE_ROWS and "PeriodicTask" in path_of(fact.call.func):
            yield self.row(fact, facts)

    def periodic(self, fact: CallFact, facts: FileFacts) -> ScheduleEntry:
        """`app.add_periodic_task(schedule, signature, args, kwargs, name, **options)`."""
        values, places = arguments(fact, PERIODIC)
        sig = values.pop("sig", UNKNOWN)
        sent, task = self.signed(sig)
        options = {key: value for key, value in values.items() if key not in PERIODIC}
        kept = {key: value for key, value in values.items() if key in PERIODIC and key != "name"}
        if options:
            kept["options"] = Mapping(tuple((Const(key), value) for key, value in options.items()))
        places["task"] = places.pop("sig", fact.span)
        name = self.names.text(values.get("name"))
        return ScheduleEntry(
            name, sent, task, kept | {"task": sig}, facts.path, fact.span, "call", {}, places, fact.call.splat,
            fact.condition,
        )  # fmt: skip

    def redbeat(self, fact: CallFact, facts: FileFacts) -> ScheduleEntry:
        """`RedBeatSchedulerEntry(name, task, schedule, args, kwargs, enabled, options)`."""
        values, places = arguments(fact, REDBEAT)
        sent, task = self.names.named(values.get("task"))
        name = self.names.text(values.pop("name", None))
        return ScheduleEntry(
            name, sent, task, values, facts.path, fact.span, "redbeat", {}, places, True, fact.condition
        )

    def row(self, fact: CallFact, facts: FileFacts) -> ScheduleEntry:
        """A row of django-celery-beat's table, as code creates it."""
        values, places = arguments(fact, ())
        defaults = values.pop("defaults", None)
        if defaults is not None:
            for item in self.mappings.entries(defaults, facts.path).items:
                if item.name:
                    values[item.name] = item.value
                    if item.span is not None and item.path == facts.path:
                        places[item.name] = item.span
        sent, task = self.names.named(values.get("task"))
        when = next((values[field] for field in WHEN if field in values), None)
        if when is not None:
            values["schedule"] = when
        name = self.names.text(values.get("name"))
        return ScheduleEntry(
            name, sent, task, values, facts.path, fact.span, "database", {}, places, True, fact.condition
        )

    # Decorators

    def of_decorators(self) -> Iterator[ScheduleEntry]:
        """`@periodic_task(run_every=…)`: Celery's old one, or a project's own."""
        for task in self.tasks.all:
            if "run_every" in task.options:
                values = {key: task.options[key] for key in ("args", "kwargs", "options") if key in task.options}
                span = task.spans.get("", task.span)
                yield ScheduleEntry(
                    task.name, task.name, task, values | {"schedule": task.options["run_every"]}, task.path, task.span,
                    "decorator", {}, {"schedule": span}, True,
                )  # fmt: skip

    # Names

    def signed(self, value: Value) -> tuple[str, Task | None]:
        """The task that a signature (or a task, which `add_periodic_task` takes too) is of."""
        task = self.tasks.of(value)
        if task is None and isinstance(value, Function):
            task = self.tasks.by_function.get(value.key)
        if task is None:
            signature = self.sending.signature(value)
            task = signature.task if signature is not None else None
        if task is not None:
            return task.name, task
        match value:
            case Call(args=(first, *_)) if last_name(value.func) in {"signature", "Signature"}:
                return self.names.named(first)
            case _:
                return "", None


def arguments(fact: CallFact, names: tuple[str, ...]) -> tuple[dict[str, Value], dict[str, Span]]:
    """What a call passes by the names of its parameters, with the places."""
    values: dict[str, Value] = {}
    places: dict[str, Span] = {}
    for name, value, span in zip(names, fact.call.args, fact.arg_spans, strict=False):
        if isinstance(value, Star):
            break
        values[name], places[name] = value, span
    values |= {key: value for key, value in fact.call.keywords if key}
    return values, places | dict(fact.keyword_spans)


def path_of(func: Value) -> list[str]:
    """The names along the way to what is called: `PeriodicTask`, `objects`, `create`."""
    match func:
        case Name(dotted=dotted):
            return dotted.split(".")
        case Attr(base=base, name=name):
            return [*path_of(base), name]
        case _:
            return []
