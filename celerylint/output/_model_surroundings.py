"""What a project's code runs in: deployed workers, and the Python environment with the packages that it lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celerylint.deploy.snippets import HIDDEN
from celerylint.output._model import Row, place
from celerylint.paths import shown
from celerylint.values import Unknown

if TYPE_CHECKING:
    from celerylint.deploy.model import Worker
    from celerylint.index import Index


def worker(item: Worker) -> Row:
    """A deployed worker; what its command does not say is null."""
    return {
        "name": item.host.title or None,
        **place(item.path, item.span),
        "kind": item.host.kind,
        "app": known(item.app),
        "queues": known(item.queues),
        "pool": known(item.pool),
        "concurrency": known(item.concurrency),
        "autoscale": known(item.autoscale),
        "beat": item.beat,
        "copies": known(item.host.replicas),
    }


def known(value: Any) -> Any:
    """A value of a command line as JSON, with `…` for the parts of a text that are not known."""
    if isinstance(value, Unknown):
        return {"unknown": True}
    if isinstance(value, tuple):
        return [known(part) for part in value]
    return value.replace(HIDDEN, "…") if isinstance(value, str) else value


def environments(index: Index) -> list[Row]:
    """The Python environment in which listed packages are looked up, with the tasks that they bring; none where no
    environment has any of them."""
    found = index.installed.environment
    if found is None:
        return []
    names = sorted(index.installed.names)
    return [{"name": shown(found.site), "origin": found.origin, "tasks": names}]
