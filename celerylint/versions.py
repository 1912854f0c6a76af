"""Which version of Celery, or of any package, a project uses: read from its lock files and requirements.

Files near the root count before those below. In one folder what is pinned with `==` counts before a lock file,
and that before a range. A range stands for the newest minor version that it allows among those known here,
which is what a new installation gets. Several versions in one file (for several Pythons) stand for the newest.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from celerylint import celery_data
from celerylint.config import Config
from celerylint.files import Tree
from celerylint.paths import shown
from celerylint.records import dataclass
from celerylint.specifiers import Pin, Version, newest_allowed, pinned, pinned_release

# Minor versions by package, from the package index.
KNOWN: dict[str, tuple[Version, ...]] = {
    "celery": ((3, 1), (4, 0), (4, 1), (4, 2), (4, 3), *celery_data.VERSIONS),
    "kombu": ((3, 0), *((4, minor) for minor in range(7)), *((5, minor) for minor in range(8))),
    "django": (
        *((1, 11), (2, 0), (2, 1), (2, 2), (3, 0), (3, 1), (3, 2)),
        *((4, 0), (4, 1), (4, 2), (5, 0), (5, 1), (5, 2), (6, 0), (6, 1)),
    ),
    "redis": (
        *((2, 10), (3, 0), (3, 1), (3, 2), (3, 3), (3, 4), (3, 5), *((4, minor) for minor in range(7))),
        *((5, 0), (5, 1), (5, 2), (5, 3), (6, 0), (6, 1), (6, 2), (6, 3), (6, 4)),
        *((7, 0), (7, 1), (7, 2), (7, 3), (7, 4), (8, 0), (8, 1)),
    ),
    "django-celery-beat": (*((1, minor) for minor in range(7)), *((2, minor) for minor in range(10))),
}
DEVELOPMENT = re.compile(r"dev|test|lint|docs?\b|typ(?:e|ing)|format|\bci\b|local")
REQUIREMENT_FOLDERS = frozenset({"requirements", "reqs", "deps", "dependencies"})


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of a package's version. `source` is `path:line`, `spec` what stands there; "" where nothing does.

    `version` is None where nothing is said, or nothing that can be told.
    """

    version: Version | None = None
    source: str = ""
    spec: str = ""


class Mention(NamedTuple):
    """A place that asks for a package: the specifier as written, its line from 1, whether it is a lock file's."""

    spec: str
    line: int
    locked: bool = False


Reader: TypeAlias = Callable[[str, str], Iterable[Mention]]


def celery_and_kombu(config: Config, tree: Tree) -> tuple[Version, Version, Version]:
    """The version of Celery that the project targets (the newest where nothing is known), oldest and newest kombu.

    A kombu that no file names is any that this Celery can be installed with.
    """
    if config.target_version:
        celery = celery_data.parse_version(config.target_version)
    else:
        celery = find(config.root, tree, "celery").version or celery_data.newest()
    oldest, newest = celery_data.kombu_range(celery)
    kombu = find(config.root, tree, "kombu").version
    if kombu is None or (config.target_version and kombu < oldest):
        return celery, oldest, newest
    return celery, kombu, kombu


def find(root: Path, tree: Tree, package: str) -> Found:
    """The version of a package that the files of a project name."""
    candidates = sorted(
        (rank(root, path, mention), index, path, mention)
        for path, reader in readable(tree)
        for index, mention in enumerate(mentions(path, reader, package))
    )
    for best in candidates:
        same = [mention for order, _, path, mention in candidates if order == best[0] and path == best[2]]
        versions = [(version, mention) for mention in same if (version := version_of(mention, package)) is not None]
        if versions:
            version, mention = max(versions, key=lambda found: (found[0], pinned_release(found[1].spec) or ()))
            return Found(version, f"{shown(best[2])}:{mention.line}", mention.spec)
    if candidates:
        _, _, path, mention = candidates[0]
        return Found(None, f"{shown(path)}:{mention.line}", mention.spec)
    return Found()


def readable(tree: Tree) -> Iterator[tuple[Path, Reader]]:
    """The files that may name versions, with what reads them."""
    for path in [*tree.other, *tree.python]:
        reader = reader_of(path.rpartition(os.sep)[2].lower())
        if reader is not None:
            yield Path(path), reader


def pin(root: Path, tree: Tree, package: str) -> Pin | None:
    """The release that a project pins of a package; None where the file that decides leaves it open, or none does.

    What a file for development pins says nothing of production.
    """
    found = find(root, tree, package)
    path, _, line = found.source.rpartition(":")
    release = pinned_release(found.spec)
    if release is None or DEVELOPMENT.search(Path(path).name.lower()):
        return None
    return Pin(release, path, int(line))


def version_of(mention: Mention, package: str) -> Version | None:
    """The minor version that a requirement stands for."""
    return pinned(mention.spec) or newest_allowed(mention.spec, KNOWN.get(package, ()))


def rank(root: Path, path: Path, mention: Mention) -> tuple[int, int, bool, str]:
    """How a place compares with others; the smallest counts. Folders of requirements count as none."""
    folders = path.relative_to(root).parts[:-1] if path.is_relative_to(root) else path.parts
    depth = sum(folder not in REQUIREMENT_FOLDERS for folder in folders)
    kind = 1 if mention.locked else 0 if pinned(mention.spec) else 2
    return depth, kind, bool(DEVELOPMENT.search(path.name.lower())), str(path)


def mentions(path: Path, reader: Reader, package: str) -> list[Mention]:
    """The places of a file that ask for a package; none where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return list(reader(text, package)) if package.partition("-")[0] in text.lower() else []


def name_pattern(package: str) -> re.Pattern[str]:
    """A package's name in all its spellings, as a whole word."""
    return re.compile(rf"(?<![\w.-]){'[-_.]+'.join(map(re.escape, package.split('-')))}(?![\w.-])", re.IGNORECASE)


def requirement_of(text: str, package: str) -> str | None:
    """The specifier of a requirement such as `celery[redis]>=5.2; python_version > "3.8"`, if it is the package's."""
    match = name_pattern(package).match(text.strip())
    if match is None:
        return None
    rest = re.sub(r"^\s*\[[^\]]*\]", "", text.strip()[match.end() :])
    spec = re.split(r"\s#|\s--|;|\\$", rest, maxsplit=1)[0].strip().strip("()")
    return spec if not spec or spec[0] in "=<>!~@^" else None


def reader_of(name: str) -> Reader | None:
    """What reads a file of this name, given in lower case."""
    return requirements if name.endswith((".txt", ".in")) else READERS.get(name)


def requirements(text: str, package: str) -> Iterator[Mention]:
    """The lines of a requirements or constraints file."""
    for number, line in enumerate(text.splitlines(), 1):
        if (spec := requirement_of(line, package)) is not None:
            yield Mention(spec, number)


def toml_lock(text: str, package: str) -> Iterator[Mention]:
    """The packages of a lock file: tables with a name and a version."""
    named = re.compile(rf'^name = "({name_pattern(package).pattern})"', re.MULTILINE | re.IGNORECASE)
    for match in named.finditer(text):
        table = text[text.rfind("\n[[", 0, match.start()) + 1 : text.find("\n[", match.end())]
        if version := re.search(r'^version = "([^"]+)"', table, re.MULTILINE):
            yield Mention(f"=={version[1]}", line_at(text, match.start()), locked=True)


def pipfile_lock(text: str, package: str) -> Iterator[Mention]:
    """The packages of a Pipfile.lock."""
    for match in re.finditer(rf'"({name_pattern(package).pattern})"\s*:\s*\{{([^{{}}]*)\}}', text, re.IGNORECASE):
        if version := re.search(r'"version"\s*:\s*"([^"]+)"', match[2]):
            yield Mention(version[1], line_at(text, match.start()), locked=True)


def pipfile(text: str, package: str) -> Iterator[Mention]:
    """The packages of a Pipfile."""
    data = toml(text)
    for group in ("packages", "dev-packages"):
        yield from table_mentions(text, data.get(group), package)


def pyproject(text: str, package: str) -> Iterator[Mention]:
    """The dependencies of a `pyproject.toml`: PEP 621, PEP 735, Poetry, PDM, uv."""
    data = toml(text)
    project, tool = table(data, "project"), table(data, "tool")
    poetry = table(tool, "poetry")
    lists = [project.get("dependencies"), *table(project, "optional-dependencies").values()]
    lists += table(data, "dependency-groups").values()
    lists += [*table(table(tool, "pdm"), "dev-dependencies").values(), table(tool, "uv").get("dev-dependencies")]
    for items in lists:
        yield from list_mentions(text, items, package)
    groups = [table(group, "dependencies") for group in table(poetry, "group").values() if isinstance(group, dict)]
    for items in [poetry.get("dependencies"), poetry.get("dev-dependencies"), *groups]:
        yield from table_mentions(text, items, package)


@lru_cache(maxsize=16)
def toml(text: str) -> dict[str, Any]:
    """The content of a TOML file, empty where it is broken; every package that is looked up asks for the same ones."""
    from celerylint.toml import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def table(data: dict[str, Any], key: str) -> dict[str, Any]:
    """The table under a key, empty where there is none."""
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def list_mentions(text: str, items: object, package: str) -> Iterator[Mention]:
    """The package's requirements in a list of them."""
    for item in items if isinstance(items, list | tuple) else ():
        if isinstance(item, str) and (spec := requirement_of(item, package)) is not None:
            yield Mention(spec, line_at(text, max(text.find(item), 0)))


def table_mentions(text: str, items: object, package: str) -> Iterator[Mention]:
    """The package's requirements in a table by name, as Poetry and Pipenv write them."""
    for name, value in items.items() if isinstance(items, dict) else ():
        if name_pattern(package).fullmatch(name):
            written = re.search(rf'^\s*"?{re.escape(name)}"?\s*=', text, re.MULTILINE)
            line = line_at(text, written.end()) if written else 1
            for item in value if isinstance(value, list) else [value]:
                spec = item.get("version", "") if isinstance(item, dict) else item
                # To Poetry a bare version is that version.
                bare = isinstance(spec, str) and re.fullmatch(r"v?\d+(\.\d+)+\w*", spec)
                yield Mention(f"=={spec}" if bare else str(spec), line)


def setup_cfg(text: str, package: str) -> Iterator[Mention]:
    """The requirements of a `setup.cfg`, whose lists have one a line."""
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        section = line.strip() if line.startswith("[") else section
        required = re.sub(r"^\w*requires?\s*=", "", line)
        if (
            section in ("[options]", "[options.extras_require]")
            and (spec := requirement_of(required, package)) is not None
        ):
            yield Mention(spec, number)


def setup_py(text: str, package: str) -> Iterator[Mention]:
    """The requirements written out in a `setup.py`, wherever a name says that they are such."""
    from celerylint.lowering import parse

    try:
        tree = parse(text)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg=str(name), value=value) | ast.Assign(targets=[ast.Name(id=name)], value=value):
                for item in ast.walk(value) if "require" in name.lower() or "depend" in name.lower() else ():
                    if isinstance(item, ast.Constant) and isinstance(item.value, str):
                        spec = requirement_of(item.value, package)
                        yield from [Mention(spec, item.lineno)] if spec is not None else []
            case _:
                pass


def line_at(text: str, offset: int) -> int:
    """The line, from 1, of an offset."""
    return text.count("\n", 0, offset) + 1


READERS: dict[str, Reader] = {
    "uv.lock": toml_lock,
    "poetry.lock": toml_lock,
    "pdm.lock": toml_lock,
    "pylock.toml": toml_lock,
    "pipfile.lock": pipfile_lock,
    "pipfile": pipfile,
    "pyproject.toml": pyproject,
    "setup.cfg": setup_cfg,
    "setup.py": setup_py,
}
