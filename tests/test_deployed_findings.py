"""Findings in deployment files are suppressed, selected and fixed as those in Python are, and joined with code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from celerylint import fixing
from celerylint.config import load
from celerylint.project import Project, PythonProject
from celerylint.values import Const, Unknown
from tests.tools import check, index, project

BEATS = """\
    services:
      beat:
        image: shop
        command: celery -A shop beat
        deploy:
          replicas: 2{comment}
    """
APP = 'from celery import Celery\n\napp = Celery("shop", broker="redis://redis")\n'


def codes(folder: Path, files: dict[str, str], **options: object) -> list[str]:
    report = check(folder, files, **({"select": ["CEL803", "CEL09", "CEL000"]} | options))
    assert report.errors == []
    return [finding.code for finding in report.findings]


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("", ["CEL803"]),
        ("  # celerylint: ignore[CEL803] one of them is idle", []),
        ("  # celerylint: ignore[several-beats]", []),
        ("  # celerylint: ignore[CEL804]", ["CEL803"]),
        ("  # celerylint: ignore[CEL8030]", ["CEL091", "CEL803"]),
        ("  # noqa: CEL803", ["CEL803"]),
    ],
)
def test_suppressions_in_yaml(comment: str, expected: list[str], tmp_path: Path) -> None:
    assert sorted(codes(tmp_path, {"shop.py": APP, "compose.yaml": BEATS.format(comment=comment)})) == expected


def test_a_suppression_above_a_line(tmp_path: Path) -> None:
    text = BEATS.format(comment="").replace(
        "          replicas", "          # celerylint: ignore[CEL803]\n          replicas"
    )
    assert codes(tmp_path, {"shop.py": APP, "compose.yaml": text}) == []


def test_a_suppression_in_yaml_that_suppresses_nothing_is_reported_and_removed(tmp_path: Path) -> None:
    text = "services:\n  beat:\n    command: celery -A shop beat  # celerylint: ignore[CEL803]\n    image: shop\n"
    made = project(tmp_path, {"shop.py": APP, "compose.yaml": text}, select=["CEL803", "CEL090"])
    assert [(finding.code, finding.span.line) for finding in made.check().findings] == [("CEL090", 3)]
    (change,) = fixing.fix_all(made).changed.values()
    assert change.text == text.replace("  # celerylint: ignore[CEL803]", "")


def test_rules_can_be_ignored_for_files(tmp_path: Path) -> None:
    options = {"per-file-ignores": {"compose.yaml": ["CEL803"]}}
    assert codes(tmp_path, {"shop.py": APP, "compose.yaml": BEATS.format(comment="")}, **options) == []


def test_only_what_is_asked_about_is_reported(tmp_path: Path) -> None:
    made = project(tmp_path, {"shop.py": APP, "compose.yaml": BEATS.format(comment="")}, select=["CEL803"])
    assert Project(made.config, [tmp_path / "shop.py"]).check().findings == []
    assert len(Project(made.config, [tmp_path / "compose.yaml"]).check().findings) == 1


def test_yaml_that_matters_and_cannot_be_read(tmp_path: Path) -> None:
    report = check(tmp_path, {"shop.py": APP, "compose.yaml": "services:\n  celery: [\n", "other.yaml": "a: [\n"})
    (finding,) = [finding for finding in report.findings if finding.code == "CEL000"]
    assert (Path(finding.path).name, finding.span.line) == ("compose.yaml", 3)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_fixes_keep_newlines_and_what_stands_around(newline: str, tmp_path: Path) -> None:
    text = newline.join(["# ü", "services:", "  b:", "    image: x", '    command: "celery beat -A shop"  # é', ""])
    (tmp_path / "shop.py").write_text(APP)
    (tmp_path / "compose.yaml").write_bytes(text.encode())
    made = Project(load([tmp_path], {"select": ["CEL805"], "cache": False}, isolated=True), [tmp_path])
    (change,) = fixing.fix_all(made).changed.values()
    assert change.text == text.replace("beat -A shop", "-A shop beat")


# What is deployed and what the code says

TASK = "\n\n@app.task\ndef ship():\n    pass\n"


def test_the_limits_of_worker_command_lines_hold_for_tasks(tmp_path: Path) -> None:
    files = {"shop.py": APP + TASK, "Procfile": "worker: celery -A shop worker --time-limit=60\n"}
    made = index(tmp_path, files)
    option = made.option(made.tasks[0], "time_limit")
    assert (option.value, option.source, Path(option.path).name) == (Const(60.0), "command", "Procfile")
    assert made.option(made.tasks[0], "soft_time_limit").absent
    assert [finding.code for finding in check(tmp_path, files, select=["CEL211"]).findings] == []


def test_a_limit_that_only_some_workers_have_is_not_known(tmp_path: Path) -> None:
    files = {"shop.py": APP + TASK, "Procfile": "a: celery -A shop worker --time-limit=60\nb: celery -A shop worker\n"}
    made = index(tmp_path, files)
    assert made.option(made.tasks[0], "time_limit").value == Unknown()


def test_a_setting_and_a_task_come_before_the_command_line(tmp_path: Path) -> None:
    settings = "app.conf.task_time_limit = 5\n"
    files = {"shop.py": APP + settings + TASK, "Procfile": "worker: celery -A shop worker --time-limit=60\n"}
    made = index(tmp_path, files)
    assert made.option(made.tasks[0], "time_limit").value == Const(5)


def test_without_deployment_files_such_a_limit_is_still_allowed_for(tmp_path: Path) -> None:
    """flake8 reads no YAML, and does not report a task that a worker limits."""
    files = {"shop.py": APP + TASK, "compose.yaml": "services:\n  w:\n    command: celery worker --soft-time-limit 9\n"}
    made = project(tmp_path, files)
    python = PythonProject(made.config, [tmp_path])
    assert python.index.option(python.index.tasks[0], "soft_time_limit").value == Unknown()
    assert python.index.deployment.workers == []


@pytest.mark.parametrize(
    ("line", "known"), [('celery -A shop worker -l INFO "$@"', False), ("celery -A shop worker -c $COUNT", True)]
)
def test_both_faces_allow_for_a_limit_among_what_a_script_is_given(tmp_path: Path, line: str, known: bool) -> None:
    made = project(tmp_path, {"shop.py": APP + TASK, "start.sh": f"#!/bin/sh\n{line}\n"})
    for face in (made, PythonProject(made.config, [tmp_path])):
        assert face.index.option(face.index.tasks[0], "time_limit").absent is known


LINT = """
import sys
from pathlib import Path
from celerylint.config import load
from celerylint.project import Project, PythonProject

folder = Path(sys.argv[1])
kind = {"Project": Project, "PythonProject": PythonProject}[sys.argv[2]]
print(*(finding.code for finding in kind(load([folder], {"cache": False}), [folder]).check().findings))
print("yaml" in sys.modules)
"""


@pytest.mark.parametrize(
    ("kind", "files", "loaded"),
    [
        ("Project", {"compose.yaml": "services:\n  w:\n    image: redis\n"}, True),
        ("PythonProject", {"compose.yaml": BEATS.format(comment="")}, False),
        (
            "Project",
            {"a.yaml": "apiVersion: v1\nkind: Pod\n", "b.yml": "x: 1\n", "start.sh": "celery -A s beat\n"},
            False,
        ),
    ],
)
def test_yaml_is_loaded_for_deployment_files_that_matter(
    kind: str, files: dict[str, str], loaded: bool, tmp_path: Path
) -> None:
    project(tmp_path, {"shop.py": APP, **files})
    command = [sys.executable, "-c", LINT, str(tmp_path), kind]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    found, yaml = done.stdout.split("\n")[:2]
    assert yaml == str(loaded)
    assert kind == "Project" or "CEL8" not in found
