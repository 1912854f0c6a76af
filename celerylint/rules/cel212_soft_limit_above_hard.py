"""The soft time limit is longer than the hard one, or as long.

The soft limit raises `SoftTimeLimitExceeded` in the task so that it can clean up; the hard limit kills the child. If
the hard one comes first there is no clean-up, ever. From Celery 5.5 on such a pair on a task makes every `delay()` of
it raise `ValueError` in the caller; from 5.7 on the limits of the settings count as the task's own, so a task with a
soft limit of an hour and an app with a hard limit of half an hour cannot be sent at all.

Bad::

    from celery import Celery

    app = Celery("shop", task_time_limit=1800)

    @app.task(soft_time_limit=3600)
    def export(query):
        return write(query)

Good::

    from celery import Celery

    app = Celery("shop", task_time_limit=1800)

    @app.task(soft_time_limit=3600, time_limit=3900)
    def export(query):
        return write(query)

Looks at decorators, classes, bases, `task_annotations`, settings and single calls. Limits that are equal are a
warning: the child is killed while it cleans up. Silent where a limit is not written as a number, and where settings of
several environments differ.

Source: `celery.app.task.Task.apply_async` and `Task.from_config` (5.5, 5.7); `celery.worker.request`.
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Dispatch, Setting, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.index.options import Option
from celerylint.rule import Finding, Related, Rule
from celerylint.rules.declared import declared
from celerylint.rules.numbers import amount
from celerylint.rules.setting_places import written
from celerylint.source import Span
from celerylint.values import either

rule = Rule(
    __name__,
    severity="error",
    message="the soft limit of {soft:g} s comes after the hard limit of {hard:g} s: {effect}; make it the shorter one",
    checklist=("config.soft-time-limit", "config.time-limit"),
)

EQUAL = "both limits are {soft:g} s, so the task is killed while it cleans up; make `soft_time_limit` the shorter one"
NEVER_SENT = "every `delay()` of `{task}` raises `ValueError`"
KILLED = "`{task}` is killed without any clean-up"


@rule.check(Task)
def of_task(task: Task, file: File, index: Index) -> Iterator[Finding]:
    soft, hard = index.option(task, "soft_time_limit"), in_force(task, index)
    if soft.source == hard.source and soft.source in ("setting", "annotation"):
        return
    least, most = amount(soft.value, index), amount(hard.value, index)
    if least and most and least >= most:
        found = declared(task, file, index)
        name = next((name for name in ("soft_time_limit", "time_limit") if found and name in found.options), "")
        place = found.place(file, name) if found is not None and name else task.span
        effect = effect_on(task, {soft.source, hard.source}, index)
        yield report(file, place, least, most, effect, related(soft, hard, file, place))


def in_force(task: Task, index: Index) -> Option:
    """The hard limit of a task; one of 0 or None leaves the app's in force."""
    own = index.option(task, "time_limit")
    if amount(own.value, index) != 0:
        return own
    rows = index.configuration.in_force("task_time_limit", task)
    if not rows:
        return Option(None)
    return Option(either([row.value for row in rows]), "setting", rows[-1].path, rows[-1].span)


def effect_on(task: Task, sources: set[str], index: Index) -> str:
    """What comes of it, which depends on the version and on whose limits they are."""
    checked = index.traits.celery >= (5, 7) or (index.traits.celery >= (5, 5) and "setting" not in sources)
    return (NEVER_SENT if checked else KILLED).format(task=task.label)


def related(soft: Option, hard: Option, file: File, place: Span) -> tuple[Related, ...]:
    """Where a limit stands that is not at the place of the finding."""
    named = (("the soft limit is set here", soft), ("the hard limit is set here", hard))
    return tuple(
        Related(option.path, option.span, message)
        for message, option in named
        if option.span is not None and option.source != "task" and (option.path, option.span) != (file.path, place)
    )


def report(file: File, place: Span, soft: float, hard: float, effect: str, others: tuple[Related, ...] = ()) -> Finding:
    if soft == hard:
        return rule.finding(file, place, message=EQUAL, severity="warning", soft=soft, related=others)
    return rule.finding(file, place, soft=soft, hard=hard, effect=effect, related=others)


@rule.check(Setting)
def of_settings(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    if setting.name != "task_soft_time_limit" or not index.configuration.is_production(setting.path, setting.condition):
        return
    rows = [row for row in index.configuration.production("task_time_limit") if row.app in ("", setting.app)]
    soft, hard = amount(setting.value, index), amount(either([row.value for row in rows]), index)
    if soft and hard and soft >= hard:
        sent = index.traits.celery >= (5, 7)
        effect = "every `delay()` raises `ValueError`" if sent else "tasks are killed without any clean-up"
        others = (Related(rows[-1].path, rows[-1].span, "the hard limit is set here"),)
        yield report(file, written(file, setting)[0], soft, hard, effect, others)


@rule.check(Dispatch)
def of_call(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    names = [name for name in ("soft_time_limit", "time_limit") if name in dispatch.option_spans]
    soft, hard = (limit_of_call(dispatch, name, index) for name in ("soft_time_limit", "time_limit"))
    if names and soft and hard and soft >= hard:
        keyword = file.node_at(dispatch.option_spans[names[0]], ast.expr)
        above = file.parent(keyword) if keyword is not None else None
        place = file.span(above) if isinstance(above, ast.keyword) else dispatch.option_spans[names[0]]
        yield report(file, place, soft, hard, KILLED.format(task=dispatch.name.rpartition(".")[2] or "the task"))


def limit_of_call(dispatch: Dispatch, name: str, index: Index) -> float | None:
    """A limit in force for what a call sends: the call's own, else the task's."""
    if name in dispatch.options:
        return amount(dispatch.options[name], index)
    if dispatch.task is None or dispatch.open:
        return None
    return amount(index.option(dispatch.task, name).value, index)
