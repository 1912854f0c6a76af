"""The number of worker processes is that of the machine's CPUs, not of the container's.

Without `--concurrency` the prefork pool starts a child for each CPU that the machine has, whatever the container may
use. On a node with 32 CPUs a container of 1 GB starts 32 children, is killed for want of memory, and starts them again;
and children that share a part of one CPU run every task slowly.

Bad::

    # shop.py
    from celery import Celery

    app = Celery("shop", broker="redis://redis")

    # compose.yaml
    services:
      worker:
        image: shop
        command: celery -A shop worker
        mem_limit: 1g

Good::

    # shop.py
    from celery import Celery

    app = Celery("shop", broker="redis://redis")

    # compose.yaml
    services:
      worker:
        image: shop
        command: celery -A shop worker --concurrency=4
        mem_limit: 1g

Silent where `--autoscale` or `worker_concurrency` sets it, with other pools, in containers without a limit of CPU or
memory, and outside of containers, where the machine's CPUs are the worker's.

Source: `celery.concurrency.prefork` and `billiard.cpu_count` (Celery 5.7); Celery's user guide, Workers, Concurrency.
"""

from collections.abc import Iterator

from celerylint.deploy import Deployment
from celerylint.deploy.model import Worker
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.deployed import in_production, setting

rule = Rule(
    __name__,
    severity="warning",
    message="this starts a process for each CPU of the machine, in a container with {limits}; set `--concurrency`",
    checklist=("workers.concurrency",),
)


@rule.check(Worker)
def unbounded(worker: Worker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    limits = sorted(name for name in worker.host.resources or {} if name.startswith("limits."))
    given = (worker.concurrency, worker.autoscale)
    if not limits or any(value is not None for value in given) or worker.pool not in {None, "prefork", "processes"}:
        return
    if in_production(worker, deployment) and setting(index, "worker_concurrency") is None:
        words = " and ".join(name.removeprefix("limits.").replace("cpu", "CPU") for name in limits)
        yield rule.at(worker.at, limits=f"limited {words}")
