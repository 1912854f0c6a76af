"""The deployment files of a repository: which of them matter, and their YAML, read once."""

from __future__ import annotations

import posixpath
from functools import cached_property

from celerylint.deploy import gate, helm
from celerylint.deploy.gate import Language
from celerylint.deploy.helm import Values
from celerylint.deploy.nodes import Node
from celerylint.deploy.repository import Repository
from celerylint.deploy.templates import is_template
from celerylint.deploy.yaml_files import UnreadableYaml, documents
from celerylint.records import dataclass
from celerylint.source import Source


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that cannot be parsed. `expected` says that it need not be: a template, or a file that is looked at for
    what it may say about workloads in others."""

    path: str
    message: str
    line: int
    column: int
    expected: bool = False


class DeploymentFiles:
    """The deployment files below the root of a repository. Nothing is read before it is asked for."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.failed: list[Unreadable] = []
        self.known: dict[str, list[Node]] = {}
        self.charts: dict[str, Values] = {}

    @cached_property
    def languages(self) -> dict[str, Language]:
        """The files below the root that deploy something, whether it is of Celery or not, with their languages."""
        found = {
            relative: gate.language(relative, self.repository.data(relative)) for relative in self.repository.shown
        }
        return {relative: language for relative, language in found.items() if language}

    @cached_property
    def starters(self) -> frozenset[bytes]:
        """The names of scripts that mention Celery, as manifests may name them."""
        scripts = [relative for relative, language in self.languages.items() if language == "script"]
        about = [relative for relative in scripts if gate.CELERY.search(self.repository.data(relative))]
        return frozenset(posixpath.basename(relative).encode() for relative in about)

    @cached_property
    def relevant(self) -> dict[str, Language]:
        """The files that may say something of Celery or its broker; of Compose's all that there are, where one does
        or something that they may start; of a chart's templates all, where its values do."""
        found = {
            relative: language
            for relative, language in self.languages.items()
            if gate.matters(language, self.repository.data(relative), self.starters)
        }
        composed = bool({"compose", "dockerfile", "script", "supervisor"} & set(found.values()))
        charts = {posixpath.dirname(relative) for relative, language in found.items() if language == "values"}
        return {
            relative: language
            for relative, language in self.languages.items()
            if relative in found
            or (composed and language == "compose")
            or (charts and language == "kubernetes" and self.chart_of(relative) in charts)
        }

    def of(self, *languages: Language) -> list[str]:
        """The relevant files in some languages."""
        return [relative for relative, language in self.relevant.items() if language in languages]

    def nodes(self, relative: str) -> list[Node]:
        """The documents of a YAML file, none of one that cannot be parsed."""
        if relative not in self.known:
            source = self.repository.source(relative)
            self.known[relative] = self.parsed(relative, source) if source is not None else []
        return self.known[relative]

    def parsed(self, relative: str, source: Source) -> list[Node]:
        try:
            return documents(source, self.values(relative))
        except UnreadableYaml as error:
            expected = is_template(source.text) or relative not in self.relevant
            self.failed.append(Unreadable(source.path, str(error), error.line, error.column, expected))
            return []

    # Charts

    def chart_of(self, relative: str) -> str | None:
        """The folder of the Helm chart that a file is a template of, None for another file."""
        return helm.chart_folder(relative, self.repository.shown)

    def values(self, relative: str) -> Values:
        """The values of the chart that a file is a template of, none for another file."""
        folder = self.chart_of(relative)
        if folder is None:
            return Values()
        if folder not in self.charts:
            self.charts[folder] = helm.values_of(folder, self.repository.shown, self.nodes)
        return self.charts[folder]
