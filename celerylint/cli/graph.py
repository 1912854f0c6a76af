"""`celerylint graph`: who sends which task, through which queue, to which worker."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("graph", short_help="Draw tasks, queues, workers and schedules.")
@click.argument("path", default=".", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--output-format",
    type=click.Choice(["mermaid", "dot", "svg"]),
    default="mermaid",
    help="Mermaid by default, DOT for Graphviz, or a picture.",
)
@click.option(
    "-o", "--output-file", type=click.Path(path_type=Path, dir_okay=False), help="Where it goes; else standard output."
)
@click.option("--isolated", is_flag=True, help="Ignore all configuration files.")
@click.option("--config", multiple=True, metavar="FILE|KEY=VALUE", help="A configuration file, or one key as TOML.")
@click.option("-v", "--verbose", is_flag=True, help="Print what takes how long, and traces of internal errors.")
def command(
    path: Path, output_format: str, output_file: Path | None, isolated: bool, config: tuple[str, ...], verbose: bool
) -> int:
    """Draw the tasks of the project around PATH: who sends them, the queues that they go to, the workers that consume
    those, and the schedule. Tasks that wait for each other in a circle are marked, and make the exit status 1."""
    import sys

    from celerylint import graph
    from celerylint.cli._options import config_options
    from celerylint.cli._session import Clock, complain, configuration
    from celerylint.cli._show import deliver, status
    from celerylint.graph.collecting import collect
    from celerylint.overview import Overview
    from celerylint.project import Project

    clock = Clock(verbose)
    file, overrides = config_options(config)
    resolved = configuration([path], overrides, isolated=isolated, file=file)
    with clock.phase("graph"):
        project = Project(resolved, [resolved.root])
        found = collect(Overview(project))
    with clock.phase("output"):
        deliver(graph.load(output_format).render(found), output_file, sys.stdout)
    for cycle in found.cycles:
        complain(f"these tasks wait for each other: {', '.join(found.nodes[key].label for key in cycle)}")
    return status(project.unread, found=bool(found.cycles))
