"""What a project's code says: facts of its files, merged into an index, beside what it deploys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path

from celerylint import cache as store
from celerylint import engine, environment, lowering, roots, versions
from celerylint.collect import collect
from celerylint.config import Config
from celerylint.contents import Contents
from celerylint.deploy import Deployment, Repository
from celerylint.facts import FileFacts
from celerylint.file import File
from celerylint.index import Index
from celerylint.index.modules import Modules
from celerylint.index.traits import Traits
from celerylint.relevance import may_block, may_matter
from celerylint.rule import Finding, Rule
from celerylint.source import Source, Span, UnreadableSource


class Codebase(Contents):
    """Reads and merges what is asked for, and no more."""

    def __init__(self, config: Config, paths: Sequence[Path], overlay: Mapping[Path, bytes] | None = None) -> None:
        super().__init__(config, paths, overlay)
        self.known_to_matter: dict[str, bool] = {}
        self.known_to_be_followed: dict[str, bool] = {}
        self.found_lines: dict[str, list[tuple[str, str]]] = {}
        self.known_facts: dict[str, FileFacts | None] = {}
        self.parsed: dict[str, File] = {}
        self.broken: dict[str, Finding] = {}

    def replace(self, path: str, data: bytes) -> None:
        """Give one file a new content; everything that rests on it is worked out again."""
        if path not in self.shown_paths:
            self.forget("deployment")
        super().replace(path, data)
        self.found_lines.clear()
        for known in (self.known_to_matter, self.known_to_be_followed, self.known_facts, self.parsed, self.broken):
            known.pop(path, None)
        self.forget("index", "relevant", "modules", "relatives", "source_roots", "stamps", "untested")

    @cached_property
    def cache(self) -> store.Cache:
        """What earlier runs left, for files that are as they were."""
        if not self.config.cache:
            return store.Cache(None, "")
        names = store.digest([*self.shown_paths, *self.source_roots, *self.config.task_decorators])
        return store.Cache(store.folder_of(self.config), names)

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
        if data is None:
            return False
        relevant = may_matter(path, data) or any(last_part(name) in data for name in self.config.task_decorators)
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
            self.modules,
            facts,
            self.traits,
            self.follows,
            self.lines_with,
            self.content,
            lambda: self.deployment,
            lambda: environment.candidates(self.config.root),
        )

    @cached_property
    def deployment(self) -> Deployment:
        """What the files beside the code deploy."""
        repository = Repository(self.others, self.read_other, self.relative, self.shown_paths)
        return Deployment(repository, self.traits.celery, partial(versions.pin, self.config.root, self.tree))

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
            searched = word.encode()
            having = [(path, data) for path, data in self.untested if searched in data]
            self.found_lines[word] = [(path, line) for path, data in having for line in lines_with(word, data)]
        return self.found_lines[word]

    @cached_property
    def untested(self) -> list[tuple[str, bytes]]:
        """The path and bytes of each Python file that is no test."""
        paths = [path for path in self.shown_paths if not self.modules.is_test(path)]
        return [(path, data) for path in paths if (data := self.content(path)) is not None]

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


def lines_with(word: str, data: bytes) -> Iterator[str]:
    """The lines of some bytes that have a word in them, without the blanks around them."""
    searched, whole = word.encode(), re.compile(rf"\b{re.escape(word)}\b")
    for line in data.splitlines():
        if searched in line and whole.search(text := line.decode(errors="replace")):
            yield text.strip()


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
