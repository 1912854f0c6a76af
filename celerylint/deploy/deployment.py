"""Everything that a project deploys: its files read where they can matter, and put together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from celerylint.deploy import command_line, command_reader, compose, kubernetes, manifests, others, redis
from celerylint.deploy.cluster import Cluster
from celerylint.deploy.command_line import CommandLine, Version
from celerylint.deploy.compose_files import ComposeFile
from celerylint.deploy.environment import Environment, dotenv
from celerylint.deploy.files import DeploymentFiles
from celerylint.deploy.gate import Language
from celerylint.deploy.launching import Launch, followed
from celerylint.deploy.manifests import Manifest, Scaler, Selecting
from celerylint.deploy.model import Beat, Broker, Exporter, Flower, Host, Place, Process, Worker
from celerylint.deploy.programs import Call
from celerylint.deploy.repository import Repository
from celerylint.source import Source
from celerylint.specifiers import Pin
from celerylint.values import Unknown

YAML: tuple[Language, ...] = ("compose", "kubernetes", "values", "workflow", "cloudfoundry", "kustomize")
EXPORTER = re.compile(r"celery[-_]?(?:prometheus[-_]?)?exporter|prometheus[-_]celery")
EXPORTER_PROGRAMS = frozenset({"celery-exporter", "celery-prometheus-exporter"})


class Deployment:
    """What the files of a repository deploy, for a version of Celery. Nothing is read before it is asked for."""

    def __init__(
        self, repository: Repository, version: Version, pin: Callable[[str], Pin | None] = lambda package: None
    ) -> None:
        self.repository, self.version, self.pin = repository, version, pin

    @cached_property
    def files(self) -> DeploymentFiles:
        return DeploymentFiles(self.repository)

    @cached_property
    def cluster(self) -> Cluster:
        return Cluster(self.files)

    # Launches

    @cached_property
    def launches(self) -> list[Launch]:
        return [*self.composed, *self.orchestrated, *self.direct]

    @property
    def composed(self) -> Iterator[Launch]:
        files = [
            ComposeFile(relative, root)
            for relative in self.files.of("compose")
            for root in self.files.nodes(relative)
            if root.is_map
        ]
        yield from compose.launches(files, self.repository, self.version)

    @property
    def manifests(self) -> list[Manifest]:
        """The objects of Kubernetes."""
        return self.cluster.manifests

    @property
    def orchestrated(self) -> Iterator[Launch]:
        yield from kubernetes.launches(self.manifests, manifests.configurations(self.manifests), self.version)
        for relative in self.files.of("cloudfoundry"):
            for root in self.files.nodes(relative):
                yield from others.cloudfoundry(root, relative)

    @property
    def direct(self) -> Iterator[Launch]:
        """What is started without an orchestrator."""
        readers = {
            "dockerfile": others.dockerfile,
            "procfile": others.procfile,
            "supervisor": others.supervisor,
            "systemd": others.systemd,
            "makefile": others.recipes,
            "tasks": others.tasks,
        }
        for relative, language in self.files.relevant.items():
            source = self.repository.source(relative) if language in readers or language == "script" else None
            if source is not None:
                yield from (
                    [others.script(source, relative)] if language == "script" else readers[language](source, relative)
                )
        for relative in self.files.of("workflow"):
            for root in self.files.nodes(relative):
                yield from others.workflow(root, relative)

    # What they run

    @cached_property
    def calls(self) -> list[list[Call]]:
        """The programs that each launch runs in the end, in the order of `launches`."""
        return [followed(self.resolved(launch), self.repository) for launch in self.launches]

    def resolved(self, launch: Launch) -> Launch:
        """A container that gives arguments only, with the entrypoint of the repository's one image that takes them."""
        if launch.host.kind not in {"kubernetes", "compose"} or launch.stage is not None or not launch.words:
            return launch
        if launch.host.places.get("command") is not None and launch.host.kind == "kubernetes":
            return launch
        candidates = [image for image in self.images if self.leads_to_celery(image, launch)]
        if len(candidates) != 1:
            return launch
        image = candidates[0]
        words = (*(image.stage.entrypoint.words if image.stage and image.stage.entrypoint else ()), *launch.words)
        return Launch(launch.host, words, None, image.stage, image.folders)

    def leads_to_celery(self, image: Launch, launch: Launch) -> bool:
        """Whether the entrypoint of an image starts Celery for the arguments of a container, and not without them."""
        assert image.stage is not None
        assert image.stage.entrypoint is not None
        words = (*image.stage.entrypoint.words, *launch.words)
        calls = followed(Launch(launch.host, words, None, image.stage, image.folders), self.repository)
        return any(call.program == "celery" and call.words[0] not in launch.words for call in calls)

    @cached_property
    def dockerfiles(self) -> list[Launch]:
        """What a container of each Dockerfile's last stage runs, whether that is of Celery or not."""
        found = [relative for relative, language in self.files.languages.items() if language == "dockerfile"]
        sources = ((relative, self.repository.source(relative)) for relative in found)
        return [image for relative, source in sources if source for image in others.dockerfile(source, relative)]

    @property
    def images(self) -> list[Launch]:
        """The images whose entrypoint is a program with arguments."""
        return [image for image in self.dockerfiles if image.stage and image.stage.entrypoint]

    @cached_property
    def processes(self) -> list[Process]:
        """Every `celery` command with what starts it; those of scripts that something else starts are with that."""
        found = [
            Process(line, call, launch.host)
            for launch, calls in zip(self.launches, self.calls, strict=True)
            for call in calls
            if call.program == "celery"
            for line in self.lines_of(call)
        ]
        hosted = {(process.path, process.span) for process in found if process.host.kind != "script"}
        return [
            process for process in found if process.host.kind != "script" or (process.path, process.span) not in hosted
        ]

    def lines_of(self, call: Call) -> Iterator[CommandLine]:
        line = command_reader.read(call.words, self.version)
        starts = line.command == "multi" and line.arguments[:1] in {("start",), ("restart",)}
        yield from command_line.node_lines(line) if starts else (line,)

    @cached_property
    def command_lines(self) -> list[CommandLine]:
        """Every `celery` command, those of health checks too, in the order of paths and lines."""
        lines = [process.line for process in self.processes]
        lines += [
            probe.command for launch in self.launches for probe in launch.host.probes or () if probe.command is not None
        ]
        unique = {(line.path, line.span): line for line in reversed(lines)}
        return [unique[key] for key in sorted(unique)]

    @cached_property
    def workers(self) -> list[Worker]:
        return [Worker(p.line, p.call, p.host) for p in self.processes if p.line.command == "worker"]

    @cached_property
    def beats(self) -> list[Beat]:
        return [Beat(p.line, p.call, p.host) for p in self.processes if p.line.command == "beat"]

    @cached_property
    def flowers(self) -> list[Flower]:
        return [Flower(p.line, p.call, p.host) for p in self.processes if p.line.command == "flower"]

    @cached_property
    def exporters(self) -> list[Exporter]:
        return [
            Exporter(launch.host)
            for launch, calls in zip(self.launches, self.calls, strict=True)
            if (isinstance(launch.host.image, str) and EXPORTER.search(launch.host.image))
            or any(call.program in EXPORTER_PROGRAMS for call in calls)
        ]

    @cached_property
    def brokers(self) -> list[Broker]:
        """The Redis servers, and the configurations of such that nothing here starts a server with."""
        configured = {
            manifest.name: data
            for manifest in self.manifests
            if manifest.kind == "ConfigMap" and (data := manifest.get("data")) is not None
        }
        found = list(redis.brokers(self.launches, dict(enumerate(self.calls)), self.repository, configured))
        used = {path for broker in found for path in broker.files}
        for relative in self.files.of("redis"):
            source = self.repository.source(relative)
            if source is not None and source.path not in used:
                found.append(redis.alone(source, relative))
        return found

    def limits(self, name: str) -> list[tuple[float | Unknown | None, Place]]:
        """What each worker's command line says of `time_limit` or `soft_time_limit`, in seconds."""
        return [(worker.limit(name), Place(worker.path, worker.span)) for worker in self.workers]

    # What is about them

    @cached_property
    def scalers(self) -> list[Scaler]:
        return list(manifests.scalers(self.manifests))

    @cached_property
    def budgets(self) -> list[Selecting]:
        return list(manifests.selecting(self.manifests, "PodDisruptionBudget", "selector"))

    @cached_property
    def services(self) -> list[Selecting]:
        return list(manifests.selecting(self.manifests, "Service", "selector"))

    @cached_property
    def policies(self) -> list[Selecting]:
        return list(manifests.selecting(self.manifests, "NetworkPolicy", "podSelector"))

    @cached_property
    def environments(self) -> dict[str, Environment]:
        """What the `.env` files set that Flower reads, by their path as shown."""
        found = {}
        for relative in self.files.of("dotenv"):
            source = self.repository.source(relative)
            if source is not None:
                found[source.path] = dotenv(source)
        return found

    @property
    def broken(self) -> list[tuple[str, str, int, int]]:
        """Path, message, line and column of the files that matter and cannot be parsed."""
        for relative in self.files.of(*YAML):
            self.files.nodes(relative)
        return [(each.path, each.message, each.line, each.column) for each in self.files.failed if not each.expected]

    @property
    def with_directives(self) -> list[str]:
        """The shown paths of the relevant files in which something may be suppressed."""
        found = (self.repository.shown[relative] for relative in self.files.relevant)
        return [path for path in found if b"celerylint:" in self.repository.data(self.repository.relative(path))]

    @property
    def hosts(self) -> Iterable[Host]:
        return (launch.host for launch in self.launches)

    def source(self, path: str) -> Source | None:
        """The text of a file by its path as shown."""
        return self.repository.source(self.repository.relative(path)) if path else None
