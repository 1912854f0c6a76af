"""A project as it is meant for production: its applications, tasks, queues, schedule, and what is deployed."""

from __future__ import annotations

from functools import cached_property
from typing import TypeVar

from celerylint.deploy import Deployment
from celerylint.deploy.model import Beat, Exporter, Flower, Host, Process, Worker
from celerylint.facts import App, Dispatch, ScheduleEntry, Task
from celerylint.index import Index
from celerylint.index.production import PRODUCTION_WORDS, words
from celerylint.project import Project
from celerylint.rules.deployed import development_units, is_production, is_production_file

# Environments before production, as files are named for them.
STAGES = frozenset({"stage", "staging", "feature", "preview", "preprod", "qa", "uat", "acceptance"})
P = TypeVar("P", Process, Worker, Beat, Flower, Exporter)


class Overview:
    """What of a project is neither for tests nor, where there is more than that, for development."""

    def __init__(self, project: Project) -> None:
        self.project = project

    @cached_property
    def index(self) -> Index:
        return self.project.index

    @cached_property
    def deployment(self) -> Deployment:
        return self.project.deployment

    # Code

    @cached_property
    def apps(self) -> list[App]:
        """The applications of production code, those that tests make left out; all where there are no others."""
        made = [app for app in self.index.apps if self.is_production(app.path)]
        named = [app for app in made if app.key in self.index.configuration.app_keys]
        return named or made

    def is_production(self, path: str) -> bool:
        return self.index.configuration.is_production(path) and not self.index.modules.is_test(path)

    @cached_property
    def tasks(self) -> list[Task]:
        """The tasks of production code."""
        return [task for task in self.index.tasks if self.is_production(task.path)]

    @cached_property
    def dispatches(self) -> list[Dispatch]:
        """What production code sends, and the signatures that it makes."""
        return [sent for sent in self.index.dispatches if self.is_production(sent.path) and sent.method != "retry"]

    @cached_property
    def schedule(self) -> list[ScheduleEntry]:
        return [entry for entry in self.index.schedule if self.is_production(entry.path)]

    # Queues

    @cached_property
    def default_queue(self) -> str | None:
        """The default queue of the main application, None where it is not known."""
        return self.index.queues.default(self.main_app)

    @cached_property
    def main_app(self) -> str:
        """The key of the application that shared tasks run in."""
        return next((app.key for app in self.apps if app.key in self.index.configuration.main_apps), "")

    def app_of(self, task: Task) -> str:
        return task.app if task.app in self.index.configuration.app_keys else self.main_app

    @cached_property
    def queue_of(self) -> dict[str, str | None]:
        """The queue that each task goes to by its routes and options, by the task's key; None where it is unknown."""
        return {task.key: self.index.queues.queue_of(task, self.app_of(task)) for task in self.tasks}

    @cached_property
    def queues_sent_to(self) -> list[str]:
        """The names of the queues that tasks go to, sorted."""
        found = {name for name in self.queue_of.values() if name}
        for sent in self.dispatches:
            found |= {self.index.queues.text(sent.options.get("queue"))}
        return sorted(found - {""})

    # Deployment

    @cached_property
    def processes(self) -> list[Process]:
        """Every deployed `celery` command."""
        return self.deployed(self.deployment.processes)

    @cached_property
    def workers(self) -> list[Worker]:
        return self.deployed(self.deployment.workers)

    @cached_property
    def beats(self) -> list[Beat]:
        return self.deployed(self.deployment.beats)

    @cached_property
    def flowers(self) -> list[Flower]:
        return self.deployed(self.deployment.flowers)

    @cached_property
    def exporters(self) -> list[Exporter]:
        return self.deployed(self.deployment.exporters)

    def deployed(self, found: list[P]) -> list[P]:
        """Those that are for production; where there are none, those that may be: whose files are not named otherwise.
        Neither what tests start nor what files for development do."""
        kept = [program for program in found if program.host.kind != "recipe"]
        named = [program for program in kept if self.is_named_for_production(program)]
        meant = [program for program in named if is_production(program.host, self.deployment)] or named
        # Files for several environments: where one is production's, a stage before it says nothing.
        production = any(words(program.host.path) & PRODUCTION_WORDS for program in meant)
        return [program for program in meant if not (production and words(program.host.path) & STAGES)]

    def is_named_for_production(self, program: Process | Exporter) -> bool:
        """Whether neither the file that starts a program nor the script that has its command is named otherwise."""
        return all(is_production_file(path, self.deployment) for path in {program.host.path, program.path})

    def is_developers(self, host: Host) -> bool:
        """Whether a host runs code from somebody's disk, or is for development otherwise."""
        return host.developing or host.unit in development_units(self.deployment)

    @cached_property
    def developing_paths(self) -> frozenset[str]:
        """The deployment files that are for development."""
        hosts = self.deployment.hosts
        return frozenset(host.path for host in hosts if self.is_developers(host) and not host.profiled)
