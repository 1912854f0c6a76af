"""How urgent a queue is, as far as its name tells."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

Urgency: TypeAlias = Literal["critical", "high", "default", "low", "bulk", ""]

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# What is said first decides: `low_priority` is low.
WORDS: dict[Urgency, frozenset[str]] = {
    "critical": frozenset({"critical", "urgent", "realtime", "immediate", "emergency"}),
    "low": frozenset({"low", "lowest", "background", "cleanup", "maintenance", "analytics", "logging", "logs", "idle"}),
    "bulk": frozenset({
        "bulk", "batch", "batches", "report", "reports", "reporting", "export", "exports", "import", "imports", "slow",
        "long", "heavy", "large",
    }),
    "default": frozenset({"default", "celery", "main", "general", "medium", "normal", "common"}),
    "high": frozenset({"high", "highest", "fast", "quick", "priority", "prio", "interactive", "important"}),
}  # fmt: skip


def words(name: str) -> set[str]:
    """The words of a name, in lower case."""
    return {word.lower() for word in WORD.findall(name)}


def urgency(name: str) -> Urgency:
    """How urgent a queue is by its name, "" where that says nothing."""
    own = words(name)
    return next((kind for kind, known in WORDS.items() if own & known), "")


def is_urgent(name: str) -> bool:
    return urgency(name) in {"critical", "high"}


def is_prioritised(name: str) -> bool:
    """Whether a queue's name asks for its tasks to come first, each by itself."""
    return urgency(name) == "critical" or (urgency(name) == "high" and bool({"priority", "prio"} & words(name)))
