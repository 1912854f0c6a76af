"""The commands that stop, start, scale and restart what runs a project's programs, by what starts them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from celerylint.deploy.model import Host, HostKind
from celerylint.deploy.snippets import HIDDEN

Verb: TypeAlias = Literal["stop", "start", "scale", "restart", "undo"]

# `{it}` is what the tool calls the program; `undo` goes back to the release before. Kinds in the order in which they
# are preferred where a project has several.
COMMANDS: Mapping[HostKind, Mapping[Verb, str]] = {
    "kubernetes": {
        "stop": "kubectl scale {it} --replicas=0",
        "start": "kubectl scale {it} --replicas=1",
        "scale": "kubectl scale {it} --replicas=N",
        "restart": "kubectl rollout restart {it}",
        "undo": "kubectl rollout undo {it}",
    },
    "compose": {
        "stop": "docker compose stop {it}",
        "start": "docker compose up -d {it}",
        "scale": "docker compose up -d --no-recreate --scale {it}=N {it}",
        "restart": "docker compose up -d --force-recreate --no-deps {it}",
        "undo": "docker compose up -d --no-deps {it}  # with the image of the release before",
    },
    "systemd": {
        "stop": "systemctl stop {it}",
        "start": "systemctl start {it}",
        "restart": "systemctl restart {it}",
        "undo": "systemctl restart {it}  # with the release before in place",
    },
    "supervisor": {
        "stop": "supervisorctl stop {it}",
        "start": "supervisorctl start {it}",
        "restart": "supervisorctl restart {it}",
        "undo": "supervisorctl restart {it}  # with the release before in place",
    },
    "procfile": {
        "stop": "heroku ps:scale {it}=0",
        "start": "heroku ps:scale {it}=1",
        "scale": "heroku ps:scale {it}=N",
        "restart": "heroku ps:restart {it}",
        "undo": "heroku rollback",
    },
    "cloudfoundry": {
        "stop": "cf stop {it}",
        "start": "cf start {it}",
        "scale": "cf scale {it} -i N",
        "restart": "cf restart {it} --strategy rolling",
        "undo": "cf rollback {it} --version N",
    },
}
# The only workloads that `kubectl scale` takes and that anybody would.
SCALABLE = ("Deployment/", "StatefulSet/")


def commands(verb: Verb, hosts: Iterable[Host]) -> list[tuple[Host, str]]:
    """What does it to some hosts, for the first kind of them that is known; a command for several comes once."""
    found = [(host, text.format(it=called(host))) for host in chosen(hosts) if (text := command_of(verb, host))]
    return list({command: (host, command) for host, command in reversed(found)}.values())[::-1]


def command_of(verb: Verb, host: Host) -> str:
    """The command for one host, "" where there is none: a container with a name of its own cannot be there twice."""
    if verb in {"scale", "stop", "start"} and host.kind == "kubernetes" and not host.workload.startswith(SCALABLE):
        return ""
    return "" if verb == "scale" and host.fixed else COMMANDS[host.kind].get(verb, "")


def chosen(hosts: Iterable[Host]) -> list[Host]:
    """The hosts that commands are printed for: those of one kind, each once."""
    found = list({(host.kind, called(host)): host for host in hosts if is_named(host)}.values())
    return next((same for kind in COMMANDS if (same := [host for host in found if host.kind == kind])), [])


def is_named(host: Host) -> bool:
    """Whether it is known what the tool calls a program, or can be told: a chart's release is part of most names."""
    return host.kind == "kubernetes" or HIDDEN not in host.name


def called(host: Host) -> str:
    """A program as its tool takes it: `deployment/shop-worker -n shop`, `auth:worker`, `worker`."""
    match host.kind:
        case "kubernetes":
            namespace = f" -n {shlex.quote(shown(host.namespace))}" if host.namespace else ""
            return f"{shown(host.workload.lower())}{namespace}"
        case "supervisor" if host.group:
            return f"{shown(host.group)}:{host.name}"
        case "supervisor" if host.replicas != 1:
            return f"'{host.name}:*'"
        case _:
            return shlex.quote(host.name)


def shown(name: str) -> str:
    """A name with a placeholder for each part that is not known."""
    return re.sub(f"{HIDDEN}+", "NAME", name)
