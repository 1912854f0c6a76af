"""The graph: nodes with their places, edges, and the cycles of tasks that wait for each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from celerylint.records import dataclass

Kind: TypeAlias = Literal["schedule", "caller", "task", "queue", "worker"]
Relation: TypeAlias = Literal["schedules", "sends", "then", "waits", "goes", "consumed"]
KINDS: tuple[Kind, ...] = ("schedule", "caller", "task", "queue", "worker")


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """`key` is unique; `place` is `path:line`, "" where there is none. `stuck` says that a task is in a cycle of tasks
    that wait for each other."""

    key: str
    kind: Kind
    label: str
    place: str = ""
    stuck: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """From `source` to `target`, both keys. `label` is how: the method, the schedule."""

    source: str
    target: str
    relation: Relation
    label: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by key and edges, both sorted. `cycles` are the groups of tasks that wait for each other."""

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    cycles: tuple[tuple[str, ...], ...] = field(default=())

    def of(self, *kinds: Kind) -> list[Node]:
        """The nodes of some kinds."""
        return [node for node in self.nodes.values() if node.kind in kinds]

    def is_stuck(self, edge: Edge) -> bool:
        """Whether an edge is part of a cycle of waiting."""
        return edge.relation == "waits" and any({edge.source, edge.target} <= set(cycle) for cycle in self.cycles)


def made(nodes: Iterable[Node], edges: Iterable[Edge]) -> Graph:
    """A graph of what there is, each thing once and in order; an edge from or to nothing is left out."""
    known = {node.key: node for node in sorted(set(nodes), reverse=True)}
    kept = sorted({edge for edge in edges if edge.source in known and edge.target in known})
    waits: dict[str, set[str]] = {}
    for edge in kept:
        if edge.relation == "waits":
            waits.setdefault(edge.source, set()).add(edge.target)
    cycles = tuple(sorted(cyclic(waits)))
    stuck = {key for cycle in cycles for key in cycle}
    marked = {
        key: Node(node.key, node.kind, node.label, node.place, key in stuck) for key, node in sorted(known.items())
    }
    return Graph(marked, tuple(kept), cycles)


def cyclic(edges: Mapping[str, set[str]]) -> Iterator[tuple[str, ...]]:
    """The strongly connected components that hold a cycle: several nodes, or one with an edge to itself."""
    for component in components(edges):
        first = component[0]
        if len(component) > 1 or first in edges.get(first, ()):
            yield component


def components(edges: Mapping[str, set[str]]) -> list[tuple[str, ...]]:
    """The strongly connected components, each sorted, by Tarjan's algorithm without recursion."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    held: set[str] = set()
    found: list[tuple[str, ...]] = []
    for root in sorted(edges):
        work = [(root, iter(sorted(edges.get(root, ()))))] if root not in index else []
        while work:
            node, following = work[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                stack.append(node)
                held.add(node)
            for target in following:
                if target not in index:
                    work.append((target, iter(sorted(edges.get(target, ())))))
                    break
                if target in held:
                    low[node] = min(low[node], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    at = stack.index(node)
                    found.append(tuple(sorted(stack[at:])))
                    held.difference_update(stack[at:])
                    del stack[at:]
    return found
