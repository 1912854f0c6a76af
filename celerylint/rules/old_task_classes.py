"""Edits that register task classes, which `celery.task.Task` did by itself (celery.task.base.TaskType, 4.4)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from celerylint import cst
from celerylint.edits import Edit
from celerylint.facts import Class, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.values import Name, truth

# What the old class could do as a class; of the instance that takes its name it means the same.
METHODS = "delay|apply_async|apply|retry|s|si|signature|subtask|AsyncResult|name|app|backend|map|starmap|chunks"


def registrations(base: str, file: File, index: Index) -> tuple[Edit, ...] | None:
    """The edits that register each task class that a base of the old kind would have, under the name of the class.

    None where a class is used for more than calls of its methods, or stands in another file.
    """
    found: list[Edit] = []
    for task in index.tasks:
        cls = index.registry.bases.class_of(task) if task.kind == "class" else None
        if cls is None or not derives(cls, base, file, index) or not is_sent(cls, index):
            continue
        node = file.definition(cls.key)
        if node is None or not isinstance(node, ast.ClassDef) or "." in cls.qualname or len(index.apps) > 1:
            return None
        if not any(True for _ in registering(cls, index)):
            if not is_called_only(task, cls, index):
                return None
            line = f"{cls.name} = celery.current_app.register_task({cls.name}())"
            found += cst.insert_after(file, node, ["", "", line])
    return tuple(found)


def derives(cls: Class, base: str, file: File, index: Index) -> bool:
    """Whether a class derives from a base as this file imports it."""
    chain = [cls, *index.modules.bases(cls)[0]]
    return any(each.path == file.path and Name(base) in each.bases for each in chain)


def is_sent(cls: Class, index: Index) -> bool:
    """Whether the old base made a task of a class: one with a body that is not abstract."""
    abstract = cls.attributes.get("abstract")
    chain = [cls, *index.modules.bases(cls)[0]]
    return not (abstract is not None and truth(abstract)) and any("run" in each.methods for each in chain)


def registering(cls: Class, index: Index) -> Iterator[str]:
    """The lines that register a class already."""
    return (line for _, line in index.lines_with(cls.name) if re.search(rf"register\w*\(\s*{cls.name}\b", line))


def is_called_only(task: Task, cls: Class, index: Index) -> bool:
    """Whether all that the project does with a class is to call methods of it."""
    harmless = re.compile(rf"\b{cls.name}\.(?:{METHODS})\b|^class {cls.name}\b|^(?:from|import) .*|#.*")
    word = re.compile(rf"\b{cls.name}\b")
    return not any(word.search(harmless.sub("", line)) for _, line in index.lines_with(cls.name))
