"""A task in a module that the workers never import.

A worker knows the tasks of the modules that it imports: those of `include` and `imports`, those that
`autodiscover_tasks()` finds (`<package>/tasks.py`, no other file), and what these import in turn. A task elsewhere is
registered in the web process that imports its module to send it, and unknown to the worker, which throws the message
away.

Bad::

    # shop/__init__.py
    # shop/celery.py
    from celery import Celery

    app = Celery("shop")
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.autodiscover_tasks()

    # shop/jobs.py
    from celery import shared_task

    @shared_task
    def recompute():
        return 1

    # shop/views.py
    from shop.jobs import recompute

    def view(request):
        recompute.delay()

Good::

    # shop/__init__.py
    # shop/celery.py
    from celery import Celery

    app = Celery("shop")
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.autodiscover_tasks()

    # shop/tasks.py
    from celery import shared_task

    @shared_task
    def recompute():
        return 1

Outside Django `autodiscover_tasks()` without packages finds nothing at all.

Silent where a module of the kind that workers load (the app's, models, `apps.py`, signals, another module of tasks, and
with Django the URLs, which its checks import in a worker too) imports it, directly or through others; where modules are
imported by names that are worked out at run time; and where part of the configuration cannot be read.

Source: `celery.loaders.base.find_related_module`, `celery.app.base.Celery.autodiscover_tasks`,
`celery.fixups.django.DjangoWorkerFixup.validate_models` (5.7).
"""

from collections.abc import Iterator

from celerylint.facts import Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.discovery import discovery

rule = Rule(
    __name__,
    severity="warning",
    message="No worker imports `{module}`, so this task is unknown to workers, which throw its messages away; {advice}",
)


@rule.check(Task)
def not_imported(task: Task, file: File, index: Index) -> Iterator[Finding]:
    if not index.configuration.is_production(task.path):
        return
    found = discovery(index)
    if found is not None and not found.reaches(file.module):
        yield rule.finding(
            file, task.span, module=index.modules.imported_as(file.module), advice=found.advice(file.module)
        )
