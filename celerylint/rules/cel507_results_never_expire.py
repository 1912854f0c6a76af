"""Results are kept for ever.

`result_expires` of `None` or 0 does not mean "at once", it means "never". Redis or the database then grows by one row
for each task, until it is full, and the broker beside it stops too.

Bad::

    from celery import Celery

    app = Celery("shop", backend="redis://redis/1")
    app.conf.result_expires = 0

Good::

    from celery import Celery

    app = Celery("shop", backend="redis://redis/1")
    app.conf.result_expires = 3600

Silent where no results are stored (no result backend, `rpc://`, or `task_ignore_result`) and where the schedule has a
task that is named for cleaning them up.

Source: https://docs.celeryq.dev/en/stable/userguide/configuration.html#result-expires (5.7).
"""

import re
from collections.abc import Iterator

from celerylint.facts import Setting
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.backends import scheme
from celerylint.rules.numbers import amount
from celerylint.rules.setting_places import written
from celerylint.values import Const, Value

rule = Rule(
    __name__,
    severity="warning",
    message="`{setting}` of {value} keeps every result for ever, until the backend is full; give the seconds that "
    "results are wanted for",
    checklist=("config.result-expiry",),
)

# A scheduled task of the project that deletes results itself.
CLEANING = re.compile(r"(?i)(?:clean|clear|purge|delete|prune)\w*(?:celery|result|backend)")


@rule.check(Setting)
def for_ever(setting: Setting, file: File, index: Index) -> Iterator[Finding]:
    if setting.name != "result_expires" or setting not in index.configuration.reaching("result_expires"):
        return
    value = index.expand(setting.value)
    never = value == Const(None) or (not is_bool(value) and amount(value, index) == 0)
    if never and stores_results(index) and not any(CLEANING.search(entry.sent) for entry in index.schedule):
        place, node = written(file, setting)
        shown = "`None`" if value == Const(None) else "0"
        data = {"node": file.span(node) if node is not None else None}
        yield rule.finding(file, place, data=data, setting=setting.written, value=shown)


def stores_results(index: Index) -> bool:
    """Whether results are stored anywhere, as far as it is known."""
    schemes = {scheme(row.value) for row in index.configuration.reaching("result_backend")}
    if not schemes or schemes <= {"none", "rpc"}:
        return False
    return index.configuration.anywhere("task_ignore_result") != Const(True)


def is_bool(value: Value) -> bool:
    return isinstance(value, Const) and isinstance(value.value, bool)
