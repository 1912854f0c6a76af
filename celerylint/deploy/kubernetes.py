"""Kubernetes workloads: their containers, with what they run and what is around that.

A manifest is read as it stands; of a Helm template what is plain, with values from the chart's `values.yaml` where an
expression is nothing but one. Kustomize's patches are laid over the workloads of their name.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from celerylint.deploy.command_line import Version
from celerylint.deploy.dockerfile import Stage
from celerylint.deploy.environment import Environment, Variable
from celerylint.deploy.launching import Launch, command_of
from celerylint.deploy.manifests import POD, Manifest
from celerylint.deploy.model import Host, Mount, Place, Port, Probe
from celerylint.deploy.nodes import Node
from celerylint.deploy.probing import probe_command
from celerylint.deploy.snippets import HIDDEN, Snippet, Word
from celerylint.source import Span
from celerylint.values import UNKNOWN, Unknown

# `terminationGracePeriodSeconds` where a pod does not say (Kubernetes' API reference, PodSpec).
GRACE = 30.0
SCALED = frozenset({"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"})
REFERENCE = re.compile(r"\$\$\(|\$\((\w+)\)")
PROBES = {"livenessProbe": "liveness", "readinessProbe": "readiness", "startupProbe": "startup"}


# Workloads


def launches(found: list[Manifest], configured: Mapping[str, Environment], version: Version) -> Iterator[Launch]:
    """Every container of every workload with what it runs."""
    for manifest in found:
        keys = POD.get(manifest.kind)
        containers = manifest.root.get(*keys, "containers") if keys else None
        for container in containers.items if containers is not None else ():
            if container.is_map:
                yield launch(Container(manifest, container, keys or ()), configured, version)


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a workload: `pod` are the keys that lead to the pod's spec."""

    manifest: Manifest
    node: Node
    pod: tuple[str, ...]

    @property
    def index(self) -> str:
        return self.node.string("name")

    @property
    def layers(self) -> list[Node]:
        """The container as each layer of its manifest has it, what wins first."""
        found = []
        for layer in self.manifest.layers:
            table = layer.get(*self.pod, "containers")
            found += [item for item in (table.items if table else ()) if item.string("name") == self.index]
        return found or [self.node]

    def get(self, *keys: str) -> Node | None:
        return next((node for layer in self.layers if (node := layer.get(*keys)) is not None), None)

    def text(self, *keys: str) -> str | None:
        return self.manifest.text(self.get(*keys))


def launch(container: Container, configured: Mapping[str, Environment], version: Version) -> Launch:
    environment = environment_of(container, configured)
    host = host_of(container, environment, version)
    stage: Stage | None = None
    words, shell = command_of(
        stage, words_of(container, "command", environment), words_of(container, "args", environment)
    )
    return Launch(host, words, shell, stage)


def words_of(container: Container, key: str, environment: Environment) -> tuple[Word, ...] | None:
    """The words of `command` or `args` with `$(NAME)` replaced; None where they are not written."""
    node = container.get(key)
    if node is None or not node.is_list:
        return (Word(node.snippet, node.span, several=True),) if node is not None and not node.is_null else None
    return tuple(Word(referenced(item.snippet, environment), item.span) for item in node.items)


def referenced(text: Snippet, environment: Environment) -> Snippet:
    def value(match: re.Match[str]) -> str:
        return "$(" if match[1] is None else environment(match[1]) or HIDDEN

    return text.replaced(REFERENCE, value)


def environment_of(container: Container, configured: Mapping[str, Environment]) -> Environment:
    """What `env` and `envFrom` set; of a Secret only that there is something."""
    node = container.get("envFrom")
    found = Environment(open=container.node.open or container.get("command") is None)
    for source in node.items if node is not None else ():
        name = source.string("configMapRef", "name")
        found |= configured.get(name) or Environment(open=True)
    for layer in reversed(container.layers):
        table = layer.get("env")
        found |= Environment(dict(variables(container, table)), open=table is not None and not table.is_list)
    return found


def variables(container: Container, table: Node | None) -> Iterator[tuple[str, Variable]]:
    for item in table.items if table is not None else ():
        value = item.get("value")
        text = (container.manifest.text(value) or "") if value is not None else HIDDEN
        yield item.string("name"), Variable(text, item.path, item.span)


# The host


def host_of(container: Container, environment: Environment, version: Version) -> Host:
    manifest = container.manifest
    name = container.node.get("name")
    # The item of the list, not only its name: what is missing would stand anywhere in it.
    place = Place(container.node.path, name_place(container.node))
    grace = manifest.get(*container.pod, "terminationGracePeriodSeconds")
    text = manifest.text(grace)
    return Host(
        "kubernetes",
        name.text if name is not None else "",
        place,
        unit=f"kubernetes:{posixpath.dirname(manifest.relative)}",
        workload=f"{manifest.kind}/{manifest.name}",
        environment=environment,
        places=dict(places_of(container)),
        image=image_of(container),
        replicas=replicas_of(manifest),
        overlap=overlap_of(manifest),
        grace=GRACE if text is None else number(text),
        default_grace=text is None,
        resources=resources_of(container),
        probes=None if container.node.open else tuple(probes_of(container, version)),
        user=user_of(container),
        ports=tuple(ports_of(container)),
        mounts=tuple(mounts_of(container)),
        labels=labels_of(manifest),
        namespace=manifest.namespace,
        templated=manifest.chart,
    )


def name_place(container: Node) -> Span:
    """Where findings about a container stand: from the first key of its item to the end of its name."""
    entry = container.entry("name")
    return entry if entry is not None else container.span


def number(text: str) -> float | Unknown:
    try:
        return float(text)
    except ValueError:
        return UNKNOWN


PLACES = {
    "name": ("metadata", "name"),
    "replicas": ("spec", "replicas"),
    "strategy": ("spec", "strategy"),
}


def places_of(container: Container) -> Iterator[tuple[str, Place]]:
    manifest = container.manifest
    for name, keys in PLACES.items():
        place = manifest.place(*keys)
        if place is not None:
            yield name, place
    grace = manifest.place(*container.pod, "terminationGracePeriodSeconds")
    if grace is not None:
        yield "grace", grace
    spec = manifest.root.key(*container.pod)
    if spec is not None:
        yield "spec", Place(spec.path, spec.span)
    for key in ("image", "command", "args", "ports", "resources", "volumeMounts"):
        span = container.node.entry(key)
        if span is not None:
            yield key, Place(container.node.path, span)


def image_of(container: Container) -> str | Unknown | None:
    text = container.text("image")
    return UNKNOWN if text is not None and HIDDEN in text else text


def replicas_of(manifest: Manifest) -> int | Unknown | None:
    """The number of pods, 1 where a workload does not say; UNKNOWN for one that a chart's value gives."""
    node = manifest.get("spec", "replicas")
    if manifest.kind == "DaemonSet" or (node is not None and not node.known):
        return UNKNOWN
    if node is None:
        return UNKNOWN if manifest.root.get("spec") and manifest.chart else 1 if manifest.kind in SCALED else None
    text = node.text
    return int(text) if text.isdigit() else UNKNOWN


def overlap_of(manifest: Manifest) -> bool | None:
    """Whether a rollout starts new pods before old ones are gone, as Deployments do where they do not say otherwise."""
    if manifest.kind != "Deployment":
        return False
    strategy = manifest.text(manifest.get("spec", "strategy", "type"))
    if strategy is None:
        return None if manifest.chart and open_strategy(manifest) else surge(manifest)
    return None if HIDDEN in strategy else strategy != "Recreate" and surge(manifest)


def open_strategy(manifest: Manifest) -> bool:
    node = manifest.get("spec", "strategy")
    spec = manifest.get("spec")
    return node is not None or (spec is not None and spec.open)


def surge(manifest: Manifest) -> bool | None:
    text = manifest.text(manifest.get("spec", "strategy", "rollingUpdate", "maxSurge"))
    return True if text is None else None if HIDDEN in text else text.strip("%") != "0"


def resources_of(container: Container) -> Mapping[str, str] | None:
    """Requests and limits as `limits.memory`; None where a template fills them in."""
    node = container.get("resources")
    if node is not None and (node.open or not (node.is_map or node.is_null)):
        return None
    if node is None and container.node.open:
        return None
    found = {}
    for kind in ("requests", "limits"):
        table = node.get(kind) if node is not None else None
        for name, (_, value) in (table.pairs if table is not None else {}).items():
            found[f"{kind}.{name}"] = value.text
    return found


def probes_of(container: Container, version: Version) -> Iterator[Probe]:
    for key, kind in PROBES.items():
        node = container.get(key)
        if node is None:
            continue
        span = container.node.entry(key) or node.span
        command = node.get("exec", "command")
        words = tuple(item.word for item in command.items) if command is not None else ()
        line = probe_command(words, None, version) if words else None
        period, timeout = (seconds(container, node, name) for name in ("periodSeconds", "timeoutSeconds"))
        yield Probe(kind, Place(node.path, span), line, period, timeout)


def seconds(container: Container, node: Node, name: str) -> float | Unknown | None:
    text = container.manifest.text(node.get(name))
    return None if text is None else number(text)


def user_of(container: Container) -> str | Unknown | None:
    """The user of a container: `nonroot` where only that is demanded, None where nothing says."""
    pod = container.manifest.get(*container.pod, "securityContext")
    own = container.get("securityContext")
    for node in (own, pod):
        if node is None:
            continue
        text = container.manifest.text(node.get("runAsUser"))
        if text is not None:
            return UNKNOWN if HIDDEN in text else text
        if (wanted := node.get("runAsNonRoot")) is not None:
            return "nonroot" if wanted.truth else UNKNOWN if HIDDEN in wanted.text else None
        if node.open or not (node.is_map or node.is_null):
            return UNKNOWN
    return UNKNOWN if container.node.open else None


def ports_of(container: Container) -> Iterator[Port]:
    node = container.get("ports")
    for item in node.items if node is not None else ():
        port = item.get("containerPort")
        if port is not None:
            reach = "all" if item.get("hostPort") is not None else "inside"
            number_ = int(port.text) if port.text.isdigit() else UNKNOWN
            place = Place(item.path, item.entry("containerPort") or item.span)
            yield Port(number_, "all" if reach == "all" else "inside", place)


def mounts_of(container: Container) -> Iterator[Mount]:
    volumes = container.manifest.get(*container.pod, "volumes")
    claims = container.manifest.get("spec", "volumeClaimTemplates")
    named = {item.string("name"): item for item in (volumes.items if volumes is not None else ())}
    named |= {item.string("metadata", "name"): item for item in (claims.items if claims is not None else ())}
    node = container.get("volumeMounts")
    for item in node.items if node is not None else ():
        volume = named.get(item.string("name"))
        kind, source, place = volume_kind(volume)
        yield Mount(item.string("mountPath"), source, kind, place or Place(item.path, item.span))


def volume_kind(volume: Node | None) -> tuple[str, str, Place | None]:
    """What a volume is: `empty`, `volume` or "", what it is made from, and its place."""
    if volume is None:
        return "", "", None
    for key, kind in (("emptyDir", "empty"), ("persistentVolumeClaim", "volume"), ("configMap", "config")):
        span = volume.entry(key)
        if span is not None:
            return kind, volume.string(key, "name"), Place(volume.path, span)
    return ("volume" if volume.get("spec") is not None or volume.get("hostPath") is not None else ""), "", None


def labels_of(manifest: Manifest) -> Mapping[str, str]:
    keys = {"Pod": ("metadata", "labels"), "CronJob": ("spec", "jobTemplate", "spec", "template", "metadata", "labels")}
    return manifest.table(manifest.get(*keys.get(manifest.kind, ("spec", "template", "metadata", "labels"))))
