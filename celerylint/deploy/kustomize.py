"""Kustomize: what `kustomization.yaml` files make of the manifests that they name. Nothing is run or fetched.

Source: Kustomize's reference, the kustomization file (v5): resources, bases, components, patches,
patchesStrategicMerge, patchesJson6902, replicas, images, namePrefix, nameSuffix, namespace, configMapGenerator.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field, replace

from celerylint.deploy import generating, merging
from celerylint.deploy.manifests import Manifest
from celerylint.deploy.nodes import Node
from celerylint.deploy.snippets import Note
from celerylint.deploy.targets import matches
from celerylint.records import dataclass
from celerylint.source import Source

FILE_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
PRODUCTION = re.compile(r"prod|live", re.IGNORECASE)
REMOTE = re.compile(r"https?:|ssh:|git@|git::|github\.com|bitbucket\.org|gitlab\.com|.*[?&]ref=")
# What makes or changes objects and is not read.
UNREAD = ("helmCharts", "generators", "transformers", "replacements", "vars", "secretGenerator")
DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Files:
    """What a build reads: `shown` are the paths below the root; `objects` gives the manifests of a file, `nodes` its
    documents, `inline` those of a text within one, `source` its text."""

    shown: Iterable[str]
    objects: Callable[[str], list[Manifest]]
    nodes: Callable[[str], list[Node]]
    inline: Callable[[Node], list[Node]]
    source: Callable[[str], Source | None]


@dataclass(slots=True)
class Build:
    """Builds kustomizations. `notes` are what is not understood, `used` the files that some kustomization names."""

    files: Files
    notes: list[Note] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def in_production(self, roots: Iterable[str]) -> list[Manifest]:
        """What the outermost kustomizations make. Of several that use one object those count whose path says
        production, if any does."""
        made = {root: self.built(root, 0) for root in roots}
        best = {identity(found) for root, all_ in made.items() if PRODUCTION.search(root) for found in all_}
        return [
            found
            for root, all_ in made.items()
            for found in all_
            if PRODUCTION.search(root) or identity(found) not in best
        ]

    def built(self, relative: str, depth: int, below: list[Manifest] | None = None) -> list[Manifest]:
        """The objects that a kustomization makes; a component changes those that are there `below`."""
        self.used.add(relative)
        root = next(iter(self.files.nodes(relative)), None)
        if root is None or depth > DEEPEST:
            return list(below or [])
        found = [*(below or []), *self.resources(root, relative, depth)]
        for component in self.named(root, relative, "components"):
            found = self.built(component, depth + 1, found) if component in self.files.shown else found
        found = generating.config_maps(root, posixpath.dirname(relative), found, self.files.source)
        for patch in self.patches(root, relative):
            found = [changed for each in found if (changed := self.patched(each, patch)) is not None]
        found = [transformed(each, root) for each in found]
        self.notes += [self.unread(root, key) for key in UNREAD if root.get(key) is not None]
        return renamed(found, root)

    def unread(self, root: Node, key: str) -> Note:
        node = root.get(key)
        assert node is not None
        return Note("kustomization", node.place, key, "this part of a kustomization is not read")

    # What it names

    def resources(self, root: Node, relative: str, depth: int) -> Iterator[Manifest]:
        for named in self.named(root, relative, "resources", "bases"):
            self.used.add(named)
            if posixpath.basename(named) in FILE_NAMES:
                yield from self.built(named, depth + 1)
            else:
                yield from self.files.objects(named)

    def named(self, root: Node, relative: str, *keys: str) -> Iterator[str]:
        """The files that some lists of a kustomization name, a folder's by its kustomization."""
        for key in keys:
            node = root.get(key)
            for item in node.items if node is not None else ():
                target = located(relative, item.text)
                found = next((path for path in (target, *kustomizations_in(target)) if path in self.files.shown), None)
                if found is not None:
                    yield found
                else:
                    reason = "it is not in the repository" if REMOTE.match(item.text) else "there is no such file"
                    self.notes.append(Note("kustomization", item.place, item.text, reason))

    # Patches

    def patches(self, root: Node, relative: str) -> Iterator[Patch]:
        for key in ("patchesStrategicMerge", "patches", "patchesJson6902"):
            table = root.get(key)
            for item in table.items if table is not None else ():
                target = item.get("target") if item.is_map else None
                try:
                    yield from (Patch(node, target) for node in self.patch_nodes(item, relative))
                except ValueError as error:
                    self.notes.append(Note("kustomization", item.place, key, str(error)))

    def patch_nodes(self, item: Node, relative: str) -> list[Node]:
        """The documents of a patch: a file's, or those of a text. Raises ValueError where they cannot be read."""
        inline, named = item.get("patch"), item.string("path") if item.is_map else item.text
        if inline is not None or "\n" in named:
            return self.files.inline(inline or item)
        path = located(relative, named)
        if path not in self.files.shown:
            raise ValueError("there is no such file")
        self.used.add(path)
        return self.files.nodes(path)

    def patched(self, manifest: Manifest, patch: Patch) -> Manifest | None:
        """A manifest with a patch, where that is for it; None where it is deleted."""
        if not patch.is_for(manifest):
            return manifest
        if patch.node.is_map:
            root = merging.strategic(manifest.root, without_name(patch.node))
            return replace(manifest, root=root) if root is not None else None
        try:
            return replace(manifest, root=merging.json_patched(manifest.root, patch.node))
        except merging.CannotApply as error:
            self.notes.append(
                Note("kustomization", patch.node.place, str(error), f"the patch does not fit {manifest.name}")
            )
            return manifest


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch: a map is merged, a list are the operations of a JSON patch. Without a `target` it names its own."""

    node: Node
    target: Node | None

    def is_for(self, manifest: Manifest) -> bool:
        if self.target is not None:
            return matches(self.target, manifest)
        named = self.node.string("metadata", "name") if self.node.is_map else ""
        return bool(named) and self.node.string("kind") == manifest.kind and named in manifest.names


def without_name(patch: Node) -> Node:
    """A patch without the name by which it finds what it changes."""
    metadata = patch.get("metadata")
    if metadata is None or not metadata.is_map:
        return patch
    kept = {name: pair for name, pair in metadata.pairs.items() if name not in {"name", "namespace"}}
    pairs = patch.pairs | {"metadata": (patch.pairs["metadata"][0], replace(metadata, changed=kept))}
    return replace(patch, changed=pairs)


def located(relative: str, named: str) -> str:
    """The path below the root of what a kustomization names."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(relative), named))


def kustomizations_in(folder: str) -> list[str]:
    return [posixpath.normpath(posixpath.join(folder, name)) for name in FILE_NAMES]


def outermost(found: list[str], nodes: Callable[[str], list[Node]]) -> list[str]:
    """The kustomizations that no other one names, components left out."""
    inner = set()
    for relative in found:
        for root in nodes(relative)[:1]:
            for key in ("resources", "bases", "components"):
                node = root.get(key)
                for item in node.items if node is not None else ():
                    inner |= {located(relative, item.text), *kustomizations_in(located(relative, item.text))}
    kinds = {relative: next((root.string("kind") for root in nodes(relative)), "") for relative in found}
    return [relative for relative in found if relative not in inner and kinds[relative] != "Component"]


def identity(manifest: Manifest) -> tuple[str, str, str]:
    """What is the same for one object in all builds."""
    return manifest.relative, manifest.kind, manifest.names[0]


# What is changed without patches


def transformed(manifest: Manifest, root: Node) -> Manifest:
    """A manifest with the replicas and images of a kustomization."""
    node = manifest.root
    for item in items(root, "replicas"):
        count = item.get("count")
        if item.string("name") in manifest.names and count is not None and node.get("spec") is not None:
            node = merging.put(node, ("spec", "replicas"), count, adds=True)
    for item in items(root, "images"):
        node = with_image(node, item)
    return replace(manifest, root=node)


def items(root: Node, key: str) -> list[Node]:
    node = root.get(key)
    return node.items if node is not None else []


def with_image(node: Node, image: Node) -> Node:
    """A node with an image replaced wherever a container has it."""
    if node.is_list:
        found = [with_image(item, image) for item in node.items]
        same = all(before is after for before, after in zip(node.items, found, strict=True))
        return node if same else replace(node, changed=tuple(found))
    if not node.is_map:
        return node
    pairs = {}
    for name, (key, value) in node.pairs.items():
        new = replaced_image(value, image) if name == "image" else with_image(value, image)
        if new is not value:
            pairs[name] = key, new
    return replace(node, changed=node.pairs | pairs) if pairs else node


def replaced_image(value: Node, image: Node) -> Node:
    match = re.fullmatch(r"(?P<name>[^@]*?)(?P<tag>:[^:/@]*)?(?P<digest>@.*)?", value.text)
    if match is None or match["name"] != image.string("name"):
        return value
    tag = f":{image.string('newTag')}" if image.get("newTag") is not None else match["tag"] or ""
    tag = f"@{image.string('digest')}" if image.get("digest") is not None else tag
    return replace(value, changed=(image.string("newName") or match["name"]) + tag)


# Names

REFERRING = frozenset({
    "scaleTargetRef", "configMapRef", "configMapKeyRef", "secretRef", "secretKeyRef", "configMap", "secret",
})  # fmt: skip
REFERENCES = frozenset({"claimName", "secretName", "serviceName"})


def renamed(found: list[Manifest], root: Node) -> list[Manifest]:
    """The manifests with the prefix and suffix of a kustomization, and where they name each other."""
    prefix, suffix = root.string("namePrefix"), root.string("nameSuffix")
    if not (prefix or suffix):
        return found
    names = {manifest.name: f"{prefix}{manifest.name}{suffix}" for manifest in found if manifest.name}
    return [
        replace(
            manifest,
            name=names.get(manifest.name, manifest.name),
            earlier=manifest.names,
            root=referring(manifest.root, names, ""),
        )
        for manifest in found
    ]


def referring(node: Node, names: dict[str, str], key: str) -> Node:
    """A node with what it says of other objects by their new names."""
    if node.is_list:
        found = tuple(referring(item, names, key) for item in node.items)
        same = all(before is after for before, after in zip(node.items, found, strict=True))
        return node if same else replace(node, changed=found)
    if not node.is_map:
        return node
    pairs = {}
    for name, (key_node, value) in node.pairs.items():
        refers = name in REFERENCES or (name == "name" and key in REFERRING)
        known = names.get(value.text) if refers else None
        new = replace(value, changed=known) if known is not None else referring(value, names, name)
        if new is not value:
            pairs[name] = key_node, new
    return replace(node, changed=node.pairs | pairs) if pairs else node
