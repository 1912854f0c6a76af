"""`celerylint checklist` and `celerylint graph`: options, files, exit status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Runner

APP = """\
from celery import Celery

app = Celery("shop", broker="redis://:hush@redis:6379/0")


@app.task
def first():
    return second.delay().get()


@app.task
def second():
    return first.delay().get()
"""
FINE = "from celery import Celery\n\napp = Celery('shop')\n"


def states(text: str) -> dict[str, str]:
    return {item["id"]: item["state"] for section in json.loads(text)["sections"] for item in section["items"]}


def test_checklist_goes_to_standard_output(run: Runner) -> None:
    run.write("tasks.py", APP)
    done = run("checklist")
    assert (done.status, done.err) == (0, "")
    assert "fail     No task waits for another task's result  task-design.no-blocking-on-results\n" in done.out
    assert "tasks.py:8" in done.out
    assert "hush" not in done.out


def test_checklist_of_another_folder(run: Runner) -> None:
    run.write("shop/pyproject.toml", "")
    run.write("shop/tasks.py", APP)
    found = states(run("checklist", "shop", "--output-format", "json").out)
    assert found["task-design.no-blocking-on-results"] == "fail"
    assert run("checklist", "nowhere").status == 2


@pytest.mark.parametrize("name", ["text", "markdown", "json", "html"])
def test_checklist_goes_to_a_file(run: Runner, name: str) -> None:
    run.write("tasks.py", APP)
    (run.folder / "out").mkdir()
    done = run("checklist", "--output-format", name, "-o", "out/report")
    assert (done.status, done.out, done.err) == (0, "", "")
    text = (run.folder / "out" / "report").read_text(encoding="utf-8")
    assert "task-design.no-blocking-on-results" in text
    if name in {"markdown", "html"}:
        assert "../tasks.py#L8" in text


def test_checklist_links_where_it_is_told_to(run: Runner) -> None:
    run.write("tasks.py", APP)
    done = run("checklist", "--output-format", "markdown", "--links", "https://example.com/{path}#L{line}")
    assert "(https://example.com/tasks.py#L8)" in done.out


@pytest.mark.parametrize(
    ("level", "status"), [("fail", 1), ("partly", 1), ("unknown", 1), ("never", 2)], ids=lambda value: str(value)
)
def test_checklist_fails_on_what_it_is_told_to(run: Runner, level: str, status: int) -> None:
    run.write("tasks.py", APP)
    assert run("checklist", "--fail-on", level).status == status


def test_levels_hold_worse_ones() -> None:
    from celerylint.checklist import Sheet, all_items
    from celerylint.checklist.item import Answer, State
    from celerylint.cli.checklist import is_failed

    item = next(all_items())

    def failed(state: State, level: str | None) -> bool:
        return is_failed(Sheet("shop", ((item, Answer(state, "")),)), level)

    assert [failed(state, "fail") for state in ("fail", "partly", "unknown", "manual", "pass")] == [True] + 4 * [False]
    assert [failed(state, "partly") for state in ("fail", "partly", "unknown", "manual")] == [True, True, False, False]
    assert [failed(state, "unknown") for state in ("fail", "partly", "unknown", "manual")] == [True, True, True, False]
    assert not failed("fail", None)


def test_checklist_counts_from_the_time_that_it_is_given(run: Runner) -> None:
    entry = '{"nightly": {"task": "tasks.first", "schedule": crontab(minute=0, hour=3)}}'
    run.write("tasks.py", f"from celery.schedules import crontab\n{APP}\napp.conf.beat_schedule = {entry}\n")
    assert "Sat 2031-05-10 03:00" in run("checklist", "--at", "2031-05-09T12:00").out
    assert run("checklist", "--at", "tomorrow").status == 2


def test_checklist_colours(run: Runner) -> None:
    run.write("tasks.py", APP)
    assert "\x1b[1;31mfail   \x1b[0m" in run("checklist", "--color", "always").out
    assert "\x1b" not in run("checklist", "--color", "never").out


def test_checklist_says_what_it_could_not_read(run: Runner) -> None:
    run.write("tasks.py", FINE)
    run.write("pyproject.toml", '[tool.celerylint]\nselct = ["CEL1"]\n')
    done = run("checklist")
    assert done.status == 2
    assert "select" in done.err
    assert run("checklist", "--isolated").status == 0


def test_checklist_reads_the_configuration(run: Runner) -> None:
    run.write("tasks.py", FINE)
    run.write("pyproject.toml", '[tool.celerylint]\nbroker = "amqp"\n')
    found = states(run("checklist", "--output-format", "json").out)
    assert found["broker.persistence"] == "manual"
    assert states(run("checklist", "--isolated", "--output-format", "json").out)["broker.persistence"] == "unknown"


def test_graph_draws_and_warns(run: Runner) -> None:
    run.write("tasks.py", APP)
    done = run("graph")
    assert done.status == 1
    assert done.err == "celerylint: these tasks wait for each other: tasks.first, tasks.second\n"
    assert done.out.startswith("flowchart LR\n")
    assert ":::stuck" in done.out


@pytest.mark.parametrize(
    ("name", "start"), [("dot", "digraph celery {"), ("svg", "<svg "), ("mermaid", "flowchart LR")]
)
def test_graph_goes_to_a_file(run: Runner, name: str, start: str) -> None:
    run.write("tasks.py", FINE)
    done = run("graph", "--output-format", name, "-o", "picture")
    assert (done.status, done.out, done.err) == (0, "", "")
    assert (run.folder / "picture").read_text(encoding="utf-8").startswith(start)
