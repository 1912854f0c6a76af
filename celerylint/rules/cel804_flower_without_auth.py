"""Flower is open to whoever reaches it.

Flower shows the arguments of every task and can revoke tasks and shut workers down. Without basic auth or OAuth
everybody who can open its port can do all of that. Its HTTP API, which also sends tasks, is closed without them, unless
`FLOWER_UNAUTHENTICATED_API` opens it.

Bad::

    # compose.yaml
    services:
      flower:
        image: shop
        command: celery -A shop flower
        ports:
          - "5555:5555"

Good::

    # compose.yaml
    services:
      flower:
        image: shop
        command: celery -A shop flower
        environment:
          FLOWER_BASIC_AUTH: ${FLOWER_USER}:${FLOWER_PASSWORD}
        ports:
          - "5555:5555"

Every option of Flower's can be given as a variable with `FLOWER_` before its name; both count, and so does a
`flowerconfig.py`. Silent where the port is published on the loopback only or not at all, and where the environment is
not known (a Secret, an `env_file` that is not in the repository).

Source: Flower 2.0, Authentication and `flower.options`; CVE-2022-30034.
"""

from collections.abc import Iterator

from celerylint.deploy import Deployment
from celerylint.deploy.environment import Variable
from celerylint.deploy.model import Flower, Place
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.deployed import in_production, is_production_file, uses_celery

rule = Rule(
    __name__,
    severity="error",
    message="whoever reaches this Flower sees the arguments of all tasks and can shut workers down; set"
    " `FLOWER_BASIC_AUTH` or OAuth",
    checklist=("monitoring.flower", "security.flower"),
)
API = "this opens Flower's API to whoever reaches it, who can then send any task; remove it and set `FLOWER_BASIC_AUTH`"
GUARDS = ("basic-auth", "auth", "auth-provider", "oauth2-key")
OPEN_API = "FLOWER_UNAUTHENTICATED_API"
TRUE = frozenset({"1", "true", "yes", "on", "y", "t"})


@rule.check(Flower)
def unguarded(flower: Flower, deployment: Deployment, index: Index) -> Iterator[Finding]:
    if in_production(flower, deployment) and is_reachable(flower, deployment) and not may_be_guarded(flower, index):
        yield rule.at(flower.at)


def may_be_guarded(flower: Flower, index: Index) -> bool:
    """Whether Flower asks for a password, or may do so."""
    line, environment = flower.line, flower.environment
    if line.open or line.option("--conf") is not None or any(line.option(f"--{name}") for name in GUARDS):
        return True
    if environment.may_have(f"FLOWER_{name.replace('-', '_').upper()}" for name in GUARDS):
        return True
    return any("flowerconfig" in path for path, _ in index.lines_with("basic_auth"))


def is_reachable(flower: Flower, deployment: Deployment) -> bool:
    """Whether others than the host itself can open Flower's port."""
    host = flower.host
    address = flower.line.value("--address") or ""
    match host.kind:
        case "compose":
            return any(port.reach == "all" for port in host.ports)
        case "kubernetes":
            return any(service.covers(host) for service in deployment.services)
        case "systemd" | "supervisor":
            return address not in {"127.0.0.1", "localhost", "::1"}
        case _:
            return False


@rule.check(Deployment)
def open_api(deployment: Deployment, _: Deployment, index: Index) -> Iterator[Finding]:
    for variable in variables(deployment) if uses_celery(index, deployment) else ():
        if variable.value.lower() in TRUE and is_production_file(variable.path, deployment):
            yield rule.at(Place(variable.path, variable.span), message=API)


def variables(deployment: Deployment) -> Iterator[Variable]:
    """What opens the API, wherever it is set."""
    environments = [*deployment.environments.values(), *(flower.host.environment for flower in deployment.flowers)]
    for environment in environments:
        if OPEN_API in environment.values:
            yield environment.values[OPEN_API]
