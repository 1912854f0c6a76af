"""A delay or a run that is longer than the broker's visibility timeout, so that the task runs several times.

A message with a `countdown` or `eta` waits in a worker, unacknowledged, until it is due. Redis and SQS take a message
that is not acknowledged within the visibility timeout (one hour on Redis, half an hour on SQS, unless set) for lost
and deliver it again; each worker that gets a copy holds it too, and in the end every copy runs. A mail that was to go
out in four days goes out many times. A task with late acknowledgement that runs longer than the timeout starts a
second time while the first is still at it.

Bad::

    from celery import Celery

    app = Celery("shop", broker="redis://redis")

    @app.task
    def remind(user_id):
        send(user_id)

    def sign_up(user_id):
        remind.apply_async((user_id,), countdown=4 * 24 * 3600)

Good::

    from celery import Celery

    app = Celery("shop", broker="redis://redis")

    @app.task
    def remind_all():
        for user_id in due_today():
            send(user_id)

    app.conf.beat_schedule = {"remind": {"task": "tasks.remind_all", "schedule": 3600.0}}

Looks at `countdown`, `eta`, `default_retry_delay`, the longest `retry_backoff`, and the limits of tasks with late
acknowledgement, where they are written as numbers. Silent where the broker or its `visibility_timeout` is not known.

Source: Celery's documentation, Using Redis, Visibility timeout; `kombu.transport.redis.Channel` and
`kombu.transport.SQS.Channel` (5.7).
"""

from collections.abc import Iterator

from celerylint.facts import Dispatch, Setting, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.delays import delays, visibility_timeout

rule = Rule(
    __name__,
    severity="error",
    message="{what} of {seconds:g} s is longer than the broker's visibility timeout of {timeout:g} s, so the message is"
    " delivered again and each copy runs; {instead}",
    checklist=("task-design.idempotent",),
)

INSTEAD = {
    "call": "store the date and have beat look for what is due",
    "retry": "retry earlier, or raise `visibility_timeout`",
    "run": "raise `visibility_timeout`, or split the task",
    "limit": "raise `visibility_timeout`, or lower the limit",
}


@rule.check(Dispatch, Task, Setting)
def held_too_long(subject: Dispatch | Task | Setting, file: File, index: Index) -> Iterator[Finding]:
    for delay in delays(subject, file, index):
        timeout = visibility_timeout(delay.app, index)
        if timeout is not None and delay.seconds > timeout:
            instead = INSTEAD[delay.kind]
            yield rule.finding(
                file, delay.span, what=delay.what, seconds=delay.seconds, timeout=timeout, instead=instead
            )
