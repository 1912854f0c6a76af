"""Late acknowledgement, and a killed child still loses the task.

`acks_late` is asked for so that work survives a crash. But when a child of the pool is killed (out of memory, most of
the time) the worker itself lives on, and it acknowledges the message of the dead child: the task is marked as failed
and its work is lost. Only when the whole worker dies does the message come back. From Celery 5.7 on
`retry_on_worker_lost` retries such a task, as often as `max_retries` says; before, `reject_on_worker_lost` puts the
message back without end.

Bad::

    from celery import Celery

    app = Celery("shop")

    @app.task(acks_late=True)
    def export(query):
        return write(query)

Good::

    from celery import Celery

    app = Celery("shop")

    @app.task(acks_late=True, retry_on_worker_lost=True, max_retries=3)
    def export(query):
        return write(query)

Where more than ten tasks of an app ask for late acknowledgement themselves, that is reported once, at the app. Silent
where either option is written out, even as `False`, and where a decorator, base or setting outside the project may set
it. A task that kills its child each time it runs is best left as it is.

Source: `celery.worker.request.Request.on_failure` (5.7); Celery's documentation, `task_reject_on_worker_lost`.
"""

from collections.abc import Iterator

from celerylint.facts import FileFacts, Setting, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.declared import declared
from celerylint.rules.limits import MANY, app_key, app_of
from celerylint.rules.redelivery import bound_option, lose_work
from celerylint.rules.setting_places import written
from celerylint.values import truth

rule = Rule(
    __name__,
    severity="advice",
    message="{who} acknowledges late, and still loses its work when its child is killed; set `{option}=True`",
    checklist=("config.reject-on-worker-lost",),
)

ALL_OVER = (
    "{count} tasks acknowledge late, and still lose their work when their child is killed; set `task_{option} = True`"
)


@rule.check(Task)
def of_task(task: Task, file: File, index: Index) -> Iterator[Finding]:
    key = app_key(task, index)
    group = lose_work(index).get(key, ())
    found = declared(task, file, index) if task in group and not is_one(key, index) else None
    if found is not None and "acks_late" in found.options:
        option = bound_option(index)
        place = found.place(file, "acks_late")
        yield rule.finding(file, place, data={"option": option}, who=f"`{task.label}`", option=option)


def is_one(key: str, index: Index) -> bool:
    """Whether an app's tasks are one finding."""
    return len(lose_work(index).get(key, ())) > MANY and app_of(key, index) is not None


@rule.check(FileFacts)
def of_app(facts: FileFacts, file: File, index: Index) -> Iterator[Finding]:
    for key, tasks in lose_work(index).items():
        app = app_of(key, index)
        if is_one(key, index) and app is not None and app.path == facts.path:
            option = bound_option(index)
            data = {"option": option, "app": key}
            yield rule.finding(file, app.span, message=ALL_OVER, data=data, count=len(tasks), option=option)


@rule.check(Setting)
def of_setting(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    configuration = index.configuration
    if setting.name != "task_acks_late" or truth(setting.value) is not True:
        return
    names = ("task_reject_on_worker_lost", "task_retry_on_worker_lost")
    production = configuration.is_production(setting.path, setting.condition)
    if production and all(configuration.value(name, setting.app) is None for name in names):
        option = bound_option(index)
        data = {"option": option, "app": setting.app}
        place = written(file, setting)[0]
        yield rule.finding(file, place, data=data, who="every task", option=f"task_{option}")
