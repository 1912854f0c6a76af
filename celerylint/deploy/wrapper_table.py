"""The programs that run another program, which is named in their arguments."""

from __future__ import annotations

from celerylint.records import dataclass


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A program that runs another one, which is named in its own arguments.

    `valued` are its options that have their value in the next word, `skipped` how many arguments come before the
    other program; `verb` is the subcommand that runs things. `separator` says that only what follows `--` is run,
    `text` that the program is one argument, to be cut into words, `module` that it is one of Python's.
    """

    valued: frozenset[str] = frozenset()
    skipped: int = 0
    verb: str = ""
    separator: bool = False
    text: bool = False
    module: bool = False


def wrapper(
    *valued: str, skipped: int = 0, verb: str = "", separator: bool = False, text: bool = False, module: bool = False
) -> Wrapper:
    return Wrapper(frozenset(valued), skipped, verb, separator, text, module)


UV = (
    "-p --python -m --module --with --with-editable --extra --group --only-group --package --project --directory"
    " --env-file --index-url --no-extra --no-group -C"
)
WATCHMEDO = (
    "-d --directory -p --pattern --patterns -i --ignore-pattern --ignore-patterns --signal --kill-after --interval"
    " --debounce-interval -c --command"
)
IDLE_NAMES = (
    "echo printf pkill pgrep killall kill grep egrep fgrep ps cat tail head less rm mv cp ln ls mkdir chown chmod"
    " touch pip pip3 pipx apt apt-get apk yum dnf brew npm yarn useradd adduser groupadd usermod id systemctl service"
    " supervisorctl rc-service initctl sv test [ [[ cd set export unset read wait trap return exit case source ."
    " which type hash sed awk tee find xargs curl wget git make logger sleep"
)
WRAPPERS: dict[str, Wrapper] = {
    "exec": wrapper("-a"),
    "command": wrapper(),
    "env": wrapper("-u", "--unset", "-C", "--chdir"),
    "nohup": wrapper(),
    "setsid": wrapper(),
    "time": wrapper(),
    "then": wrapper(),
    "nice": wrapper("-n", "--adjustment"),
    "ionice": wrapper("-c", "-n", "-p", "--class", "--classdata"),
    "stdbuf": wrapper("-i", "-o", "-e"),
    "timeout": wrapper("-s", "--signal", "-k", "--kill-after", skipped=1),
    "sudo": wrapper("-u", "--user", "-g", "--group", "-h", "-p", "-C"),
    "su-exec": wrapper(skipped=1),
    "gosu": wrapper(skipped=1),
    "s6-setuidgid": wrapper(skipped=1),
    "setuidgid": wrapper(skipped=1),
    "setpriv": wrapper("--reuid", "--regid", "--groups"),
    "chpst": wrapper("-u", "-U", "-b", "-e", "-m", "-d", "-o", "-p", "-f", "-c"),
    "with-contenv": wrapper(),
    "tini": wrapper("-p", "-e"),
    "tini-static": wrapper("-p", "-e"),
    "docker-init": wrapper("-p", "-e"),
    "dumb-init": wrapper("-r", "--rewrite"),
    "catatonit": wrapper(),
    "poetry": wrapper("-C", "--directory", "-P", "--project", verb="run"),
    "uv": wrapper(*UV.split(), verb="run"),
    "pdm": wrapper("-p", "--project", verb="run"),
    "pipenv": wrapper(verb="run"),
    "rye": wrapper(verb="run"),
    "hatch": wrapper("-e", "--env", verb="run"),
    "pixi": wrapper("-e", "--environment", verb="run"),
    "conda": wrapper("-n", "--name", "-p", "--prefix", "--cwd", verb="run"),
    "mamba": wrapper("-n", "--name", "-p", "--prefix", "--cwd", verb="run"),
    "micromamba": wrapper("-n", "--name", "-p", "--prefix", "--cwd", verb="run"),
    "newrelic-admin": wrapper(verb="run-program"),
    "ddtrace-run": wrapper(),
    "opentelemetry-instrument": wrapper("--traces_exporter", "--metrics_exporter", "--logs_exporter", "--service_name"),
    "coverage": wrapper("--rcfile", "--source", "--omit", "--include", verb="run", module=True),
    "hupper": wrapper("-w", "--shutdown-interval", "--reload-interval", "-x", "--ignore", module=True),
    "watchmedo": wrapper(*WATCHMEDO.split(), verb="auto-restart"),
    "watchfiles": wrapper(
        "--filter", "--ignore-paths", "--target-type", "--args", "--sigint-timeout", "--grace-period", text=True
    ),
    "dockerize": wrapper("-wait", "-timeout", "-wait-retry-interval", "-template", "-stdout", "-stderr"),
    "wait-for-it": wrapper(separator=True),
    "wait-for": wrapper(separator=True),
    "wait_for": wrapper(separator=True),
    "chamber": wrapper(separator=True),
    "doppler": wrapper(separator=True),
    "aws-vault": wrapper(separator=True),
    "op": wrapper(separator=True),
    "infisical": wrapper(separator=True),
    "ecs-run": wrapper(separator=True),
    "kubectl": wrapper(separator=True),
}
# These have arguments that name Celery and start nothing.
IDLE = frozenset(IDLE_NAMES.split())
# Forwarders of signals that hand them to the whole process group, so that the children of a pool get them too.
TO_GROUP = {"tini": {"-g"}, "tini-static": {"-g"}, "docker-init": {"-g"}}
