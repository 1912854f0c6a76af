"""What an item of the checklist is, and what an answer to one is.

An item is declared in one place: its section's module. There stand its id, what is wanted, which answers it can
have, where an answer comes from (the docstring of the function that gives it), and that function. The rules that an
item rests on name the item themselves (`Rule.checklist`).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection
from dataclasses import field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from celerylint.records import dataclass
from celerylint.rule import Finding, Severity

if TYPE_CHECKING:
    from celerylint.checklist.evidence import Evidence
    from celerylint.rule import Rule

State: TypeAlias = Literal["fail", "partly", "unknown", "manual", "pass"]
# In the order of how much they want to be looked at.
STATES: tuple[State, ...] = get_args(State)
DECIDED: frozenset[State] = frozenset({"fail", "partly", "pass"})
# Celery's documentation, "Broker Overview".
REMOTE = re.compile(r"^celery .*\b(?:inspect|control|events|status)\b")
UNCONTROLLED = "This broker carries neither remote control nor events: `celery inspect` and its kin get no answer."
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
    """One item. `wanted` is a sentence without its full stop, `how` says where the answer comes from; `notes` are the
    codes of rules whose findings stand beside the answer and do not change it."""

    id: str
    wanted: str
    states: frozenset[State]
    ask: Asking
    how: str
    notes: frozenset[str] = frozenset()
    optional: bool = False

    @property
    def rules(self) -> list[Rule]:
        """The rules that name this item, in the order of their codes."""
        from celerylint.engine import rules

        return [rule for rule in rules().values() if self.id in rule.checklist]

    def answer(self, evidence: Evidence) -> Answer:
        """The answer, no better than what the rules found allows, and none where only development decides it."""
        given = self.of_production(self.ask(evidence), evidence)
        found = tuple(finding for finding in evidence.findings(self.id) if finding not in given.findings)
        weighed = [finding for finding in found if finding.code not in self.notes]
        findings = (*given.findings, *found)
        shown = {(place.path, place.line) for place in given.evidence}
        unseen = (finding for finding in findings if (finding.path, finding.span.line) not in shown)
        places = (*given.evidence, *map(evidence.of_finding, unseen))
        state = lowered(given.state, {finding.severity for finding in weighed})
        answer = replace(of_broker(given, evidence), state=state, evidence=places, findings=findings)
        return answer if state == given.state else replace(answer, found=f"{said(weighed)} {given.found}".strip())

    def of_production(self, answer: Answer, evidence: Evidence) -> Answer:
        """An answer that says where it rests on what developers run; alone that decides nothing."""
        disk = sorted({place.path for place in answer.evidence if evidence.is_developing(place)})
        if not disk:
            return answer
        note = f"{', '.join(disk)} seem{'s' if len(disk) == 1 else ''} to be for development"
        serious = any(finding.severity != "advice" for finding in answer.findings)
        decides = answer.state in DECIDED and not serious and all(map(evidence.is_developing, answer.evidence))
        if decides and "unknown" in self.states:
            return replace(answer, state="unknown", missing=f"what production runs; {note}")
        return replace(answer, caveat=f"{answer.caveat} {note}.".strip())


def of_broker(answer: Answer, evidence: Evidence) -> Answer:
    """An answer that says where the broker does not carry what its commands ask."""
    if evidence.is_controllable or not any(REMOTE.search(step.command) for step in answer.steps):
        return answer
    return replace(answer, caveat=f"{answer.caveat} {UNCONTROLLED}".strip())


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
        how: str = "",
        notes: tuple[str, ...] = (),
        optional: bool = False,
    ) -> Callable[[Asking], Asking]:
        """Declare the item that the decorated function answers; `states` are words, `name` the rest of its id. Its
        docstring says where the answer comes from, or `how` does for one of several items with the same function."""

        def declare(ask: Asking) -> Asking:
            known: dict[str, State] = {state: state for state in STATES}
            possible = frozenset(known[word] for word in states.split())
            said = " ".join((how or inspect.getdoc(ask) or "").split())
            self.items.append(Item(f"{self.name}.{name}", wanted, possible, ask, said, frozenset(notes), optional))
            return ask

        return declare
