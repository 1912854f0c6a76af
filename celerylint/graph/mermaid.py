"""Mermaid, which GitHub, GitLab and many wikis draw where it stands in a fenced block."""

from __future__ import annotations

from celerylint.graph.model import Edge, Graph, Kind, Node, Relation

SHAPES: dict[Kind, tuple[str, str]] = {
    "schedule": ("([", "])"),
    "caller": ("(", ")"),
    "task": ("[", "]"),
    "queue": ("[(", ")]"),
    "worker": ("{{", "}}"),
}
ARROWS: dict[Relation, str] = {
    "schedules": "-.->", "sends": "-->", "then": "==>", "waits": "--x", "goes": "-->", "consumed": "-->",
}  # fmt: skip
CLASSES = """\
  classDef schedule fill:#fdf2df,stroke:#96590a,color:#1d2327
  classDef caller fill:#f1efe9,stroke:#5c666e,color:#1d2327
  classDef task fill:#e6f1fa,stroke:#14639a,color:#1d2327
  classDef queue fill:#f1ecfb,stroke:#6a4fa3,color:#1d2327
  classDef worker fill:#e5f5eb,stroke:#1f7a44,color:#1d2327
  classDef stuck fill:#fdeceb,stroke:#b3261e,stroke-width:3px,color:#1d2327
"""


def render(graph: Graph) -> str:
    """A flowchart from left to right."""
    ids = {key: f"n{number}" for number, key in enumerate(graph.nodes)}
    lines = ["flowchart LR\n"]
    lines += [
        f"  {ids[node.key]}{shape(node)}:::{'stuck' if node.stuck else node.kind}\n" for node in graph.nodes.values()
    ]
    lines += [f"  {ids[edge.source]} {arrow(edge)} {ids[edge.target]}\n" for edge in graph.edges]
    stuck = [str(number) for number, edge in enumerate(graph.edges) if graph.is_stuck(edge)]
    if stuck:
        lines.append(f"  linkStyle {','.join(stuck)} stroke:#b3261e,stroke-width:3px\n")
    return "".join([*lines, CLASSES])


def shape(node: Node) -> str:
    before, after = SHAPES[node.kind]
    return f'{before}"{escaped(node.label)}"{after}'


def arrow(edge: Edge) -> str:
    label = "waits" if edge.relation == "waits" else edge.label
    return f'{ARROWS[edge.relation]}|"{escaped(label)}"|' if label else ARROWS[edge.relation]


def escaped(text: str) -> str:
    """Text inside quotes, in Mermaid's entities."""
    return text.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
