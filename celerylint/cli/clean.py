"""`celerylint clean`: removes what runs left for later ones."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("clean", short_help="Remove the cache.")
@click.argument("path", default=".", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--cache-dir", type=click.Path(), envvar="CELERYLINT_CACHE_DIR", metavar="FOLDER", help="Where the cache is."
)
@click.option("-q", "--quiet", is_flag=True, help="Print errors, nothing else.")
def command(path: Path, cache_dir: str | None, quiet: bool) -> int:
    """Remove the cache of the project around PATH."""
    from celerylint import cache
    from celerylint.cli._session import Failure, configuration, emit

    config = configuration([path], {"cache-dir": cache_dir})
    folder = cache.folder_of(config)
    try:
        removed = cache.remove(config)
    except OSError as error:
        raise Failure(f"{error.filename or folder}: cannot be removed: {error.strerror}") from None
    if not quiet:
        emit(f"Removed {folder}\n" if removed else f"No cache at {folder}\n")
    return 0
