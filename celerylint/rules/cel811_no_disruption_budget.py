"""A node drain stops all workers at once, or cannot be done at all.

When nodes are upgraded or scaled away, Kubernetes evicts their pods. Without a PodDisruptionBudget all pods of a worker
may go at the same time, and nobody consumes its queues until they are back. One that allows no eviction of a workload
with a single pod, as beat is, keeps the node from being drained for ever.

Bad::

    # worker.yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: worker}
    spec:
      replicas: 3
      template:
        metadata: {labels: {app: worker}}
        spec:
          containers:
            - name: worker
              image: shop
              command: ["celery", "-A", "shop", "worker"]

Good::

    # worker.yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: worker}
    spec:
      replicas: 3
      template:
        metadata: {labels: {app: worker}}
        spec:
          containers:
            - name: worker
              image: shop
              command: ["celery", "-A", "shop", "worker"]
    ---
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: worker}
    spec:
      minAvailable: 1
      selector: {matchLabels: {app: worker}}

A budget says nothing about releases and autoscalers: those stop pods as they like, and only the grace period protects
their tasks. Silent on workloads with one pod, and where the labels come from a template.

Source: Kubernetes, Disruptions, and Specifying a Disruption Budget for your Application.
"""

from collections.abc import Iterator

from celerylint.deploy import Deployment
from celerylint.deploy.manifests import Selecting
from celerylint.deploy.model import Beat, Worker
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.deployed import is_production

rule = Rule(
    __name__,
    severity="advice",
    message="a node drain may stop all pods of `{name}` at once; add a PodDisruptionBudget for them",
    checklist=("kubernetes.disruption-budget",),
)
BLOCKS = (
    "this budget allows no eviction of `{name}`, which has one pod, so its node cannot be drained; set"
    " `maxUnavailable: 1`"
)


@rule.check(Worker)
def unprotected(worker: Worker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    host = worker.host
    if not host.workload.startswith(("Deployment/", "StatefulSet/")) or not is_production(host, deployment):
        return
    several = isinstance(host.replicas, int) and host.replicas > 1
    if several and not any(budget.covers(host) is not False for budget in deployment.budgets):
        yield rule.at(host.at("name"), name=host.title)


@rule.check(Beat, Worker)
def blocks_drains(process: Beat | Worker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    host = process.host
    for budget in deployment.budgets:
        alone = host.replicas == 1 and not any(scaler.target == host.workload_name for scaler in deployment.scalers)
        if (
            alone
            and budget.sure
            and budget.covers(host) is True
            and allows_none(budget)
            and is_production(host, deployment)
        ):
            yield rule.at(budget.place, message=BLOCKS, name=host.title)


def allows_none(budget: Selecting) -> bool:
    """Whether a budget keeps the only pod of a workload from being evicted."""
    least, most = budget.spec.string("minAvailable"), budget.spec.string("maxUnavailable")
    return least in {"1", "100%"} or most in {"0", "0%"}
