"""Kubernetes workloads: their containers, with what they run and what is around that."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from celerylint.deploy.command_line import Version
from celerylint.deploy.environment import Environment, Variable
from celerylint.deploy.images import known_stage
from celerylint.deploy.launching import Launch, command_of
from celerylint.deploy.manifests import POD, Manifest, table, text_of
from celerylint.deploy.model import Host, Mount, Place, Port, Probe
from celerylint.deploy.nodes import Node
from celerylint.deploy.probing import probe_command
from celerylint.deploy.snippets import HIDDEN, Snippet, Word
from celerylint.records import dataclass
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

    def get(self, *keys: str) -> Node | None:
        return self.node.get(*keys)

    def text(self, *keys: str) -> str | None:
        return text_of(self.get(*keys))

    @property
    def condition(self) -> str:
        """The tags of a template that decide whether it is there at all, the outermost first."""
        blocks = sorted(self.node.frame | self.manifest.root.frame, key=lambda block: block.start)
        return ", ".join(block.tag for block in blocks)


def launch(container: Container, configured: Mapping[str, Environment], version: Version) -> Launch:
    environment = environment_of(container, configured)
    host = host_of(container, environment, version)
    stage = known_stage(container.get("image"))
    words, shell = command_of(
        stage, words_of(container, "command", environment), words_of(container, "args", environment)
    )
    return Launch(host, words, shell, stage)


def words_of(container: Container, key: str, environment: Environment) -> tuple[Word, ...] | None:
    """The words of `command` or `args` with `$(NAME)` replaced; None where they are not written."""
    node = container.get(key)
    node = node.given or node if node is not None else None
    if node is None or (node.is_null and not node.open):
        return None
    if not node.is_list:
        return (Word(Snippet(node.source, HIDDEN, [node.start, node.end]), node.span, several=True),)
    words = (item.word for item in node.items)
    return tuple(Word(referenced(word.snippet, environment), word.span, word.several) for word in words)


def referenced(text: Snippet, environment: Environment) -> Snippet:
    def value(match: re.Match[str]) -> str:
        return "$(" if match[1] is None else environment(match[1]) or HIDDEN

    return text.replaced(REFERENCE, value)


def environment_of(container: Container, configured: Mapping[str, Environment]) -> Environment:
    """What `env` and `envFrom` set; of a Secret only that there is something."""
    node, own = container.get("envFrom"), container.get("env")
    found = Environment(open=container.node.open or container.get("command") is None)
    if node is not None and (node.open or not node.is_list):
        found |= Environment(open=True)
    for source in node.items if node is not None else ():
        known = configured.get(source.string("configMapRef", "name")) if source.block is None else None
        found |= known or Environment(open=True)
    return found | Environment(dict(variables(own)), open=own is not None and (own.open or not own.is_list))


def variables(table: Node | None) -> Iterator[tuple[str, Variable]]:
    for item in table.items if table is not None else ():
        value = item.get("value")
        text = value.text if value is not None and item.block is None else HIDDEN
        yield item.string("name"), Variable(text, item.path, item.span)


# The host


def host_of(container: Container, environment: Environment, version: Version) -> Host:
    manifest = container.manifest
    name = container.node.get("name")
    # The item of the list, not only its name: what is missing would stand anywhere in it.
    place = Place(container.node.path, name_place(container.node))
    grace = manifest.text(*container.pod, "terminationGracePeriodSeconds")
    pod = manifest.get(*container.pod)
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
        grace=(UNKNOWN if is_filled(pod) else GRACE) if grace is None else number(grace),
        default_grace=grace is None,
        resources=resources_of(container),
        probes=None if container.node.open else tuple(probes_of(container, version)),
        user=user_of(container),
        ports=tuple(ports_of(container)),
        mounts=mounts_of(container),
        labels=labels_of(manifest),
        namespace=manifest.namespace,
        templated=manifest.chart,
        condition=container.condition,
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
    spec = manifest.get(*container.pod)
    if spec is not None and spec.key is not None:
        yield "spec", Place(spec.key.path, spec.key.span)
    for key in ("image", "command", "args", "ports", "resources", "volumeMounts"):
        node = container.get(key)
        if node is not None:
            yield key, node.place


def image_of(container: Container) -> str | Unknown | None:
    text = container.text("image")
    return UNKNOWN if text is not None and HIDDEN in text else text


def replicas_of(manifest: Manifest) -> int | Unknown | None:
    """The number of pods, 1 where a workload does not say."""
    text, spec = manifest.text("spec", "replicas"), manifest.get("spec")
    if manifest.kind == "DaemonSet" or (text is None and spec is not None and spec.open):
        return UNKNOWN
    if text is None:
        return 1 if manifest.kind in SCALED else None
    return int(text) if text.isdigit() else UNKNOWN


def overlap_of(manifest: Manifest) -> bool | None:
    """Whether a rollout starts new pods before old ones are gone, as Deployments do where they do not say otherwise."""
    if manifest.kind != "Deployment":
        return False
    spec, strategy = manifest.get("spec"), manifest.get("spec", "strategy")
    if (spec is not None and spec.open) or (strategy is not None and (strategy.open or not strategy.is_map)):
        return None
    kind = manifest.text("spec", "strategy", "type")
    return None if HIDDEN in (kind or "") else kind != "Recreate" and surge(manifest)


def surge(manifest: Manifest) -> bool | None:
    text = manifest.text("spec", "strategy", "rollingUpdate", "maxSurge")
    return True if text is None else None if HIDDEN in text else text.strip("%") != "0"


def resources_of(container: Container) -> Mapping[str, str] | None:
    """Requests and limits as `limits.memory`; None where a template fills them in."""
    node = container.get("resources")
    tables = {kind: node.get(kind) if node is not None else None for kind in ("requests", "limits")}
    if any(is_filled(each) for each in (node, *tables.values())) or (node is None and container.node.open):
        return None
    return {f"{kind}.{name}": text for kind, each in tables.items() for name, text in table(each).items()}


def is_filled(node: Node | None) -> bool:
    """Whether a template makes a map, or may put more into it."""
    return node is not None and (node.open or not (node.is_map or node.is_null))


def probes_of(container: Container, version: Version) -> Iterator[Probe]:
    for key, kind in PROBES.items():
        node = container.get(key)
        if node is None:
            continue
        span = container.node.entry(key) or node.span
        command = node.get("exec", "command")
        words = tuple(item.word for item in command.items) if command is not None else ()
        line = probe_command(words, None, version) if words else None
        period, timeout = (seconds(node, name) for name in ("periodSeconds", "timeoutSeconds"))
        yield Probe(kind, Place(node.path, span), line, period, timeout)


def seconds(node: Node, name: str) -> float | Unknown | None:
    text = text_of(node.get(name))
    return None if text is None else number(text)


def user_of(container: Container) -> str | Unknown | None:
    """The user of a container: `nonroot` where only that is demanded, None where nothing says."""
    pod = container.manifest.get(*container.pod, "securityContext")
    own = container.get("securityContext")
    for node in (own, pod):
        if node is None:
            continue
        text = text_of(node.get("runAsUser"))
        if text is not None:
            return UNKNOWN if HIDDEN in text else text
        if (wanted := node.get("runAsNonRoot")) is not None:
            return "nonroot" if wanted.truth else UNKNOWN if HIDDEN in wanted.text else None
        if is_filled(node):
            return UNKNOWN
    return UNKNOWN if container.node.open or is_filled(container.manifest.get(*container.pod)) else None


def ports_of(container: Container) -> Iterator[Port]:
    node = container.get("ports")
    for item in node.items if node is not None else ():
        port = item.get("containerPort")
        if port is not None:
            reach = "all" if item.get("hostPort") is not None else "inside"
            number_ = int(port.text) if port.text.isdigit() else UNKNOWN
            place = Place(item.path, item.entry("containerPort") or item.span)
            yield Port(number_, "all" if reach == "all" else "inside", place)


def mounts_of(container: Container) -> tuple[Mount, ...] | None:
    """What is mounted; None where a template may mount more."""
    node, volumes = container.get("volumeMounts"), container.manifest.get(*container.pod, "volumes")
    if container.node.open or (node is not None and (node.open or not node.is_list)):
        return None
    claims = container.manifest.get("spec", "volumeClaimTemplates")
    named = {item.string("name"): item for item in (volumes.items if volumes is not None else ())}
    named |= {item.string("metadata", "name"): item for item in (claims.items if claims is not None else ())}
    return tuple(mount(item, named.get(item.string("name"))) for item in (node.items if node is not None else ()))


def mount(item: Node, volume: Node | None) -> Mount:
    kind, source, place = volume_kind(volume)
    sure = item.block is None and (volume is None or volume.block is None)
    return Mount(item.string("mountPath"), source, kind if sure else "", place or Place(item.path, item.span))


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
    """The labels of the pods; one of no name is unknown where a template may add more."""
    keys = {"Pod": ("metadata", "labels"), "CronJob": ("spec", "jobTemplate", "spec", "template", "metadata", "labels")}
    node = manifest.get(*keys.get(manifest.kind, ("spec", "template", "metadata", "labels")))
    return table(node) | ({"": HIDDEN} if is_filled(node) else {})
