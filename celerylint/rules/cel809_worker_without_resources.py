"""A worker on Kubernetes has no requests or no memory limit.

Without requests the scheduler puts workers on a node until it is full, and they are the first to be evicted. Without a
memory limit one task that leaks takes the node down with everything on it.

Bad::

    # worker.yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: worker}
    spec:
      template:
        spec:
          containers:
            - name: worker
              image: shop
              command: ["celery", "-A", "shop", "worker", "-c", "2"]

Good::

    # worker.yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: worker}
    spec:
      template:
        spec:
          containers:
            - name: worker
              image: shop
              command: ["celery", "-A", "shop", "worker", "-c", "2"]
              resources:
                requests: {cpu: 500m, memory: 512Mi}
                limits: {memory: 1Gi}

A limit is a request too, as Kubernetes has it; a limit of CPU is not asked for. Silent where a LimitRange or a template
may fill them in.

Source: Kubernetes, Resource Management for Pods and Containers.
"""

from collections.abc import Iterator

from celerylint.deploy import Deployment
from celerylint.deploy.model import Worker
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.deployed import is_production, listed

rule = Rule(
    __name__,
    severity="warning",
    message="this worker lacks {missing}, so it may take its node down or be evicted first; set that under `resources`",
    checklist=("kubernetes.resources",),
)


@rule.check(Worker)
def unbounded(worker: Worker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    host = worker.host
    if host.kind != "kubernetes" or host.resources is None or not is_production(host, deployment):
        return
    if any(manifest.kind == "LimitRange" for manifest in deployment.manifests):
        return
    wanted = {"requests.cpu": "limits.cpu", "requests.memory": "limits.memory", "limits.memory": "limits.memory"}
    missing = [name for name, other in wanted.items() if name not in host.resources and other not in host.resources]
    if missing:
        yield rule.at(host.place, missing=listed(missing))
