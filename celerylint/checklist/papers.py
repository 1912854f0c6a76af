"""What people wrote for operating the project: runbooks, dashboards, alerts. Read as text; nothing is rendered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from celerylint.checklist.item import Place
from celerylint.deploy.nodes import Node
from celerylint.deploy.yaml_files import UnreadableYaml, documents
from celerylint.files import matching, shown
from celerylint.project import Project
from celerylint.records import dataclass
from celerylint.source import Source, Span, UnreadableSource

LARGEST = 2_000_000
PROSE = (".md", ".rst", ".adoc", ".txt", ".markdown", ".mdx", ".org")
RUNBOOK = re.compile(
    r"run-?_?book|play-?_?book|operat|\bops\b|on-?call|incident|maintenance|troubleshoot", re.IGNORECASE
)
ABOUT_CELERY = re.compile(r"celery|\bworkers?\b|\bbeat\b|\bqueues?\b|background (?:task|job|work)", re.IGNORECASE)
HEADING = re.compile(
    r"^(?P<level>#{1,6}|={1,5})[ \t]+(?P<text>\S.*?)[ \t#=]*$|^(?P<under>\S.*)\n(?P<line>[=\-~^\"'*+]{3,})[ \t]*$",
    re.MULTILINE,
)
METRICS = re.compile(
    r"celery|rabbitmq_queue|redis_(?:key_size|list_length)|queue_?(?:length|depth|size)|flower_", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Chapter:
    """A heading of a document with what stands under it. `runbook` says that the document is called one."""

    path: str
    span: Span
    heading: str
    text: str
    runbook: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel of a Grafana dashboard: its title and expressions; `thresholds` says whether it marks any value."""

    path: str
    span: Span
    title: str
    expressions: tuple[str, ...]
    thresholds: bool


@dataclass(frozen=True, slots=True)
class Alert:
    """An alerting rule of Prometheus."""

    path: str
    span: Span
    name: str
    expression: str


class Papers:
    """The documents, dashboards and alerting rules of a project."""

    def __init__(self, project: Project) -> None:
        self.project = project

    @cached_property
    def chapters(self) -> list[Chapter]:
        """The chapters of documents that are about background work, or called a runbook."""
        return [
            chapter
            for path in self.files(PROSE)
            if (source := self.source(path)) is not None and ABOUT_CELERY.search(source.text)
            for chapter in chapters(source, RUNBOOK.search(path.name) is not None)
        ]

    @cached_property
    def panels(self) -> list[Panel]:
        """The panels of dashboards."""
        found = []
        for path in self.files((".json",)):
            source = self.source(path)
            if source is not None and '"panels"' in source.text:
                found += list(panels(source))
        return found

    @cached_property
    def alerts(self) -> list[Alert]:
        """The alerting rules, whatever they are about."""
        found = []
        for path in self.files((".yml", ".yaml", ".rules")):
            source = self.source(path)
            if source is not None and "alert:" in source.text and "expr:" in source.text:
                found += list(alerts(source))
        return found

    def files(self, suffixes: tuple[str, ...]) -> list[Path]:
        return [path for path in self.all if path.suffix in suffixes]

    @cached_property
    def all(self) -> list[Path]:
        wanted = (*PROSE, ".json", ".yml", ".yaml", ".rules")
        return [Path(path) for path in matching(self.project.config, lambda path: path.endswith(wanted))]

    def source(self, path: Path) -> Source | None:
        """The text of a file; None for one that is too large to be written by people, or no text."""
        try:
            data = path.read_bytes() if path.stat().st_size <= LARGEST else b""
            return Source.from_bytes(shown(path), data)
        except (OSError, UnreadableSource):
            return None


def chapters(source: Source, runbook: bool) -> Iterator[Chapter]:
    """The headings of a document, each with the text down to the next one."""
    found = list(HEADING.finditer(source.text))
    titled = runbook or bool(found and RUNBOOK.search(found[0]["text"] or found[0]["under"] or ""))
    for match, following in zip(found, [*found[1:], None], strict=False):
        end = following.start() if following is not None else len(source.text)
        span = source.range(match.start(), match.end())
        yield Chapter(source.path, span, match["text"] or match["under"], source.text[match.end() : end], titled)


def panels(source: Source) -> Iterator[Panel]:
    """The panels of a dashboard, those in rows too."""
    try:
        data = json.loads(source.text)
    except ValueError:
        return
    for panel in nested(data):
        expressions = tuple(target["expr"] for target in panel.get("targets") or () if is_target(target))
        title = str(panel.get("title") or "")
        steps = json.dumps(panel.get("fieldConfig") or {}).count('"value"') > 1 or bool(panel.get("thresholds"))
        if title or expressions:
            yield Panel(source.path, place_of(source, title), title, expressions, steps)


def nested(data: Any) -> Iterator[dict[str, Any]]:
    """The dicts in the lists `panels` of JSON data, at any depth."""
    stack = [data]
    while stack:
        match stack.pop(0):
            case dict() as table:
                for key, value in table.items():
                    if key == "panels" and isinstance(value, list):
                        yield from (panel for panel in value if isinstance(panel, dict))
                    stack.append(value)
            case list() as items:
                stack += items
            case _:
                pass


def is_target(target: Any) -> bool:
    return isinstance(target, dict) and isinstance(target.get("expr"), str)


def place_of(source: Source, title: str) -> Span:
    """Where a title stands in JSON."""
    at = source.text.find(json.dumps(title, ensure_ascii=False)) if title else -1
    return source.range(at, at + len(title)) if at >= 0 else Span(1, 1, 1, 1)


def alerts(source: Source) -> Iterator[Alert]:
    """The alerting rules of a rule file, or of a PrometheusRule."""
    try:
        roots = documents(source)
    except UnreadableYaml:
        return
    for root in roots:
        groups = root.get("spec", "groups") or root.get("groups")
        for group in groups.items if groups is not None else ():
            rules = group.get("rules")
            for rule in rules.items if rules is not None else ():
                yield from alert(rule)


def alert(rule: Node) -> Iterator[Alert]:
    name, expression = rule.get("alert"), rule.get("expr")
    if name is not None and expression is not None:
        yield Alert(rule.path, name.span, name.text, expression.text)


def placed(found: Chapter | Panel | Alert, text: str) -> Place:
    """A line of a document as evidence."""
    return Place(found.path, found.span.line, text)
