"""Edits that schedule what `@periodic_task` scheduled, for fixers.

The old decorator (celery.task.base.PeriodicTask, 4.4) made a task without a result, and put it into the schedule of the
current app under the task's own name. `add_periodic_task()` does that too, and both 4.4 and 5 have it.
"""

from __future__ import annotations

import ast
import re

from celerylint import cst
from celerylint.edits import Edit
from celerylint.facts import Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rules.option_edits import remove_options
from celerylint.tree import FunctionNode

PERIODIC = frozenset({"celery.task.periodic_task", "celery.task.base.periodic_task", "celery.decorators.periodic_task"})
# Another base schedules nothing; what the others stand for has no place in a call of `add_periodic_task()` alone.
BEYOND = frozenset({"base", "relative", "options", "args", "kwargs"})


def is_plain(node: ast.expr, file: File, index: Index) -> bool:
    """Whether an old decorator stands with options written out above a function of a module that is a known task."""
    call = file.parent(node)
    function = file.parent(call) if isinstance(call, ast.Call) and call.func is node else None
    if not isinstance(call, ast.Call) or not isinstance(function, FunctionNode) or call not in function.decorator_list:
        return False
    names = {keyword.arg for keyword in call.keywords}
    written = not call.args and None not in names and "run_every" in names and not names & BEYOND
    known = function in file.tree.body and task_of(function, file, index) is not None
    return written and known and is_current(file, index)


def task_of(function: ast.FunctionDef | ast.AsyncFunctionDef, file: File, index: Index) -> Task | None:
    """The task that a function of a module is the body of, if its name is known."""
    key = f"{file.module}:{function.name}"
    found = [task for task in index.tasks_in(file.path) if task.function == key and task.name]
    return found[0] if len(found) == 1 else None


def schedules(node: ast.expr, file: File, index: Index) -> tuple[Edit, ...]:
    """The edits for one decorator that is plain: its options without the schedule, and the schedule below."""
    call = file.parent(node)
    function = file.parent(call) if call is not None else None
    task = task_of(function, file, index) if isinstance(function, FunctionNode) else None
    if not isinstance(call, ast.Call) or not isinstance(function, FunctionNode) or task is None:
        return ()
    when = cst.keyword(call, "run_every")
    # Its lines stand further left below, as its first one does.
    written = file.source.line(when.lineno)
    schedule = re.sub(rf"\n {{0,{len(written) - len(written.lstrip())}}}", "\n", file.text(when.value))
    sent = f'celery.current_app.signature("{task.name}")'
    line = f'celery.current_app.add_periodic_task({schedule}, {sent}, name="{task.name}")'
    kept = any(keyword.arg == "ignore_result" for keyword in call.keywords)
    place = file.span(when)
    changed = remove_options(file, [place]) if kept else (Edit(place, "ignore_result=True"),)
    return (*(changed or ()), *cst.insert_after(file, function, ["", "", *line.splitlines()]))


def is_current(file: File, index: Index) -> bool:
    """Whether the project's one app is the current one where this file is imported.

    It is not where the module of the app imports the file, which may be above the app.
    """
    if len(index.apps) != 1:
        return False
    path = index.apps[0].path
    imported = (name for facts in index.facts if facts.path == path for name in facts.imports.values())
    return path == file.path or not any(f"{name}.".startswith(f"{file.module}.") for name in imported)
