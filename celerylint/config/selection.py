"""Which rules are on, and selectors that name none."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from celerylint.config.model import Config, ConfigError, Selection
from celerylint.paths import matches

CODE = re.compile(r"CEL\d{0,3}", re.IGNORECASE)
EXACT = len("CEL000")


class Selectable(Protocol):
    """What selection needs to know of a rule."""

    code: str
    name: str
    strict: bool


class Unknown(NamedTuple):
    """A selector that names no rule: under which key, and where.

    `path` is None where it stands on the command line. `line` and `column` count from 1.
    """

    key: str
    selector: str
    source: str
    path: Path | None
    line: int
    column: int


def enabled(config: Config, rule: Selectable, path: str) -> bool:
    """Whether a rule is on for a file, given as shown or absolute."""
    return selected(config, rule) and not ignored(config, rule, path)


def turned_off(config: Config, rule: Selectable, path: str) -> bool:
    """Whether a rule is named as one not to run for a file, and not merely left out where others are named."""
    return ignored(config, rule, path) or any(specificity(layer.ignore, rule) >= 0 for layer in layers(config))


def selected(config: Config, rule: Selectable) -> bool:
    """Whether a rule is on where no file turns it off."""
    on = not rule.strict or config.profile == "strict"
    for layer in layers(config):
        wanted = specificity((*(layer.select or ()), *layer.extend_select), rule)
        unwanted = specificity(layer.ignore, rule)
        if layer.select is not None or max(wanted, unwanted) >= 0:
            on = wanted > unwanted
    return on


def layers(config: Config) -> Sequence[Selection]:
    """What each place says of the rules to run, the later ones over the earlier."""
    return config.layers or [Selection(config.select or None, config.extend_select, config.ignore)]


def specificity(selectors: Iterable[str], rule: Selectable) -> int:
    """How exactly the most exact of some selectors names a rule; -1 where none does."""
    return max((exactness(selector, rule) for selector in selectors), default=-1)


def exactness(selector: str, rule: Selectable) -> int:
    """How exactly a selector names a rule: 0 for ALL, the length of a code's prefix, -1 for not at all."""
    if selector == rule.name:
        return EXACT
    if selector.upper() == "ALL":
        return 0
    return len(selector) if CODE.fullmatch(selector) and rule.code.startswith(selector.upper()) else -1


def ignored(config: Config, rule: Selectable, path: str) -> bool:
    """Whether `per-file-ignores` turns a rule off for a file."""
    if not config.per_file_ignores:
        return False
    base = str(Path.cwd()) if config.sources.get("per-file-ignores", "").startswith("--") else str(config.root)
    absolute = (Path.cwd() / path).as_posix()
    return any(
        specificity(selectors, rule) >= 0 and matches(pattern, absolute, Path(base).as_posix())
        for pattern, selectors in config.per_file_ignores
    )


def unknown_codes(config: Config, known: Collection[str]) -> list[Unknown]:
    """The selectors that name none of the known codes and names: those of the file first."""
    text = config.file.read_text(encoding="utf-8", errors="replace") if config.file else ""
    return [
        located(config, key, selector, source, text)
        for key, selectors, source in written_selectors(config)
        for selector in dict.fromkeys(selectors)
        if not is_known(selector, known)
    ]


def decides(config: Config, unknown: Unknown) -> bool:
    """Whether a selector is one of those that say what runs: where it is mistyped, too little does."""
    deciding = [layer.source for layer in layers(config) if layer.select is not None]
    return unknown.key == "select" and deciding[-1:] == [unknown.source]


def refuse_unknown(config: Config, known: Collection[str]) -> None:
    """Raise ConfigError for a selector on the command line that names no rule."""
    from difflib import get_close_matches

    for unknown in unknown_codes(config, known):
        if unknown.path is None:
            close = get_close_matches(unknown.selector, known, n=1, cutoff=0.75)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise ConfigError(f"{unknown.source}: no rule is called {unknown.selector}{hint}")


def written_selectors(config: Config) -> Iterator[tuple[str, Sequence[str], str]]:
    """Key, selectors and source of all that names rules; the source is "" for the command line."""
    for layer in layers(config):
        yield "select", layer.select or (), layer.source
        yield "extend-select", layer.extend_select, layer.source
        yield "ignore", layer.ignore, layer.source
    source = config.sources.get("per-file-ignores", "")
    for _, selectors in config.per_file_ignores:
        yield "per-file-ignores", selectors, "" if source.startswith("--") else source


def is_known(selector: str, known: Collection[str]) -> bool:
    """Whether a selector names anything."""
    if selector.upper() == "ALL" or selector in known:
        return True
    return bool(CODE.fullmatch(selector)) and any(name.startswith(selector.upper()) for name in known)


def located(config: Config, key: str, selector: str, source: str, text: str) -> Unknown:
    """Where a selector stands: found in the text of the configuration file, at its top where it is not."""
    if not source:
        return Unknown(key, selector, f"--{key}", None, 1, 1)
    found = re.search(rf"[\"']({re.escape(selector)})[\"']", text)
    at = found.start(1) if found else 0
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return Unknown(key, selector, source, config.file, line, column)
