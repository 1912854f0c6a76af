"""The value of a task's option that is in force: decorator, bases, annotations, settings, in Celery's order."""

from __future__ import annotations

from collections.abc import Callable

from celerylint.facts import Task
from celerylint.index.configuration import Configuration
from celerylint.index.tasks import Tasks
from celerylint.records import dataclass
from celerylint.source import Span
from celerylint.values import UNKNOWN, Mapping, Sequence, Unknown, Value, either

# Options that take their default from a setting (celery/app/task.py, `from_config`, 5.7).
FROM_SETTINGS = {
    "serializer": "task_serializer",
    "rate_limit": "task_default_rate_limit",
    "priority": "task_default_priority",
    "track_started": "task_track_started",
    "acks_late": "task_acks_late",
    "acks_on_failure_or_timeout": "task_acks_on_failure_or_timeout",
    "reject_on_worker_lost": "task_reject_on_worker_lost",
    "retry_on_worker_lost": "task_retry_on_worker_lost",
    "ignore_result": "task_ignore_result",
    "store_eager_result": "task_store_eager_result",
    "store_errors_even_if_ignored": "task_store_errors_even_if_ignored",
    "time_limit": "task_time_limit",
    "soft_time_limit": "task_soft_time_limit",
}

# Options that `celery worker` takes for all of its tasks.
ON_COMMAND_LINE = frozenset({"time_limit", "soft_time_limit"})


@dataclass(frozen=True, slots=True)
class Option:
    """An option in force. `value` is None where nothing sets it, Unknown where something may; `source` is
    `task`, `base`, `annotation`, `setting`, `command` or ""; `path` and `span` say where it stands."""

    value: Value | None
    source: str = ""
    path: str = ""
    span: Span | None = None

    @property
    def absent(self) -> bool:
        """Whether nothing sets it, as far as everything is known."""
        return self.value is None


class Options:
    """Answers for the options of tasks. `commands` says what workers' command lines set."""

    def __init__(self, tasks: Tasks, configuration: Configuration, commands: Callable[[str], Option | None]) -> None:
        self.tasks, self.configuration, self.commands = tasks, configuration, commands

    def of(self, task: Task, name: str) -> Option:
        annotated = self.annotated(task, name)
        if annotated is not None:
            return annotated
        own = self.written(task, name)
        if own.value is not None:
            return own
        setting = FROM_SETTINGS.get(name)
        if setting is None:
            return Option(None)
        rows = self.configuration.in_force(setting, task)
        if not rows and name in ON_COMMAND_LINE and (given := self.commands(name)) is not None:
            return given
        if not rows:
            return Option(UNKNOWN, "setting") if self.configuration.hidden else Option(None)
        return Option(either([row.value for row in rows]), "setting", rows[-1].path, rows[-1].span)

    def written(self, task: Task, name: str) -> Option:
        """What the task itself or its bases say."""
        value, span, path = self.tasks.option(task, name)
        if value is not None:
            source = "task" if name in task.options else "base"
            return Option(self.tasks.modules.expand(value), source, path, span)
        if task.open or self.tasks.bases.has_foreign(task):
            return Option(UNKNOWN, "task")
        return Option(None)

    def annotated(self, task: Task, name: str) -> Option | None:
        """What `task_annotations` says for the task; a form that cannot be read counts as Unknown."""
        for row in self.configuration.production("task_annotations"):
            found = annotation(row.value, task.name, name)
            if isinstance(found, Unknown) or found is not None:
                return Option(found, "annotation", row.path, row.span)
        return None


def annotation(value: Value, task: str, name: str) -> Value | None:
    match value:
        case Mapping(items=items):
            for key in (task, "*"):
                entry = value.get(key)
                if isinstance(entry, Mapping) and (found := entry.get(name)) is not None:
                    return found
            return UNKNOWN if value.open else None
        case Sequence(items=items):
            return next((found for item in items if (found := annotation(item, task, name)) is not None), None)
        case Unknown():
            return UNKNOWN
        case _:
            return None
