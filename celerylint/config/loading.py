"""Where the configuration is read from."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from celerylint.config.model import COMMAND_LINE_ONLY, OPTIONS, TIME_LIMIT, Config, ConfigError, Selection, field_of
from celerylint.paths import shown

PYPROJECT, OWN = "pyproject.toml", "celerylint.toml"
MARKERS = (PYPROJECT, "setup.py", "setup.cfg", ".git")
ADDITIVE = ("extend-select", "ignore")
SOFT_SHARE = 0.9


def load(
    paths: Sequence[Path],
    overrides: Mapping[str, object] | None = None,
    *,
    isolated: bool = False,
    config_file: Path | None = None,
) -> Config:
    """The configuration for some paths: that above the first of them.

    `overrides` are options of the command line by name, None where one is not given. `isolated` reads no file,
    not even `config_file`. Raises ConfigError.
    """
    absolute = [os.path.abspath(path) for path in paths] or [os.getcwd()]
    file = None if isolated else os.path.abspath(config_file) if config_file else nearest(absolute[0])
    layers = [(shown(file), own_table(file, named=config_file is not None))] if file else []
    values: dict[str, Any] = {}
    sources = dict.fromkeys(OPTIONS, "default")
    selections = []
    for source, raw in [*layers, ("", options(overrides or {}))]:
        read = {key: checked(key, value, source) for key, value in raw.items()}
        selections.append(selection(read, source))
        merge(values, read)
        sources |= dict.fromkeys(ADDITIVE, "default") if "select" in read else {}
        sources |= {key: source or f"--{key}" for key in read}
    limit(values, sources)
    return Config(
        root=Path(os.path.dirname(file) if file and not config_file else project_root(absolute)),
        file=Path(file) if file else None,
        layers=tuple(selections),
        sources=sources,
        **{field_of(key): value for key, value in values.items()},
    )


def by_configuration(paths: Sequence[Path]) -> list[list[Path]]:
    """The paths in groups that one configuration file holds for, in the order given."""
    groups: dict[str | None, list[Path]] = {}
    for path in paths:
        groups.setdefault(nearest(os.path.abspath(path)), []).append(path)
    return list(groups.values())


def nearest(path: str) -> str | None:
    """The configuration file in the nearest folder above a path that has one. Raises ConfigError."""
    for folder in folders(path):
        for name in (OWN, PYPROJECT):
            file = os.path.join(folder, name)
            if os.path.isfile(file) and (name == OWN or has_table(file)):
                return file
    return None


def folders(path: str) -> list[str]:
    """The folder of an absolute path, or the path where it is one, and all above it, nearest first."""
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    return [folder, *map(str, Path(folder).parents)]


def project_root(paths: Sequence[str]) -> str:
    """The nearest folder above absolute paths that looks like a project's, else their common folder."""
    try:
        common = os.path.commonpath(paths)
    except ValueError:
        common = paths[0]
    candidates = folders(common)
    marked = (folder for folder in candidates if any(os.path.exists(os.path.join(folder, name)) for name in MARKERS))
    return next(marked, candidates[0])


def has_table(file: str) -> bool:
    """Whether a `pyproject.toml` has our table. Raises ConfigError."""
    data = content(file)
    return b"celerylint" in data and "celerylint" in tool_tables(file, data)


def content(file: str) -> bytes:
    """The bytes of a file. Raises ConfigError."""
    try:
        with open(file, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise ConfigError(f"{shown(file)}: {error.strerror}") from None


def toml(file: str, data: bytes) -> dict[str, Any]:
    """The content of a TOML file. Raises ConfigError."""
    from celerylint.toml import tomllib

    try:
        return tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{shown(file)}: not TOML: {error}") from None


def tool_tables(file: str, data: bytes) -> dict[str, Any]:
    """The `[tool]` tables of a `pyproject.toml`. A broken one matters only where it seems to have ours."""
    try:
        tables = toml(file, data).get("tool", {})
    except ConfigError:
        if b"tool.celerylint" in data:
            raise
        return {}
    return tables if isinstance(tables, dict) else {}


def own_table(file: str, *, named: bool) -> dict[str, Any]:
    """Our keys in a configuration file, which `--config` may have named. Raises ConfigError."""
    data = content(file)
    if os.path.basename(file) != PYPROJECT:
        return toml(file, data)
    tables = tool_tables(file, data)
    if named and "celerylint" not in tables:
        raise ConfigError(f"{shown(file)}: no table [tool.celerylint]")
    table = tables.get("celerylint", {})
    if not isinstance(table, dict):
        raise ConfigError(f"{shown(file)}: tool.celerylint must be a table, not {written(table)}")
    return table


def options(overrides: Mapping[str, object]) -> dict[str, object]:
    """The options that are given, by key."""
    given = {name.replace("_", "-"): value for name, value in overrides.items() if value is not None}
    if "cache" in given:
        given["no-cache"] = not given.pop("cache")
    return given


def checked(key: str, value: object, source: str) -> object:
    """What a key's value is read as; `source` is "" for the command line. Raises ConfigError."""
    if key not in OPTIONS:
        raise ConfigError(f"{source or '--config'}: {unknown_key(key)}")
    try:
        return OPTIONS[key](value)
    except ValueError as error:
        where = f"{source}: {key}" if source else f"--{key}"
        raise ConfigError(f"{where} must be {error}, not {written(value)}") from None


def unknown_key(key: str) -> str:
    """What is wrong with a key that there is not, and which one may be meant."""
    from difflib import get_close_matches

    if key in COMMAND_LINE_ONLY:
        return f"{key} is an option of the command line only"
    close = get_close_matches(key.replace("_", "-").lower(), OPTIONS, n=1, cutoff=0.5)
    return f"unknown key {key}" + (f"; did you mean {close[0]}?" if close else "; known are " + ", ".join(OPTIONS))


def written(value: object) -> str:
    """A value as TOML writes it, for messages."""
    import json

    try:
        return json.dumps(value, ensure_ascii=False)
    except TypeError:
        return str(value)


def selection(read: Mapping[str, Any], source: str) -> Selection:
    """What one layer says of the rules to run."""
    return Selection(read.get("select"), read.get("extend-select", ()), read.get("ignore", ()), source)


def merge(values: dict[str, Any], read: Mapping[str, Any]) -> None:
    """Put a layer's values over those before it. `select` begins the choice of rules anew, as in ruff."""
    earlier = {key: values.pop(key) for key in ADDITIVE if key in values}
    values.update(read)
    for key, selectors in earlier.items() if "select" not in read else ():
        values[key] = (*selectors, *read.get(key, ()))


def limit(values: dict[str, Any], sources: Mapping[str, str]) -> None:
    """Keep the soft time limit below the hard one where only one is given. Raises ConfigError where both are wrong."""
    hard, soft = values.get("time-limit"), values.get("soft-time-limit")
    if hard is not None and soft is None:
        values["soft-time-limit"] = max(1, int(hard * SOFT_SHARE))
    elif soft is not None and hard is None:
        values["time-limit"] = max(TIME_LIMIT, int(soft / SOFT_SHARE) + 1)
    elif soft is not None and hard is not None and soft >= hard:
        source = sources["soft-time-limit"]
        raise ConfigError(f"{source}: soft-time-limit ({soft}) must be below time-limit ({hard})")
