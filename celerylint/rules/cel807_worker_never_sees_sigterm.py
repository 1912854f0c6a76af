"""The worker is never told to stop, and is killed with the tasks in it.

Docker, Kubernetes and supervisord send SIGTERM to the process that they started. Where that is a shell, it does not
hand the signal on: the worker goes on taking tasks until the grace period is over, and is then killed. Tasks that were
acknowledged early are lost at every release, locks and pidfiles stay behind.

Bad::

    # Dockerfile
    FROM python:3.12
    CMD celery -A shop worker -l info

Bad::

    # start-worker.sh
    python manage.py migrate
    celery -A shop worker -l info

Good::

    # Dockerfile
    FROM python:3.12
    CMD ["celery", "-A", "shop", "worker", "-l", "info"]

    # start-worker.sh
    python manage.py migrate
    exec celery -A shop worker -l info

A pipe (`| tee log`), commands after the worker, `&` and `--detach` keep it from the signal too. With
`REMAP_SIGTERM=SIGQUIT`, no `worker_soft_shutdown_timeout` and no `task_acks_late` it gets the signal, and stops without
waiting for its tasks.

Silent where bash replaces itself (`bash -c` with the worker last), in scripts with a `trap`, where the signal goes to
every process (Procfiles, `dumb-init`, `stopasgroup`, systemd), and in files for development.

The fix writes the JSON form, or `exec` before a worker that nothing follows.

Source: Docker's reference, CMD, shell form; POSIX shell, `exec`; Celery's user guide, Workers, Stopping the worker and
REMAP_SIGTERM (5.7). dash and bash were tried.
"""

from collections.abc import Iterator

from celerylint.deploy import Deployment
from celerylint.deploy.model import Worker
from celerylint.deploy.programs import Shell
from celerylint.deploy.shell_syntax import parse
from celerylint.deploy.shell_tree import Listing, ShellError, Simple
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.deployed import in_production, setting, soft_shutdown
from celerylint.values import truth

rule = Rule(
    __name__,
    severity="error",
    message="the shell here does not hand SIGTERM on, so the worker is killed with its tasks after the grace period;"
    " {instead}",
    checklist=("workers.graceful-shutdown",),
)
DETACHED = (
    "a detached worker is not the process that gets SIGTERM, so it is killed with its tasks; leave out `{option}`"
)
REMAPPED = (
    "SIGTERM stops this worker without waiting for its tasks, since SIGTERM is taken for SIGQUIT and there is no"
    " `worker_soft_shutdown_timeout`; set it"
)
# Hosts that send the signal to what they started, and to nothing else.
TO_ONE = frozenset({"dockerfile", "compose", "kubernetes", "supervisor", "script"})


@rule.check(Worker)
def behind_a_shell(worker: Worker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    shell = shell_between(worker)
    if shell is not None and in_production(worker, deployment):
        place = worker.at if shell is worker.call.shells[-1] else shell.start.place
        yield rule.at(place, data={"shell": shell, "form": form(shell, worker)}, instead=advice(shell, worker))


def shell_between(worker: Worker) -> Shell | None:
    """The shell that keeps the signal from a worker, the innermost of several."""
    host, call = worker.host, worker.call
    if host.kind not in TO_ONE or host.group_signal or call.to_group:
        return None
    shell = next((each for each in reversed(call.shells) if not hands_on(each)), None)
    if shell is None or any(each.manner.traps for each in call.shells):
        return None
    return None if host.kind == "script" and not shell.manner.last else shell


def hands_on(shell: Shell) -> bool:
    """Whether a shell is replaced by what it runs: by `exec`, or as bash does with the last command of `bash -c`."""
    manner = shell.manner
    plain = manner.last and manner.waited and not (manner.piped or manner.redirected or manner.subshell)
    return shell.executed or (shell.name == "bash" and not shell.script and plain)


def form(shell: Shell, worker: Worker) -> str:
    """How it can be mended without harm: `json`, `exec`, or ""."""
    manner = shell.manner
    if not (manner.last and manner.waited) or manner.piped or manner.subshell or manner.assigns or manner.traps:
        return ""
    return "json" if worker.host.kind == "dockerfile" and not shell.script and is_plain(shell) else "exec"


def is_plain(shell: Shell) -> bool:
    """Whether a text for a shell is one command without anything that only a shell understands."""
    try:
        node = parse(shell.snippet.text)
    except ShellError:
        return False
    if not isinstance(node, Listing) or len(node.nodes) != 1 or node.nodes[0][1]:
        return False
    (command, _) = node.nodes[0]
    plain = isinstance(command, Simple) and not command.assignments and not command.redirected
    return plain and not set(shell.snippet.text) & set("$`*?~[]{}!#\\")


def advice(shell: Shell, worker: Worker) -> str:
    """What to write instead."""
    manner = shell.manner
    if form(shell, worker) == "json":
        return 'write the JSON form, `["celery", …]`'
    if manner.piped:
        return "log with `--logfile` instead of a pipe, and `exec` the worker"
    if not manner.waited:
        return "run the worker in a container of its own, in the foreground with `exec`"
    if not manner.last:
        return "let nothing follow the worker, and `exec` it"
    return "`exec` the worker" + (" outside of the parentheses" if manner.subshell else "")


@rule.check(Worker)
def detached(worker: Worker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    option = worker.line.option("--detach")
    if worker.host.is_container and option is not None and in_production(worker, deployment):
        yield rule.at(option.place, message=DETACHED, option=option.written)


@rule.check(Worker)
def stops_at_once(worker: Worker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    remapped = worker.environment("REMAP_SIGTERM") == "SIGQUIT"
    if not remapped or shell_between(worker) or not in_production(worker, deployment) or soft_shutdown(index):
        return
    # Messages that are acknowledged late go back to the queue.
    late = setting(index, "task_acks_late")
    if late is None or truth(late) is False:
        yield rule.at(worker.at, message=REMAPPED)
