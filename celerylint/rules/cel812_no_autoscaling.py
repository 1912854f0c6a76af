"""Nothing adds workers when a queue grows, or what does looks at another list.

With a fixed number of workers a burst waits until it is worked off. KEDA and a HorizontalPodAutoscaler add pods while a
queue is long, `--autoscale` adds processes to a worker. A KEDA trigger that names a list which is not the queue of the
worker sees nothing in it, and scales the workers down to the least while their real queue grows.

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
              command: ["celery", "-A", "shop", "worker", "-Q", "orders"]
    ---
    apiVersion: keda.sh/v1alpha1
    kind: ScaledObject
    metadata: {name: worker}
    spec:
      scaleTargetRef: {name: worker}
      triggers:
        - type: redis
          metadata: {listName: celery, listLength: "10"}

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
              command: ["celery", "-A", "shop", "worker", "-Q", "orders"]
    ---
    apiVersion: keda.sh/v1alpha1
    kind: ScaledObject
    metadata: {name: worker}
    spec:
      scaleTargetRef: {name: worker}
      triggers:
        - type: redis
          metadata: {listName: orders, listLength: "10"}

The list holds only what no worker has taken yet: running and prefetched tasks, those with a countdown, and on Redis
each priority but the first are not in it. Scaling down stops workers as a release does, so the grace period has to be
longer than the longest task. Reported on Kubernetes only; silent where an autoscaler's target comes from a template.

Source: KEDA, Redis Lists and RabbitMQ Queue scalers; kombu.transport.redis (5.7); `celery worker --help` (5.7).
"""

from collections.abc import Iterator

from celerylint.deploy import Deployment
from celerylint.deploy.model import Worker
from celerylint.deploy.snippets import HIDDEN
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.consumers import queues_of
from celerylint.rules.deployed import is_production, listed

rule = Rule(
    __name__,
    severity="advice",
    message="nothing adds pods to `{name}` when its queue grows; add a HorizontalPodAutoscaler or a KEDA ScaledObject",
    checklist=("workers.autoscaling", "kubernetes.hpa"),
)
WRONG_LIST = (
    "`{name}` consumes {queues}, so this autoscaler does not see its queue and scales down while it grows; name that"
)
# kombu keeps each priority but the first in a list of its own, named with these bytes after the queue.
PRIORITY = "\x06\x16"


@rule.check(Worker)
def fixed(worker: Worker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    host = worker.host
    if not host.workload.startswith(("Deployment/", "StatefulSet/")) or not is_production(host, deployment):
        return
    names = {scaler.target for scaler in deployment.scalers}
    scaled = any(name == host.workload_name or HIDDEN in name + host.workload_name for name in names)
    if not scaled and worker.autoscale is None:
        yield rule.at(host.at("name"), name=host.title)


@rule.check(Worker)
def other_list(worker: Worker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    host = worker.host
    queues = queues_of(worker, index) if is_production(host, deployment) else None
    for scaler in deployment.scalers if queues else ():
        if scaler.target == host.workload_name and host.kind == "kubernetes":
            names = [name.partition(PRIORITY)[0] for name, _ in scaler.lists]
            if names and not any(HIDDEN in name or name in (queues or ()) for name in names):
                place = scaler.lists[0][1]
                yield rule.at(place, message=WRONG_LIST, name=host.title, queues=listed(sorted(queues or ())))
