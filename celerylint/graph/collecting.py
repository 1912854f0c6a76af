"""The graph of a project."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from celerylint.facts import Dispatch, ScheduleEntry, Task
from celerylint.graph.model import Edge, Graph, Node, made
from celerylint.output._values import show
from celerylint.overview import Overview
from celerylint.records import dataclass
from celerylint.rules.cel101_result_get_in_task import WAITING
from celerylint.source import Span
from celerylint.values import Unknown, Value


@dataclass(frozen=True, slots=True)
class Flow:
    """What a canvas runs: the tasks that it begins with, those that it ends with, and which comes after which."""

    first: tuple[Task, ...] = ()
    last: tuple[Task, ...] = ()
    after: tuple[tuple[Task, Task], ...] = ()


def collect(overview: Overview) -> Graph:
    """Everything that is known to send, route, consume and wait."""
    return Collector(overview).graph()


class Collector:
    """Puts nodes and edges together."""

    def __init__(self, overview: Overview) -> None:
        self.overview, self.index = overview, overview.index
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []

    def graph(self) -> Graph:
        for task in self.overview.tasks:
            self.nodes.append(task_node(task))
            self.route(task)
        # A later step of a canvas is reached from the step before, and not from who makes the signature.
        flows = [(sent, self.flow(sent.receiver)) for sent in self.overview.dispatches if sent.task is None]
        later = {(caller_key(sent), task.key) for sent, flow in flows for _, task in flow.after}
        for sent, flow in flows:
            self.canvas(sent, flow)
        for sent in self.overview.dispatches:
            if sent.sends or (caller_key(sent), sent.task.key if sent.task else "") not in later:
                self.dispatch(sent)
        for entry in self.overview.schedule:
            self.scheduled(entry)
        self.consumers()
        self.edges += self.waits()
        return made(self.nodes, self.edges)

    # Queues and workers

    def route(self, task: Task) -> None:
        """Which queue a task goes to."""
        queue = self.overview.queue_of[task.key]
        if queue is not None:
            self.queue(queue)
            self.edges.append(Edge(key_of(task), f"queue:{queue}", "goes"))

    def queue(self, name: str) -> None:
        self.nodes.append(Node(f"queue:{name}", "queue", name))

    def consumers(self) -> None:
        """Which workers consume which queues."""
        for worker in self.overview.workers:
            host = worker.host
            key = f"worker:{host.kind}:{host.workload or host.name}"
            label = f"{host.title} ({host.kind})"
            self.nodes.append(Node(key, "worker", label, f"{worker.path}:{worker.span.line}"))
            for name in self.consumed(worker.queues):
                self.queue(name)
                self.edges.append(Edge(f"queue:{name}", key, "consumed"))

    def consumed(self, queues: tuple[str, ...] | Unknown | None) -> list[str]:
        """The queues that a worker with these behind `-Q` consumes, as far as they are known."""
        if isinstance(queues, tuple):
            return list(queues)
        if queues is not None:
            return []
        declared = self.index.queues.declares(self.overview.main_app)
        default = self.overview.default_queue
        return sorted(declared) if declared else [default] if default and declared is not None else []

    # Dispatches

    def dispatch(self, sent: Dispatch) -> None:
        """A task that is sent, or whose signature is made."""
        if sent.task is None:
            return
        source = self.caller(sent)
        self.edges.append(Edge(source, key_of(sent.task), "sends", sent.method))
        queue = self.index.queues.text(sent.options.get("queue"))
        if queue:
            self.queue(queue)
            self.edges.append(Edge(key_of(sent.task), f"queue:{queue}", "goes"))

    def canvas(self, sent: Dispatch, flow: Flow) -> None:
        """A canvas that is sent: its first tasks come from the caller, the others from those before."""
        if flow.first:
            source = self.caller(sent)
            self.edges += [Edge(source, key_of(task), "sends", sent.method) for task in flow.first]
        self.edges += [Edge(key_of(before), key_of(after), "then") for before, after in flow.after]

    def flow(self, value: Value) -> Flow:
        """What a signature or canvas runs."""
        one = self.index.canvases.made(value)
        if one is not None:
            tasks = (one.task,) if one.task is not None else ()
            return Flow(tasks, tasks)
        canvas = self.index.canvases.canvas(value)
        if canvas is None:
            return Flow()
        flows = [self.flow(member) for member in canvas.members]
        if canvas.kind == "chain":
            return in_order(flows)
        beside = Flow(
            tuple(task for flow in flows for task in flow.first),
            tuple(task for flow in flows for task in flow.last),
            tuple(pair for flow in flows for pair in flow.after),
        )
        return beside if canvas.body is None else in_order([beside, self.flow(canvas.body)])

    def caller(self, sent: Dispatch) -> str:
        """The node of what sends: the task that the code runs in, else its module."""
        module = self.module(sent.path)
        reach = self.index.reach_of(f"{module}:{sent.scope}")
        if reach is not None:
            return key_of(reach.task)
        self.nodes.append(Node(f"caller:{module}", "caller", module, sent.path))
        return f"caller:{module}"

    def module(self, path: str) -> str:
        return next((facts.module for facts in self.index.facts if facts.path == path), path)

    def scheduled(self, entry: ScheduleEntry) -> None:
        """An entry of the schedule with the task that it sends."""
        name = entry.name or entry.sent or f"{entry.path}:{entry.span.line}"
        when = show(entry.schedule).replace("celery.schedules.", "") if entry.schedule is not None else ""
        key = f"schedule:{entry.path}:{entry.span.line}:{name}"
        self.nodes.append(Node(key, "schedule", name, f"{entry.path}:{entry.span.line}"))
        if entry.task is not None:
            self.edges.append(Edge(key, key_of(entry.task), "schedules", when))

    # Waiting

    def waits(self) -> Iterator[Edge]:
        """Which task waits for the result of which."""
        reached = self.index.graph.reached
        for path in sorted({self.index.modules.path(key.partition(":")[0]) for key in reached}):
            file = self.overview.project.file(path) if self.overview.is_production(path) else None
            if file is None:
                continue
            for node in file.nodes(ast.Call):
                if not isinstance(node.func, ast.Attribute) or node.func.attr not in WAITING:
                    continue
                reach = self.index.reach(file, node)
                result = self.index.result_of(file.value(node.func.value)) if reach is not None else None
                if reach is not None and result is not None and result.task is not None and result.kind != "eager":
                    yield Edge(key_of(reach.task), key_of(result.task), "waits", f".{node.func.attr}()")


def in_order(flows: list[Flow]) -> Flow:
    """One flow after the other."""
    known = [flow for flow in flows if flow.first]
    pairs = [pair for flow in flows for pair in flow.after]
    for before, after in pairwise(known):
        pairs += [(one, other) for one in before.last for other in after.first]
    if not known:
        return Flow()
    return Flow(known[0].first, known[-1].last, tuple(pairs))


def caller_key(sent: Dispatch) -> str:
    return f"{sent.path}:{sent.scope}"


def key_of(task: Task) -> str:
    return f"task:{task.key}"


def task_node(task: Task) -> Node:
    return Node(key_of(task), "task", task.name or task.label, place(task.path, task.span))


def place(path: str, span: Span) -> str:
    return f"{path}:{span.line}"
