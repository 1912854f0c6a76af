"""All facts of a project merged, and the questions that rules ask of them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import field, fields
from functools import cached_property

from celerylint.deploy import Deployment, Repository
from celerylint.environment import Environment
from celerylint.facts import App, Dispatch, FileFacts, Function, Parameter, Queue, Route, ScheduleEntry, Setting, Task
from celerylint.file import File
from celerylint.index.apps import Apps
from celerylint.index.canvas import Canvases
from celerylint.index.classes import Classes
from celerylint.index.configuration import Configuration
from celerylint.index.dispatches import Dispatches, Signature
from celerylint.index.installed import Installed
from celerylint.index.listed import Listed
from celerylint.index.mappings import Mappings
from celerylint.index.modules import Modules
from celerylint.index.options import Option, Options
from celerylint.index.parameters import Parameters
from celerylint.index.queues import Queues
from celerylint.index.reach import CallGraph, Reach
from celerylint.index.results import Result, Results
from celerylint.index.schedules import Schedules
from celerylint.index.task_names import TaskNames
from celerylint.index.tasks import Tasks
from celerylint.index.traits import Traits
from celerylint.index.transactions import Transactions
from celerylint.records import dataclass
from celerylint.values import UNKNOWN, Attr, Const, Unknown, Value, either


def nothing_deployed() -> Deployment:
    return Deployment(Repository([], lambda path: None, lambda path: path), (5, 7))


@dataclass(slots=True)
class Placed:
    """What stands in one file."""

    apps: list[App] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    dispatches: list[Dispatch] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    schedule: list[ScheduleEntry] = field(default_factory=list)
    queues: list[Queue] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)


class Index:
    """Everything that is known of a project. Built once, then only read.

    `facts` are the files that mention Celery, in path order; `modules` reads others when a name leads there.
    `follow` says of a path whether calls into it are worth following. `lines_with` gives path and text of every
    line that has a word in it, of the project's Python files without its tests; `read` gives the bytes of a file.
    `deployed` reads the files beside the code.
    """

    def __init__(
        self,
        modules: Modules,
        facts: list[FileFacts],
        traits: Traits,
        follow: Callable[[str], bool],
        lines_with: Callable[[str], list[tuple[str, str]]] = lambda word: [],
        read: Callable[[str], bytes | None] = lambda path: None,
        deployed: Callable[[], Deployment] = nothing_deployed,
        environments: Callable[[], Iterable[Environment]] = tuple,
    ) -> None:
        self.lines_with, self.read, self.deployed = lines_with, read, deployed
        self.modules, self.facts, self.traits = modules, facts, traits
        self.classes = Classes(modules)
        self.applications = Apps(modules, facts)
        self.registry = Tasks(modules, self.applications, facts, traits.task_decorators)
        self.sending = Dispatches(modules, self.applications, self.registry, facts)
        self.graph = CallGraph(modules, self.registry, follow)
        self.results = Results(self.sending, lambda param: self.graph.passed(param))
        self.mappings = Mappings(modules, facts)
        self.configuration = Configuration(modules, self.applications, facts, traits, self.mappings)
        self.options = Options(self.registry, self.configuration, self.limit_of_workers)
        self.parameters = Parameters(modules, self.registry)
        self.canvases = Canvases(self.sending)
        self.installed = Installed(Listed(self.configuration, facts, read), environments)
        self.task_names = TaskNames(modules, self.registry, self.installed)
        self.scheduling = Schedules(
            modules, self.registry, self.task_names, self.sending, self.configuration, self.mappings, facts
        )
        self.queues = Queues(modules, self.configuration, self.mappings, self.task_names)

    @cached_property
    def transactions(self) -> Transactions:
        """Which code runs inside a database transaction."""
        return Transactions(
            self.graph, self.classes, self.configuration, self.facts, self.dispatches, self.lines_with, self.read
        )

    @property
    def deployment(self) -> Deployment:
        """What the files beside the code deploy: workers, beats, brokers. Read when it is first asked for."""
        return self.deployed()

    def limit_of_workers(self, name: str) -> Option | None:
        """The limit that all workers' command lines set; Unknown where only some do, None where none does."""
        limits = self.deployment.limits(name)
        given = [(value, place) for value, place in limits if value is not None]
        if not given:
            return None
        known = [Const(value) for value, _ in given if not isinstance(value, Unknown)]
        value = either(list(known)) if len(known) == len(limits) else UNKNOWN
        return Option(value, "command", given[0][1].path, given[0][1].span)

    # The model, in the order of paths and lines

    @property
    def tasks(self) -> list[Task]:
        return self.registry.all

    @property
    def apps(self) -> list[App]:
        return self.applications.apps

    @property
    def dispatches(self) -> list[Dispatch]:
        return self.sending.all

    @cached_property
    def retries(self) -> list[Dispatch]:
        """Every call of `retry()` of a task."""
        return [dispatch for dispatch in self.dispatches if dispatch.method == "retry"]

    @property
    def settings(self) -> list[Setting]:
        return self.configuration.all

    @property
    def schedule(self) -> list[ScheduleEntry]:
        """Every entry of beat's schedule."""
        return self.scheduling.all

    @property
    def routes(self) -> list[Route]:
        """Every route that production code writes."""
        return self.queues.routes

    @cached_property
    def by_path(self) -> dict[str, Placed]:
        found: dict[str, Placed] = {}
        for kind in fields(Placed):
            for item in self.queues.declared if kind.name == "queues" else getattr(self, kind.name):
                getattr(found.setdefault(item.path, Placed()), kind.name).append(item)
        return found

    def placed(self, path: str) -> Placed:
        """All that stands in a file, by kind."""
        return self.by_path.get(path) or Placed()

    def tasks_in(self, path: str) -> list[Task]:
        return self.placed(path).tasks

    def dispatches_in(self, path: str) -> list[Dispatch]:
        return self.placed(path).dispatches

    def settings_in(self, path: str) -> list[Setting]:
        return self.placed(path).settings

    # Values

    def task_of(self, value: Value) -> Task | None:
        """The task that a value is."""
        return self.registry.of(value)

    def signature_of(self, value: Value) -> Signature | None:
        """The signature or canvas that a value is."""
        return self.sending.signature(value)

    def result_of(self, value: Value) -> Result | None:
        """The result of a dispatch that a value is."""
        return self.results.of(value)

    def results_in(self, value: Value) -> Result | None:
        """The result that every item of a value is."""
        return self.results.in_each(value)

    def member(self, value: Value) -> Value:
        """A value with `self.name` replaced by what the class assigns to that, where it is one thing."""
        held = self.graph.members.of(value) if isinstance(value, Attr) else None
        return value if held is None else held

    def expand(self, value: Value) -> Value:
        """A value with a module-level name replaced by what is assigned to it, where that is one thing."""
        return self.modules.expand(value)

    # Tasks

    def function_of(self, task: Task) -> Function | None:
        """The body of a task, None where it is not in the project."""
        return self.modules.function(task.function) if task.function else None

    def parameters_of(self, task: Task) -> tuple[Parameter, ...] | None:
        """The parameters that a message's arguments go to, without the task itself; None where that is not known."""
        return self.parameters.of(task)

    def option(self, task: Task, name: str) -> Option:
        """The value of a task option in force: of the task, its bases, annotations, settings."""
        return self.options.of(task, name)

    def reach(self, file: File, node: ast.AST) -> Reach | None:
        """The task in which a node runs, None where no task is known to run it."""
        return self.reach_of(file.function_key(node))

    def reach_of(self, key: str) -> Reach | None:
        """The task that runs a function, None where none is known to."""
        return self.graph.reached.get(key)
