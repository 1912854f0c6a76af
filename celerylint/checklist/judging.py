"""How places that are right, wrong or not known make an answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import field

from celerylint.checklist.evidence import Evidence, InForce
from celerylint.checklist.item import Answer, Place, State, Step
from celerylint.output._values import show
from celerylint.records import dataclass
from celerylint.rule import Finding, Severity
from celerylint.values import NONE, Call, Unknown, Value

NO_CELERY = "No Celery application and no task were found here."
CODE = "the code that makes the Celery application"


@dataclass(slots=True)
class Tally:
    """Places by what they are. A place that is wrong says why in its note."""

    right: list[Place] = field(default_factory=list)
    wrong: list[Place] = field(default_factory=list)
    unclear: list[Place] = field(default_factory=list)

    def add(self, verdict: bool | None, place: Place) -> None:
        {True: self.right, False: self.wrong, None: self.unclear}[verdict].append(place)

    @property
    def all(self) -> int:
        return len(self.right) + len(self.wrong) + len(self.unclear)

    @property
    def state(self) -> State:
        """All right is a pass, half or more of what is known partly; unknown where nothing wrong is known."""
        if self.wrong:
            return "partly" if len(self.right) >= len(self.wrong) else "fail"
        return "unknown" if self.unclear or not self.right else "pass"

    @property
    def evidence(self) -> tuple[Place, ...]:
        """The places that decide, the wrong ones first."""
        return tuple(dict.fromkeys([*self.wrong, *self.unclear, *self.right]))

    def of(self, noun: str) -> str:
        """`3 of 7 tasks`."""
        return f"{len(self.right)} of {count(self.all, noun)}"

    @property
    def agrees(self) -> bool:
        """Whether all places are the same."""
        return max(len(self.right), len(self.wrong), len(self.unclear)) == self.all


def count(number: int, noun: str) -> str:
    """`1 task`, `2 tasks`, `3 queues`, `2 entries`."""
    if number == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if noun.endswith("ry") else f"{noun}es" if noun.endswith(("s", "ch")) else f"{noun}s"
    return f"{number} {plural}"


def listed(names: Iterable[str], most: int = 6) -> str:
    """`a, b and c`, with the number of those that are left out."""
    found = list(names)
    if len(found) > most:
        found = [*found[: most - 1], f"{len(found) - most + 1} more"]
    return " and ".join(filter(None, (", ".join(found[:-1]), *found[-1:])))


def nothing(
    found: str = NO_CELERY, missing: str = CODE, steps: tuple[Step, ...] = (), findings: Iterable[Finding] = ()
) -> Answer:
    """The answer where what it would rest on is not here; `findings` stand beside it."""
    return Answer("unknown", found, findings=tuple(findings), missing=missing, steps=steps)


def manual(found: str, *steps: Step, evidence: Iterable[Place] = (), caveat: str = "") -> Answer:
    """The answer that somebody has to find out."""
    return Answer("manual", found, evidence=tuple(evidence), caveat=caveat, steps=steps)


def prohibited(
    evidence: Evidence,
    item: str,
    *,
    seen: Iterable[Place],
    clean: str,
    wrong: str,
    caveat: str = "",
    notes: Collection[str] = (),
    also: tuple[str, ...] = (),
    none: str = NO_CELERY,
    missing: str = CODE,
) -> Answer:
    """The answer to something that must be nowhere: one error or warning is a fail, advice makes it partly.

    `seen` are the places that were looked at; without any the answer is unknown, `none` says why, and `missing` where
    it would show. `wrong` follows the number of places; `also` are other items whose findings count.
    """
    findings = [finding for finding in evidence.findings(item, *also) if finding.code not in notes]
    if findings:
        state: State = "partly" if all(finding.severity == "advice" for finding in findings) else "fail"
        places = tuple(evidence.of_finding(finding) for finding in findings)
        return Answer(state, f"{count(len(findings), 'place')}: {wrong}", places, tuple(findings), caveat)
    looked_at = tuple(seen)
    return Answer("pass", clean, looked_at, caveat=caveat) if looked_at else nothing(none, missing)


def covered(
    evidence: Evidence,
    item: str,
    tally: Tally,
    found: str,
    noun: str = "",
    *,
    missing: str = "",
    caveat: str = "",
    steps: tuple[Step, ...] = (),
    notes: Collection[str] = (),
) -> Answer:
    """The answer to something that must be everywhere. A place that a rule reports is wrong, whatever else it is, and
    one error is a fail. Advice says again what is wrong already, or else makes a pass partly. With a `noun` the
    sentence goes on with how many of them are right; findings of the rules in `notes` change nothing."""
    findings = evidence.findings(item)
    reported = {(finding.path, finding.span.line): finding for finding in findings if finding.code not in notes}
    number = tally.all
    for kept in (tally.right, tally.unclear):
        kept[:] = [place for place in kept if (place.path, place.line) not in reported]
    said = f"{found}: {len(tally.right)} of {count(number, noun)}." if noun else found
    known = {(place.path, place.line) for place in tally.wrong}
    new = [finding for key, finding in reported.items() if key not in known]
    tally.wrong[:0] = [evidence.of_finding(finding) for finding in new if finding.severity != "advice"]
    advice = [evidence.of_finding(finding) for finding in new if finding.severity == "advice"]
    state = stated(tally, {finding.severity for finding in reported.values()})
    return Answer(
        state,
        said,
        tuple(dict.fromkeys([*advice, *tally.evidence])),
        tuple(findings),
        caveat,
        missing if state == "unknown" else "",
        steps if state != "pass" else (),
    )


def stated(tally: Tally, severities: set[Severity]) -> State:
    """The state of a tally with findings of some severities."""
    if "error" in severities:
        return "fail"
    if severities and not tally.wrong and not tally.unclear:
        return "partly" if tally.right else "fail"
    return tally.state


def of_settings(settings: Iterable[InForce], wanted: Callable[[Value | None], bool | None], unset: str) -> Tally:
    """What applications have for a setting, judged; None is a setting that nothing sets, which `unset` explains."""
    tally = Tally()
    for found in settings:
        verdict = None if isinstance(found.value, Unknown) else wanted(found.value)
        for place in found.places:
            note = unset if found.value is None else "its value is not written here" if verdict is None else ""
            tally.add(verdict, Place(place.path, place.line, place.text, note))
    return tally


def of_tasks(
    evidence: Evidence,
    name: str,
    wanted: Callable[[Value | None], bool | None],
    note: str,
    otherwise: bool | None = None,
) -> Tally:
    """What tasks have for an option, from wherever it comes, judged; `otherwise` is the verdict for a task whose
    options are not all written out."""
    tally = Tally()
    for task in evidence.tasks:
        value = evidence.index.option(task, name).value
        verdict = otherwise if isinstance(value, Unknown) else wanted(value)
        notes = {True: "", False: note, None: "its options are not all written here"}
        tally.add(verdict, evidence.place(task.path, task.spans.get(name, task.span), notes[verdict]))
    return tally


def is_set(value: Value | None) -> bool | None:
    """Whether a setting is set at all; not known where the environment may leave it at None."""
    if isinstance(value, Call) and NONE in (*value.args, value.keyword("default")):
        return None
    return value not in (None, NONE)


def environment(settings: Iterable[InForce]) -> bool:
    """Whether a setting has a value that is not written in the code."""
    return any(isinstance(found.value, Unknown) for found in settings)


def is_said(name: str, settings: Iterable[InForce], unset: str) -> str:
    """What a setting is, as a sentence: the values that applications have for it, or what `unset` says."""
    values = dict.fromkeys(found.value for found in settings)
    known = [f"`{show(value)}`" for value in values if value is not None and not isinstance(value, Unknown)]
    if not known:
        return f"`{name}` is not set: {unset}." if None in values else f"The value of `{name}` is not written here."
    elsewhere = " in one application, and not set in another" if None in values else ""
    return f"`{name}` is {listed(known)}{elsewhere}."
