"""What shell text is made of: words with their expansions, and commands."""

from __future__ import annotations

from typing import TypeAlias

from celerylint.records import dataclass


class ShellError(Exception):
    """The text is no shell script that can be read."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """`$name`, `${name:-word}` at an offset. `name` is "" for what is never known: `$(command)`, `${x%y}`."""

    name: str
    start: int
    operator: str = ""
    word: str = ""
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that stands for itself, from an offset on."""

    text: str
    start: int


Part: TypeAlias = Literal | Expansion


@dataclass(frozen=True, slots=True)
class ShellWord:
    """A word with its offsets; `quoted` says that some of it is in quotes."""

    parts: tuple[Part, ...]
    start: int
    end: int
    quoted: bool = False

    @property
    def literal(self) -> str | None:
        """The text of a word without expansions."""
        texts = [part.text for part in self.parts if isinstance(part, Literal)]
        return "".join(texts) if len(texts) == len(self.parts) else None


@dataclass(frozen=True, slots=True)
class Simple:
    """One command with its assignments; `redirected` are the operators of its redirections."""

    assignments: tuple[tuple[str, ShellWord], ...]
    words: tuple[ShellWord, ...]
    redirected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pipe:
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """Commands joined by `&&` and `||`: the first has the operator ""."""

    nodes: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Commands one after the other, each with whether it runs in the background."""

    nodes: tuple[tuple[Node, bool], ...]


@dataclass(frozen=True, slots=True)
class If:
    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node | None


@dataclass(frozen=True, slots=True)
class Case:
    word: ShellWord
    arms: tuple[tuple[tuple[ShellWord, ...], Node], ...]


@dataclass(frozen=True, slots=True)
class Loop:
    condition: Node | None
    body: Node


@dataclass(frozen=True, slots=True)
class Group:
    """`{ … }` or, in a process of its own, `( … )`."""

    body: Node
    subshell: bool


@dataclass(frozen=True, slots=True)
class Definition:
    """A function."""

    name: str
    body: Node


Node: TypeAlias = Simple | Pipe | Chain | Listing | If | Case | Loop | Group | Definition
