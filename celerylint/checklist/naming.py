"""The project's names as they stand in commands: its application, queues, tasks, workloads and broker."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from celerylint.checklist.broker_commands import BrokerCommands, of_kind
from celerylint.checklist.item import Step
from celerylint.checklist.operating import Verb, commands, shown
from celerylint.checklist.urgency import is_urgent, urgency
from celerylint.checklist.variables import urls
from celerylint.deploy.model import Host
from celerylint.deploy.snippets import HIDDEN
from celerylint.facts import Task
from celerylint.index.queues import DEFAULT

if TYPE_CHECKING:
    from celerylint.checklist.evidence import Evidence

HEALTH = re.compile(
    r"(?<!un)health|heart_?beat|watchdog|self_?test|(?<![a-z])(?:ping|pong|alive|canary|probe|smoke)(?![a-z])",
    re.IGNORECASE,
)
# What `-A` takes; a sample has a placeholder there.
IMPORTABLE = re.compile(r"[\w.]+(?::[\w.]+)?")
ATTRIBUTES = frozenset({"app", "celery"})
# Of how many queues the depth is asked for one by one.
MOST = 8


class Names:
    """What commands call things."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence

    @cached_property
    def app(self) -> str:
        """What stands after `-A`: as the project's own commands have it, else where its application is."""
        used = Counter(
            app for process in self.evidence.processes if (app := process.app) is not None and IMPORTABLE.fullmatch(app)
        )
        if used:
            return min(used, key=lambda name: (-used[name], name))
        keys = [app.key for app in self.evidence.apps if "." in app.key]
        return as_argument(keys[0]) if keys else "APP"

    def celery(self, *arguments: str) -> str:
        """A `celery` command for the project's application."""
        return " ".join(["celery -A", quoted(self.app), *arguments])

    @cached_property
    def queues(self) -> list[str]:
        """The names of all queues that tasks go to, are declared or are consumed, sorted."""
        found = {queue.name for queue in self.evidence.index.queues.declared}
        found |= set(self.evidence.queues_sent_to)
        for worker in self.evidence.workers:
            found |= set(worker.queues) if isinstance(worker.queues, tuple) else set()
        return sorted(name for name in found if name and HIDDEN not in name)

    @cached_property
    def main_queue(self) -> str:
        """The default queue; if no worker consumes that, one that a worker does, rather none for urgent work."""
        default = self.evidence.default_queue or (self.queues[0] if self.queues else DEFAULT)
        named = [
            queue for worker in self.evidence.workers if isinstance(worker.queues, tuple) for queue in worker.queues
        ]
        if not named or self.evidence.consumers(default):
            return default
        return min(named, key=lambda queue: (urgency(queue) != "default", is_urgent(queue)))

    @cached_property
    def trial(self) -> Task | None:
        """The task that is there to be tried: a health check that needs no arguments."""
        named = (task for task in self.evidence.tasks if HEALTH.search(task.name))
        return next((task for task in named if needs(self.evidence, task) == []), None)

    @property
    def harmless(self) -> str:
        """The name of a task that does no harm however often it is sent: the project's health check, or Celery's own
        that hands its arguments back (`celery.app.builtins.add_accumulate_task`, 5.7)."""
        return self.trial.name if self.trial is not None else "celery.accumulate"

    def call(self, task: Task | None) -> str:
        """`celery call` with a task of the project, and places for the arguments that it needs."""
        if task is None or not task.name:
            return self.celery("call", "TASK")
        wanted = needs(self.evidence, task)
        body = "…" if wanted is None else ", ".join(f'"{name}": …' for name in wanted)
        return self.celery("call", quoted(task.name), *([f"--kwargs='{{{body}}}'"] if body else []))

    def send(self, queue: str, number: int = 1, priority: int | None = None) -> str:
        """What sends the harmless task to a queue, any number of times without a new process for each."""
        options = [f'"{self.harmless}"', f'queue="{queue}"', *([] if priority is None else [f"priority={priority}"])]
        call = f"app.send_task({', '.join(options)})"
        many = f"[{call} for _ in range({number})]" if number > 1 else call
        found = f'from celery.app.utils import find_app; app = find_app("{self.app}")'
        return f"python -c '{found}; {many}'"

    # Broker

    @cached_property
    def broker(self) -> BrokerCommands:
        """The commands that ask the broker."""
        known = (url for url in urls(self.evidence, "broker_url") if url.is_redis and url.server)
        return of_kind(self.evidence.broker_kind, next(known, None))

    def depths(self) -> list[Step]:
        """How much waits in the queues, the first few of many."""
        return self.broker.depths(self.queues[:MOST] or [self.main_queue])

    # Programs

    @cached_property
    def worker_hosts(self) -> list[Host]:
        return [worker.host for worker in self.evidence.workers]

    @cached_property
    def beat_hosts(self) -> list[Host]:
        """What starts beats; where none is started by itself, the workers that run one inside (`-B`)."""
        beats = [beat.host for beat in self.evidence.beats]
        return beats or [worker.host for worker in self.evidence.workers if worker.beat]

    def consumers(self, queue: str) -> list[Host]:
        """What starts the workers of a queue."""
        return [worker.host for worker in self.evidence.consumers(queue)]

    def operate(self, verb: Verb, hosts: Iterable[Host]) -> list[str]:
        """The commands that do it to some programs; each says what else runs in the same pods."""
        return [f"{command}{self.beside(host)}" for host, command in commands(verb, hosts)]

    def beside(self, host: Host) -> str:
        """A comment on what shares the pods of a program."""
        running = [process.host for process in self.evidence.processes]
        others = [
            other.name
            for other in self.evidence.deployment.hosts
            if host.kind == other.kind == "kubernetes"
            and (other.workload, other.namespace, other.unit) == (host.workload, host.namespace, host.unit)
            and other not in running
        ]
        return f"  # and {', '.join(map(shown, others))}, in the same pods" if others else ""


def needs(evidence: Evidence, task: Task) -> list[str] | None:
    """The parameters of a task that have no default; None where they are not known."""
    parameters = evidence.index.parameters_of(task)
    if parameters is None:
        return None
    plain = [each for each in parameters if not each.kind.startswith("var_")]
    return [each.name for each in plain if each.default is None]


def as_argument(key: str) -> str:
    """The argument of `-A` for the dotted name of an application (`celery.app.utils.find_app`, 5.7)."""
    module, _, name = key.rpartition(".")
    if name not in ATTRIBUTES:
        return f"{module}:{name}"
    return module.removesuffix(".celery") if module.endswith(".celery") else module


def quoted(text: str) -> str:
    return shlex.quote(text)
