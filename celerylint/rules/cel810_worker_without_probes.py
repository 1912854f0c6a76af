"""Nothing notices that a worker hangs, or what looks kills it.

Kubernetes restarts a container whose process ends. A worker that lost its broker or is stuck in its main loop does not
end, and without a liveness probe it stays for ever. `celery inspect ping` and `celery status` as a probe are no good
either: each imports the whole application, which takes seconds of CPU, times out after the one second that is the
default, restarts all workers when the broker is away for a moment, and without `-d` is answered by any worker.

Bad::

    # worker.yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: worker}
    spec:
      template:
        spec:
          containers:
            - name: worker
              image: shop
              command: ["celery", "-A", "shop", "worker", "-c", "2"]
              livenessProbe:
                exec: {command: ["celery", "-A", "shop", "inspect", "ping"]}

Good::

    # worker.yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: worker}
    spec:
      template:
        spec:
          containers:
            - name: worker
              image: shop
              command: ["celery", "-A", "shop", "worker", "-c", "2"]
              livenessProbe:
                exec: {command: ["sh", "-c", "test -n \\"$(find /tmp/alive -mmin -1)\\""]}
                periodSeconds: 30

The good probe looks at a file that the worker touches every few seconds, by a timer of a bootstep or the
`heartbeat_sent` signal. A ping is accepted where it asks one worker, at most every 30 seconds, with 5 seconds to
answer. A missing readiness probe is not reported: no traffic is sent to a worker.

Source: Kubernetes, Configure Liveness, Readiness and Startup Probes; `celery inspect --help` (5.7).
"""

from collections.abc import Iterator

from celerylint.deploy import Deployment
from celerylint.deploy.model import Probe, Worker
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.deployed import is_production

rule = Rule(
    __name__,
    severity="warning",
    message="nothing restarts this worker if it hangs; add a `livenessProbe` on a file that the worker touches",
    checklist=("kubernetes.liveness", "kubernetes.readiness"),
)
PING = "`celery {command}` as a probe {faults}; look at a file that the worker touches instead"
# Seconds below which a ping is asked for too often, or has too little time.
PERIOD, TIMEOUT = 30, 5
# Kubernetes' and Docker's own values, in seconds.
DEFAULTS = {"kubernetes": (10.0, 1.0), "compose": (30.0, 30.0)}


@rule.check(Worker)
def without(worker: Worker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    host = worker.host
    if host.kind != "kubernetes" or host.probes is None or not is_production(host, deployment):
        return
    if not any(probe.kind == "liveness" for probe in host.probes):
        yield rule.at(host.place)


@rule.check(Worker)
def pings(worker: Worker, deployment: Deployment, index: Index) -> Iterator[Finding]:
    host = worker.host
    if host.kind not in DEFAULTS or not is_production(host, deployment):
        return
    for probe in host.probes or ():
        asks = probe.command is not None and probe.command.command in {"inspect", "status"}
        faults = list(faults_of(probe, *DEFAULTS[host.kind])) if asks and probe.kind != "startup" else []
        if faults and probe.command is not None:
            command = " ".join([probe.command.command, *probe.command.arguments[:1]])
            yield rule.at(probe.place, message=PING, command=command, faults=joined(faults))


def faults_of(probe: Probe, period: float, timeout: float) -> Iterator[str]:
    """What is wrong with a ping."""
    period_, timeout_ = probe.period or period, probe.timeout or timeout
    if isinstance(period_, float) and period_ < PERIOD:
        yield f"imports the whole application every {period_:g} s"
    if isinstance(timeout_, float) and timeout_ < TIMEOUT:
        yield f"has only {timeout_:g} s for that"
    if probe.command is not None and probe.command.value("--destination") is None:
        yield "is answered by any worker"


def joined(faults: list[str]) -> str:
    return faults[0] if len(faults) == 1 else f"{', '.join(faults[:-1])} and {faults[-1]}"
