"""The deployment checklist: its items, how each is answered for a project, and how the answers are shown."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import cast

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import STATES, Answer, Item, Section, State
from celerylint.config import Config
from celerylint.project import Project
from celerylint.records import dataclass

# In the order in which one goes through them.
ORDER = (
    "broker", "config", "queues", "task_design", "monitoring", "workers", "kubernetes", "beat", "verify", "dashboards",
    "runbook", "security", "scaling", "rollback", "issues",
)  # fmt: skip
# Every rule counts, whatever the project leaves out of its own checks.
ALL_RULES: dict[str, object] = {"select": ["ALL"], "ignore": [], "extend-select": []}


@dataclass(frozen=True, slots=True)
class Sheet:
    """All answers for one project, in the order of the items. `errors` are what could not be read."""

    root: str
    answers: tuple[tuple[Item, Answer], ...]
    errors: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[State, int]:
        """How many items have each state."""
        found = Counter(answer.state for _, answer in self.answers)
        return {state: found[state] for state in STATES}

    def of(self, section: Section) -> list[tuple[Item, Answer]]:
        ids = {item.id for item in section.items}
        return [(item, answer) for item, answer in self.answers if item.id in ids]


@cache
def all_sections() -> tuple[Section, ...]:
    """All sections with their items, in order."""
    modules = (importlib.import_module(f"{__name__}.sections.{name}") for name in ORDER)
    return tuple(cast(Section, module.section) for module in modules)


def all_items() -> Iterator[Item]:
    """All items, in order."""
    return (item for section in all_sections() for item in section.items)


def answer(config: Config, now: datetime) -> Sheet:
    """The checklist of the project around a configuration's root; the configuration has to select ALL_RULES."""
    project = Project(config, [config.root])
    evidence = Evidence(project, now)
    answers = tuple((item, item.answer(evidence)) for item in all_items())
    return Sheet(Path(config.root).name, answers, tuple(evidence.report.errors))
