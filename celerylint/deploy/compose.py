"""Compose services: what they run, with their environment, ports, limits and checks."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from celerylint.deploy.command_line import Version
from celerylint.deploy.compose_files import ComposeFile, Service, services
from celerylint.deploy.dockerfile import Stage, stages
from celerylint.deploy.environment import Environment, Variable, interpolated
from celerylint.deploy.images import known_stage
from celerylint.deploy.launching import Launch, command_of
from celerylint.deploy.model import Host, Mount, Place, Port, Probe
from celerylint.deploy.nodes import Node
from celerylint.deploy.probing import probe_command
from celerylint.deploy.repository import Repository
from celerylint.deploy.snippets import HIDDEN, Snippet, Word, split
from celerylint.deploy.units import duration
from celerylint.values import UNKNOWN, Unknown

# The image of a service is sent SIGTERM, and ten seconds later SIGKILL (Docker's documentation, `docker stop`).
GRACE = 10.0
LOOPBACK = re.compile(r"(?:127\.\d+\.\d+\.\d+|localhost|\[?::1\]?)$")
PORT = re.compile(r"(?:(?P<address>\[[^\]]*\]|[^:]*):)?(?:(?P<published>[\d-]*):)?(?P<target>[\d-]+)(?:/\w+)?")


def launches(files: list[ComposeFile], repository: Repository, version: Version) -> Iterator[Launch]:
    """Every service with what it runs."""
    for service in services(files, repository):
        yield from launch(service, repository, version)


def launch(service: Service, repository: Repository, version: Version) -> Iterator[Launch]:
    dockerfile, stage = image_of(service, repository)
    environment = environment_of(service, repository, stage)
    host = host_of(service, stage, environment, dockerfile, version)
    if is_extra(service):
        host = replace(host, developing=True, profiled=True, unit=f"{host.unit} for development")
    elif any(is_source(mount, service, repository) for mount in host.mounts or ()):
        host = replace(host, developing=True)
    words, shell = command_of(stage, words_of(service, "entrypoint"), words_of(service, "command"))
    yield Launch(host, words, shell, stage, (context_of(service), service.file.folder))


def words_of(service: Service, key: str) -> tuple[Word, ...] | None:
    """The words of `command` or `entrypoint`; None where it is not written."""
    node = service.get(key)
    if node is None or node.is_null:
        return None
    if node.is_scalar:
        return tuple(split(interpolated(node.snippet, service.environment)))
    return tuple(Word(interpolated(item.snippet, service.environment), item.span) for item in node.items)


# Image and environment


def image_of(service: Service, repository: Repository) -> tuple[str, Stage | None]:
    """The Dockerfile that a service's image is built with, and its stage; another service may build the image."""
    build = service.get("build")
    if build is None:
        build = builder(service)
    if build is None:
        return "", known_stage(service.get("image"))
    context = build.text if build.is_scalar else build.string("context") or "."
    name = build.string("dockerfile") or "Dockerfile"
    if HIDDEN in context + name:
        return "", None
    relative = posixpath.normpath(posixpath.join(service.file.folder, context, name))
    source = repository.source(relative)
    found = stages(source) if source is not None else []
    target = build.string("target")
    chosen = next((stage for stage in found if target and stage.name == target), found[-1] if found else None)
    return (relative if found else ""), chosen


def builder(service: Service) -> Node | None:
    """The `build` of another service that makes the image of this one."""
    image = service.text("image")
    table = service.root.get("services")
    for _, node in (table.pairs if table is not None and image else {}).values():
        if node.string("image") == image and node.get("build") is not None:
            return node.get("build")
    return None


def environment_of(service: Service, repository: Repository, stage: Stage | None) -> Environment:
    found = stage.environment if stage is not None else Environment(open=service.get("image") is None)
    for layer in reversed(service.layers):
        for node in env_files(layer):
            path = node.text or node.string("path")
            known = repository.dotenv(posixpath.normpath(posixpath.join(service.file.folder, path)))
            found |= known if known is not None else Environment(open=True)
        found |= Environment(dict(variables(layer.get("environment"), service)))
    return found


def env_files(layer: Node) -> list[Node]:
    node = layer.get("env_file")
    return [] if node is None else node.items if node.is_list else [node]


def variables(node: Node | None, service: Service) -> Iterator[tuple[str, Variable]]:
    """What `environment` sets, as a map or a list. A name without a value is handed through from outside."""
    if node is None:
        return
    for name, (key, value) in node.pairs.items():
        span = node.entry(name) or key.span
        text = interpolated(value.snippet, service.environment).text if not value.is_null else HIDDEN
        yield name, Variable(text, node.path, span)
    for item in node.items:
        name, equal, text = interpolated(item.snippet, service.environment).text.partition("=")
        yield name, Variable(text if equal else HIDDEN, item.path, item.span)


# The host


def host_of(service: Service, stage: Stage | None, environment: Environment, dockerfile: str, version: Version) -> Host:
    grace = service.text("stop_grace_period")
    mounts = tuple(mounts_of(service))
    return Host(
        "compose",
        service.name,
        Place(service.key.path, service.key.span),
        unit=service.unit,
        environment=environment,
        places=dict(places_of(service)),
        image=image_text(service),
        dockerfile=dockerfile,
        replicas=replicas_of(service),
        grace=GRACE if grace is None else duration(grace),
        default_grace=grace is None,
        resources=resources_of(service),
        probes=tuple(probes_of(service, version)),
        user=user_of(service, stage),
        ports=tuple(ports_of(service)),
        mounts=mounts,
        init=(init := service.get("init")) is not None and init.truth is True,
        fixed=service.get("container_name") is not None,
    )


PLACES = {
    "replicas": ("deploy", "replicas"),
    "scale": ("scale",),
    "grace": ("stop_grace_period",),
    "image": ("image",),
    "user": ("user",),
    "command": ("command",),
    "ports": ("ports",),
}


def places_of(service: Service) -> Iterator[tuple[str, Place]]:
    for name, keys in PLACES.items():
        place = service.place(*keys)
        if place is not None:
            yield "replicas" if name == "scale" else name, place


def image_text(service: Service) -> str | Unknown | None:
    text = service.text("image")
    return UNKNOWN if text is not None and HIDDEN in text else text


def replicas_of(service: Service) -> int | Unknown | None:
    for keys in (("deploy", "replicas"), ("scale",)):
        text = service.text(*keys)
        if text is not None:
            return int(text) if text.isdigit() else UNKNOWN
    return UNKNOWN if (service.text("deploy", "mode") or "") == "global" else None


RESOURCES = {
    "limits.memory": (("mem_limit",), ("deploy", "resources", "limits", "memory")),
    "limits.cpu": (("cpus",), ("deploy", "resources", "limits", "cpus"), ("cpu_quota",), ("cpuset",)),
    "requests.memory": (("mem_reservation",), ("deploy", "resources", "reservations", "memory")),
    "requests.cpu": (("deploy", "resources", "reservations", "cpus"),),
}


def resources_of(service: Service) -> Mapping[str, str]:
    found = {}
    for name, ways in RESOURCES.items():
        text = next((text for keys in ways if (text := service.text(*keys)) is not None), None)
        if text is not None:
            found[name] = text
    return found


def user_of(service: Service, stage: Stage | None) -> str | Unknown | None:
    text = service.text("user")
    if text is not None:
        return UNKNOWN if HIDDEN in text else text
    return stage.user if stage is not None else UNKNOWN


def probes_of(service: Service, version: Version) -> Iterator[Probe]:
    node = service.get("healthcheck")
    test = node.get("test") if node is not None else None
    place = service.place("healthcheck")
    if node is None or test is None or place is None or test.string("0") == "NONE":
        return
    words: tuple[Word, ...] = ()
    text: Snippet | None = None
    if test.is_scalar:
        text = interpolated(test.snippet, service.environment)
    else:
        first, *rest = test.items or [test]
        words = tuple(Word(interpolated(item.snippet, service.environment), item.span) for item in rest)
        if first.text == "CMD-SHELL" and words:
            text, words = words[0].snippet, ()
    command = probe_command(words, text, version)
    period, timeout = (
        duration(service.text("healthcheck", "interval")),
        duration(service.text("healthcheck", "timeout")),
    )
    yield Probe("healthcheck", place, command, period, timeout)


def ports_of(service: Service) -> Iterator[Port]:
    for item in service.lists("ports"):
        place = Place(item.path, item.span)
        if item.is_map:
            address, target = item.string("host_ip"), item.string("target")
            published = bool(item.string("published"))
        else:
            match = PORT.fullmatch(interpolated(item.snippet, service.environment).text)
            address, target = (match["address"] or "", match["target"]) if match else (HIDDEN, HIDDEN)
            published = match is not None
            if match and match["published"] is None and match["address"] is not None:
                address = ""
        if HIDDEN not in address + target and published and target.isdigit():
            yield Port(int(target), "loopback" if LOOPBACK.match(address) else "all", place)


def mounts_of(service: Service) -> Iterator[Mount]:
    table = service.root.get("volumes")
    named = table.pairs if table is not None else {}
    for item in service.lists("volumes"):
        if item.is_map:
            source, target, kind = item.string("source"), item.string("target"), item.string("type")
        else:
            known = Environment(service.environment.values)
            source, _, rest = interpolated(item.snippet, known).text.partition(":")
            target, kind = rest.partition(":")[0], ""
            if not target:
                source, target = "", source
        if source.startswith((".", "/", "~")) or HIDDEN in source:
            kind = "bind"
            if not source.startswith(("/", "~")) and HIDDEN not in source:
                source = posixpath.normpath(posixpath.join(service.file.folder, source))
        elif source in named or not kind:
            kind = "volume"
        yield Mount(target, source, kind, Place(item.path, item.span))
    for item in service.lists("tmpfs"):
        yield Mount(item.text, "", "empty", Place(item.path, item.span))


PROFILES = frozenset({"dev", "develop", "development", "debug", "test", "tests", "testing", "local"})


def is_extra(service: Service) -> bool:
    """Whether a service starts for development only, by its profiles, which says nothing of the others."""
    profiles = {item.text for item in service.lists("profiles")}
    return bool(profiles) and profiles <= PROFILES


def is_source(mount: Mount, service: Service, repository: Repository) -> bool:
    """Whether a mount has the code from somebody's disk: the folder of the file, the build's context, or above."""
    if mount.kind != "bind" or mount.source.startswith(("/", "~")) or HIDDEN in mount.source:
        return False
    folder = context_of(service)
    if mount.source in {folder, service.file.folder or ".", "."} or folder.startswith(f"{mount.source}/"):
        return True
    return mount.source.startswith("..") or repository.holds_the_code(mount.source)


def context_of(service: Service) -> str:
    """The folder that a service's image is built from."""
    build = service.get("build")
    context = "." if build is None else build.text if build.is_scalar else build.string("context") or "."
    return posixpath.normpath(posixpath.join(service.file.folder, context))
