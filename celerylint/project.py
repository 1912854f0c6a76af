"""The findings of a whole project."""

from __future__ import annotations

import ast
import contextlib
from dataclasses import field
from functools import cached_property

from celerylint import cache as store
from celerylint import engine, environment, workers
from celerylint.codebase import Codebase, described, unparsable
from celerylint.config import Unknown, decides, enabled, ignored, selected, turned_off, unknown_codes
from celerylint.deploy import Deployment, Repository, Unread
from celerylint.directives import may_have
from celerylint.file import File
from celerylint.files import shown
from celerylint.records import dataclass
from celerylint.relevance import may_connect
from celerylint.rule import Finding, Rule
from celerylint.source import Source, Span, UnreadableSource
from celerylint.suppress import Suppressions


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found. `errors` are what could not be read (exit status 2); `sources` those of findings."""

    findings: list[Finding]
    errors: list[str] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    files: int = 0


class Project(Codebase):
    """A project that can be checked, and whose files can be given other contents."""

    def replace(self, path: str, data: bytes) -> None:
        """Give one file a new content; everything that rests on it is worked out again."""
        super().replace(path, data)
        self.forget("checkable")

    @cached_property
    def checkable(self) -> list[str]:
        """The shown paths to run rules on: Python files asked about that mention Celery, hold its settings, queues or
        schedule, or that tasks reach, and those with connections that tasks use."""
        wanted = set(self.relevant) | set(self.index.by_path)
        wanted |= {self.modules.path(key.partition(":")[0]) for key in self.index.graph.reached}
        wanted |= {path for path in self.index.graph.homes if may_connect(self.content(path) or b"")}
        return [path for path in self.shown_paths if path in self.asked and path in wanted]

    def check(self) -> Report:
        """All findings in the files asked about, suppressions applied, sorted."""
        run = self.digest
        found = self.cache.findings(run) if run else None
        if found is None:
            found = self.findings() + self.configuration_findings()
            found.sort(key=lambda finding: finding.sort_key)
            if run and not self.errors:
                self.cache.keep_findings(run, found)
        self.cache.save()
        return Report(found, self.unread, self.sources(found), len(self.asked))

    def findings(self) -> list[Finding]:
        """The findings of all files asked about, by as many processes as are worth it."""
        count = 1 if self.overlay or "index" in self.__dict__ else workers.jobs(self.config, len(self.relevant))
        if count > 1:
            return workers.check(self, count)
        return [finding for path in self.checkable for finding in self.check_file(path)] + self.deployed_findings()

    @property
    def digest(self) -> str:
        """A name for this run, the same for the same files, configuration and question; "" for one not to keep."""
        if not self.config.cache or self.overlay:
            return ""
        if not all(stamp is not None and store.settled(stamp) for stamp in self.stamps.values()):
            return ""
        others = [f"{path}{store.stamp(path)}" for path in self.tree.other]
        files = [f"{path}{stamp}" for path, stamp in self.stamps.items()]
        about = [type(self).__name__, repr(self.config), repr(self.traits), repr(sorted(self.asked))]
        return store.digest([*about, *files, *others, *environment.stamps(self.config.root)])

    def sources(self, findings: list[Finding]) -> dict[str, Source]:
        """The sources that findings are in, as far as they can be read."""
        found = {}
        for path in dict.fromkeys(finding.path for finding in findings):
            data = self.content(path) if path not in self.parsed else None
            if path in self.parsed:
                found[path] = self.parsed[path].source
            elif data is not None:
                with contextlib.suppress(UnreadableSource):
                    found[path] = Source.from_bytes(path, data)
        return found

    def check_file(self, path: str) -> list[Finding]:
        """The findings of one file, suppressions applied."""
        file, facts = self.file(path), self.facts(path)
        if file is None or facts is None:
            broken = self.broken.get(path)
            return [broken] if broken is not None and self.applies("CEL000", path) else []
        active = [rule for rule in self.selected if not ignored(self.config, rule, path)]
        return self.suppressed(file, engine.run(file, facts, self.index, engine.table(tuple(active))), active)

    @cached_property
    def selected(self) -> list[Rule]:
        """The rules that are on, where no file turns them off, and that apply to the Celery version in use."""
        version = self.traits.celery
        rules = engine.rules().values()
        return [rule for rule in rules if rule.since <= version < rule.until and selected(self.config, rule)]

    def applies(self, code: str, path: str) -> bool:
        """Whether a rule is on for a file."""
        return any(rule.code == code and not ignored(self.config, rule, path) for rule in self.selected)

    def suppressed(self, file: File, findings: list[Finding], active: list[Rule]) -> list[Finding]:
        """What a file's suppressions leave of its findings, with what is wrong with the suppressions."""
        if not may_have(file.source.text):
            return findings
        suppressions = Suppressions(file.source, file.tree if file.path in self.shown_paths else None)
        kept = [finding for finding in findings if not suppressions.covers(finding)]
        about = self.about_suppressions(file, suppressions, active)
        return sorted([*kept, *about], key=lambda finding: finding.sort_key)

    def about_suppressions(self, file: File, suppressions: Suppressions, active: list[Rule]) -> list[Finding]:
        """What is wrong with the suppressions themselves, once all findings have been held against them."""
        found, on = [], {rule.code: rule for rule in active}
        if "CEL090" in on:
            for unused in suppressions.unused({rule.code: rule.name for rule in active}):
                data = {"edits": unused.edits}
                found.append(on["CEL090"].finding(file, unused.span, data=data, codes=", ".join(unused.codes)))
        if "CEL091" in on:
            for unknown in suppressions.unknown({rule.code: rule.name for rule in engine.rules().values()}):
                found.append(on["CEL091"].finding(file, unknown.span, code=unknown.code))
        return [finding for finding in found if not suppressions.covers(finding)]

    def deployed_findings(self) -> list[Finding]:
        """The findings in the deployment files asked about, suppressions applied."""
        by_path: dict[str, list[Finding]] = {}
        checks = engine.table(tuple(engine.rules().values()))
        for finding in engine.run_deployed(self.deployment, self.index, checks):
            by_path.setdefault(finding.path, []).append(finding)
        for path in self.deployment.with_directives:
            by_path.setdefault(path, [])
        found = [finding for path in sorted(by_path) for finding in self.deployed_in(path, by_path[path])]
        broken = [unparsable(*place) for place in self.deployment.broken if self.applies("CEL000", place[0])]
        return found + [finding for finding in broken if finding.path in self.asked]

    def deployed_in(self, path: str, findings: list[Finding]) -> list[Finding]:
        """What remains of the findings in one deployment file."""
        source = self.deployment.source(path) if path in self.asked else None
        if source is None:
            return []
        active = [rule for rule in engine.rules().values() if self.applies(rule.code, path)]
        codes = {rule.code for rule in active}
        file = File(source, ast.Module([], []), "", False, self.modules)
        return self.suppressed(file, engine.told_once([each for each in findings if each.code in codes]), active)

    def tells(self, rule: Rule, unknown: Unknown) -> bool:
        """Whether to report an entry of the configuration file. One that may have left out the very rule that would is
        reported all the same."""
        path = shown(unknown.path or "")
        return enabled(self.config, rule, path) or (
            decides(self.config, unknown) and not turned_off(self.config, rule, path)
        )

    def configuration_findings(self) -> list[Finding]:
        """Entries of the configuration file that name no rule."""
        rule = engine.rules()["CEL091"]
        known = {name for each in engine.rules().values() for name in (each.code, each.name)}
        return [
            described(
                rule,
                shown(unknown.path),
                Span(unknown.line, unknown.column, unknown.line, unknown.column + len(unknown.selector)),
                code=unknown.selector,
            )
            for unknown in unknown_codes(self.config, known)
            if unknown.path is not None and self.tells(rule, unknown)
        ]


class PythonProject(Project):
    """A project whose deployment files are left alone, for faces that show findings in Python only.

    A limit that a worker's command line may set is unknown then, and nothing reads YAML.
    """

    @cached_property
    def deployment(self) -> Deployment:
        return Unread(Repository(self.others, self.read_other, self.relative), self.traits.celery)

    def deployed_findings(self) -> list[Finding]:
        return []
