"""A crontab that Celery refuses, or that it reads unlike the one who wrote it.

Celery's crontab is not cron's. The fields come in another order, Sunday is 0 and 7 is refused, names of days stand in
every field, and text behind a range or a step is dropped: `crontab("*/5 3 * * *")` is accepted and runs every five
minutes of every hour. What is refused raises where it stands, mostly when the settings are imported.

Bad::

    from celery.schedules import crontab

    beat_schedule = {
        "night": {"task": "shop.tasks.close_day", "schedule": crontab("*/30 3 * * *")},
    }

Good::

    from celery.schedules import crontab

    beat_schedule = {
        "night": {"task": "shop.tasks.close_day", "schedule": crontab(minute="*/30", hour=3)},
    }

Silent on fields whose values are not written out. Names of months are known from 5.5 on; from 5.7 on a date that no
month has is refused, before that it never came.

Source: `celery.schedules.crontab` and `celery.schedules.crontab_parser` (4.4 to 5.7).
"""

import ast
from collections.abc import Iterator

from celerylint import crontab
from celerylint.crontab import FIELDS, CrontabError
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule, call_of
from celerylint.rules.crontabs import CRONTAB, NotPlain, plain
from celerylint.values import Name

rule = Rule(__name__, severity="error", message="{problem}", checklist=("beat.schedules",))

OTHERS = frozenset({"nowfun", "app"})
FROM_STRING = (5, 5)


@rule.check(call_of("crontab", "from_string"))
def invalid(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    func = file.callee(node)
    if not isinstance(func, Name):
        return
    name = index.modules.canonical(func.dotted)
    if name == CRONTAB:
        yield from of_fields(node, file, index)
    elif name == f"{CRONTAB}.from_string":
        yield from of_line(node, file, index)


def of_fields(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    fields = written(node)
    values: dict[str, object] = {}
    for name, argument in fields.items():
        try:
            values[name] = plain(file.value(argument), index)
        except NotPlain:
            continue
        problem = judged(name, values[name], index)
        if problem:
            above = file.parent(argument)
            place = file.span(above) if isinstance(above, ast.keyword) else file.span(argument)
            yield rule.finding(file, place, problem=problem)
            return
    if unknown := [keyword for keyword in node.keywords if keyword.arg and keyword.arg not in {*FIELDS, *OTHERS}]:
        problem = f"`crontab()` raises `TypeError`: it has no `{unknown[0].arg}`, only {', '.join(FIELDS)}"
        yield rule.finding(file, file.span(unknown[0]), problem=problem)
    elif len(node.args) > len(FIELDS):
        yield rule.finding(file, file.span(node), problem="`crontab()` raises `TypeError`: it takes five fields")
    elif len(values) == len(fields) and not any(keyword.arg is None for keyword in node.keywords):
        yield from never(node, values, file, index)


def written(node: ast.Call) -> dict[str, ast.expr]:
    """The expressions of the fields, by position or name."""
    plain = [] if any(isinstance(arg, ast.Starred) for arg in node.args) else node.args
    named = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg in FIELDS}
    return dict(zip(FIELDS, plain, strict=False)) | {key: value for key, value in named.items() if key}


def judged(name: str, value: object, index: Index) -> str:
    """What is wrong with one field, "" for nothing."""
    try:
        odd = crontab.oddity(name, value, index.traits.celery)
    except CrontabError as error:
        return f"`crontab()` raises: {error.message}"
    return f"This crontab does not mean what it says: {odd}" if odd else ""


def never(node: ast.Call, values: dict[str, object], file: File, index: Index) -> Iterator[Finding]:
    """A date that no month has, or a field that stands for nothing."""
    version = index.traits.celery
    try:
        fields = crontab.expand_all(values, version)
    except CrontabError as error:
        yield rule.finding(file, file.span(node), problem=f"`crontab()` raises: {error.message}")
        return
    possible = crontab.possible(fields["day_of_month"], fields["month_of_year"])
    if not possible or not all(fields.values()):
        yield rule.finding(file, file.span(node), problem="This crontab never runs: no date fits all of its fields")


def of_line(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    """`crontab.from_string("0 3 * * *")`."""
    if index.traits.celery < FROM_STRING:
        problem = "`crontab.from_string()` is new in Celery 5.5, so this raises `AttributeError`"
        yield rule.finding(file, file.span(node), problem=problem)
        return
    try:
        line = plain(file.value(node.args[0]), index) if node.args else None
        fields = crontab.from_string(line) if isinstance(line, str) else {}
        problem = next(filter(None, (judged(name, value, index) for name, value in fields.items())), "")
    except NotPlain:
        return
    except CrontabError as error:
        problem = f"`crontab.from_string()` raises: {error.message}"
    if problem:
        yield rule.finding(file, file.span(node), problem=problem)
