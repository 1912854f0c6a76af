"""A route, task or call names a queue that `task_queues` does not declare.

Once `task_queues` is set, a worker without `-Q` consumes those queues and no others. A message for any other name is
accepted all the same: Celery creates that queue on the way, and there it stays. With
`task_create_missing_queues = False` the call itself raises `QueueNotFound`.

Bad::

    from celery import Celery
    from kombu import Queue

    app = Celery("shop")
    app.conf.task_queues = [Queue("celery"), Queue("mail")]
    app.conf.task_routes = {"shop.tasks.refresh_prices": {"queue": "pricing"}}

Good::

    from celery import Celery
    from kombu import Queue

    app = Celery("shop")
    app.conf.task_queues = [Queue("celery"), Queue("mail"), Queue("pricing")]
    app.conf.task_routes = {"shop.tasks.refresh_prices": {"queue": "pricing"}}

Silent where `task_queues` is not set, where one of its queues cannot be told, on names that are worked out at run
time, and on tasks that the project sends by name and does not have: another service consumes them.

Source: `celery.app.amqp.Queues` and https://docs.celeryq.dev/en/stable/userguide/routing.html (5.7).
"""

from collections.abc import Iterator

from celerylint.celery_data import nearest
from celerylint.facts import Dispatch, Route, ScheduleEntry, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Related, Rule
from celerylint.rules.queue_names import given_by, is_for_others, names

rule = Rule(
    __name__,
    severity="error",
    message="`task_queues` does not declare `{queue}`, so {outcome}; declare it{hint}",
    checklist=("queues.routes",),
)
WAITS = "its messages wait where no worker looks that consumes the declared queues"
RAISES = "sending there raises `QueueNotFound`"


@rule.check(Task, Dispatch, Route, ScheduleEntry)
def undeclared(subject: Task | Dispatch | Route | ScheduleEntry, file: File, index: Index) -> Iterator[Finding]:
    given = given_by(subject, file, index)
    if "queue" not in given.options or not index.configuration.is_production(file.path):
        return
    if isinstance(subject, Dispatch) and is_for_others(subject):
        return
    declared = declared_queues(given.app, index)
    if not declared:
        return
    for name in names(given.options["queue"], index):
        if name not in declared:
            near = nearest(name, declared)
            first = index.queues.declared[0]
            yield rule.finding(
                file,
                given.places.get("queue", subject.span),
                related=(Related(first.path, first.span, "the declared queues"),),
                queue=name,
                outcome=RAISES if index.queues.creates_missing(given.app) is False else WAITS,
                hint=f", or did you mean `{near}`?" if near else "",
            )


def declared_queues(app: str, index: Index) -> frozenset[str]:
    """The queues that the app declares, or any app where it is not known which; empty where not all are known."""
    if app:
        return index.queues.declares(app) or frozenset()
    found = [index.queues.declares(key) for key in index.configuration.app_keys]
    known = [queues for queues in found if queues is not None]
    return frozenset().union(*known) if len(known) == len(found) and all(known) else frozenset()
