"""The objects of Kubernetes that a repository's files make: plain manifests, charts, and what Kustomize builds."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from celerylint.deploy import gate, kustomize, manifests, merging
from celerylint.deploy.files import DeploymentFiles
from celerylint.deploy.kustomize import Build, Files
from celerylint.deploy.manifests import POD, Manifest
from celerylint.deploy.yaml_files import within


class Cluster:
    """What is deployed to Kubernetes."""

    def __init__(self, files: DeploymentFiles) -> None:
        self.files = files
        self.objects_of: dict[str, list[Manifest]] = {}

    @cached_property
    def manifests(self) -> list[Manifest]:
        """The objects in files that mention Celery or Redis, and those that are about such."""
        relevant = self.files.of("kubernetes")
        built = self.build.in_production(self.roots)
        plain = [manifest for relative in relevant for manifest in self.objects(relative)]
        workloads = {found.name.encode() for found in [*plain, *built] if found.kind in POD and found.name}
        about = list(self.about(workloads)) if workloads else []
        return [*overlaid([each for each in (*plain, *about) if each.relative not in self.build.used]), *built]

    def objects(self, relative: str) -> list[Manifest]:
        if relative not in self.objects_of:
            chart = self.files.chart_of(relative) is not None
            self.objects_of[relative] = list(manifests.manifests(relative, self.files.nodes(relative), chart=chart))
        return self.objects_of[relative]

    def about(self, workloads: set[bytes]) -> Iterator[Manifest]:
        """What files that do not mention Celery say about workloads: autoscalers, budgets, configuration, patches."""
        for relative, language in self.files.languages.items():
            if language == "kubernetes" and relative not in self.files.relevant:
                data = self.files.repository.data(relative)
                if gate.ABOUT_WORKLOADS.search(data) or any(name in data for name in workloads):
                    yield from self.objects(relative)

    # Kustomize

    @cached_property
    def build(self) -> Build:
        files = self.files
        return Build(Files(files.repository.shown, self.objects, files.nodes, within, files.repository.source))

    @cached_property
    def roots(self) -> list[str]:
        """The outermost kustomizations below whose folders something of Celery or Redis is."""
        found = [relative for relative, language in self.files.languages.items() if language == "kustomize"]
        relevant = self.files.of("kubernetes", "kustomize")
        if not found or not relevant:
            return []
        return [root for root in kustomize.outermost(found, self.files.nodes) if self.reaches(root, set(relevant))]

    def reaches(self, root: str, relevant: set[str]) -> bool:
        """Whether a kustomization names, through others, a file that matters."""
        seen: set[str] = set()
        left = [root]
        while left:
            relative = left.pop()
            if relative in relevant:
                return True
            if relative not in seen:
                seen.add(relative)
                left += self.named(relative) if posixpath.basename(relative) in kustomize.FILE_NAMES else []
        return False

    def named(self, relative: str) -> Iterator[str]:
        """The files that a kustomization names."""
        for node in self.files.nodes(relative)[:1]:
            for key in ("resources", "bases", "components", "patchesStrategicMerge", "patches", "patchesJson6902"):
                table = node.get(key)
                for item in table.items if table is not None else ():
                    target = kustomize.located(relative, item.string("path") if item.is_map else item.text)
                    yield from (path for path in (target, *kustomize.kustomizations_in(target)) if path in self.shown)

    @property
    def shown(self) -> dict[str, str]:
        return self.files.repository.shown


# Patches that no kustomization names

PRODUCTION = re.compile(r"prod|live", re.IGNORECASE)


def overlaid(found: list[Manifest]) -> list[Manifest]:
    """The manifests with patches laid over the ones that they change, and without those that are patches only.

    Of several overlays that change one workload those count whose path says production, if any does.
    """
    out = []
    patches = [manifest for manifest in found if is_patch(manifest)]
    for manifest in found:
        if manifest in patches:
            continue
        own = [patch for patch in patches if (patch.kind, patch.name) == (manifest.kind, manifest.name)]
        own = [patch for patch in own if PRODUCTION.search(patch.relative)] or own
        roots = [merging.strategic(manifest.root, patch.root) for patch in own]
        out += [replace(manifest, root=root) for root in roots if root is not None] or [manifest]
    return out


def is_patch(manifest: Manifest) -> bool:
    """Whether a workload has no image of its own, or no container: it changes another one."""
    keys = POD.get(manifest.kind)
    if keys is None or manifest.chart:
        return False
    containers = manifest.root.get(*keys, "containers")
    return containers is None or not any(item.get("image") is not None for item in containers.items)
