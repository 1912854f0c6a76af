"""For rules about serialisers: which one a message goes through, and what JSON makes of a value there."""

from __future__ import annotations

from functools import lru_cache

from celerylint.facts import Dispatch, Task
from celerylint.index import Index
from celerylint.index.options import FROM_SETTINGS
from celerylint.jsonable import Judgement, judge
from celerylint.rules.arguments import known
from celerylint.values import UNKNOWN, Call, Const, Mapping, Name, Sequence, Unknown, Value, either

# Names and content types of the serialisers that are more than data (kombu.serialization, 5.7).
PICKLE = frozenset({"pickle", "application/x-python-serialize"})
YAML = frozenset({"yaml", "application/x-yaml"})
JSON = frozenset({"json", "application/json"})
SERIALIZERS = ("task_serializer", "result_serializer", "event_serializer")
UNJUDGED = Judgement("unknown")


def insecure(value: Value) -> str:
    """The serialiser that a value names, where that is pickle or YAML; else ""."""
    match value:
        case Const(value=str() as name) if name.strip().lower() in PICKLE | YAML:
            return name
        case _:
            return ""


def is_pickle(name: str) -> bool:
    return name.strip().lower() in PICKLE


def serializer_of(task: Task | None, dispatch: Dispatch | None, index: Index) -> str:
    """The name of the serialiser that a task's arguments go through; "" where it cannot be told."""
    written = dispatch.options.get("serializer") if dispatch is not None else None
    if written is not None:
        return name_of(index.expand(written))
    if dispatch is not None and dispatch.open and dispatch.method not in {"delay", "s", "si", "delay_on_commit"}:
        return ""
    return in_settings("task_serializer", index) if task is None else name_of(in_force(task, "serializer", index))


def in_force(task: Task, name: str, index: Index) -> Value | None:
    """The value of a task option, None where nothing sets it, Unknown where something may.

    A decorator of the project's own sets no option whose name stands in none of the files that it is made of.
    """
    option = index.option(task, name)
    if not isinstance(option.value, Unknown) or not wrapped_in_silence(task, name, index):
        return option.value
    rows = index.configuration.in_force(FROM_SETTINGS[name], task) if name in FROM_SETTINGS else []
    return either([row.value for row in rows]) if rows else None


def wrapped_in_silence(task: Task, name: str, index: Index) -> bool:
    """Whether only a decorator of the project's own could set an option of a task, and it does not know the word."""
    definition = index.modules.resolve(task.via) if task.open else None
    if (
        definition is None
        or name in task.options
        or index.registry.bases.has_foreign(task)
        or index.configuration.hidden
    ):
        return False
    files = {definition.facts.path, *map(index.modules.path, definition.facts.modules_imported)} - {""}
    word = name.encode()
    return all(word not in (index.read(path) or word) for path in files)


def accepted(index: Index) -> set[str] | None:
    """The names in `accept_content`, Celery's default where nothing sets it; None where they cannot be told."""
    rows = index.configuration.production("accept_content")
    if not rows:
        return None if index.configuration.hidden else {"json"}
    found: set[str] = set()
    for row in rows:
        if not isinstance(row.value, Sequence) or not all(isinstance(item, Const) for item in row.value.items):
            return None
        found |= {str(item.value) for item in row.value.items if isinstance(item, Const)}
    return found


def sends_insecure(index: Index) -> bool:
    """Whether anything in the project is still known to be sent with pickle or YAML."""
    rows = [row for name in SERIALIZERS for row in index.configuration.production(name)]
    given = [dispatch.options["serializer"] for dispatch in index.dispatches if "serializer" in dispatch.options]
    given += [task.options["serializer"] for task in index.tasks if "serializer" in task.options]
    return any(insecure(row.value) for row in rows) or any(insecure(index.expand(value)) for value in given)


def proven_json(tasks: list[Task], index: Index) -> bool:
    """Whether all that the project is seen to send to some tasks, and what they return, passes JSON unchanged."""
    keys = {task.key for task in tasks}
    sent = [d for d in index.dispatches if d.method != "retry" and (d.task is None or d.task.key in keys)]
    called = {dispatch.task.key for dispatch in sent if dispatch.task is not None}
    takes = {task.key for task in tasks if index.parameters_of(task) != ()}
    schedules = index.configuration.by_name.get("beat_schedule", [])
    return (
        bool(tasks)
        and takes <= called
        and all(passes(dispatch, index) for dispatch in sent)
        and all(returns_json(task, index) for task in tasks)
        and all(schedule_passes(row.value, index) for row in schedules)
    )


def schedule_passes(schedule: Value, index: Index) -> bool:
    """Whether all arguments of a beat schedule's entries pass JSON unchanged."""
    if not isinstance(schedule, Mapping) or schedule.open:
        return False
    entries = [index.expand(entry) for _, entry in schedule.items]
    given = [entry.get(name) for entry in entries if isinstance(entry, Mapping) for name in ("args", "kwargs")]
    parts = [part for value in given if value is not None for part in (held(index.expand(value)) or (UNKNOWN,))]
    return all(isinstance(entry, Mapping) and not entry.open for entry in entries) and all(
        passes_unchanged(part, index) for part in parts
    )


def held(value: Value) -> tuple[Value, ...]:
    """The arguments in an `args` or `kwargs` that is written out."""
    match value:
        case Sequence(items=items):
            return items
        case Mapping(items=pairs) if not value.open:
            return tuple(item for _, item in pairs)
        case _:
            return ()


def passes(dispatch: Dispatch, index: Index) -> bool:
    """Whether all arguments of a dispatch pass JSON unchanged."""
    if dispatch.args is None or dispatch.kwargs is None or dispatch.method in {"map", "starmap", "chunks", "call"}:
        return False
    return all(passes_unchanged(value, index) for value in (*dispatch.args, *dispatch.kwargs.values()))


def passes_unchanged(value: Value, index: Index) -> bool:
    return judged(value, index).state == "same"


def returns_json(task: Task, index: Index) -> bool:
    """Whether everything that a task returns passes JSON unchanged."""
    function = index.function_of(task)
    return function is not None and all(passes_unchanged(value, index) for value in function.returns)


def in_settings(setting: str, index: Index) -> str:
    """The name that a setting gives; JSON, Celery's default, where nothing sets it, "" where it cannot be told."""
    rows = index.configuration.production(setting)
    if not rows:
        return "" if index.configuration.hidden else "json"
    names = {name_of(row.value) for row in rows}
    return names.pop() if len(names) == 1 else ""


def name_of(value: Value | None) -> str:
    match value:
        case None:
            return "json"
        case Const(value=str() as name):
            return "json" if name in JSON else name
        case _:
            return ""


def judged(value: Value, index: Index) -> Judgement:
    """What JSON makes of a value with any kombu that the project may be using; unknown where they differ.

    Where the project teaches kombu a type of its own, what was refused is not known any more.
    """
    found = known(value, index)
    oldest = judge(found, index.traits.kombu_oldest, index.classes.base)
    newest = judge(found, index.traits.kombu, index.classes.base)
    if oldest.state != newest.state or (newest.state == "refused" and teaches_json(index)):
        return UNJUDGED
    return newest


@lru_cache(maxsize=4)
def teaches_json(index: Index) -> bool:
    """Whether the project registers types of its own with kombu's JSON, or another serialiser under its name."""
    return any(
        registers(fact.call, index) for facts in index.facts for fact in facts.calls if isinstance(fact.call.func, Name)
    )


def registers(call: Call, index: Index) -> bool:
    match call:
        case Call(func=Name(dotted=dotted), args=args):
            name = index.modules.canonical(dotted)
            if name == "kombu.serialization.register":
                return bool(args) and index.expand(args[0]) in (Const("json"), UNKNOWN)
            return name == "kombu.utils.json.register_type"
        case _:
            return False
