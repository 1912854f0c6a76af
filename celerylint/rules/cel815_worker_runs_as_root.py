"""The worker runs as root.

A task that is made to write a file or run a command does it with all rights in the container, and with a mounted folder
or a flaw of the runtime on the machine too. With a serializer such as pickle Celery refuses to start as root at all,
unless `C_FORCE_ROOT` is set.

Bad::

    # Dockerfile
    FROM python:3.12
    CMD ["celery", "-A", "shop", "worker"]

Good::

    # Dockerfile
    FROM python:3.12
    RUN useradd --system --uid 10001 shop
    USER 10001
    CMD ["celery", "-A", "shop", "worker"]

On Kubernetes `securityContext` with `runAsNonRoot` or `runAsUser` says so, for the pod or the container; a `USER` in a
Dockerfile of the repository counts too. Silent on base images that may have a user of their own, where `--uid`,
`gosu` or `su-exec` gives the rights away, and in files for development.

Source: Docker's reference, USER; Kubernetes, Configure a Security Context; `celery.platforms.check_privileges` (5.7).
"""

import re
from collections.abc import Iterator

from celerylint.deploy import Deployment
from celerylint.deploy.model import Host, Place, Worker
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.deployed import in_production
from celerylint.values import Unknown

rule = Rule(
    __name__,
    severity="warning",
    message="this worker runs as root, and so does whatever a task is made to run; {instead}",
)
# Images of which it is known that they run as root where nothing else is said.
ROOT_IMAGE = re.compile(
    r"(?:docker\.io/)?(?:library/)?(?:python|debian|ubuntu|alpine|node|pypy|centos|fedora|amazonlinux)(?:[:@].*)?"
    r"|ghcr\.io/astral-sh/uv:.*"
)
ROOT = frozenset({"root", "0", "0:0", "root:root"})


@rule.check(Worker)
def as_root(worker: Worker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    if worker.call.dropped or worker.line.option("--uid") is not None or not in_production(worker, deployment):
        return
    host = worker.host
    match host.kind:
        case "dockerfile" | "compose":
            place = image_place(host, deployment)
            if place is not None:
                yield rule.at(place, instead="add a `USER`")
            elif host.kind == "compose" and host.user in ROOT and "user" in host.places:
                yield rule.at(host.at("user"), instead="name another user")
        case "kubernetes":
            if host.user in ROOT or (host.user is None and not any_user(deployment)):
                instead = "set `runAsNonRoot` and `runAsUser` in its `securityContext`"
                yield rule.at(host.place, instead=instead)
        case "systemd":
            if host.user is None or host.user in ROOT:
                yield rule.at(host.place, instead="set `User=`")
        case _:
            pass


def image_place(host: Host, deployment: Deployment) -> Place | None:
    """The last `FROM` of the Dockerfile of a host that is known to run as root."""
    if not host.dockerfile or (host.user is not None and host.user not in ROOT):
        return None
    for image in deployment.dockerfiles:
        if image.host.dockerfile == host.dockerfile and image.stage is not None:
            named = image.stage.user is not None and image.stage.user in ROOT
            unnamed = image.stage.user is None and ROOT_IMAGE.fullmatch(image.stage.base) is not None
            return image.host.at("from") if unnamed or (named and host.user in ROOT) else None
    return None


def any_user(deployment: Deployment) -> bool:
    """Whether a Dockerfile of the repository names another user than root: pods may be made of it."""
    users = [image.host.user for image in deployment.dockerfiles]
    return any(isinstance(user, Unknown) or (user is not None and user not in ROOT) for user in users)
