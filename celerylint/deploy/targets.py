"""Which manifests the `target` of a patch selects: by kind, name, and labels."""

from __future__ import annotations

import re

from celerylint.deploy.manifests import Manifest, table
from celerylint.deploy.nodes import Node

REQUIREMENT = re.compile(r"\s*(!?[\w./-]+)\s*(?:(==|=|!=)\s*([\w./-]*)|\s(in|notin)\s*\(([^)]*)\))?\s*(?:,|$)")


def matches(target: Node, manifest: Manifest) -> bool:
    """Whether a target selects a manifest. Names and kinds are regular expressions that fit as a whole."""
    kind, name = target.string("kind"), target.string("name")
    if kind and not fits(kind, manifest.kind):
        return False
    if name and not any(fits(name, known) for known in manifest.names):
        return False
    selected = ("labelSelector", "labels"), ("annotationSelector", "annotations")
    return all(selects(target.string(key), table(manifest.get("metadata", where))) for key, where in selected)


def fits(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        return pattern == text


def selects(selector: str, labels: dict[str, str]) -> bool:
    """Whether labels are what a selector wants (Kubernetes, Labels and Selectors)."""
    return all(holds(match, labels) for match in REQUIREMENT.finditer(selector))


def holds(requirement: re.Match[str], labels: dict[str, str]) -> bool:
    name, operator, value, among, values = requirement.groups()
    listed = {each.strip() for each in (values or "").split(",")}
    match operator or among:
        case "=" | "==":
            return labels.get(name) == value
        case "!=":
            return labels.get(name) != value
        case "in":
            return labels.get(name) in listed
        case "notin":
            return labels.get(name) not in listed
        case _:
            return name[1:] not in labels if name.startswith("!") else name in labels
