"""Small projects for tests, written as a dict of paths and texts."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping
from pathlib import Path

from celerylint.config import load
from celerylint.file import File
from celerylint.index import Index
from celerylint.project import Project, Report
from celerylint.values import Value


def project(folder: Path, files: Mapping[str, str], **options: object) -> Project:
    """A project of these files in a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return Project(load([folder], {"cache": False, **options}, isolated=True), [folder])


def check(folder: Path, files: Mapping[str, str], **options: object) -> Report:
    return project(folder, files, **options).check()


def index(folder: Path, files: Mapping[str, str], **options: object) -> Index:
    return project(folder, files, **options).index


def file(folder: Path, text: str) -> File:
    """The only file of a project."""
    made = project(folder, {"shop.py": text})
    found = made.file(next(iter(made.shown_paths)))
    assert found is not None
    return found


def value(folder: Path, text: str, expression: str) -> Value:
    """What the last expression of a text with this source is known to be."""
    source = file(folder, text)
    nodes = [node for node in ast.walk(source.tree) if isinstance(node, ast.expr) and ast.unparse(node) == expression]
    return source.value(max(nodes, key=lambda node: (node.lineno, node.col_offset)))
