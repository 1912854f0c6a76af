"""What an item of the checklist is, and what an answer to one is.

An item is declared in one place: its section's module. There stand its id, what is wanted, which answers it can
have, and the function that gives one; that function's docstring says where the answer comes from. The rules that
an item rests on name the item themselves (`Rule.checklist`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from celerylint.rule import Finding, Severity

if TYPE_CHECKING:
    from celerylint.checklist.evidence import Evidence
    from celerylint.rule import Rule

State: TypeAlias = Literal["fail", "partly", "unknown", "manual", "pass"]
# In the order of how much they want to be looked at.
STATES: tuple[State, ...] = get_args(State)
MEANINGS: dict[State, str] = {
    "fail": "it is not so, or in fewer than half of the places",
    "partly": "it is so in at least half of the places, or something minor is wrong",
    "unknown": "it would show in files that are not here; the answer says in which",
    "manual": "no file can show it; the answer says what to run",
    "pass": "it is so, and the evidence says where",
}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line that an answer rests on: `text` is what stands there, `note` what it means."""

    path: str
    line: int
    text: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do: in words, as a command to run, or both."""

    what: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header, all cells text."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one item. `found` is a sentence; `caveat` what to know about the advice itself; `missing` says of
    an unknown answer which files would give it."""

    state: State
    found: str
    evidence: tuple[Place, ...] = ()
    findings: tuple[Finding, ...] = ()
    caveat: str = ""
    missing: str = ""
    steps: tuple[Step, ...] = ()
    tables: tuple[Table, ...] = ()


Asking: TypeAlias = "Callable[[Evidence], Answer]"


@dataclass(frozen=True, slots=True)
class Item:
    """One item. `wanted` is a sentence without its full stop; `notes` are the codes of rules whose findings stand
    beside the answer and do not change it."""

    id: str
    wanted: str
    states: frozenset[State]
    ask: Asking
    notes: frozenset[str] = frozenset()
    optional: bool = False

    @property
    def how(self) -> str:
        """Where the answer comes from."""
        return " ".join((inspect.getdoc(self.ask) or "").split())

    @property
    def rules(self) -> list[Rule]:
        """The rules that name this item, in the order of their codes."""
        from celerylint.engine import rules

        return [rule for rule in rules().values() if self.id in rule.checklist]

    def answer(self, evidence: Evidence) -> Answer:
        """The answer, no better than what the rules found allows."""
        given = self.ask(evidence)
        found = tuple(finding for finding in evidence.findings(self.id) if finding not in given.findings)
        weighed = [finding for finding in found if finding.code not in self.notes]
        answer = replace(given, findings=(*given.findings, *found))
        state = lowered(given.state, {finding.severity for finding in weighed})
        disk = sorted({place.path for place in answer.evidence} & evidence.developing_paths)
        if disk:
            note = f"{', '.join(disk)} seems to be for development."
            answer = replace(answer, caveat=f"{answer.caveat} {note}".strip())
        if state != given.state:
            answer = replace(answer, state=state, found=f"{said(weighed)} {given.found}".strip())
        return answer


def lowered(state: State, severities: Collection[Severity]) -> State:
    """A state once findings of some severities are known that the answer has not reckoned with."""
    match state:
        case "pass" if severities:
            return "fail" if "error" in severities else "partly"
        case "unknown" | "manual" if {"error", "warning"} & set(severities):
            return "fail"
        case _:
            return state


def said(findings: list[Finding]) -> str:
    """What was found, as a sentence: by its most frequent or first message."""
    first, more = findings[0], len(findings) - 1
    others = f", and {more} more such finding{'s' if more > 1 else ''}" if more else ""
    return f"{first.code} at {first.path}:{first.span.line}{others}."


@dataclass(slots=True)
class Section:
    """A part of the list. `phase` is when it is gone through; `name` the first part of its items' ids."""

    name: str
    title: str
    phase: str
    items: list[Item] = field(default_factory=list)

    def item(
        self,
        name: str,
        wanted: str,
        states: str,
        *,
        notes: tuple[str, ...] = (),
        optional: bool = False,
    ) -> Callable[[Asking], Asking]:
        """Declare the item that the decorated function answers; `states` are words, `name` the rest of its id."""

        def declare(ask: Asking) -> Asking:
            known: dict[str, State] = {state: state for state in STATES}
            possible = frozenset(known[word] for word in states.split())
            self.items.append(Item(f"{self.name}.{name}", wanted, possible, ask, frozenset(notes), optional))
            return ask

        return declare
