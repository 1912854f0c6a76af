"""Whether the worker calls a task's function as it stands, or a decorator, base or app does something else with it."""

from __future__ import annotations

from functools import lru_cache

from celerylint.facts import App, Function, Task, Write
from celerylint.index import Index
from celerylint.index.apps import CURRENT
from celerylint.index.task_bases import TASK_CLASSES
from celerylint.values import Attr, Const, Name, Value


def runs_plainly(task: Task, function: Function, index: Index) -> bool:
    """Whether the worker calls a task's function itself, as far as decorators, bases and apps can tell."""
    parameters = index.parameters
    if not parameters.handed_on(task, function) or not parameters.plainly_called(task):
        return False
    apps = [app for app in index.apps if app.key == task.app] or index.apps
    return all(leaves_calls_alone(app, index) for app in apps) and assigned_classes_call_plainly(index)


@lru_cache(maxsize=1)
def assigned_classes_call_plainly(index: Index) -> bool:
    """Whether all task classes that the project assigns to apps leave the call of the function as it is."""
    classes = (write.value for facts in index.facts for write in facts.writes if sets_task_class(write, index))
    return all(calls_plainly(cls, "", index) for cls in classes)


def leaves_calls_alone(app: App, index: Index) -> bool:
    """Whether an app makes its tasks as Celery's own does, or of a class that does not change the call."""
    func = app.call.func
    if app.call.splat or not isinstance(func, Name):
        return False
    classes = [cls] if (cls := app.call.keyword("task_cls")) is not None else []
    made_by = index.modules.cls(func)
    if made_by is not None:
        if not {"task", "_task_from_fun", "Task"}.isdisjoint(made_by.methods):
            return False
        classes += [made_by.attributes[name] for name in ("task_cls", "Task") if name in made_by.attributes]
    elif index.modules.resolve(func.dotted) is None and index.modules.canonical(func.dotted) not in CELERY:
        return False
    return all(calls_plainly(cls, app.path, index) for cls in classes)


CELERY = frozenset({"celery.Celery", *CURRENT})


def sets_task_class(write: Write, index: Index) -> bool:
    """Whether an assignment gives an app a task class: `app.Task = ContextTask`."""
    match write.target:
        case Name(dotted=dotted) if dotted.endswith(".Task"):
            return index.applications.is_app(Name(dotted.removesuffix(".Task")))
        case Attr(base=base, name="Task"):
            return index.applications.is_app(base)
        case _:
            return False


def calls_plainly(value: Value, importer: str, index: Index) -> bool:
    """Whether a task class, given as such or as `module:Class`, leaves the call of the function as it is."""
    named = index.expand(value)
    if isinstance(named, Const) and isinstance(named.value, str):
        named = Name(index.modules.locate(named.value.replace(":", "."), importer))
    if isinstance(named, Name) and index.modules.canonical(named.dotted) in TASK_CLASSES:
        return True
    cls = index.modules.cls(named)
    return cls is not None and all(index.parameters.calls_plainly(c) for c in [cls, *index.modules.bases(cls)[0]])
