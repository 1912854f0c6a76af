"""How the process ends: with all of its output written, or with a word that it could not be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BAD = "from celery import shared_task\n\n\n@shared_task(bind=True)\ndef ship(self):\n    self.retry()\n"


def started(folder: Path, stdout: int) -> subprocess.Popen[bytes]:
    (folder / "tasks.py").write_text(BAD * 200, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "celerylint",
        "check",
        "--isolated",
        "--no-cache",
        "--select",
        "CEL206",
        str(folder),
    ]
    root = Path(__file__).parent.parent.parent
    environment = os.environ | {"PYTHONPATH": str(root)}
    return subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, env=environment)


def test_all_output_is_written_before_the_end(tmp_path: Path) -> None:
    process = started(tmp_path, subprocess.PIPE)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (1, b"")
    assert out.count(b"CEL206 [*]") == 200


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here, which is always full")
def test_output_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:
        process = started(tmp_path, full.fileno())
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert b"No space left on device" in err
    assert b"Traceback" not in err
