"""What autoscalers and alerts watch, with their thresholds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, TypeAlias

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Place
from celerylint.checklist.papers import placed
from celerylint.deploy.manifests import Manifest
from celerylint.deploy.model import Place as Spot
from celerylint.deploy.nodes import Node
from celerylint.records import dataclass

Metric: TypeAlias = Literal["depth", "latency", "cpu", "errors", "memory"]

DEPTH = re.compile(r"queue|messages|list|depth|backlog", re.IGNORECASE)
# Several metrics can stand in one expression: what it divides by is not what it is about.
EXPRESSIONS: dict[Metric, re.Pattern[str]] = {
    "errors": re.compile(r"fail|error", re.IGNORECASE),
    "latency": re.compile(r"histogram_quantile|runtime|latency|duration", re.IGNORECASE),
    "memory": re.compile(r"memory", re.IGNORECASE),
    "cpu": re.compile(r"cpu", re.IGNORECASE),
    "depth": re.compile(r"queue_?(?:length|depth|size)|messages_ready|key_size|list_length", re.IGNORECASE),
}
THRESHOLD = re.compile(r">=?\s*([\d.]+)\s*$")
LENGTHS = ("listLength", "queueLength", "value", "threshold")


@dataclass(frozen=True, slots=True)
class Watch:
    """A threshold that something watches. CPU, errors and memory are shares of 1; latency is in seconds."""

    metric: Metric
    threshold: float | None
    place: Place


def watches(evidence: Evidence) -> list[Watch]:
    """Every threshold of autoscalers and alerting rules that is about workers, tasks or queues."""
    found = [watch for manifest in evidence.deployment.manifests for watch in of_manifest(evidence, manifest)]
    return found + [
        watch
        for alert in evidence.papers.alerts
        if (watch := of_expression(alert.expression, placed(alert, alert.name)))
    ]


def of_manifest(evidence: Evidence, manifest: Manifest) -> Iterator[Watch]:
    """What an autoscaler of a worker's workload watches."""
    workloads = {worker.host.workload.partition("/")[2] for worker in evidence.workers}
    if manifest.text("spec", "scaleTargetRef", "name") not in workloads:
        return
    match manifest.kind:
        case "HorizontalPodAutoscaler":
            yield from of_metrics(evidence, manifest)
        case "ScaledObject":
            yield from of_triggers(evidence, manifest)
        case _:
            pass


def of_metrics(evidence: Evidence, manifest: Manifest) -> Iterator[Watch]:
    """The metrics of a HorizontalPodAutoscaler (autoscaling/v2, and the one of v1)."""
    metrics = manifest.get("spec", "metrics")
    for metric in metrics.items if metrics is not None else ():
        resource, external = (
            metric.get("resource"),
            metric.get("external") or metric.get("pods") or metric.get("object"),
        )
        if resource is not None:
            yield from of_resource(evidence, resource, resource.get("target", "averageUtilization"))
        elif external is not None and DEPTH.search(external.string("metric", "name")):
            target = external.get("target", "value") or external.get("target", "averageValue")
            yield Watch("depth", number(target), spot(evidence, external))
    plain = manifest.get("spec", "targetCPUUtilizationPercentage")
    if plain is not None:
        yield Watch("cpu", share(plain), spot(evidence, plain))


def of_resource(evidence: Evidence, node: Node, threshold: Node | None) -> Iterator[Watch]:
    match node.string("name") or node.string("type"):
        case "cpu":
            yield Watch("cpu", share(threshold), spot(evidence, node))
        case "memory":
            yield Watch("memory", share(threshold), spot(evidence, node))
        case _:
            pass


def of_triggers(evidence: Evidence, manifest: Manifest) -> Iterator[Watch]:
    """The triggers of KEDA's ScaledObject."""
    triggers = manifest.get("spec", "triggers")
    for trigger in triggers.items if triggers is not None else ():
        kind = trigger.string("type")
        threshold = next((node for key in LENGTHS if (node := trigger.get("metadata", key)) is not None), None)
        if kind in {"cpu", "memory"}:
            yield from of_resource(evidence, trigger, threshold)
        elif kind.startswith(("redis", "rabbitmq", "aws-sqs")):
            yield Watch("depth", number(threshold), spot(evidence, trigger))
        elif kind == "prometheus":
            watch = of_expression(trigger.string("metadata", "query"), spot(evidence, trigger))
            if watch is not None:
                yield Watch(watch.metric, number(threshold), watch.place)


def of_expression(expression: str, place: Place) -> Watch | None:
    """What an expression of Prometheus is about, and what it compares with."""
    metric = next((metric for metric, words in EXPRESSIONS.items() if words.search(expression)), None)
    if metric is None:
        return None
    match = THRESHOLD.search(expression.strip())
    return Watch(metric, float(match[1]) if match else None, place)


def spot(evidence: Evidence, node: Node) -> Place:
    return evidence.spot(Spot(node.path, node.span))


def number(node: Node | None) -> float | None:
    return node.number if node is not None else None


def share(node: Node | None) -> float | None:
    value = number(node)
    return None if value is None else value / 100


def bounds(evidence: Evidence, workload: str) -> tuple[int | None, int | None] | None:
    """The smallest and largest number of copies that an autoscaler gives a workload; None without one."""
    keys = {
        "HorizontalPodAutoscaler": ("minReplicas", "maxReplicas"),
        "ScaledObject": ("minReplicaCount", "maxReplicaCount"),
    }
    for manifest in evidence.deployment.manifests:
        if manifest.kind in keys and manifest.text("spec", "scaleTargetRef", "name") == workload:
            least, most = (number(manifest.get("spec", key)) for key in keys[manifest.kind])
            default = 1 if manifest.kind == "HorizontalPodAutoscaler" else 0
            return int(least) if least is not None else default, int(most) if most is not None else None
    return None
