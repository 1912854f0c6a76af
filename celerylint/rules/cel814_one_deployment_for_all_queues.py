"""One Deployment consumes all queues.

A worker takes messages from its queues in turns. Where one Deployment has all of them, a thousand reports keep a
password mail waiting, and neither can be scaled, limited or released without the other. Queues of their own help only
with workers of their own.

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
              command: ["celery", "-A", "shop", "worker", "-Q", "mail,reports"]

Good::

    # worker-mail.yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: worker-mail}
    spec:
      template:
        spec:
          containers:
            - name: worker
              image: shop
              command: ["celery", "-A", "shop", "worker", "-Q", "mail"]

    # worker-reports.yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: worker-reports}
    spec:
      template:
        spec:
          containers:
            - name: worker
              image: shop
              command: ["celery", "-A", "shop", "worker", "-Q", "reports"]

Silent where another Deployment takes any of the queues, and outside of Kubernetes.

Source: Celery's user guide, Routing, and Optimizing.
"""

from collections.abc import Iterator

from celerylint.deploy import Deployment
from celerylint.deploy.model import Worker
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.deployed import is_production, listed

rule = Rule(
    __name__,
    severity="advice",
    message="{queues} share the workers of `{name}`, so a burst in one holds up the others; give each a Deployment of"
    " its own",
    checklist=("kubernetes.separate-deployments",),
)


@rule.check(Worker)
def shared(worker: Worker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    host, option = worker.host, worker.line.option("--queues")
    if not isinstance(worker.queues, tuple) or len(worker.queues) < 2 or option is None or not host.workload:
        return
    others = [other for other in deployment.workers if other.host.workload and other.host.workload != host.workload]
    if not others and is_production(host, deployment):
        yield rule.at(option.place, queues=listed(worker.queues), name=host.title)
