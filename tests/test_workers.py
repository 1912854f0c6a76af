"""Several processes find what one finds; one that fails is reported."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from celerylint import workers
from celerylint.config import load
from celerylint.project import Project
from tests.tools import project

TASK = """
from celery import shared_task
from shop.helpers import helper{n}

@shared_task(bind=True)
def task{n}(self):
    helper{n}(task{m})
    self.retry()  # noqa: CEL999
"""
HELPER = "import requests\nimport time\ndef helper{n}(task):\n    time.sleep(5)\n    task.delay().get()\n"


@pytest.fixture
def files() -> dict[str, str]:
    made = {f"shop/tasks{n}.py": TASK.format(n=n, m=(n + 1) % 9) for n in range(9)}
    made |= {f"shop/jobs{n}.py": f"from shop.tasks{n} import task{n}\ntask{n}.delay(1)\n" for n in range(9)}
    made["shop/helpers.py"] = "\n".join(HELPER.format(n=n) for n in range(9))
    return made | {"shop/__init__.py": "", "shop/broken.py": "from celery import shared_task\ndef (\n"}


def test_the_number_of_processes_changes_nothing(tmp_path: Path, files: dict[str, str]) -> None:
    reports = [project(tmp_path, files, jobs=jobs, select=["ALL"]).check() for jobs in (1, 2, 5)]
    assert reports[0].findings
    assert {"CEL000", "CEL091", "CEL206"} <= {finding.code for finding in reports[0].findings}
    assert reports[0] == reports[1] == reports[2]


def test_facts_that_processes_send_are_kept(tmp_path: Path, files: dict[str, str]) -> None:
    made = project(tmp_path / "shop", files, jobs=3)
    config = load([made.config.root], {"jobs": 3, "cache-dir": str(tmp_path / "cache")}, isolated=True)
    kept = Project(config, [config.root])
    for path in kept.relevant:
        kept.cache.keep(path, (0, 0, 0), True)
        kept.stamps[path] = (0, 0, 0)
    kept.check()
    assert all(kept.cache.facts.entries[path].facts for path in kept.relevant if "broken" not in path)


def test_a_process_that_fails_says_why(tmp_path: Path, files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("out of order")

    monkeypatch.setattr(Project, "check_file", fail)
    monkeypatch.setattr(multiprocessing, "Process", multiprocessing.get_context("fork").Process)
    with pytest.raises(workers.WorkerFailed, match="out of order"):
        project(tmp_path, files, jobs=2).check()


def test_few_files_are_checked_by_one_process(tmp_path: Path) -> None:
    config = load([tmp_path], {}, isolated=True)
    assert workers.jobs(config, 10) == 1
    assert workers.jobs(load([tmp_path], {"jobs": 4}, isolated=True), 10) == 4
    assert workers.jobs(load([tmp_path], {"jobs": 4}, isolated=True), 2) == 2
