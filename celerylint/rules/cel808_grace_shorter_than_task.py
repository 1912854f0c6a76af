"""Workers are killed before their tasks can end.

When a worker is stopped it takes no more tasks and waits for those that run: a warm shutdown. After the grace period it
is killed, and a task that was acknowledged early is lost, at every release. Docker gives 10 seconds, Kubernetes 30,
supervisord 10 and systemd 90, where nothing else is set.

Bad::

    # shop.py
    from celery import Celery

    app = Celery("shop", broker="redis://redis")

    @app.task(time_limit=600)
    def export():
        ...

    # compose.yaml
    services:
      worker:
        image: shop
        command: celery -A shop worker

Good::

    # shop.py
    from celery import Celery

    app = Celery("shop", broker="redis://redis")

    @app.task(time_limit=600)
    def export():
        ...

    # compose.yaml
    services:
      worker:
        image: shop
        command: celery -A shop worker
        stop_grace_period: 11m

The longest time limit counts of the tasks that may be sent to the worker. Where the signal goes to every process
(`stopasgroup`, systemd's default `KillMode`, `dumb-init`, `tini -g`), prefork children die of it at once with the tasks
in them, however long the grace is. Silent where no task has a time limit, and with `worker_soft_shutdown_timeout`.

Source: Celery's user guide, Workers, Stopping the worker; Docker's, Kubernetes', supervisord's and systemd's manuals;
`celery.concurrency.prefork` (WORKER_SIGRESET, 5.7).
"""

from collections.abc import Iterator

from celerylint.deploy import Deployment
from celerylint.deploy.model import Worker
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.deployed import in_production, longest_limit, seconds, soft_shutdown

rule = Rule(
    __name__,
    severity="warning",
    message="the worker is killed {grace} after it is told to stop, and {task} may run {limit}; set {option}",
    checklist=("workers.graceful-shutdown",),
)
TO_GROUP = (
    "{cause} sends the stop signal to the pool's processes too, which die at once with the tasks in them; {instead}"
)
OPTIONS = {
    "compose": "`stop_grace_period`",
    "kubernetes": "`terminationGracePeriodSeconds`",
    "supervisor": "`stopwaitsecs`",
    "systemd": "`TimeoutStopSec`",
}
PREFORK = frozenset({None, "prefork", "processes"})


@rule.check(Worker)
def too_short(worker: Worker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    host = worker.host
    longest = longest_limit(worker, index)
    known = isinstance(host.grace, float) and host.kind in OPTIONS and in_production(worker, deployment)
    if not known or longest is None or soft_shutdown(index):
        return
    limit, task = longest
    if isinstance(host.grace, float) and host.grace < limit:
        place = host.places.get("grace") or (host.at("spec") if host.kind == "kubernetes" else host.place)
        option = f"{OPTIONS[host.kind]} above that"
        yield rule.at(place, grace=seconds(host.grace), task=task, limit=seconds(limit), option=option)


@rule.check(Worker)
def to_all(worker: Worker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    host = worker.host
    if worker.pool not in PREFORK or not in_production(worker, deployment):
        return
    if host.group_signal == "stopasgroup":
        yield rule.at(host.at("group"), message=TO_GROUP, cause="`stopasgroup`", instead="take it out")
    elif host.group_signal == "KillMode":
        place = host.places.get("group", host.place)
        yield rule.at(place, message=TO_GROUP, cause="`KillMode=control-group`", instead="set `KillMode=mixed`")
    elif worker.call.to_group:
        instead = "use `dumb-init -c`" if worker.call.to_group == "dumb-init" else "leave out `-g`"
        yield rule.at(worker.at, message=TO_GROUP, cause=f"`{worker.call.to_group}`", instead=instead)
