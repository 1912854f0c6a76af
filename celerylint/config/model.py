"""The keys of the configuration, what each may be, and what it is where nobody says."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import field
from pathlib import Path
from typing import NamedTuple, TypeAlias

from celerylint.records import dataclass

Reader: TypeAlias = Callable[[object], object]

# ruff's, with the folders that Python and this tool leave behind.
EXCLUDE = (
    ".bzr",
    ".celerylint_cache",
    ".direnv",
    ".eggs",
    ".git",
    ".git-rewrite",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pants.d",
    ".pyenv",
    ".pytest_cache",
    ".pytype",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pycache__",
    "__pypackages__",
    "_build",
    "buck-out",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
)
SECRET_NAMES = (
    "access_code",
    "access_key",
    "access_token",
    "api_key",
    "api_keys",
    "api_secret",
    "api_token",
    "apikey",
    "auth_key",
    "auth_token",
    "bearer",
    "card_number",
    "client_secret",
    "credential",
    "credentials",
    "cvc",
    "cvv",
    "encryption_key",
    "jwt",
    "login_code",
    "one_time_code",
    "otp",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "private_key",
    "pwd",
    "recovery_code",
    "refresh_token",
    "secret",
    "secret_key",
    "secrets",
    "security_code",
    "signing_key",
    "ssh_key",
    "ssn",
    "token",
    "totp",
    "verification_code",
)
FORMATS = ("full", "concise", "grouped", "json", "jsonl", "sarif", "github", "gitlab", "junit")
TIME_LIMIT, SOFT_TIME_LIMIT = 600, 540


class ConfigError(Exception):
    """The configuration cannot be used; the message names the file, the key and what would be right."""


class Selection(NamedTuple):
    """What one place says of the rules to run: a file, or the command line ("").

    `select` is None where it does not say.
    """

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """The resolved configuration.

    `root` is the project's folder: that of the configuration file, else the nearest above the paths with a
    `pyproject.toml`, `setup.py`, `setup.cfg` or `.git`, else the path's own. `file` is the configuration file.
    Empty means: not said (`select`: the default rules; `target_version`: that of the lock files; `cache_dir`:
    below `root`; `jobs` 0: as many as there are processors). Time limits are seconds. `source_roots` are below
    `root`. `sources` tells for every key where its value comes from: `default`, a file, or an option.
    """

    root: Path
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exclude: tuple[str, ...] = EXCLUDE
    extend_exclude: tuple[str, ...] = ()
    target_version: str = ""
    output_format: str = "full"
    app: str = ""
    settings: tuple[str, ...] = ()
    settings_namespace: str | None = None
    source_roots: tuple[str, ...] = ()
    task_decorators: tuple[str, ...] = ()
    secret_names: tuple[str, ...] = SECRET_NAMES
    extend_secret_names: tuple[str, ...] = ()
    transient_exceptions: tuple[str, ...] = ()
    profile: str = "default"
    broker: str = ""
    time_limit: int = TIME_LIMIT
    soft_time_limit: int = SOFT_TIME_LIMIT
    fix: bool = False
    unsafe_fixes: bool = False
    fix_only: bool = False
    show_fixes: bool = False
    jobs: int = 0
    cache: bool = True
    cache_dir: str = ""
    file: Path | None = None
    layers: tuple[Selection, ...] = ()
    sources: dict[str, str] = field(default_factory=dict, compare=False)


def text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a string that is not empty")
    return value


def any_text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a string")
    return value


def texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) and item for item in value):
        raise ValueError("a list of strings")
    return tuple(value)


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def inverted(value: object) -> bool:
    return not flag(value)


def positive(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError("a whole number of at least 1")
    return value


def one_of(choices: Collection[str]) -> Reader:
    def read(value: object) -> object:
        if value not in choices:
            raise ValueError("one of " + ", ".join(f'"{choice}"' for choice in choices))
        return value

    return read


def shaped(pattern: str, description: str) -> Reader:
    def read(value: object) -> object:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ValueError(description)
        return value

    return read


def ignores(value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    description = 'a table of lists, such as { "tests/*" = ["CEL101"] }'
    if not isinstance(value, Mapping) or not all(isinstance(pattern, str) and pattern for pattern in value):
        raise ValueError(description)
    try:
        return tuple((pattern, texts(codes)) for pattern, codes in value.items())
    except ValueError:
        raise ValueError(description) from None


OPTIONS: dict[str, Reader] = {
    "select": texts,
    "extend-select": texts,
    "ignore": texts,
    "per-file-ignores": ignores,
    "exclude": texts,
    "extend-exclude": texts,
    "target-version": shaped(r"\d+(\.\d+){1,2}", 'a version of Celery in quotes, such as "5.4"'),
    "output-format": one_of(FORMATS),
    "app": shaped(r"[^\W\d][\w.]*(:[^\W\d][\w.]*)?", 'where the app is, such as "shop.celery:app"'),
    "settings": texts,
    "settings-namespace": any_text,
    "source-roots": texts,
    "task-decorators": texts,
    "secret-names": texts,
    "extend-secret-names": texts,
    "transient-exceptions": texts,
    "profile": one_of(("default", "strict")),
    "broker": one_of(("redis", "amqp", "sqs")),
    "time-limit": positive,
    "soft-time-limit": positive,
    "fix": flag,
    "unsafe-fixes": flag,
    "fix-only": flag,
    "show-fixes": flag,
    "jobs": positive,
    "no-cache": inverted,
    "cache-dir": text,
}
# They say what one run does.
COMMAND_LINE_ONLY = frozenset(
    {
        "add-noqa",
        "color",
        "config",
        "diff",
        "exit-zero",
        "isolated",
        "output-file",
        "quiet",
        "statistics",
        "stdin-filename",
        "verbose",
    }
)


def field_of(key: str) -> str:
    """The field of Config that a key sets."""
    return "cache" if key == "no-cache" else key.replace("-", "_")
