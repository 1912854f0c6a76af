"""The packages that a project lists in its configuration, and in which of their modules workers look for tasks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property

from celerylint.facts import FileFacts
from celerylint.index.configuration import Configuration
from celerylint.index.settings import SETTINGS_PATH
from celerylint.index.tasks import last_name
from celerylint.values import Call, Const, Value, walk

QUOTED = re.compile(rb"""["']([A-Za-z_]\w*(?:\.\w+)*)["']""")
DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")
COMMON = frozenset({"celery", "django", "kombu"})
# `celery.app.base.Celery.autodiscover_tasks(packages, related_name="tasks")`
RELATED = "tasks"


class Listed:
    """What is listed. `facts` are the files that mention Celery."""

    def __init__(
        self,
        configuration: Configuration,
        facts: list[FileFacts],
        read: Callable[[str], bytes | None],
    ) -> None:
        self.configuration, self.facts, self.read = configuration, facts, read

    @cached_property
    def names(self) -> list[str]:
        """The dotted names in settings with `INSTALLED_APPS`, in `include` and `imports`, and in calls of
        `autodiscover_tasks()`, sorted; without the project's own. Texts among them that are no such name do no harm,
        as nothing of that name is installed."""
        found = {match.decode() for text in self.settings() for match in QUOTED.findall(text)} | self.imported
        for call in self.discoveries:
            found |= {text for arg in arguments(call) for text in self.texts(arg)}
        own = self.configuration.modules.is_own
        return sorted(name for name in found if not own(name))

    @cached_property
    def imported(self) -> set[str]:
        """The modules that `include` and `imports` name."""
        rows = [row for name in ("include", "imports") for row in self.configuration.by_name.get(name, ())]
        return {text for row in rows for text in self.texts(row.given)}

    def settings(self) -> Iterator[bytes]:
        """The contents of the modules of Django's settings with installed apps."""
        for path, relative in self.configuration.modules.relatives.items():
            text = self.read(path) or b"" if SETTINGS_PATH.search(relative) else b""
            if b"INSTALLED_APPS" in text:
                yield text

    def texts(self, value: Value) -> set[str]:
        """The texts in a value that may be dotted names."""
        parts = (part.value for part in walk(self.configuration.modules.expand(value)) if isinstance(part, Const))
        return {text for text in parts if isinstance(text, str) and DOTTED.fullmatch(text)}

    @cached_property
    def discoveries(self) -> list[Call]:
        """Each call of `autodiscover_tasks()`."""
        calls = (fact.call for facts in self.facts for fact in facts.calls)
        return [call for call in calls if last_name(call.func) == "autodiscover_tasks"]

    @cached_property
    def related(self) -> list[str]:
        """The names of the modules of packages in which tasks are looked for."""
        given = (arg.value for call in self.discoveries for arg in arguments(call) if isinstance(arg, Const))
        return sorted({RELATED, *(text for text in given if isinstance(text, str) and text)})

    @cached_property
    def packages(self) -> list[str]:
        """The top-level packages of what is listed, without those that many an environment has."""
        return sorted({name.partition(".")[0] for name in self.names} - COMMON)

    def modules_of(self, name: str) -> Iterator[str]:
        """The modules with tasks that a listed package, `AppConfig` or module stands for, if they are there."""
        if name in self.imported:
            yield name
        yield from (f"{name.partition('.apps.')[0]}.{related}" for related in self.related)


def arguments(call: Call) -> tuple[Value, ...]:
    """What a call is given, with or without a name."""
    return (*call.args, *(value for _, value in call.keywords))
