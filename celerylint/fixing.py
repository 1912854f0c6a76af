"""Applies fixes: in rounds, each fix whole, and none that does harm. Only `write` changes files.

In a round all fixes that do not touch each other are applied and the project is checked again. A fix is refused
if its text does not parse or compile, loses a comment or cannot be encoded as the file was, if its own finding
is still there, or if a finding is there that was not. So every round leaves fewer findings and good text. What
ten rounds do not bring to rest is reported as a bug, and what the last of them left is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import field, replace
from pathlib import Path
from typing import NamedTuple

from celerylint.edits import Applicability
from celerylint.project import Project, Report
from celerylint.proposing import BadFix, applicability, attach, edits_of, fixable, fixer
from celerylint.records import dataclass
from celerylint.rounds import Refusal, Run, fix_key
from celerylint.rule import Finding
from celerylint.source import Source
from celerylint.writing import write_all

__all__ = [
    "BadFix",
    "Change",
    "FixReport",
    "Refusal",
    "applicability",
    "attach",
    "fix_all",
    "fixable",
    "fixer",
    "write",
]

ROUNDS = 10


class Change(NamedTuple):
    """A file before and after."""

    source: Source
    text: str


@dataclass(frozen=True, slots=True)
class FixReport:
    """What fixing came to. Nothing has been written.

    `report` is what remains, fixes attached; a refused fix is `manual` there. `applied` are the mended findings,
    placed as they were in their round. `bugs` are failures of fixers, for the user to report to us.
    """

    report: Report
    changed: dict[str, Change] = field(default_factory=dict)
    applied: list[Finding] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    bugs: list[str] = field(default_factory=list)

    @property
    def findings(self) -> list[Finding]:
        return self.report.findings

    @property
    def counts(self) -> dict[str, Counter[str]]:
        """How many findings were mended: path -> code -> number, in order."""
        out: dict[str, Counter[str]] = {}
        for finding in sorted(self.applied, key=lambda finding: finding.sort_key):
            out.setdefault(finding.path, Counter())[finding.code] += 1
        return out

    @property
    def groups(self) -> list[list[str]]:
        """The changed files; those together that one fix changed."""
        groups: list[set[str]] = [{path} for path in self.changed]
        for finding in self.applied:
            paths = set(edits_of(finding)) & self.changed.keys()
            joined = [group for group in groups if group & paths]
            groups = [*(group for group in groups if not group & paths), set[str]().union(*joined)]
        return sorted(sorted(group) for group in groups if group)


def write(report: FixReport) -> list[str]:
    """Write the changed files, those of one fix together or not at all; what could not be written, and why."""
    files = {
        path: (change.source.to_bytes(change.source.text), change.source.to_bytes(change.text))
        for path, change in report.changed.items()
    }
    return write_all([{Path(path): files[path] for path in group} for group in report.groups])


def fix_all(
    project: Project, *, unsafe: bool = False, codes: Collection[str] | None = None, rounds: int = ROUNDS
) -> FixReport:
    """Apply all safe fixes (`unsafe`: those too) of some rules (None: of all) until nothing changes.

    The project ends up with the fixed texts, as `Project.replace` leaves it. Only files that the project was
    asked about are changed; a fix that would change another one is not applied.
    """
    wanted: set[Applicability] = {"safe", "unsafe"} if unsafe else {"safe"}
    run = Run(project, project.check())
    while run.rounds < rounds:
        candidates = run.candidates(wanted, codes)
        if candidates:
            run.round(candidates)
        elif not run.retry():
            break
    if run.rounds == rounds and (left := run.candidates(wanted, codes)):
        run.bugs += unsettled(left, rounds)
    return result(run)


def unsettled(findings: Iterable[Finding], rounds: int) -> list[str]:
    """That fixes did not come to rest, by path."""
    codes: dict[str, list[str]] = {}
    for finding in findings:
        codes.setdefault(finding.path, []).append(finding.code)
    return [
        f"the fixes of {', '.join(dict.fromkeys(found))} in {path} did not settle in {rounds} rounds"
        for path, found in codes.items()
    ]


def result(run: Run) -> FixReport:
    """What it came to."""
    findings = [as_manual(finding) if fix_key(finding) in run.refused else finding for finding in run.findings]
    changed = {
        path: Change(old, run.sources[path].text)
        for path, old in sorted(run.originals.items())
        if run.sources[path].text != old.text
    }
    report = replace(run.report, findings=findings)
    return FixReport(report, changed, run.applied, list(run.refused.values()), run.bugs)


def as_manual(finding: Finding) -> Finding:
    """A finding whose fix is shown and not applied."""
    return finding if finding.fix is None else replace(finding, fix=replace(finding.fix, applicability="manual"))
