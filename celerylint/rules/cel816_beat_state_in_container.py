"""What beat keeps on disk goes with its container, or keeps it from starting.

The default scheduler writes when each entry ran last to `celerybeat-schedule` in the working folder. In a container
that file is gone after every release: an entry with a long interval starts to count anew each time, and may never run.
A pidfile is the other way round: it stays in a container that was killed and is started again, and beat refuses to
start since it is "already running". Until Celery 5.0 beat wrote one by default.

Bad::

    # shop.py
    from celery import Celery

    app = Celery("shop", broker="redis://redis")

    # compose.yaml
    services:
      beat:
        image: shop
        command: celery -A shop beat -l info

Good::

    # shop.py
    from celery import Celery

    app = Celery("shop", broker="redis://redis")

    # compose.yaml
    services:
      beat:
        image: shop
        command: celery -A shop beat -l info --schedule=/var/lib/beat/schedule
        volumes: ["beat:/var/lib/beat"]
    volumes: {beat: {}}

Silent with a scheduler that keeps its state elsewhere (a database, Redis), and outside of containers.

The fix writes `--pidfile=`: no pidfile. In a container there is nothing that it would protect.

Source: `celery.apps.beat` and `celery.beat.PersistentScheduler` (5.7), `celery.bin.beat` (4.4: `celerybeat.pid`).
"""

from collections.abc import Iterator

from celerylint.deploy import Deployment
from celerylint.deploy.model import Beat
from celerylint.deploy.snippets import HIDDEN
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.deployed import in_production, setting
from celerylint.values import Const

rule = Rule(
    __name__,
    severity="warning",
    message="beat forgets with its container when entries ran last, so those with long intervals may never run; keep"
    " `--schedule` on a volume",
)
PIDFILE = "a pidfile that is left in a killed container keeps beat from starting again; write `--pidfile=`"
PERSISTENT = frozenset({"celery.beat:PersistentScheduler", "celery.beat.PersistentScheduler"})
# From here on beat writes no pidfile that it is not told to.
NO_PIDFILE = (5, 0)
# Folders that are emptied with the container, or not written to disk at all.
PASSING = ("/run/", "/dev/shm/")


@rule.check(Beat)
def forgets(beat: Beat, deployment: Deployment, index: Index) -> Iterator[Finding]:
    if beat.schedule is None and applies(beat, deployment) and keeps_a_file(beat, index):
        yield rule.at(beat.at, data={"line": beat.line, "pidfile": False})


@rule.check(Beat)
def leaves_a_pidfile(beat: Beat, deployment: Deployment, index: Index) -> Iterator[Finding]:
    given = beat.line.option("--pidfile")
    default = given is None and not beat.line.open and index.traits.celery < NO_PIDFILE
    stays = given is not None and beat.host.kind == "compose" and bool(given.value) and given.known
    passing = given is not None and (given.value or "").startswith(PASSING)
    if applies(beat, deployment) and (default or (stays and not passing)):
        place = given.place if given is not None else beat.at
        yield rule.at(place, message=PIDFILE, data={"line": beat.line, "pidfile": True})


def applies(beat: Beat, deployment: Deployment) -> bool:
    return beat.host.kind in {"compose", "kubernetes"} and in_production(beat, deployment)


def keeps_a_file(beat: Beat, index: Index) -> bool:
    """Whether the scheduler is known to be Celery's default one."""
    if beat.scheduler is not None:
        return HIDDEN not in beat.scheduler and beat.scheduler in PERSISTENT
    value = setting(index, "beat_scheduler")
    return value is None or (isinstance(value, Const) and value.value in PERSISTENT)
