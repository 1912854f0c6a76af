"""How workers are started."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Answer, Place, Section, Step
from celerylint.checklist.judging import Tally, count, covered, is_set, listed, nothing, of_settings, prohibited
from celerylint.deploy.manifests import Scaler
from celerylint.deploy.model import Process, Worker
from celerylint.values import Const, Unknown, either

section = Section("workers", "Workers", "Deploying")

DEPLOYMENT = "the files that start workers: Compose, Kubernetes, a Procfile, units, scripts"
# Where a program sees the CPUs of a machine that it shares with others, and has a hostname of its own.
SHARED = frozenset({"compose", "kubernetes", "dockerfile", "procfile", "cloudfoundry"})


def without_workers(evidence: Evidence) -> Answer:
    """The answer where nothing starts a worker."""
    command = evidence.names.celery("worker", "-Q", evidence.names.main_queue, "-c 4", "--loglevel=INFO")
    return nothing("Nothing here starts a worker.", DEPLOYMENT, (Step("Start one by", command),))


@section.item(
    "concurrency",
    "Each worker has as many processes as its CPUs and its kind of work call for",
    "pass partly fail unknown",
)
def concurrency(evidence: Evidence) -> Answer:
    """`--concurrency` and `--autoscale` of every worker, and `worker_concurrency`. Without them Celery counts the
    CPUs of the machine, which is right where the machine is its own."""
    if not evidence.workers:
        return without_workers(evidence)
    setting = of_settings(evidence.settings("worker_concurrency"), is_set, "")
    tally = Tally()
    for worker in evidence.workers:
        verdict, note = sized(worker, setting)
        tally.add(verdict, evidence.command(worker, note))
    return covered(
        evidence,
        "workers.concurrency",
        tally,
        "With a size that fits",
        "worker",
        missing="what sets their size",
        caveat="One process for each CPU suits work that computes; more suit work that waits, and cost memory each.",
    )


def sized(worker: Worker, setting: Tally) -> tuple[bool | None, str]:
    if isinstance(worker.concurrency, int):
        forks = worker.pool in {None, "prefork"}
        slots = count(worker.concurrency, "process") if forks else f"{worker.concurrency} tasks at a time"
        return True, f"{slots}{of_cpus(worker)}"
    if isinstance(worker.autoscale, tuple):
        return True, "sizes itself"
    if setting.right:
        return True, "by `worker_concurrency`"
    if worker.concurrency is not None or worker.autoscale is not None or setting.unclear:
        return None, "its size is not written here"
    if worker.host.kind in SHARED:
        return False, "takes as many processes as the machine has CPUs, whatever its own limits are"
    if worker.host.kind in {"supervisor", "systemd"}:
        return True, "as many processes as the machine has CPUs"
    return None, "where it runs is not known"


def of_cpus(worker: Worker) -> str:
    cpus = (worker.host.resources or {}).get("limits.cpu", "")
    return f" on {cpus} CPU{'' if cpus == '1' else 's'}" if cpus else ""


@section.item(
    "pool",
    "Each worker's pool fits its tasks: prefork for computing, gevent or eventlet for waiting",
    "pass fail unknown",
)
def pool(evidence: Evidence) -> Answer:
    """`--pool` of every worker and `worker_pool`, against limits and options that only some pools heed. Whether tasks
    compute or wait is for you to judge."""
    if not evidence.workers:
        return without_workers(evidence)
    pools = Counter(pool_of(evidence, worker) for worker in evidence.workers)
    named = ", ".join(f"{number} with {name or 'a pool that is not written here'}" for name, number in pools.items())
    answer = prohibited(
        evidence,
        "workers.pool",
        seen=[evidence.command(worker) for worker in evidence.workers],
        clean=f"{named}; no limit or option is known to be without effect there.",
        wrong="the pool ignores limits or options that are set for it.",
    )
    if answer.state == "pass" and "" in pools:
        return replace(answer, state="unknown", missing="what sets the pool")
    return answer


def pool_of(evidence: Evidence, worker: Worker) -> str:
    """The pool of a worker, by its command or `worker_pool`; "" where it is not known."""
    if worker.pool is not None:
        return worker.pool if isinstance(worker.pool, str) else ""
    values = [each.value or PREFORK for each in evidence.settings("worker_pool")]
    setting = either(values or [PREFORK])
    return setting.value if isinstance(setting, Const) and isinstance(setting.value, str) else ""


PREFORK = Const("prefork")


@section.item(
    "queues", "Each worker says which queues it consumes, and every queue has a worker", "pass partly fail unknown"
)
def queues(evidence: Evidence) -> Answer:
    """`-Q` of every worker, against the queues that tasks are sent to."""
    if not evidence.workers:
        return without_workers(evidence)
    tally = Tally()
    for worker in evidence.workers:
        known = None if isinstance(worker.queues, Unknown) else worker.queues is not None
        tally.add(known, evidence.command(worker, "consumes every declared queue" if known is False else ""))
    found = f"With `-Q`: {tally.of('worker')}."
    lost = unconsumed(evidence)
    if lost:
        found += f" No worker here consumes {listed(lost)}."
        tally.unclear += of_lost(evidence, lost)
    return covered(evidence, "workers.queues", tally, found, missing="whatever else starts workers, or adds queues")


def unconsumed(evidence: Evidence) -> list[str]:
    """The queues that tasks go to and no worker here consumes, as far as it is known what they do."""
    consumed = evidence.consumed(evidence.workers)
    return [] if consumed is None else [queue for queue in evidence.queues_sent_to if queue not in consumed]


def of_lost(evidence: Evidence, lost: list[str]) -> list[Place]:
    """The places of queues that no worker here consumes; none where a rule reports those that nothing does."""
    return [] if evidence.of_rules("CEL801") else [sender(evidence, queue) for queue in lost]


def sender(evidence: Evidence, queue: str) -> Place:
    """The task that goes to a queue, or what sends one there."""
    note = f"goes to {queue}"
    task = next((task for task in evidence.tasks if evidence.queue_of[task.key] == queue), None)
    if task is not None:
        return evidence.task_place(task, note)
    sent = next(sent for sent in evidence.dispatches if evidence.index.queues.text(sent.options.get("queue")) == queue)
    return evidence.place(sent.path, sent.span, note)


@section.item("autoscaling", "The number of workers or processes follows the load", "pass partly fail unknown")
def autoscaling(evidence: Evidence) -> Answer:
    """HorizontalPodAutoscalers and KEDA's ScaledObjects of the workloads that run workers, and `--autoscale`."""
    if not evidence.workers:
        return without_workers(evidence)
    orchestrated = [worker for worker in evidence.workers if worker.host.kind == "kubernetes"]
    tally = Tally()
    for worker in orchestrated or evidence.workers:
        if worker.autoscale is not None and scaler_of(evidence, worker) is None:
            tally.add(True if isinstance(worker.autoscale, tuple) else None, evidence.command(worker))
        else:
            tally.add(*scaled(evidence, worker, "workers.autoscaling"))
    return covered(evidence, "workers.autoscaling", tally, "Scaled by load", "worker", missing=DEPLOYMENT)


def scaled(evidence: Evidence, worker: Worker, item: str) -> tuple[bool | None, Place]:
    """Whether something scales the copies of a worker; not where a rule finds that it scales wrongly."""
    scaler = scaler_of(evidence, worker)
    if scaler is not None:
        wrong = is_reported(evidence, scaler, item)
        return not wrong, evidence.spot(scaler.place, f"{scaler.kind} of {worker.host.workload}")
    if worker.host.kind != "kubernetes":
        unclear = isinstance(worker.host.replicas, Unknown)
    else:
        unclear = any(not known.target for known in evidence.deployment.scalers)
    note = "what sets its number is not written here" if unclear else "its number is fixed"
    return None if unclear else False, evidence.spot(worker.host.at("name"), note)


def scaler_of(evidence: Evidence, worker: Worker) -> Scaler | None:
    """What scales the workload of a worker."""
    name = worker.host.workload.partition("/")[2]
    return next((scaler for scaler in evidence.deployment.scalers if name and scaler.target == name), None)


def is_reported(evidence: Evidence, scaler: Scaler, item: str) -> bool:
    """Whether a finding of an item stands in an autoscaler."""
    starts = [s.place.span.line for s in evidence.deployment.scalers if s.place.path == scaler.place.path]
    end = min((line for line in starts if line > scaler.place.span.line), default=None)
    return any(
        finding.path == scaler.place.path
        and finding.span.line >= scaler.place.span.line
        and (end is None or finding.span.line < end)
        for finding in evidence.findings(item)
    )


@section.item("graceful-shutdown", "A worker that is stopped finishes its tasks first", "pass fail unknown")
def graceful_shutdown(evidence: Evidence) -> Answer:
    """How each worker's command is started, whether SIGTERM reaches it, and how long it is given before SIGKILL,
    against the longest time limit of its tasks."""
    if not evidence.workers:
        return without_workers(evidence)
    findings = evidence.findings("workers.graceful-shutdown")
    if findings:
        places = tuple(evidence.of_finding(finding) for finding in findings)
        wrong = "SIGTERM does not reach the worker, or it is killed before its tasks can end."
        return Answer("fail", f"{count(len(findings), 'place')}: {wrong}", places, tuple(findings))
    tally = Tally()
    for worker in evidence.workers:
        verdict, note = waited_for(worker, evidence.longest_limit)
        tally.add(verdict, evidence.spot(worker.host.at("grace"), note))
    if tally.right:
        # What some platforms give cannot be set, and stands in no file.
        tally.unclear = [place for place in tally.unclear if place.note != PLATFORM]
    found, missing = "Given the time to end their tasks", "what stops workers, and how long it waits"
    return covered(evidence, "workers.graceful-shutdown", tally, found, "worker", missing=missing)


PLATFORM = "how long it is given is its platform's"


def waited_for(worker: Worker, longest: float | None) -> tuple[bool | None, str]:
    """Whether a worker is given the time that its longest task may take."""
    grace, host = worker.host.grace, worker.host
    if not isinstance(grace, int | float) or (host.default_grace and host.kind not in {"compose", "kubernetes"}):
        return None, PLATFORM
    if longest is None:
        return None, f"{grace:g} s before SIGKILL, and no time limit says how long a task may take"
    return grace >= longest, f"{grace:g} s before SIGKILL; the longest task may take {longest:g} s"


@section.item(
    "commands", "Commands are what this Celery understands, and name host and log level", "pass partly fail unknown"
)
def commands(evidence: Evidence) -> Answer:
    """Every `celery worker` and `celery beat`, read with the option table of the Celery in use."""
    started: list[Process] = [*evidence.workers, *evidence.beats]
    if not started:
        return without_workers(evidence)
    tally = Tally()
    for process in started:
        lacking = lacks(process, len(beside(process, evidence.workers)) > 1)
        verdict = False if process.line.problems else None if lacking is None else not lacking
        tally.add(verdict, evidence.command(process, f"lacks {' and '.join(lacking)}" if lacking else ""))
    unnamed = any("--hostname" in place.note for place in tally.wrong)
    contained = unnamed and all(process.host.kind in SHARED for process in started)
    return covered(
        evidence,
        "workers.commands",
        tally,
        "Complete",
        "command",
        missing="what fills in their options",
        caveat=OWN_HOSTNAME if contained else "",
    )


OWN_HOSTNAME = (
    "Each container has a hostname of its own, so that names do not clash without `--hostname`; with it, logs and "
    "Flower tell which worker it was."
)


def beside(process: Process, workers: list[Worker]) -> set[str]:
    """The names of the workers that are deployed together with a program."""
    unit = (process.host.kind, process.host.unit)
    return {worker.host.name for worker in workers if (worker.host.kind, worker.host.unit) == unit}


def lacks(process: Process, several: bool) -> list[str] | None:
    """The options that tell workers apart and their logs on; None where that is not known."""
    if process.line.open:
        return None
    wanted = ["--loglevel"] + (["--hostname"] if several and process.line.command == "worker" else [])
    return [name for name in wanted if process.line.option(name) is None]
