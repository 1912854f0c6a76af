"""The objects of Kubernetes manifests: workloads, and what scales, protects and reaches them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from celerylint.deploy.environment import Environment, Variable
from celerylint.deploy.model import Host, Place
from celerylint.deploy.nodes import Node
from celerylint.deploy.snippets import HIDDEN
from celerylint.records import dataclass
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


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object of a file, as Kustomize's patches make it. `chart` says that a chart's template makes it, `earlier`
    are the names that it had before a kustomization gave it another."""

    kind: str
    name: str
    root: Node
    relative: str
    chart: bool = False
    earlier: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names that it is known by, the first one first."""
        return (*self.earlier, self.name)

    def get(self, *keys: str) -> Node | None:
        return self.root.get(*keys)

    def place(self, *keys: str) -> Place | None:
        """The place of `key: value` at a path of keys; of the chart's value where one stands for it."""
        node = self.get(*keys)
        return node.place if node is not None else None

    def text(self, *keys: str) -> str | None:
        """The text at a path of keys, HIDDEN in it where it is not known; None where nothing stands there."""
        return text_of(self.get(*keys))

    @property
    def namespace(self) -> str:
        return self.root.string("metadata", "namespace")


def text_of(node: Node | None) -> str | None:
    """The text of a node, None without one; HIDDEN where a template fills it in."""
    if node is None:
        return None
    return node.text if not node.is_null else HIDDEN if node.open else None


def table(node: Node | None) -> dict[str, str]:
    """The texts of a map."""
    return {name: value.text for name, (_, value) in (node.pairs if node is not None else {}).items()}


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
    """A PodDisruptionBudget, Service or NetworkPolicy: `labels` are those that it wants, None where that is unknown.
    `sure` says that no condition of a template decides whether it is there."""

    kind: str
    name: str
    place: Place
    namespace: str
    labels: Mapping[str, str] | None
    spec: Node = field(repr=False)
    sure: bool = True

    def covers(self, host: Host) -> bool | None:
        """Whether it is about a host's pods; None where that is not known."""
        if self.labels is None or any(HIDDEN in text for text in (*self.labels.values(), *host.labels.values())):
            return None
        same = all(host.labels.get(name) == value for name, value in self.labels.items())
        return same and (self.namespace == host.namespace or not (self.namespace and host.namespace))


def manifests(relative: str, roots: list[Node], *, chart: bool) -> Iterator[Manifest]:
    """The objects of a file, those in lists too."""
    for root in roots:
        items = root.get("items")
        if root.string("kind").endswith("List") and items is not None:
            yield from manifests(relative, items.items, chart=chart)
        elif root.string("kind"):
            yield Manifest(root.string("kind"), root.string("metadata", "name"), root, relative, chart)


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
        target = manifest.text("spec", "scaleTargetRef", "name")
        name = manifest.root.get("metadata", "name")
        place = Place(manifest.root.path, name.span if name is not None else manifest.root.span)
        match manifest.kind:
            case "HorizontalPodAutoscaler":
                largest = manifest.text("spec", "maxReplicas")
                yield Scaler("HPA", place, target or "", manifest.namespace, count(largest))
            case "ScaledObject":
                largest = manifest.text("spec", "maxReplicaCount")
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
                yield value.text, Place(value.path, span)


def selecting(found: list[Manifest], kind: str, *keys: str) -> Iterator[Selecting]:
    """The objects of a kind that select pods by the labels at a path of keys."""
    for manifest in found:
        spec = manifest.get("spec")
        if manifest.kind == kind and spec is not None:
            node = spec.get(*keys)
            open_ = node is not None and (node.open or node.get("matchExpressions") is not None)
            wanted = node.get("matchLabels") if node is not None and node.get("matchLabels") is not None else node
            labels = None if open_ else table(wanted)
            name = manifest.root.get("metadata", "name")
            place = Place(manifest.root.path, name.span if name is not None else manifest.root.span)
            sure = manifest.root.block is None
            yield Selecting(kind, manifest.name, place, manifest.namespace, labels, spec, sure)
