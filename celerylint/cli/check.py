"""`celerylint check`: its options. What it does is in `_check`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from celerylint import output
from celerylint.cli._options import pairs, selectors, split

F = TypeVar("F", bound=Callable[..., Any])


def listed(name: str, items: str, text: str) -> Callable[[F], F]:
    """An option that takes several values, between commas or one at a time."""
    callback = selectors if items == "CODE" else split
    return click.option(name, multiple=True, callback=callback, metavar=f"{items},...", help=text)


@click.command(
    "check",
    short_help="Check projects, and fix what can be fixed.",
    context_settings={"max_content_width": 100},
)
@click.argument(
    "paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path, allow_dash=True, readable=False)
)
@click.option("--fix/--no-fix", default=None, help="Apply the safe fixes in place, report what remains.")
@click.option("--unsafe-fixes/--no-unsafe-fixes", default=None, help="Count unsafe fixes as applicable.")
@click.option("--diff", is_flag=True, help="Print what --fix would change, write nothing; exit 1 if anything.")
@click.option("--fix-only/--no-fix-only", default=None, help="Apply fixes, do not report what remains.")
@click.option("--show-fixes/--no-show-fixes", default=None, help="List what was fixed.")
@click.option("--add-noqa", is_flag=True, help="Suppress today's findings in place, with noqa or celerylint: ignore.")
@listed("--select", "CODE", "Rules to run: codes, prefixes, names, or ALL.")
@listed("--extend-select", "CODE", "Rules to run besides.")
@listed("--ignore", "CODE", "Rules not to run.")
@click.option(
    "--per-file-ignores",
    multiple=True,
    callback=pairs,
    metavar="PATTERN:CODE,...",
    help="Rules not to run on some files.",
)
@listed("--exclude", "PATTERN", "Files and folders to leave out, in place of the default ones.")
@listed("--extend-exclude", "PATTERN", "Files and folders to leave out besides.")
@click.option("--target-version", metavar="X.Y", help="Celery's version, where lock files do not say it.")
@click.option(
    "--output-format",
    type=click.Choice(output.names()),
    envvar="CELERYLINT_OUTPUT_FORMAT",
    help="How findings are shown; full by default.",
)
@click.option(
    "-o",
    "--output-file",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="CELERYLINT_OUTPUT_FILE",
    help="Where findings go instead of standard output.",
)
@click.option("--statistics", is_flag=True, help="Count the findings of each rule, in place of showing them.")
@click.option("-e", "--exit-zero", is_flag=True, help="Exit 0 whatever is found.")
@click.option("-j", "--jobs", type=click.IntRange(min=1), help="Processes to use at most.")
@click.option("-n", "--no-cache", is_flag=True, envvar="CELERYLINT_NO_CACHE", help="Neither read nor write the cache.")
@click.option(
    "--cache-dir", type=click.Path(), envvar="CELERYLINT_CACHE_DIR", metavar="FOLDER", help="Where the cache is."
)
@click.option("--stdin-filename", metavar="NAME", help="The name of what `-` reads, for its place in the project.")
@click.option("--isolated", is_flag=True, help="Ignore all configuration files.")
@click.option("--config", multiple=True, metavar="FILE|KEY=VALUE", help="A configuration file, or one key as TOML.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="When to use colours.")
@click.option("-q", "--quiet", is_flag=True, help="Print findings and errors, nothing else.")
@click.option("-v", "--verbose", is_flag=True, help="Print what takes how long, and traces of internal errors.")
def command(**options: Any) -> int:
    """Check whole projects: Python, and the deployment files beside it. No PATH means the working directory; `-`
    reads one file from standard input."""
    from celerylint.cli._check import Request, execute

    return execute(Request(**options))
