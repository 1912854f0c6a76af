"""How many workers there are for what, and when there should be more."""

from __future__ import annotations

from dataclasses import dataclass

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Answer, Place, Section, Step, Table
from celerylint.checklist.judging import Tally, covered, listed, manual
from celerylint.checklist.scalers import Metric, Watch, bounds, watches
from celerylint.checklist.urgency import Urgency, urgency
from celerylint.deploy.model import Worker
from celerylint.values import Unknown, number

section = Section("scaling", "Scaling", "Scaling")

PREFETCH = 4


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of queue: the workers (least and most) and the prefetch that suit it."""

    name: Urgency
    workers: tuple[int, int]
    prefetch: int
    use: str


KINDS = (
    Kind("critical", (4, 8), 1, "payments, security"),
    Kind("high", (2, 4), 2, "what a user waits for"),
    Kind("default", (2, 4), 4, "everything else"),
    Kind("low", (1, 2), 4, "analytics, logs"),
    Kind("bulk", (1, 2), 8, "reports, batches"),
)
# Metric: what it is called, the threshold, how that is written, what to do then.
TRIGGERS: dict[Metric, tuple[str, float, str, str]] = {
    "depth": ("queue depth", 1000, "> 1000", "more workers"),
    "latency": ("run time, p95", 30, "> 30 s", "more workers, or find out why"),
    "cpu": ("CPU of workers", 0.8, "> 80 %", "more workers"),
    "errors": ("error rate", 0.05, "> 5 %", "find out why, and mend it"),
    "memory": ("memory of workers", 0.85, "> 85 %", "more workers, or smaller tasks"),
}


@section.item(
    "table", "Each queue has the number of workers and the prefetch that suit its kind", "pass partly fail manual"
)
def table(evidence: Evidence) -> Answer:
    """The queues by their names, the workers that consume them, their copies, and what workers reserve."""
    tally, rows = Tally(), []
    for queue in evidence.names.queues:
        kind = next((kind for kind in KINDS if kind.name == urgency(queue)), None)
        cells, places = compared(evidence, queue, kind)
        rows.append(cells)
        if kind is not None:
            for place in places:
                tally.add(not place.note, place)
    header = ("queue", "kind", "workers", "wanted", "prefetch", "wanted")
    shown = (Table(header, tuple(rows)),) if rows else ()
    if not tally.all:
        return Answer(
            "manual",
            "No queue is known by its name to be of one of these kinds; compare by hand.",
            tables=(*shown, guide()),
        )
    answer = covered(evidence, "scaling.table", tally, f"As wanted: {tally.of('queue')}.")
    return Answer(answer.state, answer.found, answer.evidence, answer.findings, tables=shown)


def guide() -> Table:
    """What suits which kind of queue."""
    rows = tuple((kind.name, f"{kind.workers[0]} to {kind.workers[1]}", str(kind.prefetch), kind.use) for kind in KINDS)
    return Table(("kind", "workers", "prefetch", "for"), rows)


def compared(evidence: Evidence, queue: str, kind: Kind | None) -> tuple[tuple[str, ...], list[Place]]:
    """A queue's row, and its place with what is not as wanted in the note."""
    workers = consumers(evidence, queue)
    least, most = copies(evidence, workers)
    reserved = sorted({prefetch(evidence, worker) for worker in workers} - {None}, key=lambda each: each or 0)
    count = (
        "0" if not workers else "?" if least is None else f"{least}" if least == most else f"{least} to {most or '?'}"
    )
    wanted = f"{kind.workers[0]} to {kind.workers[1]}" if kind else "?"
    row = (
        queue,
        kind.name if kind else "?",
        count,
        wanted,
        ", ".join(map(str, reserved)) or "?",
        str(kind.prefetch) if kind else "?",
    )
    wrong = []
    if kind is not None:
        if not workers:
            wrong.append("no worker consumes it")
        elif least is None or most is None or least < kind.workers[0] or most > kind.workers[1]:
            wrong.append(f"{count} workers, not {wanted}")
        if any(each != kind.prefetch for each in reserved):
            wrong.append(f"prefetch {row[4]}, not {kind.prefetch}")
    return row, [where(evidence, queue, workers, ", ".join(wrong))]


def where(evidence: Evidence, queue: str, workers: list[Worker], note: str) -> Place:
    """The place that stands for a queue: its worker, its declaration, or the application."""
    if workers:
        return evidence.command(workers[0], note)
    declared = next((each for each in evidence.index.queues.declared if each.name == queue), None)
    if declared is not None:
        return evidence.place(declared.path, declared.span, note)
    app = evidence.apps[0] if evidence.apps else None
    return evidence.place(app.path, app.span, f"{queue}: {note}") if app is not None else Place("", 0, "", note)


def consumers(evidence: Evidence, queue: str) -> list[Worker]:
    """The workers that consume a queue, those of one way to deploy: on Kubernetes where there are such."""
    found = [worker for worker in evidence.workers if isinstance(worker.queues, tuple) and queue in worker.queues]
    for kind in ("kubernetes", "compose"):
        if any(worker.host.kind == kind for worker in evidence.workers):
            return [worker for worker in found if worker.host.kind == kind]
    return found


def copies(evidence: Evidence, workers: list[Worker]) -> tuple[int | None, int | None]:
    """How many copies of some workers run at least and at most; None where it is not known."""
    least, most = 0, 0
    for worker in workers:
        limits = bounds(evidence, worker.host.workload.partition("/")[2])
        own = worker.host.replicas
        if limits is None:
            plain = None if isinstance(own, Unknown) else 1 if own is None else own
            limits = (plain, plain)
        if limits[0] is None or limits[1] is None:
            return None, None
        least, most = least + limits[0], most + limits[1]
    return least, most


def prefetch(evidence: Evidence, worker: Worker) -> int | None:
    """How many tasks a worker reserves for each of its processes; None where it is not known."""
    if worker.prefetch is not None:
        return worker.prefetch if isinstance(worker.prefetch, int) else None
    values = [number(each.value) for each in evidence.settings("worker_prefetch_multiplier") if each.value is not None]
    return PREFETCH if not values else int(values[0]) if values[0] is not None else None


@section.item(
    "triggers", "Depth, latency, CPU, errors and memory are watched, with thresholds", "pass partly fail manual"
)
def triggers(evidence: Evidence) -> Answer:
    """The thresholds of HorizontalPodAutoscalers, KEDA's triggers and Prometheus' alerting rules."""
    found = watches(evidence)
    if not found:
        steps = (Step(f"{name} {text}: {action}") for name, _, text, action in TRIGGERS.values())
        return manual("Nothing here watches workers; look at your alerts for these.", *steps)
    tally, rows = Tally(), []
    for metric, (name, limit, text, _) in TRIGGERS.items():
        of_metric = [watch for watch in found if watch.metric == metric]
        verdict = bool(of_metric) and all(watch.threshold is None or watch.threshold <= limit for watch in of_metric)
        rows.append((name, text, listed(dict.fromkeys(map(written, of_metric))) or "not watched"))
        place = of_metric[0].place if of_metric else Place("", 0, "", f"{name} is not watched")
        tally.add(verdict, place)
    answer = covered(
        evidence, "scaling.triggers", tally, f"Watched closely enough: {len(tally.right)} of {len(TRIGGERS)} metrics."
    )
    places = tuple(place for place in answer.evidence if place.path)
    return Answer(
        answer.state, answer.found, places, answer.findings, tables=(Table(("metric", "wanted", "here"), tuple(rows)),)
    )


def written(watch: Watch) -> str:
    """A threshold as text."""
    if watch.threshold is None:
        return "watched"
    match watch.metric:
        case "depth":
            return f"> {watch.threshold:g}"
        case "latency":
            return f"> {watch.threshold:g} s"
        case _:
            return f"> {watch.threshold * 100:g} %"
