"""Compose files and their services, each as its layers make it: overrides, `extends`, anchors.

A file whose name has a further part (`docker-compose.override.yml`) is laid over the plain one of its folder. What is
interpolated comes from the `.env` file beside it, where that is there.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import field

from celerylint.deploy.environment import Environment, Variable, interpolated
from celerylint.deploy.gate import TEMPLATE_SUFFIX
from celerylint.deploy.model import Place
from celerylint.deploy.nodes import Node
from celerylint.deploy.repository import Repository
from celerylint.deploy.snippets import HIDDEN
from celerylint.records import dataclass

NAME = re.compile(r"(?:docker-)?compose(?P<more>[._-].*)?\.ya?ml")
ALWAYS = re.compile(r"override|prod|live", re.IGNORECASE)
DEEPEST = 8


@dataclass(frozen=True, slots=True)
class ComposeFile:
    """One file: its path below the root, and its document."""

    relative: str
    root: Node

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.relative)

    @property
    def name(self) -> re.Match[str] | None:
        """Its name by parts, that of a sample as what it is a sample of."""
        return NAME.fullmatch(TEMPLATE_SUFFIX.sub("", posixpath.basename(self.relative)))

    @property
    def is_base(self) -> bool:
        return self.name is None or not self.name["more"]

    @property
    def is_always_laid_over(self) -> bool:
        """Whether the plain file is never used without it: Compose takes an override by itself, production its own."""
        sample = TEMPLATE_SUFFIX.search(self.relative) is not None
        return self.name is not None and not sample and bool(ALWAYS.search(self.name["more"] or ""))


@dataclass(frozen=True, slots=True)
class Service:
    """A service as its layers make it, what wins first: an override, the service itself, what it extends."""

    name: str
    layers: tuple[Node, ...]
    key: Node
    file: ComposeFile
    root: Node
    environment: Environment = field(default_factory=Environment)

    @property
    def unit(self) -> str:
        """The files that are used together."""
        files = [self.root.path] if self.root is self.file.root else [self.root.path, self.file.root.path]
        return f"compose:{'+'.join(files)}"

    def get(self, *keys: str) -> Node | None:
        """The node at a path of keys in the first layer that has it."""
        return next((node for layer in self.layers if (node := layer.get(*keys)) is not None), None)

    def place(self, *keys: str) -> Place | None:
        """The place of `key: value` at a path of keys."""
        for layer in self.layers:
            span = layer.entry(*keys)
            if span is not None:
                return Place(layer.path, span)
        return None

    def text(self, *keys: str) -> str | None:
        """The text at a path of keys, interpolated; None without one."""
        node = self.get(*keys)
        return None if node is None else interpolated(node.snippet, self.environment).text if node.is_scalar else HIDDEN

    def lists(self, key: str) -> Iterator[Node]:
        """The items of a list that all layers add to."""
        for layer in reversed(self.layers):
            node = layer.get(key)
            yield from node.items if node is not None else ()


def services(files: list[ComposeFile], repository: Repository) -> Iterator[Service]:
    """The services of all files: each with every file that is laid over its own, or alone where none is."""
    by_folder: dict[str, list[ComposeFile]] = {}
    for file in files:
        by_folder.setdefault(file.folder, []).append(file)
    for file in files:
        bases = [base for base in by_folder[file.folder] if base.is_base and base is not file and not file.is_base]
        overrides = [other for other in by_folder[file.folder] if file.is_base and other.is_always_laid_over]
        table = file.root.get("services")
        for name, (key, node) in (table.pairs if table is not None else {}).items():
            laid_over = any(defines(other, name) for other in overrides)
            if node.is_map and not laid_over:
                below = [base.root.get("services", name) for base in bases]
                layers = [node, *extended(node, file, repository, files, 0)]
                for base, base_node in zip(bases, below, strict=True):
                    if base_node is not None:
                        layers += [base_node, *extended(base_node, base, repository, files, 0)]
                root = bases[0].root if bases else file.root
                yield Service(name, tuple(layers), key, file, root, around(file, key, repository))


def around(file: ComposeFile, key: Node, repository: Repository) -> Environment:
    """What a file is interpolated with: its folder's `.env`, and much else that is not in the repository."""
    here = Environment({"PWD": Variable(".", key.path, key.span)}, open=True)
    return here | (repository.dotenv(posixpath.join(file.folder, ".env")) or Environment())


def defines(file: ComposeFile, name: str) -> bool:
    return file.root.get("services", name) is not None


def extended(
    node: Node, file: ComposeFile, repository: Repository, files: list[ComposeFile], depth: int
) -> Iterator[Node]:
    """The services that one extends, the nearest first."""
    extends = node.get("extends")
    if extends is None or depth > DEEPEST:
        return
    name = extends.text or extends.string("service")
    other = file
    if extends.string("file"):
        target = posixpath.normpath(posixpath.join(file.folder, extends.string("file")))
        other = next((known for known in files if known.relative == target), file)
    found = other.root.get("services", name)
    if found is not None and found is not node:
        yield found
        yield from extended(found, other, repository, files, depth + 1)
