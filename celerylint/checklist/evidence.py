"""What answers rest on: the findings of all rules, what code says, what is deployed, and what people wrote down."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import datetime
from functools import cached_property

from celerylint.checklist.item import Place
from celerylint.checklist.naming import Names
from celerylint.checklist.papers import Papers
from celerylint.checklist.redaction import redacted
from celerylint.checklist.variables import Url, urls
from celerylint.deploy.model import Broker, Process, Worker
from celerylint.deploy.model import Place as Spot
from celerylint.facts import App, ScheduleEntry, Setting, Task
from celerylint.overview import Overview
from celerylint.project import Project
from celerylint.records import dataclass
from celerylint.rule import Finding
from celerylint.rules.consumers import queues_of
from celerylint.rules.deployed import is_production_file, limit_of
from celerylint.rules.redis_servers import ASIDE, broker_servers, called, speaks_amqp, started
from celerylint.source import Span
from celerylint.values import UNKNOWN, Param, Unknown, Value, either, number

# A Redis server that is named so holds queues.
OWN = re.compile(r"broker|celery|queue|worker", re.IGNORECASE)
IMPORT = re.compile(r"\s*(?:from|import)\s|\s*#")
WIDEST = 160
BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class InForce:
    """What one application has for a setting. `value` is None where nothing sets it, Unknown where that is not known;
    `places` are the lines that set it, or the application's where none does."""

    app: str
    value: Value | None
    rows: tuple[Setting, ...]
    places: tuple[Place, ...]

    @property
    def known(self) -> bool:
        return not isinstance(self.value, Unknown)


class Evidence(Overview):
    """A project as the checklist sees it. `now` is when schedules are looked at."""

    def __init__(self, project: Project, now: datetime) -> None:
        super().__init__(project)
        self.now = now
        self.read: dict[str, list[str]] = {}
        # First the check, which may use several processes as long as nothing is worked out here.
        self.report = project.check()

    @cached_property
    def names(self) -> Names:
        """What commands call the project's parts."""
        return Names(self)

    @cached_property
    def papers(self) -> Papers:
        return Papers(self.project)

    # Findings

    @cached_property
    def by_item(self) -> dict[str, list[Finding]]:
        found: dict[str, list[Finding]] = {}
        for finding in self.report.findings:
            for item in finding.checklist:
                found.setdefault(item, []).append(finding)
        return found

    def findings(self, *items: str) -> list[Finding]:
        """The findings of the rules behind some items, sorted."""
        found = dict.fromkeys(finding for item in items for finding in self.by_item.get(item, ()))
        return sorted(found, key=lambda finding: finding.sort_key)

    def of_rules(self, *codes: str) -> list[Finding]:
        """The findings of some rules."""
        return [finding for finding in self.report.findings if finding.code in codes]

    # Lines

    def place(self, path: str, span: Span, note: str = "") -> Place:
        """A line of a file, without what must not be in a report."""
        lines = self.lines(path)
        text = lines[span.line - 1] if 0 < span.line <= len(lines) else ""
        return Place(path, span.line, shortened(redacted(text)), redacted(note))

    def lines(self, path: str) -> list[str]:
        """The lines of a shown path, [] where it cannot be read."""
        if path not in self.read:
            data = self.project.content(path) or b""
            self.read[path] = data.decode("utf-8", "replace").splitlines()
        return self.read[path]

    def of_finding(self, finding: Finding) -> Place:
        return self.place(finding.path, finding.span, finding.message)

    # Code

    @property
    def is_celery(self) -> bool:
        """Whether anything here uses Celery at all."""
        return bool(self.apps or self.tasks)

    def settings(self, name: str) -> list[InForce]:
        """What each application has for a setting."""
        configuration = self.index.configuration
        keys = [app for app in self.apps if app.key in configuration.app_keys]
        if len(keys) < 2:
            return [self.in_force("", configuration.reaching(name), self.apps)]
        return [self.in_force(app.key, configuration.effective(name, app.key), [app]) for app in keys]

    def in_force(self, app: str, rows: list[Setting], apps: list[App]) -> InForce:
        kept = tuple(self.of_production(rows))
        value = either([row.value for row in kept]) if kept else UNKNOWN if self.index.configuration.hidden else None
        places = tuple(self.place(row.path, row.span) for row in kept)
        return InForce(app, value, kept, places or tuple(self.place(made.path, made.span) for made in apps[:1]))

    def of_production(self, rows: list[Setting]) -> list[Setting]:
        """The rows without those of settings that build on what production's build on and are not they: staging's."""
        force = self.index.configuration.force
        production = {holder for name in force.named for holder in force.lineage(name)}
        return [
            row
            for row in rows
            if not row.holder or row.holder in production or not force.lineage(row.holder) & production
        ]

    @property
    def task_places(self) -> list[Place]:
        return [self.task_place(task) for task in self.tasks]

    @property
    def dispatch_places(self) -> list[Place]:
        return [self.place(sent.path, sent.span) for sent in self.dispatches]

    @cached_property
    def longest_limit(self) -> float | None:
        """The longest time limit of any task in seconds, hard or else soft, as far as limits are known; None without
        one."""
        hard, soft = (
            max((number(each.value) or 0 for each in self.settings(name)), default=0)
            for name in ("task_time_limit", "task_soft_time_limit")
        )
        return max([hard or soft, *(limit_of(task, self.index) or 0 for task in self.tasks)]) or None

    def spot(self, spot: Spot, note: str = "") -> Place:
        """A place of a deployment file as evidence."""
        return self.place(spot.path, spot.span, note)

    def command(self, process: Process, note: str = "") -> Place:
        """The line of a command as evidence."""
        return self.place(process.path, process.span, note)

    @property
    def entries(self) -> list[ScheduleEntry]:
        """The entries of the schedule, without those that a helper makes of what it is given."""
        return [entry for entry in self.schedule if entry.sent or not isinstance(entry.schedule, Param)]

    @property
    def beating(self) -> list[Process]:
        """Everything that runs a beat: `celery beat`, and workers with `-B`."""
        return [*self.beats, *(worker for worker in self.workers if worker.beat)]

    # Queues

    def consumed(self, workers: Collection[Worker]) -> set[str] | None:
        """The queues that some workers consume together; None where that is not known: there is none in production,
        or one does not say."""
        if all(self.is_developing(self.command(worker)) for worker in workers):
            return None
        found = [queues_of(worker, self.index) for worker in workers]
        known = [queues for queues in found if queues is not None]
        return set().union(*known) if len(known) == len(found) else None

    def consumers(self, queue: str) -> list[Worker]:
        """The workers that are known to consume a queue."""
        return [worker for worker in self.workers if queue in (queues_of(worker, self.index) or ())]

    # Development

    def is_developing(self, place: Place) -> bool:
        """Whether only developers run what stands in a place."""
        return place.path in self.developing_paths or (place.path, place.line) in self.developing_lines

    @cached_property
    def developing_lines(self) -> frozenset[tuple[str, int]]:
        """The lines of commands that nothing but files for development start, though they stand elsewhere."""
        lines: dict[bool, set[tuple[str, int]]] = {True: set(), False: set()}
        for process in self.deployment.processes:
            lines[self.is_developers(process.host)].add((process.path, process.span.line))
        return frozenset(lines[True] - lines[False])

    # Broker

    @cached_property
    def broker_urls(self) -> list[Url]:
        return urls(self, "broker_url")

    @cached_property
    def broker_kind(self) -> str:
        """`redis`, `amqp`, another transport, or "" where it is not known."""
        return self.written_kind or ("redis" if self.servers else "")

    @property
    def is_controllable(self) -> bool:
        """Whether the broker carries remote control and events; only those that are not known to are left out."""
        return self.broker_kind != "sqs"

    @cached_property
    def written_kind(self) -> str:
        """The kind of broker that the configuration, URLs or variables name, "" where they do not or differ."""
        if self.index.traits.broker:
            return self.index.traits.broker
        # A URL without a server, `memory://` say, is what the code takes where the environment gives none.
        kinds = {url.kind for url in self.broker_urls if url.kind in {"redis", "amqp", "sqs"} or not url.is_local}
        if not kinds:
            kinds = {kind for process in self.deployment.processes for kind in kinds_in(process)}
        return kinds.pop() if len(kinds) == 1 else ""

    @cached_property
    def servers(self) -> list[Broker]:
        """The Redis servers that hold queues: those of production, else those whose files may be for it."""
        found = broker_servers(self.deployment, self.index)
        other = speaks_amqp(self.deployment, self.index) if not self.written_kind else self.written_kind != "redis"
        if found or other or any(url.is_elsewhere for url in self.broker_urls):
            return found
        known = started([server for server in self.deployment.brokers if self.may_hold_queues(server)])
        # What developers run says nothing beside what others do.
        known = [server for server in known if not self.is_developing(self.spot(server.place))] or known
        return [server for server in known if OWN.search(self.called(server))] or known

    def may_hold_queues(self, server: Broker) -> bool:
        """Whether neither a server's name nor that of its file speaks against it."""
        ours = server.host is None or server.host.kind != "recipe"
        return ours and is_production_file(server.path, self.deployment) and not ASIDE.search(self.called(server))

    def called(self, server: Broker) -> str:
        return " ".join(sorted(called(server, self.deployment)))

    def task_place(self, task: Task, note: str = "") -> Place:
        return self.place(task.path, task.span, note)

    def quoted(self, word: str, pattern: re.Pattern[str] | None = None) -> Iterator[Place]:
        """The lines of production code that have a word in them, and match; those that only import it left out."""
        for path in dict.fromkeys(path for path, _ in self.index.lines_with(word) if self.is_production(path)):
            for at, line in enumerate(self.lines(path), 1):
                if word in line and not IMPORT.match(line) and (pattern is None or pattern.search(line)):
                    yield Place(path, at, shortened(redacted(line)))


def kinds_in(process: Process) -> Iterator[str]:
    """What kind of broker a program is given, by the variables around it, in development too."""
    for name, variable in process.environment.values.items():
        scheme = variable.value.partition("://")[0] if "://" in variable.value else ""
        if "BROKER" in name and scheme.startswith(("redis", "amqp", "pyamqp")):
            yield "redis" if scheme.startswith("redis") else "amqp"


def shortened(text: str) -> str:
    """A line as evidence shows it: blanks put together, the end cut off where it is long."""
    line = BLANKS.sub(" ", text.strip())
    return f"{line[: WIDEST - 1]}…" if len(line) > WIDEST else line
