"""A name, option or command line that the Celery in use does not have any more.

An import of `celery.task` or `celery.decorators` ends worker, beat and web process at their start, as Celery 5.0 and
5.2 have no such modules; so does `celery worker -A shop`. Names of methods fail when they are called, and options of
tasks that are gone do nothing.

Bad::

    # requirements.txt
    celery==5.4.0

    # tasks.py
    from celery.task import task

    @task
    def ship(order_id):
        print(order_id)

Bad::

    # requirements.txt
    celery==5.4.0

    # shop.py
    from celery import Celery
    from celery.task.control import revoke

    app = Celery("shop")

    def cancel(task_id):
        revoke(task_id)

Good::

    # requirements.txt
    celery==5.4.0

    # tasks.py
    from celery import shared_task

    @shared_task
    def ship(order_id):
        print(order_id)

Judged by the version that `target-version`, a lock file or the requirements name, else by the newest. A version that
is not out yet is judged by what Celery announces of it. Silent where code is prepared: an import in a `try` with a
fallback, branches for versions; and where `celery` is a package of the project's own. Command lines are CEL805's where
that is on.

A fix writes the name that Celery has today and renames its uses, where 4.4 has that name too. It is safe for names that
4.4 still has: for older ones no Celery that runs today can show that both are the same. A class that derives from
`celery.task.Task` is registered below its body, if the project calls nothing but methods of it; what `@periodic_task`
scheduled is scheduled below the task, if the project has one app and that does not import the tasks itself.

Source: Celery's release notes, 4.0 to 5.7; every name is looked up in the packages of 4.4 to 5.7.
"""

from collections.abc import Iterator

from celerylint.celery_data import OLDEST
from celerylint.deploy import Deployment
from celerylint.deploy.command_line import CommandLine
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.old_api import dotted_version, is_gone
from celerylint.rules.old_names import SUBJECTS, Subject, uses
from celerylint.rules.refused_commands import grouped, reason, refused_since

rule = Rule(
    __name__,
    severity="error",
    message="Celery {version} has no {name}: {effect}; {instead}",
    yields_to=("CEL805",),
)
REFUSED = "Celery {version} refuses `{about}`, which Celery 4 took: {reason}"


@rule.check(*SUBJECTS)
def removed(subject: Subject, file: File, index: Index) -> Iterator[Finding]:
    version = index.traits.celery
    for use in uses(subject, file, index):
        if is_gone(use.row, version):
            yield rule.finding(
                file,
                use.span,
                data={"name": use.row.name},
                version=dotted_version(version),
                name=use.about,
                effect=use.effect,
                instead=use.instead,
            )


@rule.check(CommandLine)
def refused(line: CommandLine, deployment: Deployment, index: Index) -> Iterator[Finding]:
    now, problems = refused_since(line, index.traits.celery, OLDEST)
    for group in grouped(problems):
        yield rule.at(
            group[0].place,
            message=REFUSED,
            data={"line": now, "problems": group},
            version=dotted_version(index.traits.celery),
            about=group[0].about,
            reason=reason(group[0]),
        )
