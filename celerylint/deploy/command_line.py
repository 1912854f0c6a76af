"""A `celery …` command line: command, options, and what Celery would refuse of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, replace
from typing import Literal, TypeAlias

from celerylint.deploy.snippets import HIDDEN, Place, Word
from celerylint.records import dataclass
from celerylint.source import Source, Span

Version: TypeAlias = tuple[int, int]
Fault: TypeAlias = Literal["order", "option", "choice", "type", "value", "command", "meaning"]


@dataclass(frozen=True, slots=True)
class Given:
    """An option as given. `name` is the long name of Celery's table, or what is written; `value` None for a flag.

    `words` are the indices in `CommandLine.words` of what stands for it; `node` names
    the workers that it is for in `celery multi`.
    """

    name: str
    written: str
    value: str | None
    place: Place
    words: tuple[int, ...]
    node: str = ""

    @property
    def span(self) -> Span:
        return self.place.span

    @property
    def known(self) -> bool:
        """Whether its value is known."""
        return self.value is None or HIDDEN not in self.value


@dataclass(frozen=True, slots=True)
class Problem:
    """What Celery would refuse, or not take as it is meant. `about` is what it is about, `hint` what would be right."""

    fault: Fault
    about: str
    place: Place
    hint: str = ""
    words: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandLine:
    """One `celery …`. `command` is "" where it is not known; `open` says that there may be more options.

    `words` begin with the program, `at` is the index of the command among them, -1 where there is none.
    """

    source: Source = field(repr=False)
    span: Span
    words: tuple[Word, ...] = field(repr=False)
    command: str = ""
    at: int = -1
    given: tuple[Given, ...] = ()
    arguments: tuple[str, ...] = ()
    open: bool = False
    problems: tuple[Problem, ...] = ()

    @property
    def path(self) -> str:
        return self.source.path

    @property
    def place(self) -> Place:
        return Place(self.path, self.span)

    def option(self, name: str) -> Given | None:
        """An option by its long name; the last one wins."""
        return next((given for given in reversed(self.given) if given.name == name), None)

    def value(self, name: str) -> str | None:
        """The value of an option: HIDDEN where it is not known or may be given unseen, None where it is not given."""
        given = self.option(name)
        if given is None:
            return HIDDEN if self.open else None
        return given.value if given.value is None or given.known else HIDDEN

    def flag(self, name: str) -> bool | None:
        """Whether a flag is given; None where that is not known."""
        return True if self.option(name) is not None else None if self.open else False


def listed(value: str | None) -> tuple[str, ...] | None:
    """The names in a comma-separated value; None where they are not known."""
    if value is None or HIDDEN in value:
        return None
    return tuple(name.strip() for name in value.split(",") if name.strip())


def node_lines(line: CommandLine) -> Iterator[CommandLine]:
    """The workers that `celery multi start` starts, each as a `worker` of its own; options for all and for one."""
    nodes = [name for name in line.arguments[1:] if not name.startswith("-")]
    if len(nodes) == 1 and nodes[0].isdigit():
        nodes = [str(number) for number in range(1, int(nodes[0]) + 1)]
    for number, node in enumerate(nodes, 1):
        own = [given for given in line.given if not given.node or {node, str(number)} & set(given.node.split(","))]
        yield replace(line, command="worker", given=tuple(own), arguments=(node,))
