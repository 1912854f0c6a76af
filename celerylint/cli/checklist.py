"""`celerylint checklist`: the deployment checklist, answered for a project."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from celerylint.checklist import Sheet

FORMATS = ("html", "json", "markdown", "text")
# What fails with each value of --fail-on.
LEVELS = {"fail": ("fail",), "partly": ("fail", "partly"), "unknown": ("fail", "partly", "unknown")}
MOMENTS = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")


@click.command("checklist", short_help="Answer the deployment checklist.")
@click.argument("path", default=".", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--output-format", type=click.Choice(FORMATS), default="text", help="How answers are shown; text by default."
)
@click.option(
    "-o", "--output-file", type=click.Path(path_type=Path, dir_okay=False), help="Where they go; else standard output."
)
@click.option("--fail-on", type=click.Choice(list(LEVELS)), help="Exit 1 if any answer is this, or worse.")
@click.option("--links", default="", metavar="URL", help="Where evidence links to, with {path} and {line} in it.")
@click.option(
    "--at",
    type=click.DateTime(MOMENTS),
    metavar="TIME",
    help="The time, in UTC, that next runs are counted from; now by default.",
)
@click.option("--isolated", is_flag=True, help="Ignore all configuration files.")
@click.option("--config", multiple=True, metavar="FILE|KEY=VALUE", help="A configuration file, or one key as TOML.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="When to use colours.")
@click.option("-v", "--verbose", is_flag=True, help="Print what takes how long, and traces of internal errors.")
def command(
    path: Path,
    output_format: str,
    output_file: Path | None,
    fail_on: str | None,
    links: str,
    at: datetime | None,
    isolated: bool,
    config: tuple[str, ...],
    color: str,
    verbose: bool,
) -> int:
    """Answer every item of the checklist for the project around PATH: pass, fail, partly, unknown (it would show in
    files that are not here) or manual (with the command that answers it), each with its evidence."""
    import sys

    from celerylint import checklist
    from celerylint.checklist import reports
    from celerylint.cli._options import config_options
    from celerylint.cli._session import Clock, configuration, wants_color
    from celerylint.cli._show import deliver, status

    clock = Clock(verbose)
    file, overrides = config_options(config)
    resolved = configuration([path], {**overrides, **checklist.ALL_RULES}, isolated=isolated, file=file)
    moment = at.replace(tzinfo=timezone.utc) if at is not None else datetime.now(timezone.utc)
    with clock.phase("checklist"):
        sheet = checklist.answer(resolved, moment)
    folder = output_file.parent if output_file is not None else Path(".")
    style = reports.Style(output_file is None and wants_color(color, sys.stdout), links, folder)
    with clock.phase("output"):
        deliver(reports.load(output_format).render(sheet, style), output_file, sys.stdout)
    return status(sheet.errors, is_failed(sheet, fail_on))


def is_failed(sheet: Sheet, level: str | None) -> bool:
    """Whether any answer is as bad as the user does not want it."""
    return any(answer.state in LEVELS.get(level or "", ()) for _, answer in sheet.answers)
