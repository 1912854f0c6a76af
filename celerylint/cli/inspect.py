"""`celerylint inspect`: the Celery model that was found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

KINDS = ("apps", "tasks", "dispatches", "settings", "queues", "routes", "schedules", "workers", "environments")


def kinds(command: Callable[..., int]) -> Callable[..., int]:
    """A flag for each kind of thing, to show no others."""
    for kind in reversed(KINDS):
        command = click.option(f"--{kind}", is_flag=True, help=f"Show {kind}, and nothing else that is not named.")(
            command
        )
    return command


@click.command("inspect", short_help="Show the Celery model that was found.")
@click.argument("path", default=".", type=click.Path(path_type=Path, exists=True))
@kinds
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="Text, or JSON.")
@click.option("--isolated", is_flag=True, help="Ignore all configuration files.")
@click.option("--config", multiple=True, metavar="FILE|KEY=VALUE", help="A configuration file, or one key as TOML.")
@click.option("-v", "--verbose", is_flag=True, help="Print what takes how long, and traces of internal errors.")
def command(
    path: Path, output_format: str, isolated: bool, config: tuple[str, ...], verbose: bool, **flags: bool
) -> int:
    """Show apps, tasks, dispatches, settings, queues, routes, schedules and deployed workers of the project around
    PATH, and the Python environment in which its packages are looked up, as far as all that can be known without
    running anything. `?` stands for what cannot. Next runs are on the schedule's clock."""
    import json

    from celerylint.cli._options import config_options
    from celerylint.cli._session import Clock, configuration, emit
    from celerylint.output._model import model
    from celerylint.output._model_text import to_text
    from celerylint.project import Project

    clock = Clock(verbose)
    file, overrides = config_options(config)
    resolved = configuration([path], overrides, isolated=isolated, file=file)
    with clock.phase("index"):
        index = Project(resolved, [path]).index
    with clock.phase("model"):
        every = model(index, datetime.now().replace(microsecond=0))
    shown = {kind: rows for kind, rows in every.items() if flags[kind] or not any(flags.values())}
    as_json = json.dumps(shown, indent=2, ensure_ascii=False) + "\n"
    emit(as_json if output_format == "json" else to_text(shown))
    return 0
