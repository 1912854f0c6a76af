"""The deployment of a project whose deployment files are left alone."""

from __future__ import annotations

import re
from functools import cached_property

from celerylint.deploy import gate
from celerylint.deploy.deployment import Deployment
from celerylint.deploy.files import DeploymentFiles
from celerylint.deploy.model import Place
from celerylint.deploy.repository import Repository
from celerylint.source import Span
from celerylint.values import UNKNOWN, Unknown

# Written out, or among what a script is given.
LIMIT_OPTION = re.compile(rb"-time-limit\b|\bcelery\b[^\n]*\bworker\b[^\n]*\$\{?[@*]")


class Unread(Deployment):
    """A deployment of which nothing is read but whether a worker's command line may set a limit."""

    @cached_property
    def files(self) -> DeploymentFiles:
        return DeploymentFiles(Repository([], lambda path: None, lambda path: path))

    def limits(self, name: str) -> list[tuple[float | Unknown | None, Place]]:
        for relative, path in self.repository.shown.items():
            if gate.may_deploy(relative) and LIMIT_OPTION.search(self.repository.data(relative, keep=False)):
                return [(UNKNOWN, Place(path, Span(1, 1, 1, 1)))]
        return []
