"""Show a report, and say how it went."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from celerylint import output
from celerylint.cli._session import Clock, Failure, complain, emit, wants_color
from celerylint.output import Style, _summary
from celerylint.paths import shown
from celerylint.project import Report

if TYPE_CHECKING:
    from celerylint.cli._check import Request
    from celerylint.config import Config
    from celerylint.rule import Finding

FOUND, FAILED = 1, 2


def merged(reports: Sequence[Report]) -> Report:
    """Several reports as one."""
    findings = sorted((finding for report in reports for finding in report.findings), key=lambda each: each.sort_key)
    sources = {path: source for report in reports for path, source in report.sources.items()}
    errors = [error for report in reports for error in report.errors]
    return Report(findings, list(dict.fromkeys(errors)), sources, sum(report.files for report in reports))


def renamed(report: Report, request: Request) -> Report:
    """The report with standard input called as the user calls it, which need not be a name of Python's."""
    if request.stdin is None:
        return report
    before, after = shown(request.stdin), request.stdin_filename or "-"
    if shown(after) == before:
        return report
    findings = [replace(finding, path=after) if finding.path == before else finding for finding in report.findings]
    sources = {after if path == before else path: source for path, source in report.sources.items()}
    return replace(report, findings=findings, sources=sources)


def show(
    report: Report,
    request: Request,
    config: Config,
    clock: Clock,
    applied: Sequence[Finding] = (),
    stream: TextIO | None = None,
) -> int:
    """Print the findings, or their number by rule, and then what could not be done; the exit status."""
    stream = stream or sys.stdout
    name = request.output_format or config.output_format
    style = Style(request.output_file is None and wants_color(request.color, stream), config.unsafe_fixes)
    report = replace(report, findings=[]) if config.fix_only else report
    with clock.phase("output"):
        text = body(report, request, name, style)
        if output.load(name).human:
            text += below(report, request, config, style, applied)
        deliver(text, request.output_file, stream)
    return status(report.errors, bool(report.findings) and not request.exit_zero)


def body(report: Report, request: Request, name: str, style: Style) -> str:
    """The findings in a format, or their number by rule. Raises click.UsageError."""
    if not request.statistics:
        return output.load(name).render(report, style)
    if output.load(name).human:
        return _summary.statistics(report.findings, style)
    if name == "json":
        return _summary.statistics_json(report.findings, style)
    raise click.UsageError(f"--statistics has no {name} format; there are full, concise, grouped and json")


def below(report: Report, request: Request, config: Config, style: Style, applied: Sequence[Finding]) -> str:
    """What people read after the findings."""
    if request.quiet:
        return ""
    fixes = _summary.fix_list(applied) if config.show_fixes and applied else ""
    if config.fix_only:
        return fixes + _summary.only_fixed(len(applied))
    return fixes + _summary.summary(report.findings, report.files, style, len(applied))


def deliver(text: str, file: Path | None, stream: TextIO) -> None:
    """Write to a file where one is named. Raises Failure where it cannot be written."""
    if file is None:
        emit(text, stream)
        return
    try:
        file.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise Failure(f"{file}: cannot be written: {error.strerror}") from None


def status(errors: Sequence[str], found: bool) -> int:
    """The exit status, once what could not be done is said."""
    for error in errors:
        complain(f"error: {error}")
    return FAILED if errors else FOUND if found else 0
