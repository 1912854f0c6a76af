"""Eager mode outside of tests: tasks run inside the request, in the process that sends them.

With `task_always_eager` nothing is sent. `.delay()` runs the task before it returns: the request takes as long as the
task, retries run at once or not at all, time limits do not hold, and the workers idle.

Bad::

    from celery import Celery

    app = Celery("shop")
    app.conf.task_always_eager = True

Good::

    import os
    from celery import Celery

    app = Celery("shop")
    app.conf.task_always_eager = os.environ.get("CELERY_EAGER") == "yes"

Silent in tests, in local and development settings and classes, under any condition, and where all settings that build
on these turn it off again.

Source: https://docs.celeryq.dev/en/stable/userguide/configuration.html#task-always-eager (5.7).
"""

from collections.abc import Iterator

from celerylint.facts import Setting
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.setting_places import written
from celerylint.values import Const

rule = Rule(
    __name__,
    severity="error",
    message="`{setting}` runs every task inside the process that sends it, and the workers idle; turn it on in test "
    "settings only",
)


@rule.check(Setting)
def eager(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    if setting.name != "task_always_eager" or setting.value != Const(True):
        return
    if setting.condition and not setting.condition.startswith("class "):
        return
    if setting in index.configuration.reaching("task_always_eager"):
        place, _ = written(file, setting)
        yield rule.finding(file, place, setting=setting.written)
