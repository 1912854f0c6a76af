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
from celerylint.deploy.command_line import CommandLine, Problem
from celerylint.index import Index
from celerylint.rule import Finding, Rule

rule = Rule(
    __name__,
    severity="error",
    message="Celery {version} refuses {about}: {reason}",
    checklist=("workers.commands",),
)
MISREAD = "for a worker {about} names its state file, and the scheduler stays the default one; write `--scheduler`"


@rule.check(CommandLine)
def refused(line: CommandLine, deployment: Deployment, index: Index) -> Iterator[Finding]:
    ordered = [problem for problem in line.problems if problem.fault == "order"]
    for problem in line.problems:
        if problem.fault == "order" and problem is not ordered[0]:
            continue
        related = ordered if problem.fault == "order" else [problem]
        data = {"line": line, "problems": related}
        if problem.fault == "meaning":
            yield rule.at(problem.place, message=MISREAD, data=data, about=f"`{problem.about}`")
        else:
            version = ".".join(map(str, index.traits.celery))
            yield rule.at(
                problem.place, data=data, version=version, about=f"`{problem.about}`", reason=reason(problem, line)
            )


def reason(problem: Problem, line: CommandLine) -> str:
    """Why, and what to write instead."""
    match problem.fault:
        case "order" if not problem.words:
            return f"it is an option of `{problem.hint}`, so it stands behind that"
        case "order":
            return f"it is an option of `celery` itself, so it stands before `{problem.hint}`"
        case "option":
            return f"there is no such option{f'; `{problem.hint}` is meant' if problem.hint else ''}"
        case "choice":
            return f"it takes {problem.hint}" if ", " in problem.hint else f"write `{problem.hint}`"
        case "type":
            return f"the value has to be {'a number' if problem.hint == 'float' else 'a whole number'}"
        case "value":
            return "its value is missing" if problem.hint else "it takes no value"
        case _:
            return f"there is no such command; `{problem.hint}` is meant"
