"""What the index needs to be told about a project: taken from its configuration and lock files."""

from __future__ import annotations

from celerylint.records import dataclass


@dataclass(frozen=True, slots=True)
class Traits:
    """`celery` is the version in use, as (major, minor); `kombu` the newest that may be, `kombu_oldest` the oldest:
    the same where a file names one. The rest are the options of the same name."""

    celery: tuple[int, int] = (5, 7)
    kombu: tuple[int, int] = (5, 7)
    kombu_oldest: tuple[int, int] = (5, 7)
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
