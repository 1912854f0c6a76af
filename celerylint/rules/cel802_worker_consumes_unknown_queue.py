"""A worker consumes a queue that nothing is sent to.

The name after `-Q` is taken as it is, and a queue of that name is created. If it is misspelt, or left over from a queue
that was renamed, the worker waits for messages that never come while the ones that it should take go elsewhere.

Bad::

    # shop.py
    from celery import Celery

    app = Celery("shop", broker="redis://redis")
    app.conf.task_routes = {"shop.tasks.*": {"queue": "reports"}}

    # Procfile
    worker: celery -A shop worker -Q celery,report

Good::

    # shop.py
    from celery import Celery

    app = Celery("shop", broker="redis://redis")
    app.conf.task_routes = {"shop.tasks.*": {"queue": "reports"}}

    # Procfile
    worker: celery -A shop worker -Q celery,reports

Silent where any queue, route or call of the project names a queue that is worked out at run time, and where the name
stands anywhere else in the project's Python code.

Source: Celery's user guide, Workers (`-Q`); `celery.app.amqp.Queues.select` (5.7).
"""

import re
from collections.abc import Iterator

from celerylint.celery_data import nearest
from celerylint.deploy import Deployment
from celerylint.deploy.model import Worker
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.consumers import all_known, default_queues, everything_named

rule = Rule(
    __name__,
    severity="warning",
    message="nothing is sent to `{queue}`, so this worker waits for it in vain{hint}",
    checklist=("workers.queues", "issues.workers-idle"),
)
PLAIN = re.compile(r"[\w.-]+")


@rule.check(Worker)
def nothing_sent(worker: Worker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    given = worker.line.option("--queues")
    if given is None or not isinstance(worker.queues, tuple) or not index.apps or not all_known(index):
        return
    default = default_queues(index)
    if default is None:
        return
    named = {each.name for each in everything_named(index)} | default
    for queue in worker.queues:
        if queue not in named and PLAIN.fullmatch(queue) and not stands_in_code(queue, index):
            near = nearest(queue, named)
            yield rule.at(given.place, queue=queue, hint=f"; did you mean `{near}`?" if near else "")


def stands_in_code(queue: str, index: Index) -> bool:
    """Whether any Python file has the name in it."""
    word = max(re.findall(r"\w+", queue), key=len, default="")
    return any(queue in line for _, line in index.lines_with(word))
