"""What is deployed: who starts which worker, beat, Flower and broker, and with what around it.

Three-valued as everything: a field is None where nothing is written, `UNKNOWN` where something is that cannot be
read. A deployment is seen as it is written; nothing is run or rendered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from celerylint.deploy.command_line import CommandLine, listed
from celerylint.deploy.environment import Environment
from celerylint.deploy.programs import Call
from celerylint.deploy.snippets import HIDDEN
from celerylint.deploy.snippets import Place as Place
from celerylint.records import dataclass
from celerylint.source import Span
from celerylint.values import Unknown

HostKind: TypeAlias = Literal[
    "compose", "kubernetes", "dockerfile", "procfile", "supervisor", "systemd", "cloudfoundry", "script", "recipe"
]
CONTAINERS: frozenset[HostKind] = frozenset({"compose", "kubernetes", "dockerfile"})


@dataclass(frozen=True, slots=True)
class Port:
    """A port of a container and how far it is published: to `all` interfaces, the `loopback`, or `inside` only."""

    number: int | Unknown
    reach: Literal["all", "loopback", "inside"]
    place: Place


@dataclass(frozen=True, slots=True)
class Probe:
    """A health check. `kind` is `liveness`, `readiness`, `startup` or `healthcheck`; times are seconds.

    `command` is the Celery command that it runs, None for another kind of check.
    """

    kind: str
    place: Place
    command: CommandLine | None = None
    period: float | Unknown | None = None
    timeout: float | Unknown | None = None


@dataclass(frozen=True, slots=True)
class Mount:
    """A volume in a container: `source` is what is mounted, `kind` `volume`, `bind`, `empty` or "" for another."""

    target: str
    source: str
    kind: str
    place: Place


@dataclass(frozen=True, slots=True)
class Host:
    """What starts a program: a container, a program of supervisord, a systemd unit, a dyno, a script.

    `place` is where it is named. `unit` names what is deployed together with it. `places` are those of its settings
    by a name of ours: replicas, grace, spec, image, user, strategy … `grace` is the time in seconds between SIGTERM
    and SIGKILL, `default_grace` says that nobody set it. `overlap` says that a new one starts before an old one ends
    when it is deployed. `resources` are those that are set, as `limits.memory`; None where that is not known.
    `developing` says that it runs the code from somebody's disk, `templated` that a chart makes it, `condition` is what
    of a template decides whether it is there at all. `group` is supervisord's, "" without one.
    `profiled` says that it only starts by a profile for development, which makes a unit of its own.
    """

    kind: HostKind
    name: str
    place: Place
    unit: str
    workload: str = ""
    environment: Environment = field(default_factory=Environment)
    places: Mapping[str, Place] = field(default_factory=dict)
    image: str | Unknown | None = None
    dockerfile: str = ""
    replicas: int | Unknown | None = None
    overlap: bool | None = False
    grace: float | Unknown | None = None
    default_grace: bool = False
    resources: Mapping[str, str] | None = None
    probes: tuple[Probe, ...] | None = ()
    user: str | Unknown | None = None
    ports: tuple[Port, ...] = ()
    mounts: tuple[Mount, ...] | None = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    namespace: str = ""
    group_signal: str = ""
    init: bool = False
    developing: bool = False
    templated: bool = False
    condition: str = ""
    fixed: bool = False
    group: str = ""
    profiled: bool = False

    @property
    def path(self) -> str:
        return self.place.path

    @property
    def is_container(self) -> bool:
        return self.kind in CONTAINERS

    @property
    def workload_name(self) -> str:
        """The name of the Kubernetes object that makes the pods, "" elsewhere."""
        return self.workload.partition("/")[2]

    @property
    def title(self) -> str:
        """The name as people read it, of the workload or else of the container, with `…` for what is not known."""
        return (self.workload_name or self.name).replace(HIDDEN, "…")

    @property
    def is_adjustable(self) -> bool:
        """Whether its number of copies is a value of a chart, which every installation may set anew."""
        place = self.places.get("replicas")
        return self.templated and place is not None and place.path != self.path

    def at(self, name: str) -> Place:
        """The place of a setting, that of the host itself where it is not written."""
        return self.places.get(name, self.place)


@dataclass(frozen=True, slots=True)
class Process:
    """A `celery` command and what starts it."""

    line: CommandLine
    call: Call
    host: Host

    @property
    def path(self) -> str:
        return self.line.path

    @property
    def span(self) -> Span:
        return self.line.span

    @property
    def at(self) -> Place:
        """The place of the command."""
        return self.line.place

    @property
    def app(self) -> str | None:
        return self.line.value("--app")

    @property
    def environment(self) -> Environment:
        """What the program gets: the host's environment, and what the scripts around it set."""
        return self.host.environment.with_values(self.call.environment, self.line.path, self.line.span)


@dataclass(frozen=True, slots=True)
class Worker(Process):
    """A `celery worker`. Where an option is not given its property is None; HIDDEN in a text where it is not known."""

    @property
    def queues(self) -> tuple[str, ...] | Unknown | None:
        """The names after `-Q`."""
        return names(self.line, "--queues")

    @property
    def excluded(self) -> tuple[str, ...] | Unknown | None:
        """The names after `-X`."""
        return names(self.line, "--exclude-queues")

    @property
    def pool(self) -> str | Unknown | None:
        """The pool in lower case; None is prefork."""
        value = self.line.value("--pool")
        return value.lower() if value and HIDDEN not in value else None if value is None else Unknown()

    @property
    def concurrency(self) -> int | Unknown | None:
        return whole(self.line.value("--concurrency"))

    @property
    def prefetch(self) -> int | Unknown | None:
        return whole(self.line.value("--prefetch-multiplier"))

    @property
    def autoscale(self) -> tuple[int, int] | Unknown | None:
        """The largest and smallest number of processes."""
        value = self.line.value("--autoscale")
        if value is None:
            return None
        numbers = [number for part in value.split(",") if isinstance(number := whole(part.strip()), int)]
        if len(numbers) != value.count(",") + 1 or len(numbers) > 2:
            return Unknown()
        return max(numbers), min(numbers) if len(numbers) > 1 else 0

    def limit(self, name: str) -> float | Unknown | None:
        """The seconds of `--time-limit` or `--soft-time-limit`; `name` as the task's option."""
        return seconds(self.line.value(f"--{name.replace('_', '-')}"))

    @property
    def beat(self) -> bool | None:
        """Whether it runs a beat of its own (`-B`)."""
        return self.line.flag("--beat")

    @property
    def events(self) -> bool | None:
        return self.line.flag("--task-events")

    @property
    def hostname(self) -> str | None:
        return self.line.value("--hostname")

    @property
    def loglevel(self) -> str | None:
        return self.line.value("--loglevel")


@dataclass(frozen=True, slots=True)
class Beat(Process):
    """A `celery beat`."""

    @property
    def scheduler(self) -> str | None:
        return self.line.value("--scheduler")

    @property
    def schedule(self) -> str | None:
        return self.line.value("--schedule")

    @property
    def pidfile(self) -> str | None:
        return self.line.value("--pidfile")


@dataclass(frozen=True, slots=True)
class Flower(Process):
    """A `celery flower`."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """A program that gives metrics of Celery to Prometheus."""

    host: Host

    @property
    def path(self) -> str:
        return self.host.path


@dataclass(frozen=True, slots=True)
class Directive:
    """One setting of a Redis server: `arguments` as they are written, without quotes."""

    name: str
    arguments: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Broker:
    """A Redis server: its configuration as `redis.conf`, its arguments and image give it, the last of each name.

    `directives` are all of them in order; `open` says that there may be more that cannot be read. `host` is None for
    a configuration that nothing in the project starts a server with. `version` is that of its image, `line` the place
    of its program, or of the first argument where the image names that.
    """

    name: str
    place: Place
    directives: tuple[Directive, ...]
    open: bool
    host: Host | None = None
    version: tuple[int, ...] | None = None
    files: tuple[str, ...] = ()
    line: Place | None = None

    @property
    def path(self) -> str:
        return self.place.path

    @property
    def started_at(self) -> Place:
        """Where options would be added: at its command, at its host without one."""
        return self.line or self.place

    def all(self, name: str) -> list[Directive]:
        return [directive for directive in self.directives if directive.name == name]

    def get(self, name: str) -> Directive | None:
        """The directive of a name that is in force: the last."""
        found = self.all(name)
        return found[-1] if found else None


def names(line: CommandLine, option: str) -> tuple[str, ...] | Unknown | None:
    """The names in an option's value."""
    value = line.value(option)
    if value is None:
        return None
    found = listed(value)
    return Unknown() if found is None else found


def whole(value: str | None) -> int | Unknown | None:
    """The number that a value spells."""
    if value is None:
        return None
    return int(value) if value.isdigit() else Unknown()


def seconds(value: str | None) -> float | Unknown | None:
    """The number of seconds that a value spells."""
    if value is None:
        return None
    try:
        return float(value)
    except ValueError:
        return Unknown()
