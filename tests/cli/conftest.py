"""A project, and what runs command lines in it."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from celerylint import cli

TASK = """\
from celery import shared_task


@shared_task(bind=True)
def send(self, order):
    self.retry()
"""
FIXED = TASK.replace("self.retry", "raise self.retry")
PLAIN = "x = 1\n"


class Done(NamedTuple):
    """How a run ended."""

    status: int
    out: str
    err: str

    @property
    def codes(self) -> list[str]:
        """The codes of `concise` output."""
        return [line.split()[1] for line in self.out.splitlines() if line.count(":") > 2]


class Runner:
    """Runs command lines in a folder. `task` is the text of a file with a finding, `fixed` the same once fixed."""

    task, fixed = TASK, FIXED

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.folder, self.capture, self.patch = folder, capture, patch

    def __call__(self, *arguments: str, stdin: bytes | None = None) -> Done:
        if stdin is not None:
            self.patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        self.capture.readouterr()
        status = cli.run(arguments)
        return Done(status, *self.capture.readouterr())

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path


@pytest.fixture
def run(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Runner:
    """A project with one finding, CEL206, as far as only that rule is selected."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CELERYLINT_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    for name in ("NO_COLOR", "FORCE_COLOR", "CELERYLINT_OUTPUT_FORMAT", "CELERYLINT_NO_CACHE"):
        monkeypatch.delenv(name, raising=False)
    runner = Runner(tmp_path, capfd, monkeypatch)
    runner.write("pyproject.toml", '[tool.celerylint]\nselect = ["CEL206"]\n')
    runner.write("shop/tasks.py", TASK)
    runner.write("shop/plain.py", PLAIN)
    return runner
