"""What `celerylint check` does, once its options are read."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from celerylint.cli import _show
from celerylint.cli._options import config_options
from celerylint.cli._session import Clock, Failure, bug, configuration
from celerylint.config import Config, ConfigError, by_configuration, refuse_unknown
from celerylint.engine import rules
from celerylint.files import NAMED
from celerylint.project import Project, Report
from celerylint.records import dataclass

# Options that are keys of the configuration too.
KEYS = (
    "fix",
    "unsafe_fixes",
    "fix_only",
    "show_fixes",
    "select",
    "extend_select",
    "ignore",
    "per_file_ignores",
    "exclude",
    "extend_exclude",
    "target_version",
    "output_format",
    "jobs",
    "cache_dir",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The options as given; None where one is not."""

    paths: tuple[Path, ...]
    fix: bool | None
    unsafe_fixes: bool | None
    diff: bool
    fix_only: bool | None
    show_fixes: bool | None
    add_noqa: bool
    select: tuple[str, ...] | None
    extend_select: tuple[str, ...] | None
    ignore: tuple[str, ...] | None
    per_file_ignores: Mapping[str, list[str]] | None
    exclude: tuple[str, ...] | None
    extend_exclude: tuple[str, ...] | None
    target_version: str | None
    output_format: str | None
    output_file: Path | None
    statistics: bool
    exit_zero: bool
    jobs: int | None
    no_cache: bool
    cache_dir: str | None
    stdin_filename: str | None
    isolated: bool
    config: tuple[str, ...]
    color: str
    quiet: bool
    verbose: bool

    @property
    def stdin(self) -> Path | None:
        """The path that standard input stands for, None where files are read."""
        if Path("-") not in self.paths:
            return None
        if len(self.paths) > 1:
            raise click.UsageError("`-` reads standard input and takes no other path beside it")
        name = self.stdin_filename or "-"
        last = os.path.basename(name)
        # What is called nothing in particular is Python; a Procfile is not.
        return Path(os.path.abspath(name if "." in last or NAMED.fullmatch(last) else f"{name}.py"))


def execute(request: Request) -> int:
    """Do what was asked; the exit status. Raises click.ClickException."""
    clock = Clock(request.verbose)
    stdin = request.stdin
    if request.add_noqa and stdin:
        raise click.UsageError("--add-noqa changes files, and standard input is none")
    overlay = {stdin: sys.stdin.buffer.read()} if stdin else {}
    with clock.phase("configuration"):
        projects = [Project(configured(request, paths), paths, overlay) for paths in groups(request, stdin)]
    config = projects[0].config
    if request.add_noqa or request.diff or config.fix or config.fix_only:
        from celerylint.cli import _fix

        change = _fix.suppress if request.add_noqa else _fix.show_diff if request.diff else _fix.fix
        return change(projects, request, clock)
    report = _show.merged([checked(project, clock) for project in projects])
    return _show.show(_show.renamed(report, request), request, config, clock)


def checked(project: Project, clock: Clock) -> Report:
    """The findings of a project, with their fixes."""
    with clock.phase("check"):
        report = project.check()
    if not report.findings:
        return report
    from celerylint.proposing import attach

    bugs: list[str] = []
    with clock.phase("fixes"):
        findings = attach(project, report.findings, bugs)
    return replace(report, findings=findings, errors=[*report.errors, *map(bug, bugs)])


def groups(request: Request, stdin: Path | None) -> list[list[Path]]:
    """The paths asked about, those together that one configuration holds for. Raises Failure."""
    paths = [stdin] if stdin else list(request.paths) or [Path(".")]
    if request.isolated or config_options(request.config)[0]:
        return [paths]
    try:
        return by_configuration(paths)
    except ConfigError as error:
        raise Failure(str(error)) from None


def configured(request: Request, paths: Sequence[Path]) -> Config:
    """The configuration for some paths, with the command line over it. Raises Failure."""
    file, overrides = config_options(request.config)
    given = {key: getattr(request, key) for key in KEYS}
    given["cache"] = False if request.no_cache else None
    overrides |= {key.replace("_", "-"): value for key, value in given.items() if value is not None}
    config = configuration(paths, overrides, isolated=request.isolated, file=file)
    try:
        refuse_unknown(config, {name for rule in rules().values() for name in (rule.code, rule.name)})
    except ConfigError as error:
        raise Failure(str(error)) from None
    return config
