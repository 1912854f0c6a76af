"""`--fix`, `--diff` and `--add-noqa`: what changes files, or shows how they would change."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from celerylint import diff
from celerylint.cli._session import Clock, bug, complain, emit, wants_color
from celerylint.cli._show import merged, renamed, show, status
from celerylint.fixing import FixReport, attach, fix_all, write
from celerylint.noqa import add_noqa
from celerylint.output._summary import plural
from celerylint.output._terminal import Color, paint
from celerylint.proposing import edits_of
from celerylint.writing import write_all

if TYPE_CHECKING:
    from celerylint.cli._check import Request
    from celerylint.project import Project, Report

# Not suppressed by --add-noqa: a file that cannot be parsed, and suppressions that are to go instead.
KEPT = frozenset({"CEL000", "CEL090"})
DIFF_COLORS: dict[str, Color] = {"+": "green", "-": "red", "@": "cyan"}


def fix(projects: Sequence[Project], request: Request, clock: Clock) -> int:
    """Apply fixes in place, or to standard input, and show what remains; the exit status."""
    reports = fixed(projects, clock)
    errors: list[str] = []
    if request.stdin:
        emit(fixed_input(projects[0], reports[0]))
    else:
        with clock.phase("writing"):
            reports = [written(project, report, errors) for project, report in zip(projects, reports, strict=True)]
    errors += [bug(text) for report in reports for text in report.bugs]
    if request.verbose:
        for finding, reason in (refusal for report in reports for refusal in report.refused):
            complain(f"{finding.path}:{finding.span.line}: {finding.code} is not fixed: {reason}")
    left = merged([report.report for report in reports])
    left = renamed(replace(left, errors=[*left.errors, *errors]), request)
    applied = [finding for report in reports for finding in report.applied]
    return show(left, request, projects[0].config, clock, applied, sys.stderr if request.stdin else sys.stdout)


def fixed(projects: Sequence[Project], clock: Clock) -> list[FixReport]:
    """All fixes worked out, nothing written."""
    with clock.phase("fixes"):
        return [fix_all(project, unsafe=projects[0].config.unsafe_fixes) for project in projects]


def written(project: Project, report: FixReport, errors: list[str]) -> FixReport:
    """The report, its files written; where some could not be, what there is on the disk now."""
    failed = write(report)
    if not failed:
        return report
    errors += failed
    now = type(project)(project.config, project.paths)
    left = now.check()
    left = replace(left, findings=attach(now, left.findings, report.bugs))
    kept = {path for path, change in report.changed.items() if now.content(path) != change.source.to_bytes(change.text)}
    applied = [finding for finding in report.applied if edits_of(finding).keys().isdisjoint(kept)]
    return replace(report, report=left, applied=applied)


def fixed_input(project: Project, report: FixReport) -> bytes:
    """What standard input held, fixed."""
    for change in report.changed.values():
        return change.source.to_bytes(change.text)
    return next(iter(project.overlay.values()))


def show_diff(projects: Sequence[Project], request: Request, clock: Clock) -> int:
    """Print what `--fix` would change, each file in its own encoding, as patches are; the exit status."""
    reports = fixed(projects, clock)
    color = wants_color(request.color, sys.stdout)
    changes = {path: change for report in reports for path, change in report.changed.items()}
    for path, change in sorted(changes.items()):
        name = request.stdin_filename or "-" if request.stdin else path
        mark = "\ufeff" if change.source.bom else ""
        text = diff.diff(mark + change.source.text, mark + change.text, name)
        emit(painted(text, color).encode(change.source.encoding, "backslashreplace"))
    count = sum(len(report.applied) for report in reports)
    if count and not request.quiet:
        emit(f"Would fix {plural(count, 'finding')}.\n", sys.stderr)
    errors = [error for report in reports for error in (*report.report.errors, *map(bug, report.bugs))]
    return status(errors, bool(changes) and not request.exit_zero)


def painted(text: str, color: bool) -> str:
    """A diff in colours, where those are on."""
    if not color:
        return text
    lines = diff.lines(text)
    return "".join(paint(line, DIFF_COLORS[line[0]], True) if line[0] in DIFF_COLORS else line for line in lines)


def suppress(projects: Sequence[Project], request: Request, clock: Clock) -> int:
    """Write suppressions of all findings where they stand; the exit status."""
    with clock.phase("check"):
        reports = [project.check() for project in projects]
    errors = [error for report in reports for error in report.errors]
    count = 0
    for report in reports:
        for path, number, old, new in (suppressed(report, path) for path in report.sources):
            failed = write_all([{Path(path): (old, new)}]) if old != new else []
            errors += failed
            count += 0 if failed else number
    if not request.quiet:
        emit(f"Suppressed {plural(count, 'finding')}.\n", sys.stderr)
    return status(list(dict.fromkeys(errors)), found=False)


def suppressed(report: Report, path: str) -> tuple[str, int, bytes, bytes]:
    """A file's path, how many findings are suppressed in it, and its content before and after."""
    source = report.sources[path]
    findings = [finding for finding in report.findings if finding.path == path and finding.code not in KEPT]
    return path, len(findings), source.to_bytes(source.text), source.to_bytes(add_noqa(source, findings))
