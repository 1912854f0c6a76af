"""Which commands a shell script starts, with which words and how: conditions and variables followed where known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from fnmatch import fnmatchcase
from typing import Protocol

from celerylint.deploy.shell_syntax import parse
from celerylint.deploy.shell_tree import (
    Case,
    Chain,
    Definition,
    Expansion,
    Group,
    If,
    Listing,
    Literal,
    Loop,
    Node,
    Part,
    Pipe,
    ShellError,
    ShellWord,
    Simple,
)
from celerylint.deploy.shell_values import DECLARING, assigned_in, tested
from celerylint.deploy.snippets import HIDDEN, Snippet, Word
from celerylint.records import dataclass

# How deep calls of functions are followed, and how many of them.
DEEPEST, MOST = 8, 200
SOURCING = frozenset({".", "source", "eval"})


@dataclass(frozen=True, slots=True)
class Manner:
    """How a shell runs a command, and what that means for signals to the shell's own process.

    `last` says that nothing comes after it, `waited` that the shell waits for it; `piped` that its output goes into a
    pipe; `traps` that the script handles signals itself; `sure` that no condition decides whether it runs; `assigns`
    that assignments stand before it.
    """

    last: bool = True
    waited: bool = True
    piped: bool = False
    subshell: bool = False
    traps: bool = False
    redirected: bool = False
    assigns: bool = False
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Started:
    """A command with its words. `environment` are the assignments before it and what the script exports."""

    words: tuple[Word, ...]
    environment: Mapping[str, str]
    manner: Manner


class Variables(Protocol):
    """What is known of the environment: a value, None for a variable that is not set, HIDDEN where that is unknown."""

    def __call__(self, name: str) -> str | None: ...


@dataclass(slots=True)
class Run:
    """The state of a script that is being followed."""

    snippet: Snippet
    outer: Variables
    arguments: tuple[Word, ...] | None = None
    assigned: dict[str, str] = field(default_factory=dict)
    functions: dict[str, Node] = field(default_factory=dict)
    traps: bool = False
    depth: int = 0
    steps: int = 0

    # Values

    def variable(self, name: str) -> str | None:
        """The value of a variable or parameter; HIDDEN where it is not known."""
        if name in self.assigned:
            return self.assigned[name]
        if name in {"@", "*"}:
            return HIDDEN if self.arguments is None else " ".join(word.text for word in self.arguments)
        if name.isdigit():
            return HIDDEN if self.arguments is None or name == "0" else self.argument(int(name))
        return self.outer(name) if name and (name[0].isalpha() or name[0] == "_") else HIDDEN

    def argument(self, number: int) -> str | None:
        assert self.arguments is not None
        return self.arguments[number - 1].text if number <= len(self.arguments) else None

    def expanded(self, part: Part) -> str:
        """The text that a part of a word gives."""
        if isinstance(part, Literal):
            return part.text
        value = self.variable(part.name) if part.name else HIDDEN
        match part.operator:
            case ":-" | "-" | ":=" | "=":
                missing = value is None or (not value and part.operator.startswith(":"))
                value = self.inner(part.word) if missing else value
                if missing and part.operator.endswith("="):
                    self.assigned[part.name] = value or ""
            case ":+" | "+":
                value = HIDDEN if value is None or HIDDEN in value else self.inner(part.word) if value else ""
            case _:
                pass
        return "" if value is None else value

    def inner(self, text: str) -> str:
        """The value of the word in `${name:-word}`."""
        try:
            node = parse(f": {text}" if text.strip() else ":")
        except ShellError:
            return HIDDEN
        words = node.nodes[0][0] if isinstance(node, Listing) else None
        return " ".join(self.text(word) for word in words.words[1:]) if isinstance(words, Simple) else HIDDEN

    def text(self, word: ShellWord) -> str:
        return "".join(self.expanded(part) for part in word.parts)

    def words(self, word: ShellWord) -> Iterator[Word]:
        """What a word of the script becomes: one word, or several where an expansion is split."""
        span = self.snippet.span(word.start, word.end)
        if all_arguments(word) and self.arguments is not None:
            yield from self.arguments
            return
        several = False
        pieces: list[tuple[list[str], list[int]]] = [([], [])]
        for part in word.parts:
            text = self.expanded(part)
            splits = isinstance(part, Expansion) and not part.quoted
            several = several or (splits and HIDDEN in text) or (text == HIDDEN and all_arguments(word))
            for index, item in enumerate(re.split(r"\s+", text) if splits else [text]):
                if index:
                    pieces.append(([], []))
                pieces[-1][0].append(item)
                moves = isinstance(part, Literal)
                pieces[-1][1].extend(self.snippet.offsets[part.start + moves * place] for place in range(len(item)))
        end = self.snippet.offsets[word.end]
        for texts, offsets in pieces:
            piece = "".join(texts)
            if piece or word.quoted:
                yield Word(Snippet(self.snippet.source, piece, [*offsets, end]), span, several and piece == HIDDEN)

    # Conditions

    def outcome(self, node: Node) -> bool | None:
        """Whether a condition holds; None where that is not known."""
        match node:
            case Listing(nodes=((inner, False),)):
                return self.outcome(inner)
            case Simple(words=words) if words:
                return tested([self.text(word) for word in words])
            case Chain(nodes=nodes):
                return self.joined(nodes)
            case _:
                return None

    def joined(self, nodes: Iterable[tuple[str, Node]]) -> bool | None:
        result: bool | None = None
        for operator, node in nodes:
            if (operator == "&&" and result is False) or (operator == "||" and result is True):
                continue
            found = self.outcome(node)
            result = found if not operator or result is not None else None
        return result

    # Commands

    def started(self, node: Node, manner: Manner) -> Iterator[Started]:
        """The commands that a node starts, in order."""
        match node:
            case Simple():
                yield from self.simple(node, manner)
            case Listing(nodes=nodes):
                for index, (inner, background) in enumerate(nodes):
                    last = manner.last and index == len(nodes) - 1 and not background
                    yield from self.started(inner, replace(manner, last=last, waited=manner.waited and not background))
            case Chain(nodes=nodes):
                for index, (operator, inner) in enumerate(nodes):
                    last = manner.last and index == len(nodes) - 1
                    yield from self.started(inner, replace(manner, last=last, sure=manner.sure and not operator))
            case Pipe(nodes=nodes):
                for inner in nodes:
                    yield from self.started(inner, replace(manner, last=False, piped=True))
            case Group(body=body, subshell=subshell):
                yield from self.started(body, replace(manner, subshell=manner.subshell or subshell))
            case Loop(condition=condition, body=body):
                for part in (condition, body):
                    if part is not None:
                        yield from self.started(part, replace(manner, last=False, sure=False))
                self.forget(body)
            case Definition(name=name, body=body):
                self.functions[name] = body
            case If() | Case():
                yield from self.branched(node, manner)

    def branched(self, node: If | Case, manner: Manner) -> Iterator[Started]:
        """The commands of the branches that may be taken."""
        bodies, sure = self.branches(node)
        for body in bodies:
            yield from self.started(body, replace(manner, sure=manner.sure and sure))
        if not sure:
            for body in bodies:
                self.forget(body)

    def branches(self, node: If | Case) -> tuple[list[Node], bool]:
        """The branches that may be taken, and whether it is just one for sure."""
        if isinstance(node, Case):
            return self.arms(node)
        bodies: list[Node] = []
        for condition, body in node.branches:
            outcome = self.outcome(condition)
            if outcome is not False:
                bodies.append(body)
            if outcome:
                return bodies, len(bodies) == 1
        sure = not bodies
        return [*bodies, *([node.otherwise] if node.otherwise else [])], sure

    def arms(self, node: Case) -> tuple[list[Node], bool]:
        subject = self.text(node.word)
        patterns = [([self.text(pattern) for pattern in written], body) for written, body in node.arms]
        if HIDDEN in subject or any(HIDDEN in text for texts, _ in patterns for text in texts):
            return [body for _, body in patterns], False
        return [body for texts, body in patterns if any(fnmatchcase(subject, text) for text in texts)][:1], True

    def forget(self, node: Node) -> None:
        """What may have been assigned is not known any more."""
        for name in assigned_in(node):
            self.assigned[name] = HIDDEN

    def simple(self, node: Simple, manner: Manner) -> Iterator[Started]:
        local = {name: self.text(word) for name, word in node.assignments}
        words = tuple(found for word in node.words for found in self.words(word))
        if not words:
            self.assigned |= local
            return
        name = words[0].text
        if name in DECLARING:
            self.assigned |= dict(word.text.split("=", 1) for word in words[1:] if "=" in word.text)
        elif name in SOURCING:
            self.outer = all_hidden
        elif name == "shift":
            self.arguments = self.arguments[1:] if self.arguments else self.arguments
        elif name == "set" and any(word.text == "--" for word in words):
            self.arguments = words[[word.text for word in words].index("--") + 1 :]
        elif name == "trap":
            self.traps = True
        elif name in self.functions:
            yield from self.called(self.functions[name], words[1:], manner)
        else:
            manner = replace(manner, redirected=bool(node.redirected), traps=self.traps, assigns=bool(node.assignments))
            yield Started(words, {**self.assigned, **local}, manner)

    def called(self, body: Node, arguments: tuple[Word, ...], manner: Manner) -> Iterator[Started]:
        """The commands of a function; functions that call functions have an end here."""
        self.steps += 1
        if self.depth >= DEEPEST or self.steps > MOST:
            return
        outer, self.arguments = self.arguments, arguments
        self.depth += 1
        yield from self.started(body, manner)
        self.depth -= 1
        self.arguments = outer


def all_arguments(word: ShellWord) -> bool:
    """Whether a word is `$@` or `"$@"`."""
    expansions = [part.name for part in word.parts if isinstance(part, Expansion)]
    return expansions == ["@"] and all(isinstance(part, Expansion) or not part.text for part in word.parts)


def all_hidden(name: str) -> str | None:
    """An environment of which nothing is known."""
    return HIDDEN


def commands(
    snippet: Snippet, variables: Variables = all_hidden, arguments: tuple[Word, ...] | None = None
) -> list[Started]:
    """The commands that a script starts. Where it cannot be parsed as a whole its lines are looked at one by one."""
    try:
        run = Run(snippet, variables, arguments)
        return list(run.started(parse(snippet.text), Manner()))
    except (ShellError, RecursionError):
        return [found for line in lines(snippet) for found in of_line(line)]


def of_line(line: Snippet) -> list[Started]:
    """The commands of a line that stands in text that cannot be parsed: nothing is known of how they are run."""
    try:
        found = list(Run(line, all_hidden).started(parse(line.text), Manner(traps=True, sure=False)))
    except (ShellError, RecursionError):
        return []
    return [replace(each, manner=replace(each.manner, traps=True)) for each in found]


def lines(snippet: Snippet) -> Iterator[Snippet]:
    """The lines of a text, those that a backslash joins as one."""
    start = 0
    for number, character in enumerate(snippet.text):
        if character == "\n" and not snippet.text[:number].rstrip("\r").endswith("\\"):
            yield snippet.cut(start, number)
            start = number + 1
    yield snippet.cut(start, len(snippet.text))
