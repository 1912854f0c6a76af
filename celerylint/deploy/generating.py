"""The ConfigMaps that a kustomization generates from literals and files."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import replace

from celerylint.deploy.environment import dotenv
from celerylint.deploy.manifests import Manifest
from celerylint.deploy.nodes import Node, Pairs
from celerylint.deploy.yaml_files import scalar
from celerylint.source import Source

Read = Callable[[str], "Source | None"]


def config_maps(root: Node, folder: str, found: list[Manifest], read: Read) -> list[Manifest]:
    """The manifests with the ConfigMaps that a kustomization makes, or adds to."""
    table = root.get("configMapGenerator")
    for item in table.items if table is not None else ():
        name, data = item.string("name"), dict(pairs(item, folder, read))
        known = next((each for each in found if each.kind == "ConfigMap" and name in each.names), None)
        before = known.get("data") if known is not None and item.string("behavior") == "merge" else None
        kept = before.pairs if before is not None else {}
        made = config_map(known.name if known is not None else name, item, kept | data)
        found = [each for each in found if each is not known] + [made]
    return found


def config_map(name: str, item: Node, data: Pairs) -> Manifest:
    node = replace(item, changed={"data": (item, replace(item, changed=data))})
    return Manifest("ConfigMap", name, node, item.path)


def pairs(item: Node, folder: str, read: Read) -> Iterator[tuple[str, tuple[Node, Node]]]:
    """The data of a generator: `literals`, the variables of `envs`, the contents of `files`."""
    for literal in nodes(item, "literals"):
        name, equal, value = literal.text.partition("=")
        if equal:
            yield name, (literal, replace(literal, changed=value.strip("\"'")))
    for named in [*nodes(item, "envs"), *nodes(item, "env")]:
        source = read(posixpath.normpath(posixpath.join(folder, named.text)))
        if source is not None:
            for name, variable in dotenv(source).values.items():
                node = scalar(source, variable.span, variable.value)
                yield name, (node, node)
    for named in nodes(item, "files"):
        key, equal, path = named.text.partition("=")
        source = read(posixpath.normpath(posixpath.join(folder, path if equal else key)))
        if source is not None:
            yield key if equal else posixpath.basename(key), (named, scalar(source, source.range(0, len(source.text))))


def nodes(item: Node, key: str) -> list[Node]:
    """The items at a key, or the one scalar."""
    node = item.get(key)
    return [] if node is None else node.items or ([node] if node.is_scalar and not node.is_null else [])
