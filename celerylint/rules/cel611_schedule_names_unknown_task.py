"""Beat's schedule names a task that no code registers, so each of its messages is thrown away.

Beat sends whatever name it is given; the worker logs "Received unregistered task" and drops the message. A task that
was renamed or moved while its entry in the schedule was not simply stops running, and nothing fails that anybody
watches: the nightly report is just not there.

Bad::

    from celery import Celery

    app = Celery("shop")
    app.conf.beat_schedule = {"drip": {"task": "tasks.send_drips", "schedule": 3600.0}}

    @app.task
    def send_drip():
        return 1

Good::

    from celery import Celery

    app = Celery("shop")

    @app.task
    def send_drip():
        return 1

    app.conf.beat_schedule = {"drip": {"task": send_drip.name, "schedule": 3600.0}}

Silent on names outside of the project's own packages (other services' tasks, and other packages' but where they are
installed beside the project and read), unless the project's own tasks have such names; on names that are put together
at run time, on tasks whose decorator may name them otherwise, and where an app makes names of its own.

Source: `celery.beat.Scheduler.apply_async` and `celery.worker.consumer.consumer.Consumer.on_unknown_task` (5.7).
"""

from collections.abc import Iterator

from celerylint.facts import ScheduleEntry
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule

rule = Rule(
    __name__,
    severity="error",
    message="Beat sends `{name}`, but no code registers a task of this name, so workers throw its messages away{hint}",
    checklist=("beat.schedules",),
)


@rule.check(ScheduleEntry)
def unregistered(entry: ScheduleEntry, file: File, index: Index) -> Iterator[Finding]:
    if not entry.sent or index.task_names.registered(entry.sent, own=True) is not False:
        return
    if index.configuration.is_production(entry.path, entry.condition):
        instead = index.task_names.meant(entry.sent)
        hint = f"; did you mean `{instead}`?" if instead else ""
        yield rule.finding(file, entry.place("task"), data={"instead": instead}, name=entry.sent, hint=hint)
