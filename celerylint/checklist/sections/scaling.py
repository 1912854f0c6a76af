"""How many workers there are for what, and when there should be more."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from celerylint.checklist.evidence import Evidence
from celerylint.checklist.item import Answer, Place, Section, Step, Table
from celerylint.checklist.judging import Tally, count, covered, listed, manual
from celerylint.checklist.operating import COMMANDS
from celerylint.checklist.scalers import Metric, Watch, bounds, watches
from celerylint.checklist.urgency import Urgency, urgency
from celerylint.deploy.model import Worker
from celerylint.records import dataclass
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
    "table",
    "Each queue has the number of workers and the prefetch that suit its kind",
    "pass partly fail unknown manual",
)
def table(evidence: Evidence) -> Answer:
    """The queues by their names, the workers that consume them, their copies, and what workers reserve."""
    tally, rows = Tally(), []
    for queue in evidence.names.queues:
        kind = next((kind for kind in KINDS if kind.name == urgency(queue)), None)
        cells, verdict, place = compared(evidence, queue, kind)
        rows.append(cells)
        if kind is not None:
            tally.add(verdict, place)
    header = ("queue", "kind", "workers", "wanted", "prefetch", "wanted")
    shown = (Table(header, tuple(rows)),) if rows else ()
    if not tally.all:
        return Answer(
            "manual",
            "No queue is known by its name to be of one of these kinds.",
            steps=(Step("Compare by hand"),),
            tables=(*shown, guide()),
        )
    missing = "what sets the number of workers and what they reserve"
    return replace(covered(evidence, "scaling.table", tally, "As wanted", "queue", missing=missing), tables=shown)


def guide() -> Table:
    """What suits which kind of queue."""
    rows = tuple((kind.name, written_range(*kind.workers), str(kind.prefetch), kind.use) for kind in KINDS)
    return Table(("kind", "workers", "prefetch", "for"), rows)


def compared(evidence: Evidence, queue: str, kind: Kind | None) -> tuple[tuple[str, ...], bool | None, Place]:
    """A queue's row, whether it is as wanted, and the place that shows it."""
    workers = consumers(evidence, queue)
    least, most = copies(evidence, workers)
    found = {prefetch(evidence, worker) for worker in workers}
    known = sorted(each for each in found if each is not None)
    lost = not workers and evidence.consumed(evidence.workers) is not None
    number = "?" if least is None or not (workers or lost) else written_range(least, most)
    reserved = ", ".join(map(str, known)) or "?"
    if kind is None:
        return (queue, "?", number, "?", reserved, "?"), None, where(evidence, queue, workers, "")
    wanted = written_range(*kind.workers)
    wrong = ["no worker consumes it"] if lost else []
    if least is not None and most is not None and workers and not kind.workers[0] <= least <= most <= kind.workers[1]:
        wrong.append(f"{count(most, 'worker') if least == most else f'{number} workers'}, not {wanted}")
    if any(each != kind.prefetch for each in known):
        wrong.append(f"prefetch {reserved}, not {kind.prefetch}")
    row = (queue, kind.name, number, wanted, reserved, str(kind.prefetch))
    unclear = not workers or least is None or most is None or None in found
    note = f"{queue}: {', '.join(wrong) or 'how many workers run, or what they reserve, is not written here'}"
    verdict = False if wrong else None if unclear else True
    return row, verdict, where(evidence, queue, workers, "" if verdict else note)


def written_range(least: int, most: int | None) -> str:
    return f"{least}" if least == most else f"{least} to {most or '?'}"


def where(evidence: Evidence, queue: str, workers: list[Worker], note: str) -> Place:
    """The place that stands for a queue: its worker, its declaration, or the application."""
    if workers:
        return evidence.command(workers[0], note)
    declared = next((each for each in evidence.index.queues.declared if each.name == queue), None)
    if declared is not None:
        return evidence.place(declared.path, declared.span, note)
    app = evidence.apps[0] if evidence.apps else None
    return evidence.place(app.path, app.span, note) if app is not None else Place("", 0, "", note)


def consumers(evidence: Evidence, queue: str) -> list[Worker]:
    """The workers that consume a queue, those of one way to deploy: all on Kubernetes where there are such, else the
    most that one file, or the files of one folder, start together."""
    found = evidence.consumers(queue)
    kinds = {worker.host.kind for worker in evidence.workers}
    kind = next((kind for kind in COMMANDS if kind in kinds), None)
    if kind in {"kubernetes", None}:
        return [worker for worker in found if worker.host.kind == kind] if kind else found
    units = Counter(worker.host.unit for worker in found if worker.host.kind == kind)
    return [worker for worker in found if worker.host.unit == max(units, key=lambda unit: units[unit])] if units else []


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
    answer = covered(evidence, "scaling.triggers", tally, "Watched closely enough", "metric")
    places = tuple(place for place in answer.evidence if place.path)
    return replace(answer, evidence=places, tables=(Table(("metric", "wanted", "here"), tuple(rows)),))


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
