"""What the index needs to be told about a project: taken from its configuration and lock files."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Traits:
    """`celery` and `kombu` are the versions in use, as (major, minor). The rest are the options of the same name."""

    celery: tuple[int, int] = (5, 7)
    kombu: tuple[int, int] = (5, 7)
    django: bool = False
    app: str = ""
    settings: tuple[str, ...] = ()
    settings_namespace: str | None = None
    task_decorators: tuple[str, ...] = ()
    secret_names: tuple[str, ...] = ()
    extend_secret_names: tuple[str, ...] = ()
    transient_exceptions: tuple[str, ...] = ()
    broker: str = ""
    time_limit: int = 600
    soft_time_limit: int = 540
