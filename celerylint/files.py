"""Which files there are to look at: Python, and what is deployed beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from pathlib import Path
from typing import TypeAlias

from celerylint import gitignore
from celerylint.config import Config
from celerylint.gitignore import Patterns
from celerylint.paths import matches, shown
from celerylint.records import dataclass

__all__ = ["Tree", "discover", "is_deployment", "is_python", "matching", "shown"]

Ignores: TypeAlias = tuple[Patterns, ...]

PYTHON = (".py", ".pyi")
# A folder that holds one of these is an environment with other people's code.
ENVIRONMENT = frozenset({"pyvenv.cfg", "conda-meta"})
DEPLOYED = frozenset({"bash", "cfg", "conf", "container", "docker", "env", "in", "ini", "j2", "jinja2", "lock", "mk"})
DEPLOYED |= {"nomad", "pod", "service", "sh", "socket", "tf", "timer", "toml", "tpl", "yaml", "yml"}
# What is to be copied or filled in: `compose.yaml.example`, `worker.conf.erb`, `compose.yml-sample`.
TO_FILL = frozenset({"dist", "erb", "example", "sample", "template", "tmpl"})
SAMPLE = re.compile(r"(?:yaml|yml|conf|sh)[-_](?:example|sample)")
NAMED = re.compile(
    r"(?:.*[._-])?(?:docker|container|proc|make|just|pip)file(?:[._-].*)?|\.env.*|.*\.env\..*", re.IGNORECASE
)
HINT = re.compile(r"file|\.env", re.IGNORECASE)
REQUIREMENTS = re.compile(r"requirements|constraints|/(?:reqs?|deps|dependencies)\b")
PROSE = re.compile(
    r"(?:authors|changelog|changes|codeowners|contributors|copying|licen[cs]e|notice|readme)\b.*", re.IGNORECASE
)


@dataclass(slots=True)
class Tree:
    """What was found: the absolute paths of Python files and of deployment files, sorted; and what could not be read,
    as messages."""

    python: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Walk:
    """The state of a search. `visited` are the real paths of folders; `links` those of files that links name.

    `wanted` says of a path whether its name is that of a file to look for.
    """

    root: str
    names: frozenset[str]
    globs: tuple[tuple[str, str], ...]
    wanted: Callable[[str], bool]
    files: set[str] = field(default_factory=set)
    links: dict[str, str] = field(default_factory=dict)
    visited: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)


def discover(paths: Sequence[Path], config: Config) -> Tree:
    """All Python and deployment files below some paths that are neither excluded nor ignored by git.

    Files that are named are kept whatever they are; links to folders are followed only where they are named.
    Paths come out absolute.
    """
    walk = Walk(str(config.root), *exclusions(config), lambda path: path.endswith(PYTHON) or is_deployment(path))
    named: set[str] = set()
    for path in [os.path.abspath(path) for path in paths] or [os.getcwd()]:
        if os.path.isdir(path):
            search(walk, path)
        elif os.path.exists(path):
            named.add(path)
        else:
            walk.errors.append(f"{shown(path)}: no such file or directory")
    real = {os.path.realpath(path) for path in walk.files} if walk.links else set()
    found = walk.files | named | {link for link, target in sorted(walk.links.items()) if target not in real}
    python = {path for path in found if is_python(path) or (path in named and is_script(path))}
    return Tree(sorted(python), sorted(found - python), sorted(walk.errors))


def matching(config: Config, wanted: Callable[[str], bool]) -> list[str]:
    """The files of a project whose paths are wanted, neither excluded nor ignored by git, in order."""
    walk = Walk(str(config.root), *exclusions(config), wanted)
    search(walk, walk.root)
    return sorted(walk.files)


def is_python(path: str | os.PathLike[str]) -> bool:
    """Whether a name is that of Python code."""
    return os.fspath(path).endswith(PYTHON)


def is_script(path: str) -> bool:
    """Whether a file that is named, and named like nothing else, holds Python."""
    if is_deployment(path) and "." in os.path.basename(path):
        return False
    try:
        with open(path, "rb") as stream:
            first = stream.readline(200)
    except OSError:
        return False
    return first.startswith(b"#!") and b"python" in first


def is_deployment(path: str) -> bool:
    """Whether a name may be that of a file that says how Celery, its broker or its workers run."""
    folder, _, name = f"/{path}".replace(os.sep, "/").rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    if (dot and suffix in DEPLOYED) or (HINT.search(name) and NAMED.fullmatch(name)):
        return True
    if dot and (suffix in TO_FILL or SAMPLE.fullmatch(suffix)):
        return SAMPLE.fullmatch(suffix) is not None or is_deployment(f"{folder}/{stem}"[1:])
    if suffix == "json":
        return "patch" in name
    if suffix == "txt":
        return bool(REQUIREMENTS.search(f"{folder[folder.rfind('/') :]}/{name}".lower()))
    # Start scripts often have a name and nothing more.
    return (not dot and not PROSE.fullmatch(name)) or (not stem and name == ".flaskenv")


def exclusions(config: Config) -> tuple[frozenset[str], tuple[tuple[str, str], ...]]:
    """What the configuration excludes: plain names, and patterns with the folder that they are relative to."""
    names, globs = set(), []
    for key, patterns in (("exclude", config.exclude), ("extend-exclude", config.extend_exclude)):
        here = config.sources.get(key, "").startswith("--")
        base = (os.getcwd() if here else str(config.root)).replace(os.sep, "/")
        plain = {pattern for pattern in patterns if not set(pattern) & set("*?[{!/")}
        names |= plain
        globs += [(pattern.rstrip("/"), base) for pattern in patterns if pattern not in plain]
    return frozenset(names), tuple(globs)


def excluded(walk: Walk, path: str, name: str) -> bool:
    """Whether the configuration leaves out a path."""
    return name in walk.names or any(matches(pattern, path.replace(os.sep, "/"), base) for pattern, base in walk.globs)


def search(walk: Walk, start: str) -> None:
    """Find the files below a folder, which need not pass the exclusions itself."""
    real = os.path.realpath(start)
    pending = [(start, real, inherited(walk, start))]
    while pending:
        folder, real, ignores = pending.pop()
        if real not in walk.visited:
            walk.visited.add(real)
            pending += [
                (os.path.join(folder, name), os.path.join(real, name), below)
                for name, below in look_into(walk, folder, ignores, is_start=folder == start)
            ]


def look_into(walk: Walk, folder: str, ignores: Ignores, *, is_start: bool) -> Iterator[tuple[str, Ignores]]:
    """Note the files of a folder; the names of the folders to go on with, and what git ignores there."""
    try:
        with os.scandir(folder) as scan:
            entries = list(scan)
    except OSError as error:
        walk.errors.append(f"{shown(folder)}: {error.strerror}")
        return
    names = {entry.name for entry in entries}
    if not is_start and not ENVIRONMENT.isdisjoint(names):
        return
    ignores = own_patterns(folder, names, ignores)
    prefix = os.path.join(folder, "")
    for entry in entries:
        name, path = entry.name, prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            if not excluded(walk, path, name) and not (ignores and gitignore.ignored(ignores, path + "/", name)):
                yield name, ignores
        elif is_wanted(walk, path, name, ignores):
            note(walk, entry, path)


def is_wanted(walk: Walk, path: str, name: str, ignores: Ignores) -> bool:
    """Whether a file of a folder is one to look at."""
    if not walk.wanted(path):
        return False
    return not excluded(walk, path, name) and not (ignores and gitignore.ignored(ignores, path, name))


def note(walk: Walk, entry: os.DirEntry[str], path: str) -> None:
    """Remember a file, and of a link what it leads to: it counts only where that is not found by itself."""
    if entry.is_symlink():
        if os.path.isfile(path):
            walk.links[path] = os.path.realpath(path)
    elif entry.is_file(follow_symlinks=False):
        walk.files.add(path)


def own_patterns(folder: str, names: set[str], ignores: Ignores) -> Ignores:
    """What git ignores in a folder, given what it ignores above. A repository of its own begins anew."""
    if ".git" in names:
        exclude = os.path.join(folder, ".git", "info", "exclude")
        ignores = tuple(gitignore.read(exclude, folder))
    return (*ignores, *gitignore.read(os.path.join(folder, ".gitignore"), folder)) if ".gitignore" in names else ignores


def inherited(walk: Walk, start: str) -> Ignores:
    """What the folders above one make git ignore, from the repository's (else the project's) top down.

    Nothing, where the folder itself is ignored: it was named.
    """
    parents = [str(parent) for parent in Path(start).parents]
    top = next((parent for parent in parents if os.path.exists(os.path.join(parent, ".git"))), walk.root)
    ignores: Ignores = ()
    for folder in reversed(parents):
        if folder == top or folder.startswith(os.path.join(top, "")):
            names = {name for name in (".git", ".gitignore") if os.path.exists(os.path.join(folder, name))}
            ignores = own_patterns(folder, names, ignores)
            below = os.path.relpath(start, folder).split(os.sep, 1)[0]
            if ignores and gitignore.ignored(ignores, os.path.join(folder, below) + "/", below):
                return ()
    return ignores
