"""From findings to fixes: loads the fixers, calls them, and completes what they propose.

A fixer is `fixers/<name of the rule's module>.py` with `fix(finding, file, index) -> Fix | None`. The folder stands
inside the package in a wheel and beside it in a checkout, so fixers are loaded by path and never imported by name.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TypeAlias

from celerylint.edits import Edit, Fix, apply, offsets
from celerylint.file import File
from celerylint.imports import ensure_all
from celerylint.index import Index
from celerylint.layout import NotEditable
from celerylint.project import Project
from celerylint.rule import RULE_FILE, Finding, Rule
from celerylint.source import Source, UnreadableSource

Fixer: TypeAlias = Callable[[Finding, File, Index], Fix | None]

HERE = Path(__file__).parent
LONE_NEWLINE = re.compile(r"(?<!\r)\n")


class BadFix(Exception):
    """A fixer failed, which is a bug of ours; the message names it and the place."""


# Fixers.


@cache
def fixers() -> dict[str, Path]:
    """The file of each fixer by the code of its rule."""
    folder = next((folder for folder in (HERE / "fixers", HERE.parent / "fixers") if folder.is_dir()), None)
    files = sorted(folder.glob("*.py")) if folder is not None else []
    return {match[1].upper(): path for path in files if (match := RULE_FILE.match(path.stem))}


@cache
def fixer(code: str) -> Fixer | None:
    """The fixer of a rule, None where it has none."""
    path = fixers().get(code)
    if path is None:
        return None
    name = f"_celerylint_fixer_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    loaded: Fixer = module.fix
    return loaded


def fixable(rule: Rule) -> bool:
    """Whether a rule has a fixer."""
    return rule.code in fixers()


@cache
def applicability(rule: Rule) -> str | None:
    """How a rule's fixes may be applied, by its fixer's source: `safe`, `safe or unsafe`; None without a fixer."""
    path = fixers().get(rule.code)
    if path is None:
        return None
    words = {node.value for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Constant)}
    return " or ".join(word for word in ("safe", "unsafe", "manual") if word in words)


# Fixes of findings.


def attach(project: Project, findings: Iterable[Finding], bugs: list[str] | None = None) -> list[Finding]:
    """The same findings with `fix` filled in, imports among its edits and newlines as the files have them.

    Where a fixer fails BadFix is raised, or its message added to `bugs` and the finding left without a fix.
    """
    out = []
    for finding in findings:
        try:
            fix = proposed(project, finding)
        except BadFix as error:
            if bugs is None:
                raise
            bugs.append(str(error))
            fix = None
        out.append(finding if fix is None else replace(finding, fix=fix))
    return out


def proposed(project: Project, finding: Finding) -> Fix | None:
    """The whole fix of a finding. Raises BadFix."""
    function = fixer(finding.code)
    file = file_of(project, finding.path) if function is not None else None
    if function is None or file is None:
        return None
    try:
        fix = function(finding, file, project.index)
        return None if fix is None else completed(project, file, fix)
    except NotEditable:
        return None
    except Exception as error:
        place = f"{finding.path}:{finding.span.line}:{finding.span.column}"
        raise BadFix(f"the fixer of {finding.code} failed at {place}: {type(error).__name__}: {error}") from error


def file_of(project: Project, path: str) -> File | None:
    """A file as fixers see it; one that is no Python has an empty tree. None where it cannot be read."""
    if path in project.shown_paths:
        return project.file(path)
    data = project.content(path)
    try:
        source = Source.from_bytes(path, data) if data is not None else None
    except UnreadableSource:
        return None
    return File(source, ast.Module([], []), "", False, project.modules) if source is not None else None


def completed(project: Project, file: File, fix: Fix) -> Fix | None:
    """A fix with the edits of its imports, checked and sorted. Raises ValueError for edits that overlap."""
    groups = by_path(fix.edits, file.path)
    own = groups.pop(file.path, [])
    imports, called = imported(file, fix.imports, own)
    if None in called.values():
        return None
    edits = placed(file.source, "", [*imports, *(replace(edit, content=renamed(edit.content, called)) for edit in own)])
    for path, there in groups.items():
        other = file_of(project, path)
        if other is None:
            return None
        edits += placed(other.source, path, there)
    return replace(fix, edits=tuple(edits), imports=())


def placed(source: Source, path: str, edits: Iterable[Edit]) -> list[Edit]:
    """The edits of one file in order, with its newlines. Raises ValueError for edits that overlap."""
    found = [replace(with_newlines(source, edit), path=path) for edit in edits]
    apply(source, found)
    return sorted(found, key=lambda edit: edit.span)


def imported(file: File, names: Sequence[str], edits: Sequence[Edit]) -> tuple[list[Edit], dict[str, str | None]]:
    """The edits that import what a fix needs, and what each name is called.

    A fixer that writes `celery.exceptions.Retry` in its edits gets whatever the file calls that; for one that
    writes `Retry` that very name is imported, or there is no fix.
    """
    written = [edit.content for edit in edits]
    exact = [name for name in names if not any(whole(name).search(content) for content in written)]
    package = file.module if file.package else file.module.rpartition(".")[0]
    # Imports above the first place that uses them are enough, whatever else changes further up.
    using = edits if exact else [edit for edit in edits if any(whole(name).search(edit.content) for name in names)]
    before = min((edit.span.line for edit in using), default=0)
    found, called = ensure_all(file.source, file.tree, names, package=package, before=before, exact=exact)
    return list(found), called


def whole(dotted: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.]){re.escape(dotted)}(?!\w)")


def renamed(content: str, called: dict[str, str | None]) -> str:
    """Content with the names that imports gave."""
    for dotted in sorted(called, key=len, reverse=True):
        content = whole(dotted).sub(called[dotted] or dotted, content)
    return content


def with_newlines(source: Source, edit: Edit) -> Edit:
    """An edit whose lines end as those around its place do."""
    if "\n" not in edit.content:
        return edit
    start, _ = offsets(source, edit)
    line = source.text[start : source.starts[edit.span.line]] if edit.span.line < len(source.starts) else ""
    newline = line[len(line.rstrip("\r\n")) :] or source.newline
    return replace(edit, content=LONE_NEWLINE.sub(newline, edit.content))


def by_path(edits: Iterable[Edit], path: str) -> dict[str, list[Edit]]:
    """Edits by the file they change; `path` is that of edits without one."""
    out: dict[str, list[Edit]] = {}
    for edit in edits:
        out.setdefault(edit.path or path, []).append(edit)
    return out


def edits_of(finding: Finding) -> dict[str, list[Edit]]:
    """The edits of a finding's fix by path."""
    return by_path(finding.fix.edits, finding.path) if finding.fix is not None else {}
