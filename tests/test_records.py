"""Frozen dataclasses cost no more than others, compare and hash as frozen ones do, and are frozen for mypy."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from pathlib import Path

from celerylint.facts import Decorator
from celerylint.source import Span
from celerylint.values import Name

ROOT = Path(__file__).parents[1]
ASSIGNING = "from celerylint.values import Name\n\nname = Name('a')\nname.dotted = 'b'\n"


def test_equal_records_are_one_key() -> None:
    one, other = (Decorator(Name("celery.shared_task"), Span(1, 2, 3, 4)) for _ in range(2))
    assert {one: "task"}[other] == "task"
    assert one != Decorator(Name("celery.task"), one.span)


def test_records_can_be_pickled() -> None:
    record = Decorator(Name("celery.shared_task"), Span(1, 2, 3, 4))
    assert pickle.loads(pickle.dumps(record)) == record


def test_nothing_is_checked_at_run_time() -> None:
    assert Name.__setattr__ is object.__setattr__


def test_mypy_refuses_to_change_a_record(tmp_path: Path) -> None:
    (tmp_path / "assigning.py").write_text(ASSIGNING)
    command = [sys.executable, "-m", "mypy", "--follow-imports=silent", "--cache-dir", str(tmp_path / "cache")]
    done = subprocess.run(
        [*command, str(tmp_path / "assigning.py")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert 'Property "dotted" defined in "Name" is read-only' in done.stdout


def test_every_dataclass_is_a_record() -> None:
    files = [path for folder in ("celerylint", "fixers") for path in (ROOT / folder).rglob("*.py")]
    direct = re.compile(r"^from dataclasses import .*\bdataclass\b", re.MULTILINE)
    assert [path.name for path in files if direct.search(path.read_text())] == []
