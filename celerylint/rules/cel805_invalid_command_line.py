"""Celery refuses this command line, or takes it for something else.

The worker or beat does not start at all: it prints a usage error and exits, and the container or unit is restarted for
ever. Since Celery 5.0 options of `celery` itself (`-A`, `--broker`, `--workdir` …) stand before the command, and names
of before 4.0 such as `--maxtasksperchild` are gone.

Bad::

    # Procfile
    beat: celery beat -A shop -l info

Bad::

    # Procfile
    worker: celery -A shop worker -l WARN

Good::

    # Procfile
    worker: celery -A shop worker -l WARNING
    beat: celery -A shop beat -l info

Each command is read with the options that the project's version of Celery has; health checks and scripts count too.
For workers `-S` is the state file: a scheduler after it is not used. Silent where the rest of the command comes from a
variable, and on the options of commands that other packages add.

The fix puts general options before the command. Others are offered where one name is meant, and change what is run.

Source: `celery --help` and `celery worker --help` of each version; Celery's changelog, 5.0, Step 1: Adjust your
command line invocation.
"""

from collections.abc import Iterator

from celerylint.deploy import Deployment
from celerylint.deploy.command_line import CommandLine
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.refused_commands import grouped, reason

rule = Rule(
    __name__,
    severity="error",
    message="Celery {version} refuses `{about}`: {reason}",
    checklist=("workers.commands",),
)
MISREAD = "for a worker `{about}` names its state file, and the scheduler stays the default one; write `--scheduler`"


@rule.check(CommandLine)
def refused(line: CommandLine, deployment: Deployment, index: Index) -> Iterator[Finding]:
    version = ".".join(map(str, index.traits.celery))
    for problems in grouped(line.problems):
        first = problems[0]
        message = MISREAD if first.fault == "meaning" else ""
        data = {"line": line, "problems": problems}
        yield rule.at(first.place, message=message, data=data, version=version, about=first.about, reason=reason(first))
