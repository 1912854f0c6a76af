"""A name, option or command line that a later Celery does not have, or that this one calls deprecated.

Nothing fails today. The upgrade does: the import of `celery.task` that 4.4 takes ends every process on 5.0,
`celery worker -A shop` is a usage error there, and `queue=` and `priority=` on a task are announced to have no effect
from 6.0 on, so that its messages go to the default queue.

Bad::

    # requirements.txt
    celery==4.4.7

    # tasks.py
    from celery.task import task

    @task
    def ship(order_id):
        print(order_id)

Bad::

    # requirements.txt
    celery==5.7.0

    # tasks.py
    from celery import shared_task

    @shared_task(queue="parcels")
    def ship(order_id):
        print(order_id)

Good::

    # requirements.txt
    celery==4.4.7

    # tasks.py
    from celery import shared_task

    @shared_task
    def ship(order_id):
        print(order_id)

    # Procfile
    worker: celery -A shop worker -l info

Judged by the version in use, as for CEL701, which has what that version lacks already. Old names of settings are
CEL502's. Silent where code is prepared for both, and on routing attributes of base classes, of which Celery does not
warn either.

A fix writes what 4.4 and 5.7 both have, so that the project runs on either.

Source: Celery's release notes, 4.0 to 5.7; `celery.app.task.Task.bind` and `celery.result` (5.7).
"""

from collections.abc import Iterator

from celerylint import celery_data
from celerylint.deploy import Deployment
from celerylint.deploy.command_line import CommandLine
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.old_api import end, is_going
from celerylint.rules.old_names import SUBJECTS, Subject, uses
from celerylint.rules.refused_commands import grouped, reason, refused_since

rule = Rule(__name__, severity="warning", message="{name} {end}; {instead}")
TO_BE_REFUSED = "Celery 5 refuses `{about}`: {reason}"


@rule.check(*SUBJECTS)
def deprecated(subject: Subject, file: File, index: Index) -> Iterator[Finding]:
    for use in uses(subject, file, index):
        if is_going(use.row, index.traits.celery):
            yield rule.finding(
                file,
                use.span,
                data={"name": use.row.name},
                name=use.about,
                end=end(use.row),
                instead=use.instead,
            )


@rule.check(CommandLine)
def refused_later(line: CommandLine, deployment: Deployment, index: Index) -> Iterator[Finding]:
    later, problems = refused_since(line, celery_data.newest(), index.traits.celery)
    for group in grouped(problems):
        data = {"line": later, "problems": group}
        yield rule.at(group[0].place, message=TO_BE_REFUSED, data=data, about=group[0].about, reason=reason(group[0]))
