"""A setting that no part of Celery reads, so that its value has no effect.

Celery keeps every name that it is given and complains about none. A limit with a slip in its name, an old name under
`namespace="CELERY"`, or `CELERY_…` where no namespace is set looks configured for years and does nothing: tasks run
without the limit, results stay for ever, messages are acknowledged early.

Bad::

    from celery import Celery

    app = Celery("shop")
    app.conf.task_soft_time_limt = 300

Good::

    from celery import Celery

    app = Celery("shop")
    app.conf.task_soft_time_limit = 300

Silent on settings of packages around Celery (django-celery-beat, RedBeat, celery-once …), on names that the
project itself reads anywhere, on names that resemble no setting of Celery, and where it cannot be told which
configuration reads a module. The version in use decides which names there are; from 5.7 on old names are read
under a namespace too.

Source: `celery.app.defaults` and `celery.utils.collections.ConfigurationView` (4.4 to 5.7).
"""

import ast
import re
from collections.abc import Iterator

from celerylint import celery_data
from celerylint.facts import Setting
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.source import Span

rule = Rule(__name__, severity="error", message="Celery reads no setting `{name}`, so this has no effect{instead}")

FAMILIES = ("task_", "worker_", "result_", "broker_", "beat_", "event_", "control_")


@rule.check(Setting)
def unread(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    if setting.name or celery_data.is_third_party_setting(setting.written):
        return
    instead = correction(setting, index.traits.celery)
    if (instead or resembles(setting)) and not is_read_by_project(setting, index):
        span = name_span(file, setting)
        yield rule.finding(
            file,
            span,
            data={"instead": instead},
            name=setting.written,
            instead=explained(setting, instead, index.traits.celery),
        )


def short_name(setting: Setting) -> str:
    """The name without its namespace, lower case."""
    return setting.written.removeprefix(f"{setting.namespace.rstrip('_')}_" if setting.namespace else "").lower()


def correction(setting: Setting, version: tuple[int, int]) -> str:
    """The name to write instead, as it must be written in this place; "" where none is near."""
    known = celery_data.settings(version)
    short = short_name(setting)
    new = celery_data.old_setting_names().get(setting.written)
    if new is None:
        plain = short.removeprefix("celery_")
        new = plain if plain in known else celery_data.nearest(plain, known)
    return as_written(setting, new) if new in known else ""


def as_written(setting: Setting, new: str | None) -> str:
    """A new name as this place must write it: with the namespace's prefix, or bare."""
    if new is None:
        return ""
    if setting.namespace:
        return f"{setting.namespace.rstrip('_')}_{new.upper()}"
    return new


def resembles(setting: Setting) -> bool:
    """Whether a name belongs to a family of Celery's settings, or is one that is gone."""
    return short_name(setting).startswith(FAMILIES) or is_gone(setting) or is_later(setting)


def is_gone(setting: Setting) -> bool:
    return setting.written in celery_data.gone_settings() or short_name(setting).upper() in celery_data.gone_settings()


def is_later(setting: Setting) -> bool:
    return short_name(setting) in celery_data.all_settings()


def explained(setting: Setting, instead: str, version: tuple[int, int]) -> str:
    """The end of the message: what to write, or why the name is not read."""
    if instead and setting.written in celery_data.old_setting_names() and setting.namespace:
        return f' under `namespace="{setting.namespace}"`; write `{instead}`'
    if instead:
        return f"; did you mean `{instead}`?"
    gone = celery_data.gone_settings()
    if advice := gone.get(setting.written) or gone.get(short_name(setting).upper()):
        return f" since 4.0: {advice}"
    known = celery_data.all_settings().get(short_name(setting))
    if known is not None and known.added is not None and known.added > version:
        return f" before {'.'.join(map(str, known.added))}, and {'.'.join(map(str, version))} is in use"
    return ""


def is_read_by_project(setting: Setting, index: Index) -> bool:
    """Whether any line of the project uses the name otherwise than to set it, or as that of a variable to set it by."""
    name = re.escape(setting.written)
    variable = rf"""(?:\b(?:config|getenv|env|environ|env\.\w+|environ\.get)\s*\(|\benviron\[)\s*["']{name}["']"""
    writes = re.compile(rf"""^{name}\b.*|\b{name}\b["']?\]?\s*(?::[^=]+)?=(?!=)|["']{name}["']\s*:|{variable}|#.*""")
    return any(setting.written in writes.sub("", line) for _, line in index.lines_with(setting.written))


def name_span(file: File, setting: Setting) -> Span:
    """Where the name itself stands."""
    if file.source.cut(setting.span).endswith(setting.written):
        return setting.span
    for node in file.nodes(ast.keyword):
        if node.arg == setting.written and file.span(node.value) == setting.value_span:
            start = file.source.offset(*file.span(node)[:2])
            return file.source.range(start, start + len(setting.written))
    for constant in file.nodes(ast.Constant):
        if constant.value == setting.written and setting.span.line <= constant.lineno <= setting.span.end_line:
            return file.span(constant)
    return setting.span
