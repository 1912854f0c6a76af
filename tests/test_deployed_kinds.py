"""Suppressions and fixes in every kind of deployment file: each has its own comments, and keeps what stands around."""

from __future__ import annotations

from pathlib import Path

import pytest

from celerylint import fixing
from celerylint.project import Project
from tests.tools import check, project

APP = 'from celery import Celery\n\napp = Celery("shop", broker="redis://redis")\n'
WRONG = "celery worker -A shop -c 2"
RIGHT = "celery -A shop worker -c 2"
KINDS = {
    "compose.yaml": f"services:\n  worker:\n    command: {WRONG}\n",
    "deployment.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: shop}\nspec:\n  containers:\n    - name: worker\n"
    "      image: shop\n"
    '      command: ["celery", "worker", "-A", "shop", "-c", "2"]\n',
    "Dockerfile": 'FROM python:3.12\nUSER shop\nCMD ["celery", "worker", "-A", "shop", "-c", "2"]\n',
    "Procfile": f"web: gunicorn shop\nworker: {WRONG}\n",
    "supervisord.conf": f"[program:worker]\ncommand={WRONG}\nstopwaitsecs=600\n",
    "worker.service": f"[Service]\nExecStart=/usr/bin/{WRONG}\nKillMode=mixed\n",
    "start.sh": f"#!/bin/sh\nset -e\nexec {WRONG}\n",
    "Makefile": f"run:\n\t{WRONG}\n",
    ".github/workflows/ci.yml": f"on: push\njobs:\n  test:\n    runs-on: x\n    steps:\n      - run: {WRONG}\n",
    "redis.conf": "appendonly yes\nrequirepass hush\nmaxmemory 1gb\nmaxmemory-policy allkeys-lru\n",
}
CODES = {"redis.conf": "CEL822"}


def of(name: str) -> str:
    return CODES.get(name, "CEL805")


@pytest.mark.parametrize("name", KINDS)
def test_a_comment_above_suppresses(name: str, tmp_path: Path) -> None:
    code, text = of(name), KINDS[name]
    select = [code, "CEL090", "CEL091"]
    (found,) = check(tmp_path / "plain", {"shop.py": APP, name: text}, select=select).findings
    assert found.code == code
    lines = text.splitlines(keepends=True)
    at = found.span.line - 1
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    comment = f"{indent}# celerylint: ignore[{code}] on purpose\n"
    files = {"shop.py": APP, name: "".join([*lines[:at], comment, *lines[at:]])}
    assert [finding.code for finding in check(tmp_path / "commented", files, select=select).findings] == []
    other = {**files, name: files[name].replace(code, "CEL801")}
    assert [finding.code for finding in check(tmp_path / "other", other, select=select).findings] == [code]


def fixed(made: Project) -> dict[str, str]:
    return {Path(path).name: change.text for path, change in fixing.fix_all(made).changed.items()}


@pytest.mark.parametrize("name", [name for name in KINDS if of(name) == "CEL805"])
def test_a_command_is_mended_in_place(name: str, tmp_path: Path) -> None:
    made = project(tmp_path, {"shop.py": APP, name: KINDS[name]}, select=["CEL805"])
    listed = '"worker", "-A", "shop"', '"-A", "shop", "worker"'
    expected = KINDS[name].replace(WRONG, RIGHT).replace(*listed)
    assert fixed(made) == {Path(name).name: expected}


SHARED = """\
# What runs for the shop
x-worker: &worker          # shared by both
    image: 'shop:1'
    restart: always
    environment: { B: "2", A: '1' }   # in this order
    command: >-
        celery worker -A shop
        -c 2
    stop_grace_period: "5m"

services:
    slow: { <<: *worker, deploy: {replicas: 2} }
    fast:
        <<: *worker
        command: ['celery', 'worker', "-A", shop]  # quick ones

    redis: {image: "redis:7"}
"""


def test_anchors_quotes_order_and_comments_stay(tmp_path: Path) -> None:
    made = project(tmp_path, {"shop.py": APP, "compose.yaml": SHARED}, select=["CEL805"])
    expected = SHARED.replace("worker -A shop\n", "-A shop worker\n").replace(
        """'worker', "-A", shop]""", """"-A", shop, 'worker']"""
    )
    assert fixed(made) == {"compose.yaml": expected}
