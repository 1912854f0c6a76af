"""Messages go to a queue that no worker consumes.

Celery creates a queue as soon as something is sent to it, and says nothing where nobody reads it. The messages pile up
until somebody misses what the tasks should have done, or until Redis is full. It happens when a new queue is added to
the routes and not to the `-Q` of any worker, and when every worker has a `-Q` that leaves out the default queue.

Bad::

    # shop.py
    from celery import Celery

    app = Celery("shop", broker="redis://redis")
    app.conf.task_routes = {"shop.tasks.refresh_prices": {"queue": "pricing"}}

    # compose.yaml
    services:
      worker:
        image: shop
        command: celery -A shop worker -Q celery,mail

Good::

    # shop.py
    from celery import Celery

    app = Celery("shop", broker="redis://redis")
    app.conf.task_routes = {"shop.tasks.refresh_prices": {"queue": "pricing"}}

    # compose.yaml
    services:
      worker:
        image: shop
        command: celery -A shop worker -Q celery,mail,pricing

A worker without `-Q` consumes what `task_queues` declares, or else the default queue. Reported once for each queue:
where it is declared, else where it is made the default, routed to, or given to a task or call. Silent where no worker
is found, where the queues of one cannot be read (`-Q $QUEUES`), and where code starts workers or adds consumers.

Source: Celery's user guide, Routing and Workers (`-Q`); `celery.app.amqp.Queues.select` (5.7).
"""

from collections.abc import Iterator

from celerylint.deploy.snippets import HIDDEN
from celerylint.facts import Dispatch, Queue, Route, ScheduleEntry, Setting, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Related, Rule
from celerylint.rules.consumers import unconsumed
from celerylint.rules.queue_names import given_by
from celerylint.source import Span

rule = Rule(
    __name__,
    severity="error",
    message="no worker consumes `{queue}`, so what is sent there piles up and never runs; add it to the `-Q` of one",
    checklist=("workers.queues", "issues.workers-idle"),
)


@rule.check(Queue, Setting, Task, Dispatch, Route, ScheduleEntry)
def nobody_consumes(
    subject: Queue | Setting | Task | Dispatch | Route | ScheduleEntry, file: File, index: Index
) -> Iterator[Finding]:
    queue = unconsumed(index).get((file.path, subject.span))
    if queue is None or (isinstance(subject, Setting) and subject.name != "task_default_queue"):
        return
    workers = {(worker.path, worker.span): worker.host.name.replace(HIDDEN, "…") for worker in index.deployment.workers}
    related = (Related(path, span, f"what `{name}` consumes") for (path, span), name in sorted(workers.items()))
    yield rule.finding(file, place_of(subject, file, index), related=tuple(related)[:3], queue=queue)


def place_of(subject: Queue | Setting | Task | Dispatch | Route | ScheduleEntry, file: File, index: Index) -> Span:
    """Where the queue is named in what names it."""
    if isinstance(subject, Queue | Setting):
        return subject.span
    return given_by(subject, file, index).places.get("queue", subject.span)
