"""Commands that `pyproject.toml` gives names: the tasks and scripts of poe, pdm, taskipy, hatch, rye and pixi."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from celerylint.deploy.snippets import Snippet
from celerylint.source import Source
from celerylint.toml import tomllib

# Where each tool keeps them; `*` stands for any name.
TABLES = (
    ("tool", "poe", "tasks"),
    ("tool", "pdm", "scripts"),
    ("tool", "taskipy", "tasks"),
    ("tool", "hatch", "envs", "*", "scripts"),
    ("tool", "rye", "scripts"),
    ("tool", "pixi", "tasks"),
)
# The keys of a task under which a command stands.
COMMANDS = frozenset({"cmd", "shell", "sequence", "chain"})


def commands(source: Source) -> Iterator[tuple[str, Snippet]]:
    """The name and command of each task whose text stands in the file as it is."""
    try:
        data = tomllib.loads(source.text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    for table in TABLES:
        for tasks in at(data, table):
            for name, task in tasks.items() if isinstance(tasks, dict) else ():
                for text in texts(task):
                    start = source.text.find(text)
                    if text.strip() and start >= 0:
                        yield str(name), Snippet.of(source, start, start + len(text))


def at(data: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """What stands at a path of keys."""
    if not path:
        yield data
    elif isinstance(data, dict):
        for value in data.values() if path[0] == "*" else [data.get(path[0])]:
            yield from at(value, path[1:])


def texts(task: Any) -> Iterator[str]:
    """The commands of a task: a text, a list of them, or a table that has one."""
    match task:
        case str():
            yield task
        case list():
            for item in task:
                yield from texts(item)
        case dict():
            for key in COMMANDS & task.keys():
                yield from texts(task[key])
        case _:
            pass
