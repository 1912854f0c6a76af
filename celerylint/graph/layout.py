"""Where nodes are drawn: in columns from left to right, each ordered so that few edges cross."""

from __future__ import annotations

from celerylint.graph.model import Graph, Node, components
from celerylint.records import dataclass

CHARACTER, HEIGHT, GAP, BETWEEN, MARGIN = 7.2, 28.0, 12.0, 90.0, 24.0
PASSES = 4


@dataclass(frozen=True, slots=True)
class Box:
    """A drawn node, in pixels from the top left."""

    node: Node
    x: float
    y: float
    width: float

    @property
    def middle(self) -> float:
        return self.y + HEIGHT / 2

    @property
    def right(self) -> float:
        return self.x + self.width


@dataclass(frozen=True, slots=True)
class Layout:
    boxes: dict[str, Box]
    width: float
    height: float


def layout(graph: Graph) -> Layout:
    """Columns: schedules and callers, tasks by who sends whom, queues, workers."""
    columns = [column for column in ordered(graph, columns_of(graph)) if column]
    tallest = max((len(column) for column in columns), default=0) * (HEIGHT + GAP)
    boxes: dict[str, Box] = {}
    left = MARGIN
    for column in columns:
        width = max(len(node.label) for node in column) * CHARACTER + 24
        top = MARGIN + (tallest - len(column) * (HEIGHT + GAP)) / 2
        for row, node in enumerate(column):
            boxes[node.key] = Box(node, left, top + row * (HEIGHT + GAP), width)
        left += width + BETWEEN
    return Layout(boxes, max(left - BETWEEN, MARGIN) + MARGIN, tallest + 2 * MARGIN)


def columns_of(graph: Graph) -> list[list[Node]]:
    depths = depths_of(graph)
    deepest = max(depths.values(), default=0)
    tasks: list[list[Node]] = [[] for _ in range(deepest + 1)]
    for node in graph.of("task"):
        tasks[depths[node.key]].append(node)
    return [graph.of("schedule", "caller"), *tasks, graph.of("queue"), graph.of("worker")]


def depths_of(graph: Graph) -> dict[str, int]:
    """How many tasks come before each task at most; those of a cycle stand side by side."""
    between: dict[str, set[str]] = {node.key: set() for node in graph.of("task")}
    for edge in graph.edges:
        if edge.source in between and edge.target in between:
            between[edge.source].add(edge.target)
    depths: dict[str, int] = {}
    # Tarjan's algorithm finds what is sent before what sends it.
    for group in reversed(components(between)):
        depth = max((depths.get(key, 0) for key in group), default=0)
        for key in group:
            depths[key] = depth
        for target in {target for key in group for target in between[key]} - set(group):
            depths[target] = max(depths.get(target, 0), depth + 1)
    return depths


def ordered(graph: Graph, columns: list[list[Node]]) -> list[list[Node]]:
    """Each column by the mean place of what its nodes are joined to, there and back a few times."""
    neighbours: dict[str, list[str]] = {key: [] for key in graph.nodes}
    for edge in graph.edges:
        neighbours[edge.source].append(edge.target)
        neighbours[edge.target].append(edge.source)
    places = {node.key: row / max(len(column), 1) for column in columns for row, node in enumerate(column)}
    for turn in range(PASSES):
        for column in columns if turn % 2 == 0 else reversed(columns):
            own = {node.key for node in column}
            means = {
                node.key: mean([places[key] for key in neighbours[node.key] if key not in own], places[node.key])
                for node in column
            }
            column.sort(key=lambda node: (means[node.key], node.label, node.key))
            places |= {node.key: (row + 0.5) / len(column) for row, node in enumerate(column)}
    return columns


def mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
