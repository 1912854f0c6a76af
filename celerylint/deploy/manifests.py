"""The objects of Kubernetes manifests: what Kustomize lays over them, what scales, protects and reaches workloads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from celerylint.deploy.environment import Environment, Variable
from celerylint.deploy.model import Host, Place
from celerylint.deploy.nodes import Node
from celerylint.deploy.snippets import HIDDEN
from celerylint.deploy.templates import VALUE
from celerylint.values import UNKNOWN, Unknown

POD = {
    "Pod": ("spec",),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    "Deployment": ("spec", "template", "spec"),
    "StatefulSet": ("spec", "template", "spec"),
    "DaemonSet": ("spec", "template", "spec"),
    "ReplicaSet": ("spec", "template", "spec"),
    "ReplicationController": ("spec", "template", "spec"),
    "Job": ("spec", "template", "spec"),
    "ScaledJob": ("spec", "jobTargetRef", "template", "spec"),
}
PRODUCTION = re.compile(r"prod|live", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object of a file. `layers` are its own document and what Kustomize's overlays lay on it, which win."""

    kind: str
    name: str
    root: Node
    relative: str
    layers: tuple[Node, ...]
    values: Node | None = None
    chart: bool = False

    def get(self, *keys: str) -> Node | None:
        return next((node for layer in self.layers if (node := layer.get(*keys)) is not None), None)

    def place(self, *keys: str) -> Place | None:
        for layer in self.layers:
            span = layer.entry(*keys)
            if span is not None:
                return Place(layer.path, span)
        return None

    def text(self, node: Node | None) -> str | None:
        """The text of a node, with the chart's values; HIDDEN in it where it is not known."""
        if node is None or node.is_null:
            return None
        given = self.given(node)
        return node.text if given is None else given.text

    def given(self, node: Node) -> Node | None:
        """The node of the chart's values that an expression stands for."""
        match = VALUE.fullmatch(node.expression.strip("\"'")) if not node.known and self.values is not None else None
        found = self.values.get(*match[1].split(".")) if match and self.values is not None else None
        return found if found is not None and found.is_scalar else None

    def table(self, node: Node | None) -> dict[str, str]:
        """The texts of a map."""
        return {name: self.text(value) or "" for name, (_, value) in (node.pairs if node is not None else {}).items()}

    @property
    def namespace(self) -> str:
        return self.root.string("metadata", "namespace")


@dataclass(frozen=True, slots=True)
class Scaler:
    """An HPA or a KEDA ScaledObject. `lists` are the queues or keys whose length it looks at, with their places."""

    kind: str
    place: Place
    target: str
    namespace: str
    maximum: int | Unknown | None = None
    lists: tuple[tuple[str, Place], ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Selecting:
    """A PodDisruptionBudget, Service or NetworkPolicy: `labels` are those that it wants, None where that is unknown."""

    kind: str
    name: str
    place: Place
    namespace: str
    labels: Mapping[str, str] | None
    spec: Node = field(repr=False)

    def covers(self, host: Host) -> bool | None:
        """Whether it is about a host's pods; None where that is not known."""
        if self.labels is None or any(HIDDEN in text for text in (*self.labels.values(), *host.labels.values())):
            return None
        same = all(host.labels.get(name) == value for name, value in self.labels.items())
        return same and (self.namespace == host.namespace or not (self.namespace and host.namespace))


def manifests(relative: str, roots: list[Node], values: Node | None, *, chart: bool) -> Iterator[Manifest]:
    """The objects of a file, those in lists too."""
    for root in roots:
        items = root.get("items")
        if root.string("kind").endswith("List") and items is not None:
            yield from manifests(relative, items.items, values, chart=chart)
        elif root.string("kind"):
            name = root.get("metadata", "name")
            yield Manifest(root.string("kind"), name.text if name else "", root, relative, (root,), values, chart)


# Kustomize


def overlaid(found: list[Manifest]) -> list[Manifest]:
    """The manifests with patches laid over the ones that they change, and without those that are patches only.

    Of several overlays that change one workload those count whose path says production, if any does.
    """
    out = []
    patches = [manifest for manifest in found if is_patch(manifest)]
    for manifest in found:
        if manifest in patches:
            continue
        own = [patch for patch in patches if (patch.kind, patch.name) == (manifest.kind, manifest.name)]
        own = [patch for patch in own if PRODUCTION.search(patch.relative)] or own
        out += [replace(manifest, layers=(patch.root, manifest.root)) for patch in own] or [manifest]
    return out


def is_patch(manifest: Manifest) -> bool:
    """Whether a workload has no image of its own, or no container: it changes another one."""
    keys = POD.get(manifest.kind)
    if keys is None or manifest.chart:
        return False
    containers = manifest.root.get(*keys, "containers")
    return containers is None or not any(item.get("image") is not None for item in containers.items)


def configurations(found: list[Manifest]) -> dict[str, Environment]:
    """What each ConfigMap sets, by its name."""
    out = {}
    for manifest in found:
        data = manifest.get("data")
        if manifest.kind == "ConfigMap" and data is not None:
            values = {
                name: Variable(value.text, value.path, data.entry(name) or key.span)
                for name, (key, value) in data.pairs.items()
            }
            out[manifest.name] = Environment(values, open=data.open)
    return out


# What is about workloads


def scalers(found: list[Manifest]) -> Iterator[Scaler]:
    for manifest in found:
        target = manifest.text(manifest.get("spec", "scaleTargetRef", "name"))
        name = manifest.root.get("metadata", "name")
        place = Place(manifest.root.path, name.span if name is not None else manifest.root.span)
        match manifest.kind:
            case "HorizontalPodAutoscaler":
                largest = manifest.text(manifest.get("spec", "maxReplicas"))
                yield Scaler("HPA", place, target or "", manifest.namespace, count(largest))
            case "ScaledObject":
                largest = manifest.text(manifest.get("spec", "maxReplicaCount"))
                lists = tuple(lists_of(manifest))
                yield Scaler("KEDA", place, target or "", manifest.namespace, count(largest), lists)
            case _:
                pass


def count(text: str | None) -> int | Unknown | None:
    return None if text is None else int(text) if text.isdigit() else UNKNOWN


def lists_of(manifest: Manifest) -> Iterator[tuple[str, Place]]:
    """The Redis lists and RabbitMQ queues that KEDA's triggers look at."""
    triggers = manifest.get("spec", "triggers")
    for trigger in triggers.items if triggers is not None else ():
        for key in ("listName", "queueName"):
            value = trigger.get("metadata", key)
            span = trigger.get("metadata") and trigger.entry("metadata", key)
            if value is not None and span:
                yield manifest.text(value) or "", Place(value.path, span)


def selecting(found: list[Manifest], kind: str, *keys: str) -> Iterator[Selecting]:
    """The objects of a kind that select pods by the labels at a path of keys."""
    for manifest in found:
        spec = manifest.get("spec")
        if manifest.kind == kind and spec is not None:
            node = spec.get(*keys)
            open_ = node is not None and (node.open or node.get("matchExpressions") is not None)
            table = node.get("matchLabels") if node is not None and node.get("matchLabels") is not None else node
            labels = None if open_ else manifest.table(table)
            name = manifest.root.get("metadata", "name")
            place = Place(manifest.root.path, name.span if name is not None else manifest.root.span)
            yield Selecting(kind, manifest.name, place, manifest.namespace, labels, spec)
