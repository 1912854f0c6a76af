"""SVG, drawn here: no program has to be installed, and it reads in light and in dark."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from celerylint.graph.layout import HEIGHT, MARGIN, Box, Layout, layout
from celerylint.graph.model import KINDS, Edge, Graph, Kind, Relation

STYLE = """\
svg { background: #fbfaf7; font: 12px ui-monospace, Menlo, Consolas, monospace; }
text { fill: #1d2327; } .legend text, .label { fill: #5c666e; } .label { font-size: 10px; }
.schedule rect { fill: #fdf2df; stroke: #96590a; } .caller rect { fill: #f1efe9; stroke: #5c666e; }
.task rect { fill: #e6f1fa; stroke: #14639a; } .queue rect { fill: #f1ecfb; stroke: #6a4fa3; }
.worker rect { fill: #e5f5eb; stroke: #1f7a44; } .stuck rect { fill: #fdeceb; stroke: #b3261e; stroke-width: 3; }
path { fill: none; stroke: #8a949c; stroke-width: 1.2; } path.schedules { stroke-dasharray: 5 4; stroke: #96590a; }
path.then { stroke: #14639a; stroke-width: 2.2; } path.waits { stroke: #96590a; stroke-width: 2; }
path.stuck { stroke: #b3261e; stroke-width: 3; } marker path { fill: #8a949c; fill: context-stroke; stroke: none; }
g.node:hover rect { stroke-width: 3; }
@media (prefers-color-scheme: dark) {
  svg { background: #14181b; } text { fill: #e8e6e1; } .legend text, .label { fill: #a3adb5; }
  .schedule rect { fill: #40300f; stroke: #f2bb66; } .caller rect { fill: #252d32; stroke: #a3adb5; }
  .task rect { fill: #15324a; stroke: #8fcbf7; } .queue rect { fill: #302648; stroke: #c5b1f5; }
  .worker rect { fill: #143a25; stroke: #84d8a4; } .stuck rect { fill: #451d1b; stroke: #ff9a92; }
  path { stroke: #77828a; } path.then { stroke: #8fcbf7; } path.stuck { stroke: #ff9a92; }
}
"""
ROUND: dict[Kind, float] = {"schedule": 14, "caller": 6, "task": 3, "queue": 12, "worker": 3}
LEGEND = {"schedule": "schedule", "caller": "code that sends", "task": "task", "queue": "queue", "worker": "worker"}

LINES: dict[Relation, str] = {"then": "runs after it", "waits": "waits for its result"}


def render(graph: Graph) -> str:
    """The picture, with a legend below."""
    placed = layout(graph)
    explained = list(legend(graph, placed.height + 12))
    width, height = max([placed.width, 640, *(end for _, end in explained)]), placed.height + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="Tasks, queues and workers">',
        f"<style>{STYLE}</style>",
        '<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" '
        'markerUnits="userSpaceOnUse" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z"/></marker></defs>',
        *(line(edge, graph, placed) for edge in graph.edges),
        *(drawn(box) for box in placed.boxes.values()),
        *(text for text, _ in explained),
    ]
    return "\n".join([*parts, "</svg>", ""])


def drawn(box: Box) -> str:
    """A node with its place as a tooltip."""
    node = box.node
    kind = f"{node.kind} stuck" if node.stuck else node.kind
    title = escape(f"{node.label}\n{node.place}".strip())
    return (
        f'<g class="node {kind}"><title>{title}</title>'
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{HEIGHT:.0f}" '
        f'rx="{ROUND[node.kind]:g}"/>'
        f'<text x="{box.x + 12:.1f}" y="{box.middle + 4:.1f}">{escape(node.label)}</text></g>'
    )


def line(edge: Edge, graph: Graph, placed: Layout) -> str:
    """An edge as a curve; one that leads back or stays in its column goes round the right side."""
    source, target = placed.boxes[edge.source], placed.boxes[edge.target]
    kind = f"{edge.relation} stuck" if graph.is_stuck(edge) else edge.relation
    said = {"waits": f"waits by {edge.label}", "goes": "goes to", "consumed": "is consumed by"}.get(
        edge.relation, edge.label
    )
    title = escape(f"{source.node.label} → {target.node.label}\n{said}".strip())
    return f'<path class="{kind}" marker-end="url(#end)" d="{curve(source, target)}"><title>{title}</title></path>'


def curve(source: Box, target: Box) -> str:
    if target.x > source.x:
        bend = (target.x - source.right) / 2
        start, end = source.right, target.x
        return (
            f"M{start:.1f},{source.middle:.1f} C{start + bend:.1f},{source.middle:.1f} "
            f"{end - bend:.1f},{target.middle:.1f} {end:.1f},{target.middle:.1f}"
        )
    # Both ends on the right: a loop that is the wider the longer the way.
    reach = max(source.right, target.right) + 24 + min(abs(source.middle - target.middle) / 6, 50)
    lower = 6.0 if source is target else 0.0
    return (
        f"M{source.right:.1f},{source.middle - lower:.1f} C{reach:.1f},{source.middle - lower:.1f} "
        f"{reach:.1f},{target.middle + lower:.1f} {target.right:.1f},{target.middle + lower:.1f}"
    )


def legend(graph: Graph, top: float) -> Iterator[tuple[str, float]]:
    """What colours and lines mean, as far as they are used, each with where it ends."""
    kinds = [(kind, LEGEND[kind]) for kind in KINDS if graph.of(kind)]
    used = {edge.relation for edge in graph.edges}
    lines = [(relation, text) for relation, text in LINES.items() if relation in used]
    stuck = [("stuck", "tasks that wait for each other")] if graph.cycles else []
    left = MARGIN
    for name, text in [*kinds, *lines, *stuck]:
        mark = (
            f'<path class="{name}" d="M{left:.0f},{top + 6:.0f} h16"/>'
            if name in LINES
            else f'<rect x="{left:.0f}" y="{top:.0f}" width="16" height="12" rx="3"/>'
        )
        label = f'<text x="{left + 22:.0f}" y="{top + 10:.0f}">{text}</text>'
        left += 40 + len(text) * 7.2
        yield f'<g class="legend {name}">{mark}{label}</g>', left
