"""A setting under its name from before Celery 4.0.

The old names are still read, and Celery says at each start of a worker that they will go with 6.0. Where one of the
new names stands beside them, Celery does not start at all.

Bad::

    from celery import Celery

    app = Celery("shop")
    app.conf.update(CELERYD_CONCURRENCY=4, CELERY_ACKS_LATE=True)

Good::

    from celery import Celery

    app = Celery("shop")
    app.conf.update(worker_concurrency=4, task_acks_late=True)

Silent in Django's and Flask's settings that are read without a namespace, where names have to be upper case, and up
to Celery 3.1. Old names that have no effect are CEL501's.

Source: `celery.app.defaults` and `celery.app.utils.detect_settings` (4.4 to 5.7).
"""

from collections.abc import Iterator

from celerylint.facts import Setting
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.setting_names import as_new, is_free, name_span

rule = Rule(
    __name__,
    severity="warning",
    since=(4, 0),
    message="Celery 6.0 will not read `{name}` any more; write `{instead}`",
)


@rule.check(Setting)
def old(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    if (
        setting.name
        and index.configuration.names.is_old(setting.written, setting.namespace)
        and is_free(setting, index)
    ):
        instead = as_new(setting, setting.name)
        yield rule.finding(
            file, name_span(file, setting), data={"setting": setting}, name=setting.written, instead=instead
        )
