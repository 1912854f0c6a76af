"""Workers on Kubernetes."""

from __future__ import annotations

from collections.abc import Callable

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Answer, Place, Section
from celerylint.checklist.judging import Tally, covered, nothing
from celerylint.checklist.sections.workers import scaled
from celerylint.checklist.urgency import urgency
from celerylint.deploy.model import Worker

section = Section("kubernetes", "Kubernetes", "Deploying")

MANIFESTS = "Kubernetes manifests, or a rendered Helm chart, of the workers"
CLASSES = {"critical": "urgent", "high": "urgent", "low": "bulk", "bulk": "bulk", "default": "default"}


def of_workers(
    evidence: Evidence, item: str, judge: Callable[[Worker], tuple[bool | None, Place]], found: str, caveat: str = ""
) -> Answer:
    """The answer that the workers on Kubernetes give together."""
    workers = [worker for worker in evidence.workers if worker.host.kind == "kubernetes"]
    if not workers:
        return nothing("No manifest here starts a worker.", MANIFESTS, findings=evidence.findings(item))
    tally = Tally()
    for worker in workers:
        tally.add(*judge(worker))
    return covered(evidence, item, tally, found, "worker", missing=MANIFESTS, caveat=caveat)


@section.item(
    "separate-deployments", "Queues of different urgency have deployments of their own", "pass partly fail unknown"
)
def separate_deployments(evidence: Evidence) -> Answer:
    """`-Q` of the workers in each workload."""

    def judge(worker: Worker) -> tuple[bool | None, Place]:
        if not isinstance(worker.queues, tuple):
            known = False if worker.queues is None else None
            return known, evidence.command(worker, "" if known is None else "consumes every declared queue")
        kinds = {kind_of(queue) for queue in worker.queues}
        return len(kinds) == 1, evidence.command(worker, "queues of several kinds" if len(kinds) > 1 else "")

    return of_workers(evidence, "kubernetes.separate-deployments", judge, "With queues of one kind")


def kind_of(queue: str) -> str:
    """How urgent a queue is by its name; the name itself where that says nothing."""
    return CLASSES.get(urgency(queue), queue)


@section.item("resources", "Workers have limits of CPU and memory", "pass partly fail unknown")
def resources(evidence: Evidence) -> Answer:
    """`resources` of the containers that run workers."""

    def judge(worker: Worker) -> tuple[bool | None, Place]:
        if worker.host.resources is None:
            return None, evidence.spot(worker.host.at("resources"), "a template fills them in")
        lacking = [name for name in ("cpu", "memory") if f"limits.{name}" not in worker.host.resources]
        if lacking:
            return False, evidence.spot(worker.host.place, f"no limit of {' and '.join(lacking)}")
        return True, evidence.spot(worker.host.at("resources"))

    return of_workers(
        evidence,
        "kubernetes.resources",
        judge,
        "With limits of CPU and memory",
        "A CPU limit throttles; requests are what schedules pods, and some leave the limit off on purpose.",
    )


def of_probe(evidence: Evidence, item: str, kind: str, caveat: str) -> Answer:
    def judge(worker: Worker) -> tuple[bool | None, Place]:
        if worker.host.probes is None:
            return None, evidence.spot(worker.host.place, "a template fills it in")
        probe = next((probe for probe in worker.host.probes if probe.kind == kind), None)
        if probe is None:
            return False, evidence.spot(worker.host.place, f"no {kind} probe")
        return True, evidence.spot(probe.place)

    return of_workers(evidence, item, judge, f"With a {kind} probe", caveat)


@section.item("liveness", "A liveness probe restarts a worker that hangs", "pass partly fail unknown")
def liveness(evidence: Evidence) -> Answer:
    """`livenessProbe` of the containers that run workers."""
    return of_probe(
        evidence,
        "kubernetes.liveness",
        "liveness",
        "`celery inspect ping` starts a Python each time and fails with the broker; a file that the worker touches "
        "says more about the worker and costs less.",
    )


@section.item("readiness", "A readiness probe says when a worker consumes", "pass partly fail unknown")
def readiness(evidence: Evidence) -> Answer:
    """`readinessProbe` of the containers that run workers."""
    return of_probe(
        evidence,
        "kubernetes.readiness",
        "readiness",
        "No Service sends requests to a worker, so that its readiness only paces rollouts and disruption budgets.",
    )


@section.item(
    "disruption-budget",
    "A PodDisruptionBudget keeps enough workers while nodes are drained",
    "pass partly fail unknown",
)
def disruption_budget(evidence: Evidence) -> Answer:
    """PodDisruptionBudgets whose selectors match the pods that run workers."""

    def judge(worker: Worker) -> tuple[bool | None, Place]:
        covers = [(budget.covers(worker.host), budget) for budget in evidence.deployment.budgets]
        found = next((budget for verdict, budget in covers if verdict), None)
        if found is not None:
            return True, evidence.spot(found.place, f"covers {worker.host.workload}")
        unclear = any(verdict is None for verdict, _ in covers)
        return None if unclear else False, evidence.spot(worker.host.at("name"), "no budget covers it")

    return of_workers(
        evidence,
        "kubernetes.disruption-budget",
        judge,
        "Covered by a budget",
        "A budget counts for evictions only, not for rollouts, deletions or scaling in; there the grace period does.",
    )


@section.item("hpa", "An autoscaler follows queue depth or CPU", "pass partly fail unknown")
def hpa(evidence: Evidence) -> Answer:
    """HorizontalPodAutoscalers and KEDA's ScaledObjects of the workloads that run workers."""
    return of_workers(
        evidence,
        "kubernetes.hpa",
        lambda worker: scaled(evidence, worker, "kubernetes.hpa"),
        "With an autoscaler",
        "CPU says little about tasks that wait, and the length of a list leaves out what is reserved. Scaling in "
        "ends running tasks unless the grace period covers them.",
    )
