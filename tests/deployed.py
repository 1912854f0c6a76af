"""Small deployments for tests, written as a dict of paths and texts."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from celerylint.deploy import Deployment, Repository
from celerylint.deploy.model import Place, Worker


def of(files: Mapping[str, str], version: tuple[int, int] = (5, 7)) -> Deployment:
    """What these files deploy."""
    contents = {name: textwrap.dedent(text).encode() for name, text in files.items()}
    return Deployment(Repository(sorted(contents), contents.get, lambda path: path), version)


def worker(files: Mapping[str, str]) -> Worker:
    """The only worker of these files."""
    (found,) = of(files).workers
    return found


def spot(place: Place) -> str:
    """A place as `path:line`."""
    return f"{place.path}:{place.span.line}"
