"""A crontab names an hour or a day and leaves a finer field out, so that it runs far more often than it reads.

Every field that is left out of `crontab()` means "every". `crontab(hour=3)` is not three o'clock, it is each of the
sixty minutes from 3:00 to 3:59, and `crontab(minute=0, day_of_month=1)` is each hour of the first. Reports are sent
and cards are charged once for each of these runs.

Bad::

    from celery.schedules import crontab

    beat_schedule = {
        "close-the-day": {"task": "shop.tasks.close_day", "schedule": crontab(hour=3)},
    }

Good::

    from celery.schedules import crontab

    beat_schedule = {
        "close-the-day": {"task": "shop.tasks.close_day", "schedule": crontab(minute=0, hour=3)},
    }

Silent on `crontab()` and on a field that is written out as `"*"`, which say what is meant; on a call with
`**fields`; on a missing hour where days are given as a range or list, or minutes as more than one, which reads as
"every hour on working days".

Source: `celery.schedules.crontab` (5.7), defaults of its fields.
"""

import ast
from collections.abc import Iterator

from celerylint.crontab import FIELDS
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule, call_of
from celerylint.values import Call, Const, Name, Value

rule = Rule(
    __name__,
    severity="error",
    message="`{call}` runs {often}, since a field that is left out means every one; write `{fix}`",
    checklist=("beat.schedules",),
)


@rule.check(call_of("crontab"))
def finer_field_left_out(node: ast.Call, file: File, index: Index) -> Iterator[Finding]:
    func = file.callee(node)
    # Following a name may read another file: not for names that cannot be this one.
    if not isinstance(func, Name) or not func.dotted.endswith("crontab"):
        return
    if index.modules.canonical(func.dotted) != "celery.schedules.crontab":
        return
    call = file.value(node)
    if isinstance(call, Call) and not call.splat:
        fields = written_fields(call)
        missing = left_out(fields)
        if missing:
            often = OFTEN[tuple(missing)]
            fix = ", ".join(f"{name}=0" for name in missing)
            yield rule.finding(
                file, file.span(node), data={"missing": missing}, call=ast.unparse(node), often=often, fix=fix
            )


OFTEN = {
    ("minute",): "at every minute of the hour",
    ("minute", "hour"): "at every minute of the day",
    ("hour",): "at every hour of the day",
}


def written_fields(call: Call) -> dict[str, Value]:
    """The fields that a call writes out, by position or name."""
    return dict(zip(FIELDS, call.args, strict=False)) | {key: value for key, value in call.keywords if key in FIELDS}


def left_out(fields: dict[str, Value]) -> list[str]:
    """The finer fields that are missing although coarser ones are set, finest first."""
    days = [name for name in ("day_of_week", "day_of_month", "month_of_year") if is_set(fields.get(name))]
    if "minute" not in fields:
        if days and "hour" not in fields:
            return ["minute", "hour"]
        return ["minute"] if days or is_set(fields.get("hour")) else []
    one_day = any(is_single(fields[name]) for name in days)
    return ["hour"] if one_day and "hour" not in fields and is_single(fields["minute"]) else []


def is_set(value: Value | None) -> bool:
    """Whether a field is known to be narrower than every value."""
    return isinstance(value, Const) and value.value not in ("*", None)


def is_single(value: Value) -> bool:
    """Whether a field is one value."""
    return isinstance(value, Const) and str(value.value).isalnum()
