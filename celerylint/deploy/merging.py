"""Patches on YAML as Kustomize applies them: strategic merge and JSON patch (RFC 6902).

What comes out is made of the nodes of both, each with its own place. Source: Kubernetes, strategic-merge-patch.md
(sig-api-machinery); Kustomize's reference, patches.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from celerylint.deploy.nodes import Node, Pairs

Path: TypeAlias = "tuple[str, ...]"

# Lists of maps whose items are told apart by one of their keys; of others a patch replaces the whole.
MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "volumes": "name",
    "env": "name",
    "imagePullSecrets": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "ports": "containerPort",
}
DIRECTIVE, DELETE, REPLACE = "$patch", "delete", "replace"


class CannotApply(Exception):
    """A patch names something that is not there, or does what is not read."""


# Strategic merge


def strategic(base: Node, patch: Node, name: str = "") -> Node | None:
    """A node with a patch laid over it, None where the patch deletes it. `name` is the key that leads to both."""
    if base.is_map and patch.is_map:
        return merged_map(base, patch)
    key = MERGE_KEYS.get(name)
    if key and base.is_list and patch.is_list and all(item.is_map for item in (*base.items, *patch.items)):
        return merged_list(base, patch, key)
    return patch


def merged_map(base: Node, patch: Node) -> Node | None:
    match patch.string(DIRECTIVE):
        case "delete":
            return None
        case "replace":
            return replace(patch, changed=without_directive(patch.pairs))
        case _:
            pass
    pairs = dict(base.pairs)
    for name, (key, value) in without_directive(patch.pairs).items():
        below = pairs.get(name)
        made = strategic(below[1], value, name) if below is not None else value
        if made is None or value.is_null:
            pairs.pop(name, None)
        else:
            pairs[name] = key, made
    return replace(base, changed=pairs)


def without_directive(pairs: Pairs) -> Pairs:
    return {name: pair for name, pair in pairs.items() if name != DIRECTIVE}


def merged_list(base: Node, patch: Node, key: str) -> Node:
    """The items of both lists, those of one name as one; new ones stand first, as `kubectl` has it."""
    if any(item.string(DIRECTIVE) == REPLACE for item in patch.items):
        return replace(patch, changed=tuple(item for item in patch.items if not item.get(DIRECTIVE)))
    patches = {item.string(key): item for item in patch.items}
    known = {item.string(key) for item in base.items}
    new = [item for item in patch.items if item.string(key) not in known and item.string(DIRECTIVE) != DELETE]
    kept = [merged_map(item, patches[item.string(key)]) if item.string(key) in patches else item for item in base.items]
    return replace(base, changed=(*new, *(item for item in kept if item is not None)))


# JSON patch


def json_patched(root: Node, operations: Node) -> Node:
    """A document with the operations of a JSON patch done to it. Raises CannotApply."""
    for operation in operations.items:
        path = pointer(operation.string("path"))
        value = operation.get("value")
        match operation.string("op"):
            case "add" | "replace" if value is not None and path:
                root = put(root, path, value, adds=operation.string("op") == "add")
            case "remove" if path:
                root = put(root, path, None, adds=False)
            case "copy" | "move" if path:
                origin = pointer(operation.string("from"))
                moved = at(root, origin)
                root = put(root, origin, None, adds=False) if operation.string("op") == "move" else root
                root = put(root, path, moved, adds=True)
            case "test":
                pass
            case _:
                raise CannotApply(operation.string("op"))
    return root


def pointer(text: str) -> Path:
    """The parts of a JSON pointer."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])


def at(node: Node, path: Path) -> Node:
    """The node that a pointer leads to. Raises CannotApply."""
    for part in path:
        found = node.items[index_of(node, part)] if node.is_list else node.get(part)
        if found is None:
            raise CannotApply("/".join(path))
        node = found
    return node


def index_of(node: Node, part: str) -> int:
    """The index of an item that is there. Raises CannotApply."""
    if not part.isdigit() or int(part) >= len(node.items):
        raise CannotApply(part)
    return int(part)


def put(node: Node, path: Path, value: Node | None, *, adds: bool) -> Node:
    """A node with what a pointer leads to set, or taken out where the value is None. Raises CannotApply."""
    part, rest = path[0], path[1:]
    if node.is_list:
        items = node.items
        if rest:
            index = index_of(node, part)
            items[index] = put(items[index], rest, value, adds=adds)
        elif adds and value is not None:
            items.insert(len(items) if part == "-" else min(int(part) if part.isdigit() else 0, len(items)), value)
        else:
            items[index_of(node, part) : index_of(node, part) + 1] = [value] if value is not None else []
        return replace(node, changed=tuple(items))
    if not node.is_map:
        raise CannotApply(part)
    pairs = dict(node.pairs)
    if rest:
        if part not in pairs:
            raise CannotApply(part)
        pairs[part] = pairs[part][0], put(pairs[part][1], rest, value, adds=adds)
    elif value is not None:
        pairs[part] = value.key or value, value
    elif pairs.pop(part, None) is None:
        raise CannotApply(part)
    return replace(node, changed=pairs)
