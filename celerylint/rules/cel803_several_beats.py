"""More than one beat sends the schedule.

Beat does not know of other beats: each sends every task that is due. Two of them send every mail and every invoice
twice. It happens where beat has several replicas, where `worker -B` is scaled up (each such worker brings a beat of its
own), where two services run one, and for a moment at every release where the new beat starts before the old one ends.

Bad::

    # compose.yaml
    services:
      beat:
        image: shop
        command: celery -A shop beat
        deploy:
          replicas: 2

Bad::

    # Procfile
    worker: celery -A shop worker -B

Good::

    # compose.yaml
    services:
      worker:
        image: shop
        command: celery -A shop worker
        deploy:
          replicas: 2
      beat:
        image: shop
        command: celery -A shop beat

On Kubernetes a beat is a Deployment of its own with `replicas: 1` and `strategy: {type: Recreate}`. A database
scheduler does not help: it shares the entries and locks nothing. Silent with RedBeat and any other scheduler that may
lock, with `single-beat`, on one container or unit that runs a worker with `-B`, and in files for development.

Source: Celery's user guide, Periodic Tasks, Starting the Scheduler; `celery.bin.worker` (`--beat`, 5.7); Kubernetes,
Deployments, Strategy.
"""

from collections.abc import Iterator

from celerylint.deploy import Deployment
from celerylint.deploy.model import Beat, Host, Place, Worker
from celerylint.index import Index
from celerylint.rule import Finding, Related, Rule
from celerylint.rules.deployed import in_production, may_lock, what

rule = Rule(
    __name__,
    severity="error",
    message="{count} beats run, and each sends every task of the schedule; {instead}",
    checklist=("beat.single-instance",),
)
EMBEDDED = (
    "every copy of this worker runs a beat of its own, and each sends every task of the schedule; run one `celery beat`"
    " apart from the workers"
)
OVERLAP = (
    "at every rollout a second beat starts before the first one ends, and both send what is due; set"
    " `strategy: {{type: Recreate}}`"
)
SECOND = "{name} and {other} each run a beat, and each sends every task of the schedule; run one of them"


@rule.check(Beat, Worker)
def scaled(process: Beat | Worker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    if not schedules(process, deployment, index):
        return
    host = process.host
    if isinstance(host.replicas, int) and host.replicas > 1:
        instead = "set 1" if isinstance(process, Beat) else "run one `celery beat` apart from the workers"
        yield rule.at(host.at("replicas"), count=host.replicas, instead=instead)
    elif host.overlap is True and (isinstance(process, Beat) or (host.replicas == 1 and not host.is_adjustable)):
        yield rule.at(place_of_strategy(host), message=OVERLAP, severity="warning")
    elif isinstance(process, Worker) and is_scalable(host):
        option = process.line.option("--beat")
        if option is not None:
            yield rule.at(option.place, message=EMBEDDED)
        if host.path != process.path:
            place = place_of_strategy(host) if host.is_adjustable else host.places.get("replicas")
            yield rule.at(place or place_of_strategy(host), message=EMBEDDED)


@rule.check(Deployment)
def several(deployment: Deployment, _: Deployment, index: Index) -> Iterator[Finding]:
    """Services of one unit that each run a beat."""
    first: dict[tuple[str, str, str | None], Beat | Worker] = {}
    running: list[Beat | Worker] = [*deployment.beats, *deployment.workers]
    for process in (each for each in running if schedules(each, deployment, index)):
        other = first.setdefault((process.host.unit, process.host.namespace, process.app), process)
        sure = not (other.host.condition or process.host.condition)
        if sure and other.host.name != process.host.name and isinstance(other, Beat) and not is_scaled(process):
            related = (Related(other.path, other.span, "the other one"),)
            yield rule.at(process.at, message=SECOND, related=related, name=what(process), other=what(other))


def schedules(process: Beat | Worker, deployment: Deployment, index: Index) -> bool:
    """Whether a process is known to run a beat in production that locks nothing."""
    is_beat = isinstance(process, Beat) or process.beat is True
    return is_beat and in_production(process, deployment) and not may_lock(process, index)


def is_scaled(process: Beat | Worker) -> bool:
    """Whether a process is reported already."""
    replicas = process.host.replicas
    return (isinstance(replicas, int) and replicas > 1) or (isinstance(process, Worker) and is_scalable(process.host))


def is_scalable(host: Host) -> bool:
    """Whether there are several of a host, or as many as somebody asks for."""
    if host.kind in {"procfile", "kubernetes"}:
        return host.replicas != 1 or host.overlap is True or host.is_adjustable
    return False


def place_of_strategy(host: Host) -> Place:
    """Where a workload says how it is rolled out, else its name."""
    return host.places.get("strategy", host.at("name"))
