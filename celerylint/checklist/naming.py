"""The project's names as they stand in commands: its application, queues, tasks, workloads and broker."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from celerylint.checklist.variables import urls
from celerylint.deploy.model import Host, Process
from celerylint.deploy.snippets import HIDDEN
from celerylint.facts import Task
from celerylint.index.queues import DEFAULT

if TYPE_CHECKING:
    from celerylint.checklist.evidence import Evidence

HEALTH = re.compile(
    r"health|heart_?beat|watchdog|self_?test|(?<![a-z])(?:ping|pong|alive|canary|probe|smoke)(?![a-z])", re.IGNORECASE
)
ATTRIBUTES = frozenset({"app", "celery"})


class Names:
    """What commands call things."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence

    @cached_property
    def app(self) -> str:
        """What stands after `-A`: as the project's own commands have it, else where its application is."""
        used = Counter(
            app for process in self.evidence.processes if (app := process.app) is not None and HIDDEN not in app
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

    @property
    def main_queue(self) -> str:
        """The default queue, as far as it is known."""
        return self.evidence.default_queue or (self.queues[0] if self.queues else DEFAULT)

    @cached_property
    def trial(self) -> Task | None:
        """The task that is best to try with: one for health checks, else one that needs no arguments."""
        named = [task for task in self.evidence.tasks if task.name]
        plain = [task for task in named if needs(self.evidence, task) == []]
        return next(
            (task for task in plain if HEALTH.search(task.name)), plain[0] if plain else next(iter(named), None)
        )

    @property
    def trial_call(self) -> str:
        """`celery call` with the task to try with."""
        task = self.trial
        if task is None:
            return self.celery("call", "TASK")
        wanted = needs(self.evidence, task)
        body = ", ".join(f'"{name}": …' for name in wanted or ())
        arguments = [f"--kwargs='{{{body}}}'"] if wanted else []
        return self.celery("call", task.name, *arguments)

    @property
    def prioritised(self) -> str:
        """What sends the task to try with at the highest priority: 0 on Redis, the largest number on RabbitMQ."""
        name = self.trial.name if self.trial is not None else "TASK"
        module, _, attribute = (self.evidence.apps[0].key if self.evidence.apps else "PROJECT.app").rpartition(".")
        highest = 0 if self.evidence.broker_kind == "redis" else 9
        return f"python -c 'from {module} import {attribute} as app; app.send_task(\"{name}\", priority={highest})'"

    # Workloads

    @cached_property
    def redis(self) -> str:
        """`redis-cli` with the broker's address, as far as it is known."""
        url = next((url for url in urls(self.evidence, "broker_url") if url.is_redis and url.server), None)
        if url is None:
            return "redis-cli"
        port = f" -p {url.port}" if url.port else ""
        return f"redis-cli -h {quoted(url.host)}{port}{' --tls' if url.is_encrypted else ''}"

    def worker_hosts(self) -> list[Host]:
        return unique(worker.host for worker in self.evidence.workers)

    def beat_hosts(self) -> list[Host]:
        return unique(beat.host for beat in self.evidence.beats)

    def scale(self, hosts: Iterable[Host], number: str) -> Iterator[str]:
        """The commands that set the number of copies."""
        for host in orchestrated(hosts):
            if host.kind == "kubernetes":
                yield f"kubectl scale {target(host)} --replicas={number}"
            else:
                yield f"docker compose up -d --no-recreate --scale {host.name}={number} {host.name}"

    def stop(self, hosts: Iterable[Host]) -> Iterator[str]:
        """The commands that stop programs for now."""
        for host in chosen(hosts):
            match host.kind:
                case "kubernetes":
                    yield f"kubectl scale {target(host)} --replicas=0"
                case "compose":
                    yield f"docker compose stop {host.name}"
                case "supervisor":
                    yield f"supervisorctl stop {host.name}"
                case "systemd":
                    yield f"systemctl stop {host.name}"
                case "procfile":
                    yield f"heroku ps:scale {host.name}=0"
                case _:
                    pass

    def start(self, hosts: Iterable[Host]) -> Iterator[str]:
        """The commands that start one copy of programs again."""
        for host in chosen(hosts):
            match host.kind:
                case "kubernetes":
                    yield f"kubectl scale {target(host)} --replicas=1"
                case "compose":
                    yield f"docker compose up -d {host.name}"
                case "supervisor":
                    yield f"supervisorctl start {host.name}"
                case "systemd":
                    yield f"systemctl start {host.name}"
                case "procfile":
                    yield f"heroku ps:scale {host.name}=1"
                case _:
                    pass

    def restart(self, hosts: Iterable[Host]) -> Iterator[str]:
        """The commands that restart programs one after the other."""
        for host in chosen(hosts):
            match host.kind:
                case "kubernetes":
                    yield f"kubectl rollout restart {target(host)}"
                case "compose":
                    yield f"docker compose up -d --force-recreate --no-deps {host.name}"
                case "supervisor":
                    yield f"supervisorctl restart {host.name}"
                case "systemd":
                    yield f"systemctl restart {host.name}"
                case "procfile":
                    yield f"heroku ps:restart {host.name}"
                case _:
                    pass

    def undo(self, hosts: Iterable[Host]) -> Iterator[str]:
        """The commands that go back to the release before."""
        for host in chosen(hosts):
            match host.kind:
                case "kubernetes":
                    yield f"kubectl rollout undo {target(host)}"
                case "compose":
                    yield f"docker compose up -d --no-deps {host.name}  # with the image of the release before"
                case _:
                    pass


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


def unique(hosts: Iterable[Host]) -> list[Host]:
    return list({(host.kind, host.name, host.workload): host for host in hosts}.values())


def chosen(hosts: Iterable[Host]) -> list[Host]:
    """The hosts that commands are printed for: those of one kind, Kubernetes before others."""
    found = unique(hosts)
    for kind in ("kubernetes", "compose", "systemd", "supervisor", "procfile"):
        same = [host for host in found if host.kind == kind and HIDDEN not in host.name + host.workload]
        if same:
            return same
    return []


def orchestrated(hosts: Iterable[Host]) -> list[Host]:
    return [host for host in chosen(hosts) if host.kind in {"kubernetes", "compose"}]


def target(host: Host) -> str:
    """A workload as kubectl takes it: `deployment/shop-worker`."""
    namespace = f" -n {quoted(host.namespace)}" if host.namespace else ""
    return f"{host.workload[:1].lower()}{host.workload[1:]}".lower() + namespace


def programs(processes: Iterable[Process]) -> list[str]:
    """What starts some programs, by name."""
    return list(dict.fromkeys(process.host.name for process in processes))
