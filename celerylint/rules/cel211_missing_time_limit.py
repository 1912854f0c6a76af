"""Nothing ends a task that hangs.

Without a time limit a task that waits for ever (a socket that never answers, a lock, an endless loop) keeps its
worker slot until somebody restarts the worker. The slots go one by one over days, the queue gets slower and then
stands still, and no error is ever logged. Two settings for the whole app are enough: the soft limit raises
`SoftTimeLimitExceeded` in the task, which can clean up, and the hard one kills the child a little later.

Bad::

    from celery import Celery

    app = Celery("shop", broker="redis://localhost")

    @app.task
    def fetch(url):
        return download(url)

Good::

    from celery import Celery

    app = Celery("shop", broker="redis://localhost")
    app.conf.task_time_limit = 600
    app.conf.task_soft_time_limit = 540

    @app.task
    def fetch(url):
        return download(url)

A limit of either kind counts, wherever it comes from: decorator, class, base, `task_annotations`, or the settings of
the task's own app. Where more than ten tasks of an app, and at least half of them, have none, that is reported once,
at the app, since two settings mend it. Silent where a decorator or base outside the project may set limits, where
settings come from somewhere that cannot be read, and in tests.

The fix writes both limits once, where the app's settings are (`time-limit` and `soft-time-limit` in the
configuration, 600 and 540 seconds by default), or into the decorator where there are no settings.

Source: Celery's user guide, Workers, Time Limits; `celery.app.task.Task.time_limit` (5.7). Pools differ: prefork
has both limits, gevent the hard one, and threads, solo and eventlet neither.
"""

from collections.abc import Iterator

from celerylint.facts import FileFacts, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.limits import app_key, app_of, unlimited

rule = Rule(
    __name__,
    severity="warning",
    message="nothing ends `{task}` if it hangs, and it keeps its worker slot until a restart; set `task_time_limit` and"
    " `task_soft_time_limit`",
    checklist=("config.soft-time-limit", "config.time-limit"),
)

ALL_OVER = (
    "nothing ends a task that hangs: {missing} of {total} have no time limit, and each that hangs keeps a worker slot"
    " until a restart; set `task_time_limit` and `task_soft_time_limit`"
)


@rule.check(Task)
def task_without_limit(task: Task, file: File, index: Index) -> Iterator[Finding]:
    key = app_key(task, index)
    group = unlimited(index).get(key)
    without = group is not None and (task.path, task.span) in group.places
    if group is not None and without and (not group.all_over or app_of(key, index) is None):
        yield rule.finding(file, task.span, data={"app": key, "task": task}, task=task.label)


@rule.check(FileFacts)
def app_without_limit(facts: FileFacts, file: File, index: Index) -> Iterator[Finding]:
    for key, group in unlimited(index).items():
        app = app_of(key, index)
        if group.all_over and app is not None and app.path == facts.path:
            data = {"app": key, "task": None}
            yield rule.finding(
                file, app.span, message=ALL_OVER, data=data, missing=len(group.tasks), total=f"{group.total} tasks"
            )
