"""For rules about what a worker runs: the calls that lead from a task to a place, and how a message names the task."""

from __future__ import annotations

import ast

from celerylint.collect.guards import is_optional, is_tested
from celerylint.file import File
from celerylint.index import Index
from celerylint.index.reach import Reach
from celerylint.rule import Related


def is_certain(file: File, node: ast.AST, reach: Reach, *, whatever: bool = False) -> bool:
    """Whether a task runs a node without any function on the way being asked to by an optional parameter; with
    `whatever`, also whatever the last of them is given."""
    if reach.step is None:
        return True
    return reach.certain and not (is_tested(file, node) if whatever else is_optional(file, node))


def way(index: Index, key: str) -> tuple[Related, ...]:
    """The task and the calls that lead to a function, outermost first; nothing for the task's own body."""
    reach = index.reach_of(key)
    steps = index.graph.steps(key)
    if reach is None or not steps:
        return ()
    task = Related(reach.task.path, reach.task.span, f"task `{reach.task.label}` runs this")
    return task, *(Related(step.path, step.span, f"through this call of `{step.callee}`") for step in steps)


def where(reach: Reach) -> str:
    """Where something happens, for messages: in a task, or in what it calls."""
    name = reach.task.label
    return f"in task `{name}`" if reach.step is None else f"in code that task `{name}` runs"
