"""`celerylint inspect`: the Celery model that was found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

CODE = ("apps", "tasks", "dispatches", "settings", "queues", "routes", "schedules", "environments")
DEPLOYED = ("workers", "beats", "flowers", "exporters", "brokers", "not_understood")
KINDS = (*CODE, *DEPLOYED)


def kinds(command: Callable[..., int]) -> Callable[..., int]:
    """A flag for each kind of thing, to show no others."""
    for kind in reversed(KINDS):
        name = kind.replace("_", "-")
        what = "what is not understood" if kind == "not_understood" else kind
        text = f"Show {what}, and nothing else that is not named."
        command = click.option(f"--{name}", kind, is_flag=True, help=text)(command)
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
    """Show apps, tasks, dispatches, settings, queues, routes and schedules of the project around PATH, the Python
    environment in which its packages are looked up, and what its deployment files start: workers, beats, Flowers,
    exporters and brokers, as far as all that can be known without running anything. `?` stands for what cannot;
    commands and templates that are not understood come last, with the reason. Next runs are on the schedule's clock."""
    import json

    from celerylint.cli._options import config_options
    from celerylint.cli._session import Clock, configuration, emit
    from celerylint.cli._show import status
    from celerylint.output._model import model
    from celerylint.output._model_deployment import deployed
    from celerylint.output._model_text import to_text
    from celerylint.project import Project

    clock = Clock(verbose)
    file, overrides = config_options(config)
    resolved = configuration([path], overrides, isolated=isolated, file=file)
    wanted = [kind for kind in KINDS if flags[kind] or not any(flags.values())]
    with clock.phase("index"):
        project = Project(resolved, [path])
        index = project.index
    with clock.phase("model"):
        every = model(index, datetime.now().replace(microsecond=0))
    with clock.phase("deployment"):
        every |= deployed(index.deployment, index) if set(wanted) & set(DEPLOYED) else {}
    shown = {kind: every[kind] for kind in wanted}
    as_json = json.dumps(shown, indent=2, ensure_ascii=False) + "\n"
    emit(as_json if output_format == "json" else to_text(shown))
    return status(project.unread, found=False)
