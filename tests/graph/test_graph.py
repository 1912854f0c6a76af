"""What the graph of a project has in it, which tasks wait in circles, and how it is drawn."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celerylint import graph
from celerylint.graph.collecting import collect
from celerylint.graph.layout import GAP, HEIGHT, depths_of, layout
from celerylint.graph.model import Edge, Graph, Kind, Node, Relation, components, made
from celerylint.overview import Overview
from scripts import generate_reports
from tests import tools

SVG = "{http://www.w3.org/2000/svg}"
HEAD = "from celery import Celery, chain, chord, group\n\napp = Celery('shop')\n\n"


def task(name: str, body: str = "pass", decorator: str = "@app.task") -> str:
    return f"{decorator}\ndef {name}(*args):\n    {body}\n\n"


def drawn(folder: Path, text: str, more: Mapping[str, str] | None = None) -> Graph:
    """The graph of one file of tasks, and what is deployed with it."""
    return collect(Overview(tools.project(folder, {"shop.py": HEAD + text, **(more or {})})))


def edges(found: Graph, *relations: str) -> set[tuple[str, str]]:
    """The edges of some relations, by the labels of what they join."""
    return {
        (found.nodes[edge.source].label.removeprefix("shop."), found.nodes[edge.target].label.removeprefix("shop."))
        for edge in found.edges
        if edge.relation in relations
    }


# What is in it


def test_tasks_send_tasks(tmp_path: Path) -> None:
    found = drawn(
        tmp_path, task("a", "b.delay()") + task("b", "help_()") + task("c") + "def help_():\n    c.apply_async()\n"
    )
    assert edges(found, "sends") == {("a", "b"), ("b", "c")}


def test_other_code_sends_tasks_too(tmp_path: Path) -> None:
    found = drawn(tmp_path, task("a"), {"views.py": "from shop import a\n\ndef view(request):\n    a.delay()\n"})
    assert edges(found, "sends") == {("views", "a")}
    assert {node.label for node in found.of("caller")} == {"views"}


def test_steps_of_a_chain_follow_each_other(tmp_path: Path) -> None:
    text = task("a") + task("b") + task("c") + task("d", "chain(a.s(), b.s(), c.s()).delay()")
    found = drawn(tmp_path, text)
    assert edges(found, "then") == {("a", "b"), ("b", "c")}
    assert edges(found, "sends") == {("d", "a")}


def test_a_chord_comes_together(tmp_path: Path) -> None:
    text = task("a") + task("b") + task("c") + task("d", "(group(a.s(), b.s()) | c.s()).delay()")
    found = drawn(tmp_path, text)
    assert edges(found, "then") == {("a", "c"), ("b", "c")}
    assert edges(found, "sends") == {("d", "a"), ("d", "b")}


def test_queues_and_workers(tmp_path: Path) -> None:
    text = "app.conf.task_default_queue = 'plain'\n" + task("a", decorator="@app.task(queue='mail')") + task("b")
    text += task("c", "a.apply_async(queue='fast')")
    found = drawn(
        tmp_path, text, {"Procfile": "mail: celery -A shop worker -Q mail,fast\nall: celery -A shop worker\n"}
    )
    assert edges(found, "goes") == {("a", "mail"), ("a", "fast"), ("b", "plain"), ("c", "plain")}
    assert edges(found, "consumed") == {
        ("mail", "mail (procfile)"),
        ("fast", "mail (procfile)"),
        ("plain", "all (procfile)"),
    }


def test_the_schedule(tmp_path: Path) -> None:
    text = task("a") + "app.conf.beat_schedule = {'nightly': {'task': 'shop.a', 'schedule': 60.0}}\n"
    found = drawn(tmp_path, text)
    assert edges(found, "schedules") == {("nightly", "a")}
    assert [edge.label for edge in found.edges if edge.relation == "schedules"] == ["60.0"]


def test_nodes_say_where_they_stand(tmp_path: Path) -> None:
    found = drawn(tmp_path, task("a"))
    (node,) = found.of("task")
    assert node.place.endswith("shop.py:6")


# Waiting


def test_tasks_that_wait_in_a_circle_are_marked(tmp_path: Path) -> None:
    text = task("a", "b.delay().get()") + task("b", "c.delay().get()") + task("c", "a.delay().get()")
    text += task("d", "a.delay().get()") + task("e", "a.delay()")
    found = drawn(tmp_path, text)
    assert edges(found, "waits") == {("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")}
    assert {node.label for node in found.of("task") if node.stuck} == {"shop.a", "shop.b", "shop.c"}
    assert len(found.cycles) == 1
    assert {(edge.source, edge.target) for edge in found.edges if found.is_stuck(edge)} == {
        ("task:shop:a", "task:shop:b"),
        ("task:shop:b", "task:shop:c"),
        ("task:shop:c", "task:shop:a"),
    }


def test_a_task_can_wait_for_itself(tmp_path: Path) -> None:
    found = drawn(tmp_path, task("a", "a.delay().get()"))
    assert found.cycles == (("task:shop:a",),)


def test_sending_in_a_circle_is_not_waiting(tmp_path: Path) -> None:
    found = drawn(tmp_path, task("a", "b.delay()") + task("b", "a.delay()"))
    assert found.cycles == ()


def test_waiting_outside_of_tasks_is_not_drawn(tmp_path: Path) -> None:
    found = drawn(tmp_path, task("a") + "def view():\n    return a.delay().get()\n")
    assert edges(found, "waits") == set()


KEYS = st.sampled_from("abcdefgh")


@given(st.dictionaries(KEYS, st.sets(KEYS)))
def test_components_are_what_reaches_each_other(links: dict[str, set[str]]) -> None:
    def reached(start: str) -> set[str]:
        found, pending = {start}, [start]
        while pending:
            for target in links.get(pending.pop(), ()):
                if target not in found:
                    found.add(target)
                    pending.append(target)
        return found

    nodes = set(links) | {target for targets in links.values() for target in targets}
    expected = {frozenset(b for b in nodes if b in reached(a) and a in reached(b)) for a in nodes}
    groups = components(links)
    assert {frozenset(group) for group in groups} == expected
    # What is reached comes before what reaches it.
    places = {key: at for at, group in enumerate(groups) for key in group}
    assert all(places[target] <= places[source] for source, targets in links.items() for target in targets)


# Drawing

LABELS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    kinds: st.SearchStrategy[Kind] = st.sampled_from(["schedule", "caller", "task", "task", "queue", "worker"])
    nodes = [Node(f"k{number}", draw(kinds), draw(LABELS)) for number in range(draw(st.integers(0, 9)))]
    keys = [node.key for node in nodes]
    relations: st.SearchStrategy[Relation] = st.sampled_from(["sends", "then", "waits", "goes"])
    links = [
        Edge(draw(st.sampled_from(keys)), draw(st.sampled_from(keys)), draw(relations), draw(LABELS))
        for _ in range(draw(st.integers(0, 14)) if keys else 0)
    ]
    return made(nodes, links)


@given(graphs())
def test_no_two_nodes_are_drawn_over_each_other(found: Graph) -> None:
    boxes = list(layout(found).boxes.values())
    assert {box.node.key for box in boxes} == set(found.nodes)
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 :]:
            beside = one.right <= other.x or other.right <= one.x
            assert beside or abs(one.y - other.y) >= HEIGHT + GAP - 0.01


@given(graphs())
def test_what_sends_stands_before_what_is_sent(found: Graph) -> None:
    depths = depths_of(found)
    groups = {key: group for group in components(between(found)) for key in group}
    for edge in found.edges:
        if edge.source in depths and edge.target in depths:
            together = groups[edge.source] == groups[edge.target]
            assert depths[edge.source] == depths[edge.target] if together else depths[edge.source] < depths[edge.target]


def between(found: Graph) -> dict[str, set[str]]:
    tasks = {node.key: set[str]() for node in found.of("task")}
    for edge in found.edges:
        if edge.source in tasks and edge.target in tasks:
            tasks[edge.source].add(edge.target)
    return tasks


@given(graphs())
def test_svg_is_well_formed_and_whole(found: Graph) -> None:
    root = ElementTree.fromstring(graph.load("svg").render(found))
    shown = [group for group in root.iter(f"{SVG}g") if "node" in group.attrib["class"].split()]
    assert len(shown) == len(found.nodes)
    assert {(group.findtext(f"{SVG}text") or "") for group in shown} == {node.label for node in found.nodes.values()}
    lines = [path for path in root.iter(f"{SVG}path") if "marker-end" in path.attrib]
    assert len(lines) == len(found.edges)
    width, height = (float(root.attrib[name]) for name in ("width", "height"))
    for rect in root.iter(f"{SVG}rect"):
        assert 0 <= float(rect.attrib["x"]) <= width - float(rect.attrib["width"])
        assert 0 <= float(rect.attrib["y"]) <= height


@given(graphs())
def test_the_legend_explains_what_is_drawn(found: Graph) -> None:
    root = ElementTree.fromstring(graph.load("svg").render(found))
    explained = [
        group.attrib["class"].split()[1] for group in root.iter(f"{SVG}g") if "legend" in group.attrib["class"]
    ]
    drawn = {node.kind for node in found.nodes.values()} | {"then", "waits"} & {edge.relation for edge in found.edges}
    assert sorted(explained) == sorted({*drawn, *(["stuck"] if found.cycles else [])})
    ends = [float(text.attrib["x"]) + 7.2 * len(text.text or "") for text in root.iter(f"{SVG}text")]
    assert max(ends, default=0) <= float(root.attrib["width"])


@given(graphs())
def test_mermaid_quotes_everything(found: Graph) -> None:
    text = graph.load("mermaid").render(found)
    lines = text.splitlines()
    assert len([line for line in lines if re.fullmatch(r'  n\d+\W+".*"\W+:::\w+', line)]) == len(found.nodes)
    assert len([line for line in lines if re.fullmatch(r'  n\d+ [-.=x>]+(\|".*"\|)? n\d+', line)]) == len(found.edges)
    assert all(line.count('"') % 2 == 0 for line in lines)


@given(graphs())
def test_dot_quotes_everything(found: Graph) -> None:
    text = graph.load("dot").render(found)
    assert text.startswith("digraph celery {\n")
    assert text.endswith("}\n")
    string = r'"(?:[^"\\]|\\.)*"'
    assert len(re.findall(rf"^  {string} \[label={string}.*\];$", text, re.MULTILINE)) >= len(found.nodes)
    assert len(re.findall(rf"^  {string} -> {string} \[.*\];$", text, re.MULTILINE)) == len(found.edges)


@pytest.mark.skipif(shutil.which("dot") is None, reason="no Graphviz is installed: what it draws is not looked at")
@pytest.mark.parametrize("shop", generate_reports.SHOPS)
def test_graphviz_draws_it(shop: str) -> None:
    source = (generate_reports.GOLDEN / f"{shop}.dot").read_text(encoding="utf-8")
    done = subprocess.run(["dot", "-Tsvg"], input=source, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


# Golden pictures


@pytest.mark.parametrize("shop", generate_reports.SHOPS)
def test_the_shops_get_the_graphs_that_they_got(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(generate_reports.PROJECTS / shop)
    from celerylint.config import load
    from celerylint.project import Project

    found = collect(Overview(Project(load([Path(".")], {"cache": False}, isolated=True), [Path(".")])))
    for name, suffix in generate_reports.GRAPHS.items():
        golden = (generate_reports.GOLDEN / f"{shop}.{suffix}").read_text(encoding="utf-8")
        assert graph.load(name).render(found) == golden, "if this is meant, run `python scripts/generate_reports.py`"
