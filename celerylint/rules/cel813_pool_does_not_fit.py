"""The worker's pool has no time limits, or not the options that it is given.

Time limits are enforced by the prefork pool. With `threads`, `solo` and `eventlet` neither the soft nor the hard one
has any effect, with `gevent` only the hard one, and nothing says so: a task that should end after a minute hangs for
ever. `--max-tasks-per-child` and `--max-memory-per-child` are prefork's alone, and `--autoscale` ends a worker with
threads or solo as soon as it is to grow.

Bad::

    # shop.py
    from celery import Celery

    app = Celery("shop", broker="redis://redis")
    app.conf.task_time_limit = 60

    @app.task
    def fetch(url):
        ...

    # Procfile
    worker: celery -A shop worker --pool=threads -c 20

Good::

    # shop.py
    from celery import Celery

    app = Celery("shop", broker="redis://redis")
    app.conf.task_time_limit = 60

    @app.task
    def fetch(url):
        ...

    # Procfile
    worker: celery -A shop worker --pool=prefork -c 20

Time limits count of tasks that may be sent to the worker. With these pools bound the waiting inside of the task: give
every request and query a timeout. Silent where no limit is set or known.

Source: `celery.concurrency` (thread, solo, gevent, eventlet, prefork) and `celery.worker.autoscale` (5.7); each pool
was tried with real workers.
"""

from collections.abc import Iterator

from celerylint.deploy import Deployment
from celerylint.deploy.model import Worker
from celerylint.facts import Task
from celerylint.index import Index
from celerylint.rule import Finding, Related, Rule
from celerylint.rules.deployed import in_production, tasks_of
from celerylint.values import number, options

rule = Rule(
    __name__,
    severity="warning",
    message="the {pool} pool does not enforce {limits}, so {task} may hang for ever; use prefork for its queue, or"
    " bound the waiting inside",
    checklist=("workers.pool",),
)
NO_EFFECT = "`{option}` has no effect with the {pool} pool; leave it out, or use prefork"
CRASHES = "the {pool} pool cannot grow, and `--autoscale` ends the worker when it tries; set `--concurrency`"
WITHOUT_LIMITS = frozenset({"threads", "solo", "eventlet"})
PREFORK_ONLY = ("--max-tasks-per-child", "--max-memory-per-child")


@rule.check(Worker)
def limits_without_effect(worker: Worker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    pool = worker.pool
    if pool not in WITHOUT_LIMITS | {"gevent"} or not in_production(worker, deployment):
        return
    names = ("soft_time_limit",) if pool == "gevent" else ("time_limit", "soft_time_limit")
    limits = " or ".join(name.replace("_", " ") + "s" for name in names)
    option = worker.line.option("--pool")
    place = option.place if option is not None else worker.at
    given = any(isinstance(worker.limit(name), float) for name in names)
    limited = next((task for task in tasks_of(worker, index) if is_limited(task, names, index)), None)
    if limited is not None:
        related = (Related(limited.path, limited.span, "a task with a limit"),)
        yield rule.at(place, related=related, pool=pool, limits=limits, task=f"`{limited.label}`")
    elif given:
        yield rule.at(place, pool=pool, limits=limits, task="a task")


def is_limited(task: Task, names: tuple[str, ...], index: Index) -> bool:
    """Whether a task is known to have a limit."""
    values = (index.option(task, name).value for name in names)
    return any(number(option) for value in values if value is not None for option in options(value))


@rule.check(Worker)
def other_pools_options(worker: Worker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    pool = worker.pool
    if pool not in WITHOUT_LIMITS | {"gevent"} or not in_production(worker, deployment):
        return
    for name in PREFORK_ONLY:
        option = worker.line.option(name)
        if option is not None:
            yield rule.at(option.place, message=NO_EFFECT, option=option.written, pool=pool)
    scaled = worker.line.option("--autoscale")
    if scaled is not None and pool in {"threads", "solo"}:
        yield rule.at(scaled.place, message=CRASHES, severity="error", pool=pool)
