"""Rounds of fixes over a project: what touches waits for the next one, and what does harm is found and refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import field
from typing import NamedTuple, TypeAlias

from celerylint.edits import Applicability, Edit, apply, offsets
from celerylint.project import Project, Report
from celerylint.proposing import attach, edits_of, file_of
from celerylint.records import dataclass
from celerylint.rule import Finding
from celerylint.source import Source
from celerylint.verdict import Moved, added, harm

FixKey: TypeAlias = tuple[object, ...]
Placed: TypeAlias = tuple[int, int, str]


class Refusal(NamedTuple):
    """A finding whose fix would do harm, and which."""

    finding: Finding
    reason: str


class Trouble(NamedTuple):
    """What is wrong with a set of fixes, and in which files it shows."""

    reason: str
    paths: set[str]


@dataclass(slots=True)
class Run:
    """A project while it is being fixed.

    `originals` are the files as they were, `sources` as the fixes so far have left them; `tried` are those that
    the project holds another text of for now; `ambiguous` are those whose bytes their text does not give back,
    as UTF-7 has several spellings. `sound` is what the project reported on the last good set of fixes.
    """

    project: Project
    report: Report
    rounds: int = 0
    findings: list[Finding] = field(default_factory=list)
    applied: list[Finding] = field(default_factory=list)
    refused: dict[FixKey, Refusal] = field(default_factory=dict)
    outdated: bool = False
    bugs: list[str] = field(default_factory=list)
    originals: dict[str, Source] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    ambiguous: set[str] = field(default_factory=set)
    tried: dict[str, Source] = field(default_factory=dict)
    sound: Report | None = None

    def __post_init__(self) -> None:
        self.look(self.report)

    def look(self, report: Report) -> None:
        """Take what the project reports now, and the fixes of that."""
        self.report, self.bugs = report, []
        self.findings = attach(self.project, report.findings, self.bugs)

    def candidates(self, wanted: Collection[Applicability], codes: Collection[str] | None) -> list[Finding]:
        """The findings that can be mended and have not been refused."""
        return [
            finding
            for finding in self.findings
            if finding.fix is not None
            and finding.fix.applicability in wanted
            and (codes is None or finding.code in codes)
            and edits_of(finding)
            and edits_of(finding).keys() <= self.project.asked
            and fix_key(finding) not in self.refused
        ]

    def retry(self) -> bool:
        """Whether refused fixes are worth another try, since other fixes have been applied after them."""
        again, self.outdated = self.outdated, False
        if again:
            self.refused.clear()
        return again

    def round(self, candidates: Sequence[Finding]) -> None:
        """Apply what does not touch and does no harm."""
        chosen = self.untouching(candidates)
        accepted = self.harmless(self.harmless(chosen, self.text_trouble), self.project_trouble)
        self.install(accepted)
        if accepted and self.sound is not None:
            self.sources |= self.tried
            self.tried = {}
            self.look(self.sound)
            self.applied += accepted
            self.rounds += 1
            self.outdated = bool(self.refused)

    def untouching(self, candidates: Iterable[Finding]) -> list[Finding]:
        """The fixes, first come first served, whose edits touch no other's; equal insertions may be shared."""
        chosen = []
        taken: dict[str, set[Placed]] = {}
        for finding in candidates:
            edits = {path: self.placed(path, here) for path, here in edits_of(finding).items()}
            same = all(here <= taken.get(path, set()) for path, here in edits.items())
            if same or not any(touching(here, taken.get(path, set())) for path, here in edits.items()):
                chosen.append(finding)
                for path, here in edits.items():
                    taken.setdefault(path, set()).update(here)
        return chosen

    def placed(self, path: str, edits: Iterable[Edit]) -> set[Placed]:
        return {(*offsets(self.source(path), edit), edit.content) for edit in edits}

    def harmless(self, fixes: list[Finding], trouble: Callable[[list[Finding]], Trouble | None]) -> list[Finding]:
        """Those of some fixes that do no harm together; what does is looked for by halves, and refused."""
        accepted: list[Finding] = []
        waiting = [fixes] if fixes else []
        while waiting:
            group = waiting.pop()
            found = trouble([*accepted, *group])
            if found is None:
                accepted += group
            elif len(group) == 1:
                self.refused[fix_key(group[0])] = Refusal(group[0], found.reason)
            else:
                waiting += reversed(parted(group, found.paths))
        return accepted

    def text_trouble(self, fixes: list[Finding]) -> Trouble | None:
        """What is wrong with the texts that fixes give, each file looked at alone."""
        for path, text in self.texts(fixes).items():
            about = [finding.span for finding in fixes if finding.path == path]
            reason = harm(self.source(path), text, about, python=path in self.project.shown_paths)
            if path in self.ambiguous:
                reason = f"its {self.source(path).encoding} would be written differently elsewhere too"
            if reason:
                return Trouble(reason, {path})
        return None

    def project_trouble(self, fixes: list[Finding]) -> Trouble | None:
        """What the project has that it had not before the fixes, or is wrong with the texts of these without others."""
        if (wrong := self.text_trouble(fixes)) is not None:
            return wrong
        self.install(fixes)
        report = self.project.check()
        before = [*(Counter(self.report.findings) - Counter(fixes)).elements()]
        moved = {path: Moved.by(self.source(path), new, edits) for path, (new, edits) in self.moves(fixes).items()}
        new = added(before, report.findings, moved)
        if new:
            place = f"{new[0].path}:{new[0].span.line}"
            return Trouble(f"afterwards there is {new[0].code} at {place}", {finding.path for finding in new})
        self.sound = report
        return None

    def moves(self, fixes: Iterable[Finding]) -> dict[str, tuple[Source, list[Edit]]]:
        return {path: (self.tried[path], edits) for path, edits in together(fixes).items()}

    def texts(self, fixes: Iterable[Finding]) -> dict[str, str]:
        """The new texts that fixes give, by path."""
        return {path: apply(self.source(path), edits) for path, edits in together(fixes).items()}

    def install(self, fixes: Iterable[Finding]) -> None:
        """Have the project see the texts that fixes give, and no others."""
        now = self.tried
        self.tried = {}
        for path, text in self.texts(fixes).items():
            old = self.source(path)
            self.tried[path] = Source.from_text(path, text, old.encoding, old.bom)
        for path in [*self.tried, *(path for path in now if path not in self.tried)]:
            old, new = now.get(path, self.source(path)), self.tried.get(path, self.source(path))
            if old.text != new.text:
                self.project.replace(path, new.to_bytes(new.text))

    def source(self, path: str) -> Source:
        """A file as the fixes so far have left it."""
        if path not in self.sources:
            file = file_of(self.project, path)
            assert file is not None
            self.originals[path] = self.sources[path] = file.source
            if file.source.to_bytes(file.source.text) != self.project.content(path):
                self.ambiguous.add(path)
        return self.sources[path]


def fix_key(finding: Finding) -> FixKey:
    """What tells a fix from others in each round, wherever it has moved to."""
    contents = tuple(edit.content for edit in finding.fix.edits) if finding.fix is not None else ()
    return finding.code, finding.path, finding.symbol, finding.message, contents


def together(fixes: Iterable[Finding]) -> dict[str, list[Edit]]:
    """The edits of several fixes by path."""
    out: dict[str, list[Edit]] = {}
    for finding in fixes:
        for path, edits in edits_of(finding).items():
            out.setdefault(path, []).extend(edits)
    return out


def touching(edits: Iterable[Placed], taken: Collection[Placed]) -> bool:
    """Whether any edit touches one that is taken; the same insertion twice is once."""
    return any(
        start <= other[1] and other[0] <= end and not (start == end and (start, end, content) == other)
        for start, end, content in edits
        for other in taken
    )


def parted(group: list[Finding], paths: Collection[str]) -> tuple[list[Finding], list[Finding]]:
    """A group in two: those that do not change the files where there is trouble first, else halves."""
    others = [finding for finding in group if edits_of(finding).keys().isdisjoint(paths)]
    suspects = [finding for finding in group if not edits_of(finding).keys().isdisjoint(paths)]
    half = len(group) // 2
    return (others, suspects) if others and suspects else (group[:half], group[half:])
