"""Redis servers: what `redis.conf`, the arguments of `redis-server` and the image of a container say."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from celerylint.deploy.launching import Launch
from celerylint.deploy.model import Broker, Directive, Host, Place
from celerylint.deploy.nodes import Node
from celerylint.deploy.programs import Call
from celerylint.deploy.repository import Repository
from celerylint.deploy.snippets import HIDDEN, Snippet, Word, split
from celerylint.source import Source, Span

LINE = re.compile(r"^[ \t]*([A-Za-z][\w-]*)[ \t]+([^\r\n]*?)[ \t]*$", re.MULTILINE)
# Servers that speak Redis' protocol and take its configuration.
SERVERS = frozenset({"redis-server", "valkey-server", "keydb-server"})
IMAGE = re.compile(
    r"(?P<from>.*/)?(?P<name>redis|valkey|keydb|redis-stack-server|redis-stack)(?::(?P<tag>[^@]*))?(?:@.*)?"
)
# Where a tag is Redis' own version, as it is below a mirror's `library/`.
OFFICIAL_SOURCES = {"", "library/", "docker.io/", "docker.io/library/", "public.ecr.aws/docker/library/"}
OFFICIAL_SOURCES |= {"bitnami/", "bitnamilegacy/", "docker.io/bitnami/"}
# Bitnami's image configures the server from variables of its own.
CONFIGURED_OTHERWISE = re.compile(r"bitnami|redis-stack")
VERSION = re.compile(r"v?(\d+(?:\.\d+)*)")


def directives(text: Snippet) -> Iterator[Directive]:
    """The settings in the text of a redis.conf."""
    for match in LINE.finditer(text.text):
        words = split(text.cut(*match.span(2)))
        place = Place(text.source.path, text.span(match.start(1), match.end(2)))
        yield Directive(match[1].lower(), tuple(word.text for word in words), place)


def argument_directives(words: tuple[Word, ...]) -> Iterator[Directive]:
    """The settings that `redis-server --name value …` gives."""
    found: list[tuple[str, list[Word]]] = []
    for word in words:
        if word.text.startswith("--") and len(word.text) > 2:
            name, *first = word.text[2:].split(None, 1)
            found.append((name, [word]))
            if first:
                found[-1][1].append(replace(word, snippet=word.snippet.cut(2 + len(name) + 1, len(word.text))))
        elif found:
            found[-1][1].append(word)
    for name, (option, *values) in found:
        texts = tuple(part for value in values for part in (value.text.split() or [""]))
        end = max(word.span[2:] for word in (option, *values) if word.path == option.path)
        yield Directive(name.lower(), texts, Place(option.path, Span(*option.span[:2], *end)))


def server(call: Call) -> tuple[Word, ...] | None:
    """The arguments of a Redis server; None for another program."""
    return call.words[1:] if call.program in SERVERS else None


def image_of(image: object) -> tuple[str, tuple[int, ...] | None] | None:
    """What a Redis image is called and its version; None for another image."""
    match = IMAGE.fullmatch(image) if isinstance(image, str) else None
    if match is None:
        return None
    source = match["from"] or ""
    official = match["name"] == "redis" and (source in OFFICIAL_SOURCES or source.endswith("/library/"))
    version = VERSION.match(match["tag"] or "") if official else None
    return str(image), tuple(map(int, version[1].split("."))) if version else None


def brokers(
    launches: list[Launch], calls: Mapping[int, list[Call]], repository: Repository, configured: Mapping[str, Node]
) -> Iterator[Broker]:
    """Every Redis server that something starts. `calls` are those of each launch by its index, `configured` the data
    of each ConfigMap by its name."""
    for index, launch in enumerate(launches):
        image = image_of(launch.host.image)
        for call in calls[index] or [Call(())]:
            arguments = server(call)
            if arguments is None and (image is None or not for_server(call.words)):
                continue
            made = broker(launch.host, call.words if arguments is None else arguments, image, repository, configured)
            yield replace(made, line=call.words[0].place if call.words else None)


def for_server(words: tuple[Word, ...]) -> bool:
    """Whether the entrypoint of a Redis image hands words to the server: options, or a configuration file."""
    return not words or words[0].text.startswith("-") or words[0].text.endswith(".conf")


def broker(
    host: Host,
    arguments: tuple[Word, ...],
    image: tuple[str, tuple[int, ...] | None] | None,
    repository: Repository,
    configured: Mapping[str, Node],
) -> Broker:
    found: list[Directive] = []
    files: tuple[str, ...] = ()
    hidden = any(word.several for word in arguments[:1])
    hidden = hidden or (image is not None and CONFIGURED_OTHERWISE.search(image[0]) is not None)
    if arguments and not arguments[0].text.startswith("-"):
        text = configuration(arguments[0], host, repository, configured)
        hidden = hidden or text is None
        if text is not None:
            found += directives(text)
            files = (text.source.path,)
    found += argument_directives(arguments)
    hidden = hidden or any(directive.name == "include" for directive in found)
    return Broker(host.name, host.place, tuple(found), hidden, host, image[1] if image else None, files)


def configuration(word: Word, host: Host, repository: Repository, configured: Mapping[str, Node]) -> Snippet | None:
    """The text of the configuration file that a server is given, by what is mounted there."""
    for mount in host.mounts or ():
        if mount.kind == "config" and word.text.startswith(mount.target.rstrip("/")):
            data = configured.get(mount.source)
            node = data.get(posixpath.basename(word.text)) if data is not None else None
            return node.snippet if node is not None else None
        if mount.kind == "bind" and HIDDEN not in mount.source:
            rest = word.text[len(mount.target) :] if word.text.startswith(mount.target) else None
            relative = (
                posixpath.normpath(posixpath.join(mount.source, (rest or "").lstrip("/"))) if rest is not None else ""
            )
            source = repository.source(relative) if relative else None
            if source is not None:
                return whole(source)
    return None


def whole(source: Source) -> Snippet:
    return Snippet.of(source, 0, len(source.text))


def alone(source: Source, relative: str) -> Broker:
    """A configuration that nothing in the project starts a server with."""
    found = tuple(directives(whole(source)))
    place = Place(source.path, found[0].place.span if found else Span(1, 1, 1, 1))
    hidden = any(directive.name == "include" for directive in found)
    return Broker(posixpath.basename(relative), place, found, hidden, files=(source.path,))
