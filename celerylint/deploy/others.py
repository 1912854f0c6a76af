"""Programs that are started without containers: by a Procfile, supervisord, systemd, Cloud Foundry, scripts, make."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace

from celerylint.deploy import ini, task_runners
from celerylint.deploy.dockerfile import stages
from celerylint.deploy.environment import Environment, Variable
from celerylint.deploy.ini import Section
from celerylint.deploy.launching import Launch, command_of
from celerylint.deploy.model import Host, HostKind, Place
from celerylint.deploy.nodes import Node
from celerylint.deploy.snippets import HIDDEN, Snippet, split
from celerylint.deploy.templates import EXPRESSION
from celerylint.deploy.units import duration
from celerylint.source import Source, Span
from celerylint.values import UNKNOWN, Unknown

PROCESS_TYPE = re.compile(r"^[ \t]*([\w-]+):[ \t]*([^\r\n]*?)[ \t]*$", re.MULTILINE)
RECIPE = re.compile(r"^(?:\t| {2,})[@+-]*((?:[^\\\r\n]|\\(?:\r?\n|.))*)", re.MULTILINE)
MAKE_VARIABLE = re.compile(r"\$\$|\$\([^()]*\)|\{\{[^{}]*\}\}")
SUPERVISOR_VARIABLE = re.compile(r"%%|%\(([\w-]+)\)[sd]?")
SPECIFIER = re.compile(r"%(.)|\$\{(\w+)\}|\$(\w+)")
# Seconds between SIGTERM and SIGKILL: `stopwaitsecs`, systemd's DefaultTimeoutStopSec, Heroku, Cloud Foundry.
SUPERVISOR_GRACE, SYSTEMD_GRACE, HEROKU_GRACE, CLOUD_FOUNDRY_GRACE = 10.0, 90.0, 30.0, 10.0


def place_of(snippet: Snippet) -> Place:
    return Place(snippet.source.path, snippet.span(0, len(snippet.text)))


# Dockerfile


def dockerfile(source: Source, relative: str) -> Iterator[Launch]:
    """What a container of a Dockerfile's last stage runs."""
    for stage in stages(source)[-1:]:
        words, shell = command_of(stage, None, None)
        places = {"from": Place(source.path, stage.place)}
        if stage.command is not None:
            places["command"] = Place(source.path, stage.command.span)
        host = Host(
            "dockerfile",
            posixpath.basename(relative),
            Place(source.path, stage.place),
            unit=f"dockerfile:{relative}",
            environment=Environment(stage.environment.values, open=True),
            places=places,
            image=UNKNOWN if HIDDEN in stage.base else stage.base,
            dockerfile=relative,
            replicas=UNKNOWN,
            overlap=None,
            user=stage.user,
            probes=None,
            mounts=None,
        )
        yield Launch(host, words, shell, stage, (posixpath.dirname(relative), "."))


# Procfile


def procfile(source: Source, relative: str) -> Iterator[Launch]:
    """The process types of a Procfile; Heroku hands each to bash and sends SIGTERM to all of its processes."""
    for match in PROCESS_TYPE.finditer(source.text):
        text = Snippet.of(source, *match.span(2))
        place = Place(source.path, source.range(*match.span()))
        host = Host(
            "procfile",
            match[1],
            place,
            unit=f"procfile:{relative}",
            environment=Environment(open=True),
            replicas=UNKNOWN,
            overlap=None,
            grace=HEROKU_GRACE,
            default_grace=True,
        )
        yield Launch(host, shell=text, folders=(posixpath.dirname(relative), "."), shell_name="bash")


# supervisord


def supervisor(source: Source, relative: str) -> Iterator[Launch]:
    found = ini.sections(Source.from_text(source.path, covered(source.text)))
    groups = dict(grouped(found))
    for section in found:
        kind, _, name = section.name.partition(":")
        command = section.get("command")
        if kind in {"program", "fcgi-program", "eventlistener"} and command is not None:
            text = Snippet(source, command.value.text, command.value.offsets)
            words = tuple(split(text.replaced(SUPERVISOR_VARIABLE, lambda match: "%" if match[1] is None else HIDDEN)))
            host = program(section, name, source, relative, groups.get(name, ""))
            yield Launch(host, words, folders=(posixpath.dirname(relative), "."))


def grouped(found: list[Section]) -> Iterator[tuple[str, str]]:
    """The programs of each `[group:x]` with its name, by which supervisorctl takes them."""
    for section in found:
        kind, _, group = section.name.partition(":")
        if kind == "group":
            for name in section.text("programs").split(","):
                yield name.strip(f" \t\n{HIDDEN}"), group


def covered(text: str) -> str:
    """A text with a template's expressions replaced, in place."""
    return EXPRESSION.sub(lambda match: HIDDEN * len(match[0]), text)


def program(section: Section, name: str, source: Source, relative: str, group_name: str) -> Host:
    """A `[program:x]`."""
    grace, user = section.text("stopwaitsecs") or None, section.text("user") or None
    group = next((key for key in ("stopasgroup", "killasgroup") if section.text(key).lower() in {"true", "1"}), "")
    keys = {"grace": "stopwaitsecs", "group": group, "replicas": "numprocs", "command": "command"}
    return Host(
        "supervisor",
        name,
        Place(source.path, section.span),
        unit=f"supervisor:{posixpath.dirname(relative)}",
        environment=Environment(open=True),
        places={key: Place(source.path, e.span) for key, option in keys.items() if (e := section.get(option))},
        replicas=count(section.text("numprocs")),
        grace=SUPERVISOR_GRACE if grace is None else duration(grace),
        default_grace=grace is None,
        user=UNKNOWN if user is not None and ("%" in user or HIDDEN in user) else user,
        group_signal="stopasgroup" if group == "stopasgroup" else "",
        group=group_name,
    )


def count(text: str) -> int | Unknown:
    """The number of copies, 1 without a text."""
    return 1 if not text else int(text) if text.isdigit() else UNKNOWN


# systemd


def systemd(source: Source, relative: str) -> Iterator[Launch]:
    """The services of a unit. systemd runs no shell, and starts what `ExecStart` names."""
    for section in ini.sections(source, backslashes=True):
        if section.name != "Service":
            continue
        host = unit(section, source, relative)
        for entry in section.entries:
            if entry.name == "ExecStart" and entry.value.text:
                prefix = len(entry.value.text) - len(entry.value.text.lstrip("@-:+!|"))
                text = entry.value.cut(prefix, len(entry.value.text))
                yield Launch(host, tuple(split(specified(text, host.environment))))


def specified(text: Snippet, environment: Environment) -> Snippet:
    """A command with systemd's specifiers and variables replaced."""

    def value(match: re.Match[str]) -> str:
        if match[1]:
            return "%" if match[1] == "%" else HIDDEN
        return environment(match[2] or match[3]) or HIDDEN

    return text.replaced(SPECIFIER, value)


def unit(section: Section, source: Source, relative: str) -> Host:
    """The `[Service]` of a unit; without KillMode every process of it gets the signals."""
    grace = section.text("TimeoutStopSec") or section.text("TimeoutSec") or None
    mode = section.text("KillMode") or "control-group"
    user = section.text("User") or ("nobody" if section.text("DynamicUser") in {"yes", "true", "1"} else None)
    name = posixpath.basename(relative).removesuffix(".service")
    keys = {"grace": "TimeoutStopSec", "group": "KillMode", "command": "ExecStart"}
    return Host(
        "systemd",
        name,
        Place(source.path, section.span),
        unit=f"systemd:{posixpath.dirname(relative)}",
        environment=Environment(dict(assigned(section, source)), open=section.get("EnvironmentFile") is not None),
        places={key: Place(source.path, e.span) for key, option in keys.items() if (e := section.get(option))},
        replicas=UNKNOWN if name.endswith("@") else 1,
        grace=SYSTEMD_GRACE if grace is None else duration(grace),
        default_grace=grace is None,
        user=user,
        group_signal="KillMode" if mode == "control-group" else "",
    )


def assigned(section: Section, source: Source) -> Iterator[tuple[str, Variable]]:
    """What `Environment=` sets."""
    for entry in section.entries:
        if entry.name == "Environment":
            for word in split(entry.value):
                name, equal, value = word.text.partition("=")
                if equal:
                    yield name, Variable(value, source.path, word.span)


# Cloud Foundry


def cloudfoundry(root: Node, relative: str) -> Iterator[Launch]:
    """The applications of a manifest and their processes."""
    applications = root.get("applications")
    for application in applications.items if applications is not None else ():
        processes = application.get("processes")
        for node in [application, *(processes.items if processes is not None else ())]:
            command = node.get("command")
            if command is not None:
                yield Launch(app(node, application, relative), shell=command.snippet, shell_name="bash")


def app(node: Node, application: Node, relative: str) -> Host:
    name = node.get("name") or application.get("name") or node
    instances = node.get("instances") or application.get("instances")
    span = node.entry("instances")
    return Host(
        "cloudfoundry",
        name.text,
        Place(node.path, name.span),
        unit=f"cloudfoundry:{relative}",
        environment=Environment(open=True),
        places={"replicas": Place(node.path, span)} if span is not None else {},
        replicas=1 if instances is None else int(instances.text) if instances.text.isdigit() else UNKNOWN,
        overlap=None,
        grace=CLOUD_FOUNDRY_GRACE,
        default_grace=True,
    )


# Scripts and recipes


def script(source: Source, relative: str) -> Launch:
    """A script by itself, with nothing known of its arguments and environment."""
    return Launch(plain_host("script", source, relative), shell=Snippet.of(source, 0, len(source.text)))


def recipes(source: Source, relative: str) -> Iterator[Launch]:
    """The lines of a Makefile's recipes."""
    host = plain_host("recipe", source, relative)
    for match in RECIPE.finditer(source.text):
        text = Snippet.of(source, *match.span(1))
        yield Launch(host, shell=text.replaced(MAKE_VARIABLE, lambda m: "$" if m[0] == "$$" else HIDDEN))


def tasks(source: Source, relative: str) -> Iterator[Launch]:
    """The commands that `pyproject.toml` gives names."""
    for name, text in task_runners.commands(source):
        yield Launch(replace(plain_host("recipe", source, relative), name=name, place=place_of(text)), shell=text)


def workflow(root: Node, relative: str) -> Iterator[Launch]:
    """The `run` steps of a GitHub Actions workflow."""
    host = plain_host("recipe", root.source, relative)
    jobs = root.get("jobs")
    for _, job in (jobs.pairs if jobs is not None else {}).values():
        steps = job.get("steps")
        for step in steps.items if steps is not None else ():
            run = step.get("run")
            if run is not None:
                yield Launch(host, shell=run.snippet, shell_name="bash")


def plain_host(kind: HostKind, source: Source, relative: str) -> Host:
    return Host(
        kind,
        posixpath.basename(relative),
        Place(source.path, Span(1, 1, 1, 1)),
        unit=f"{kind}:{relative}",
        environment=Environment(open=True),
        replicas=UNKNOWN,
        overlap=None,
        probes=None,
        mounts=None,
    )
