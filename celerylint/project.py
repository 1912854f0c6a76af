"""A whole project: files to facts, facts to index, index to findings."""

from __future__ import annotations

import ast
import contextlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from celerylint import cache as store
from celerylint import engine, lowering, roots, versions, workers
from celerylint.collect import collect
from celerylint.config import Config, enabled, ignored, selected, unknown_codes
from celerylint.deploy import Deployment, Repository, Unread
from celerylint.directives import may_have
from celerylint.facts import FileFacts
from celerylint.file import File
from celerylint.files import Tree, discover, shown
from celerylint.index import Index
from celerylint.index.modules import Modules
from celerylint.index.traits import Traits
from celerylint.relevance import may_block, may_matter
from celerylint.rule import Finding, Rule
from celerylint.source import Source, Span, UnreadableSource
from celerylint.suppress import Suppressions

CHUNK = 1 << 20
# What is worked out again when a file has a new content.
DERIVED = ("index", "relevant", "modules", "shown_paths", "relatives", "source_roots", "asked", "checkable", "stamps")


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found. `errors` are what could not be read (exit status 2); `sources` those of findings."""

    findings: list[Finding]
    errors: list[str] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    files: int = 0


class Project:
    """The files below a configuration's root, with some of them asked about.

    `overlay` are contents that replace the disk's, by absolute path: standard input, an editor's buffer, the
    result of a round of fixes.
    """

    def __init__(self, config: Config, paths: Sequence[Path], overlay: Mapping[Path, bytes] | None = None) -> None:
        self.config = config
        self.paths = [Path(os.path.abspath(path)) for path in paths]
        self.overlay = {os.path.abspath(path): data for path, data in (overlay or {}).items()}
        self.contents: dict[str, bytes | None] = {}
        self.errors: list[str] = []
        self.known_to_matter: dict[str, bool] = {}
        self.known_to_be_followed: dict[str, bool] = {}
        self.found_lines: dict[str, list[tuple[str, str]]] = {}
        self.known_facts: dict[str, FileFacts | None] = {}
        self.parsed: dict[str, File] = {}
        self.broken: dict[str, Finding] = {}

    # Files

    @cached_property
    def tree(self) -> Tree:
        """Every file of the project, whether asked about or not."""
        return discover([self.config.root, *self.on_disk], self.config)

    @cached_property
    def on_disk(self) -> list[Path]:
        """The paths asked about, without those that an overlay stands for: they may be nowhere yet."""
        return [path for path in self.paths if str(path) not in self.overlay]

    @cached_property
    def shown_paths(self) -> dict[str, str]:
        """Python files: the path as shown -> the absolute path."""
        files = {str(path) for path in self.tree.python} | {
            path for path in self.overlay if path.endswith((".py", ".pyi"))
        }
        return {shown(path): path for path in sorted(files)}

    @cached_property
    def asked(self) -> set[str]:
        """The shown paths that findings are wanted for."""
        if self.paths == [self.config.root]:
            return {*self.shown_paths, *self.others, *map(shown, self.overlay)}
        tree = discover(self.on_disk, self.config) if self.on_disk else Tree()
        return {*map(shown, tree.python), *map(shown, tree.other), *map(shown, self.overlay)}

    def relative(self, path: str) -> str:
        """The path below the root, with `/`."""
        base = os.path.join(self.config.root, "")
        below = path[len(base) :] if path.startswith(base) else os.path.relpath(path, base)
        return below.replace(os.sep, "/")

    def content(self, path: str) -> bytes | None:
        """The bytes of a shown path; None, with an error noted, where it cannot be read."""
        if path not in self.contents:
            self.contents[path] = self.read(self.shown_paths.get(path, path))
            if self.contents[path] is None and path in self.asked:
                self.errors.append(f"{path}: cannot be read")
        return self.contents[path]

    def read(self, absolute: str) -> bytes | None:
        if absolute in self.overlay:
            return self.overlay[absolute]
        try:
            return read_bytes(absolute)
        except OSError:
            return None

    def replace(self, path: str, data: bytes) -> None:
        """Give one file a new content; everything that rests on it is worked out again."""
        self.overlay[os.path.abspath(self.shown_paths.get(path, path))] = data
        self.contents[path] = data
        self.found_lines.clear()
        self.known_to_matter.pop(path, None)
        self.known_to_be_followed.pop(path, None)
        for known in (self.known_facts, self.parsed, self.broken):
            known.pop(path, None)
        if path not in self.shown_paths:
            self.__dict__.pop("deployment", None)
        for name in DERIVED:
            self.__dict__.pop(name, None)

    # Facts

    @cached_property
    def cache(self) -> store.Cache:
        """What earlier runs left, for files that are as they were."""
        folder = store.folder_of(self.config) if self.config.cache else None
        return store.Cache(folder, store.digest([*self.shown_paths, *self.source_roots, *self.config.task_decorators]))

    @cached_property
    def stamps(self) -> dict[str, store.Stamp | None]:
        """What each Python file was at the start; None for those whose content is not the disk's."""
        paths = self.shown_paths if self.config.cache else {}
        return {path: None if absolute in self.overlay else store.stamp(absolute) for path, absolute in paths.items()}

    @cached_property
    def relevant(self) -> list[str]:
        """The shown paths of the Python files that mention Celery, in order."""
        return [path for path in self.shown_paths if self.matters(path)]

    def matters(self, path: str) -> bool:
        """Whether a Python file mentions Celery."""
        if path not in self.known_to_matter:
            self.known_to_matter[path] = self.find_whether_it_matters(path)
        return self.known_to_matter[path]

    def find_whether_it_matters(self, path: str) -> bool:
        entry = self.cache.entry(path, self.stamps.get(path))
        if entry is not None:
            return entry.relevant
        data = self.content(path)
        wrappers = self.config.task_decorators
        relevant = data is not None and (may_matter(path, data) or any(last_part(name) in data for name in wrappers))
        self.cache.keep(path, self.stamps.get(path), relevant)
        return relevant

    @cached_property
    def modules(self) -> Modules:
        return Modules(self.relatives, self.facts, self.source_roots, self.matters, self.content)

    @cached_property
    def relatives(self) -> dict[str, str]:
        """Python files: the path as shown -> the path below the root."""
        return {path: self.relative(absolute) for path, absolute in self.shown_paths.items()}

    @cached_property
    def source_roots(self) -> tuple[str, ...]:
        """The folders from which modules are imported: those that the configuration names, else those found."""
        shown = {relative: path for path, relative in self.relatives.items()}
        return self.config.source_roots or roots.found(shown, lambda relative: self.content(shown[relative]))

    def facts(self, path: str) -> FileFacts | None:
        """The facts of a shown path, None where it cannot be parsed."""
        if path not in self.known_facts:
            entry = self.cache.entry(path, self.stamps.get(path))
            self.known_facts[path] = (
                entry.facts if entry is not None and entry.facts is not None else self.collect(path)
            )
        return self.known_facts[path]

    def collect(self, path: str) -> FileFacts | None:
        file = self.file(path)
        if file is None:
            return None
        facts = collect(file)
        self.cache.keep_facts(path, self.stamps.get(path), facts)
        return facts

    def file(self, path: str) -> File | None:
        """A parsed file; None, with a CEL000 noted, where it cannot be parsed."""
        if path not in self.parsed and path not in self.broken:
            data = self.content(path)
            if data is None:
                return None
            try:
                source = Source.from_bytes(path, data)
                module, package = self.modules.module(path)
                self.parsed[path] = File(source, lowering.parse(source.text), module, package, self.modules)
            except UnreadableSource as error:
                self.broken[path] = unparsable(path, error.message, error.line, error.column)
            except SyntaxError as error:
                self.broken[path] = unparsable(path, error.msg, error.lineno or 1, error.offset or 1)
            except (RecursionError, MemoryError, ValueError) as error:
                self.broken[path] = unparsable(path, str(error) or type(error).__name__, 1, 1)
        return self.parsed.get(path)

    @cached_property
    def index(self) -> Index:
        """The whole project, merged."""
        facts = [known for path in self.relevant if (known := self.facts(path)) is not None]
        return Index(
            self.modules, facts, self.traits, self.follows, self.lines_with, self.content, lambda: self.deployment
        )

    @cached_property
    def deployment(self) -> Deployment:
        """What the files beside the code deploy."""
        repository = Repository(self.others, self.read_other, self.relative, self.shown_paths)
        return Deployment(repository, self.traits.celery)

    @property
    def others(self) -> list[str]:
        """The shown paths of the files that are not Python."""
        files = {str(path) for path in self.tree.other} | set(self.overlay)
        return [path for path in map(shown, sorted(files)) if path not in self.shown_paths]

    def read_other(self, path: str) -> bytes | None:
        """The bytes of a file that is not Python; they are not kept, since most such files matter to nobody."""
        return self.contents[path] if path in self.contents else self.read(os.path.abspath(path))

    def follows(self, path: str) -> bool:
        """Whether calls into a file are worth following from a task."""
        if path not in self.known_to_be_followed:
            self.known_to_be_followed[path] = self.matters(path) or self.may_block(path)
        return self.known_to_be_followed[path]

    def may_block(self, path: str) -> bool:
        data = self.content(path)
        names = map(last_part, self.config.transient_exceptions)
        return data is not None and (may_block(data) or any(name in data for name in names))

    def lines_with(self, word: str) -> list[tuple[str, str]]:
        """Path and text of every line of the Python files that has a word in it; tests are left out."""
        if word not in self.found_lines:
            paths = (path for path in self.shown_paths if not self.modules.is_test(path))
            contents = ((path, self.content(path)) for path in paths)
            self.found_lines[word] = [
                (path, line) for path, data in contents if data is not None for line in lines_with(word, data)
            ]
        return self.found_lines[word]

    @cached_property
    def traits(self) -> Traits:
        config = self.config
        celery, oldest, newest = versions.celery_and_kombu(config, self.tree)
        return Traits(
            celery=celery,
            kombu=newest,
            kombu_oldest=oldest,
            app=config.app,
            settings=config.settings,
            settings_namespace=config.settings_namespace,
            task_decorators=config.task_decorators,
            secret_names=config.secret_names,
            extend_secret_names=config.extend_secret_names,
            transient_exceptions=config.transient_exceptions,
            broker=config.broker,
            time_limit=config.time_limit,
            soft_time_limit=config.soft_time_limit,
        )

    # Findings

    @cached_property
    def checkable(self) -> list[str]:
        """The shown paths to run rules on: Python files asked about that mention Celery, hold its settings, queues or
        schedule, or that tasks reach."""
        wanted = set(self.relevant) | set(self.index.by_path)
        wanted |= {self.modules.path(key.partition(":")[0]) for key in self.index.graph.reached}
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
        return Report(found, [*self.tree.errors, *self.errors], self.sources(found), len(self.asked))

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
        others = [f"{path}{store.stamp(str(path))}" for path in self.tree.other]
        files = [f"{path}{stamp}" for path, stamp in self.stamps.items()]
        about = [type(self).__name__, repr(self.config), repr(self.traits), repr(sorted(self.asked))]
        return store.digest([*about, *files, *others])

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
        return self.suppressed(file, engine.run(file, facts, self.index, engine.table(active)), active)

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
        checks = engine.table(engine.rules().values())
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
            if unknown.path is not None and enabled(self.config, rule, shown(unknown.path))
        ]


def read_bytes(path: str) -> bytes:
    """A file's bytes. Raises OSError. File objects cost more than most files take to read."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        parts = []
        while part := os.read(handle, CHUNK):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(handle)


def lines_with(word: str, data: bytes) -> Iterator[str]:
    """The lines of some bytes that have a word in them, without the blanks around them."""
    searched = word.encode()
    if searched in data:
        whole = re.compile(rf"\b{re.escape(word)}\b")
        for line in data.splitlines():
            if searched in line and whole.search(text := line.decode(errors="replace")):
                yield text.strip()


class PythonProject(Project):
    """A project whose deployment files are left alone, for faces that show findings in Python only.

    A limit that a worker's command line may set is unknown then, and nothing reads YAML.
    """

    @cached_property
    def deployment(self) -> Deployment:
        return Unread(Repository(self.others, self.read_other, self.relative), self.traits.celery)

    def deployed_findings(self) -> list[Finding]:
        return []


def last_part(dotted: str) -> bytes:
    """The last part of a dotted name, as it stands in a file."""
    return dotted.rpartition(".")[2].encode()


def described(rule: Rule, path: str, span: Span, **values: object) -> Finding:
    """A finding in a file that is not parsed."""
    return Finding(
        rule.code, rule.name, rule.severity, rule.message.format(**values), path, span, checklist=rule.checklist
    )


def unparsable(path: str, message: str, line: int, column: int) -> Finding:
    """The finding for a file that cannot be parsed."""
    column = max(column, 1)
    return described(engine.rules()["CEL000"], path, Span(line, column, line, column + 1), reason=message)
