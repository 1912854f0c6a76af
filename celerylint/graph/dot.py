"""DOT, which Graphviz draws."""

from __future__ import annotations

from celerylint.graph.model import KINDS, Edge, Graph, Kind, Node, Relation

LOOKS: dict[Kind, str] = {
    "schedule": 'shape=ellipse, fillcolor="#fdf2df", color="#96590a"',
    "caller": 'shape=box, style="rounded,filled", fillcolor="#f1efe9", color="#5c666e"',
    "task": 'shape=box, fillcolor="#e6f1fa", color="#14639a"',
    "queue": 'shape=cylinder, fillcolor="#f1ecfb", color="#6a4fa3"',
    "worker": 'shape=hexagon, fillcolor="#e5f5eb", color="#1f7a44"',
}
LINES: dict[Relation, str] = {
    "schedules": "style=dashed", "sends": "", "then": "style=bold", "waits": "arrowhead=tee", "goes": "",
    "consumed": "",
}  # fmt: skip
STUCK = 'color="#b3261e", penwidth=3'


def render(graph: Graph) -> str:
    """A directed graph from left to right, each kind in its order."""
    lines = ["digraph celery {", "  rankdir=LR;", '  node [style=filled, fontname="sans-serif"];']
    for kind in KINDS:
        lines += [f"  {quoted(node.key)} [{look(node)}];" for node in graph.of(kind)]
    lines += [f"  {quoted(edge.source)} -> {quoted(edge.target)} [{line(edge, graph)}];" for edge in graph.edges]
    return "\n".join([*lines, "}", ""])


def look(node: Node) -> str:
    parts = [f"label={quoted(node.label)}", LOOKS[node.kind]]
    parts += [f"tooltip={quoted(node.place)}"] if node.place else []
    parts += [STUCK] if node.stuck else []
    return ", ".join(parts)


def line(edge: Edge, graph: Graph) -> str:
    label = "waits" if edge.relation == "waits" else edge.label
    parts = [f"label={quoted(label)}"] if label else []
    parts += [LINES[edge.relation]] if LINES[edge.relation] else []
    parts += [STUCK] if graph.is_stuck(edge) else []
    return ", ".join(parts)


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
