"""Reads a command line as the Celery in use does, with the table of its options.

Celery 5 parses with click: options of `celery` itself before the command, those of the command after it, flags
in one word (`-EB`), values attached or apart. Celery 4 parses with argparse and takes the general options anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from celerylint import celery_data
from celerylint.celery_data import CommandOption
from celerylint.deploy.command_line import CommandLine, Given, Problem, Version
from celerylint.deploy.snippets import HIDDEN, Place, Word
from celerylint.source import Span

CLICK = (5, 0)
# Commands of packages that hook into `celery`; their options are not Celery's.
PLUGINS = frozenset({"flower"})
SCHEDULER = re.compile(r"[\w.]+[:.]\w*Scheduler")
SUBOPTION = re.compile(r"(--?[\w-]+):([^=]*)(=.*)?", re.DOTALL)


def read(words: tuple[Word, ...], version: Version) -> CommandLine:
    """What a command line says. The first word is the program."""
    return Reader(words, celery_data.clamp(version)).line()


class Reader:
    """Reads words from `at` on, into `given`, `arguments` and `problems`."""

    def __init__(self, words: tuple[Word, ...], version: Version) -> None:
        self.words, self.version = words, version
        self.at = 1
        self.command, self.command_at = "", -1
        self.given: list[Given] = []
        self.arguments: list[str] = []
        self.problems: list[Problem] = []
        self.open = False

    def line(self) -> CommandLine:
        self.options_before()
        if self.command_at >= 0 or self.at < len(self.words):
            self.options_after()
        first, last = self.words[0], self.words[-1]
        same = [word for word in self.words if word.path == first.path]
        end = (same[-1] if last.path != first.path else last).span
        span = Span(first.span.line, first.span.column, *max(first.span[2:], end[2:]))
        return CommandLine(
            first.snippet.source,
            span,
            self.words,
            self.command,
            self.command_at,
            tuple(self.given),
            tuple(self.arguments),
            self.open,
            tuple(self.problems),
        )

    # Before the command

    def options_before(self) -> None:
        """The options of `celery` itself, and the command's name."""
        table = options_table("", self.version) | (
            {} if self.version >= CLICK else options_table("worker", self.version)
        )
        while self.at < len(self.words):
            word = self.words[self.at]
            if word.text.startswith("-") and len(word.text) > 1:
                self.option(table, before=True)
            elif HIDDEN in word.text:
                self.open = True
                self.at += 1
                if not word.several:
                    self.command = HIDDEN
                    return
            else:
                self.name_command(word)
                return

    def name_command(self, word: Word) -> None:
        self.command, self.command_at = word.text, self.at
        self.at += 1
        known = celery_data.subcommands("", self.version) | PLUGINS
        if word.text not in known and not self.open:
            hint = celery_data.nearest(word.text, known) or ""
            # Other packages add commands of their own: only what looks like a slip is one.
            if hint:
                self.problems.append(Problem("command", word.text, word.place, hint, (self.command_at,)))

    # After the command

    def options_after(self) -> None:
        table = options_table(self.command, self.version)
        known = self.command in celery_data.subcommands("", self.version)
        if self.command == "multi":
            table |= options_table("worker", self.version) | options_table("", self.version)
        while self.at < len(self.words):
            word = self.words[self.at]
            if word.text == "--":
                self.arguments += [rest.text for rest in self.words[self.at + 1 :]]
                self.at = len(self.words)
            elif word.several:
                self.open = True
                self.at += 1
            elif word.text.startswith("-") and len(word.text) > 1:
                self.option(table, before=False) if known else self.foreign_option()
            else:
                self.arguments.append(word.text)
                self.at += 1

    def foreign_option(self) -> None:
        """An option of a command that is not Celery's, with its value where that is in the same word."""
        word = self.words[self.at]
        name, equal, value = word.text.partition("=")
        table = options_table("", self.version)
        if name in table and self.version >= CLICK and self.command in PLUGINS:
            self.option(table, before=False)
            return
        self.add(name.replace("_", "-"), name, value if equal else None, (self.at,))
        self.at += 1

    # One option

    def option(self, table: dict[str, CommandOption], *, before: bool) -> None:
        text = self.words[self.at].text
        if text.startswith("--"):
            self.long(table, before=before)
        elif HIDDEN in text[:2]:
            self.open = True
            self.at += 1
        else:
            self.short(table, before=before)

    def long(self, table: dict[str, CommandOption], *, before: bool) -> None:
        text = self.words[self.at].text
        name, equal, value = text.partition("=")
        node = ""
        if self.command == "multi" and (match := SUBOPTION.fullmatch(text)):
            name, node, value = match[1], match[2], (match[3] or "")[1:]
        if HIDDEN in name:
            self.open = True
            self.at += 1
            return
        known = table.get(name) or self.abbreviated(table, name)
        if known is None:
            self.unknown(name, equal, before=before)
        elif known.value == "none":
            self.flag(known, name, equal)
        elif equal:
            self.take(known, name, value, (self.at,), node)
        else:
            self.take_next(known, name, node)

    def abbreviated(self, table: dict[str, CommandOption], name: str) -> CommandOption | None:
        """argparse takes the beginning of a name for the name."""
        if self.version >= CLICK or self.command == "multi":
            return None
        matching = {option.names: option for long, option in table.items() if long.startswith(name)}
        return next(iter(matching.values())) if len(matching) == 1 else None

    def flag(self, known: CommandOption, name: str, equal: str) -> None:
        if equal and self.command != "multi":
            self.problems.append(Problem("value", name, self.words[self.at].place, "", (self.at,)))
        self.add(canonical(known), name, None, (self.at,))
        self.at += 1

    def short(self, table: dict[str, CommandOption], *, before: bool) -> None:
        """Short options in one word, of which the last may have a value."""
        text = self.words[self.at].text
        if self.command == "multi" and (match := SUBOPTION.fullmatch(text)):
            known = table.get(match[1])
            if known is not None and known.value != "none":
                self.take_next(known, match[1], match[2])
                return
        for place in range(1, len(text)):
            name = f"-{text[place]}"
            known = table.get(name)
            if HIDDEN in name:
                self.open = True
                break
            if known is None:
                self.unknown(name, "", before=before, attached=text[place + 1 :])
                return
            if known.value != "none":
                rest = text[place + 1 :]
                if rest:
                    self.take(known, name, rest, (self.at,))
                else:
                    self.take_next(known, name)
                return
            self.add(canonical(known), name, None, (self.at,))
        self.at += 1

    def take_next(self, known: CommandOption, name: str, node: str = "") -> None:
        """An option whose value is the next word."""
        if self.at + 1 >= len(self.words):
            self.problems.append(Problem("value", name, self.words[self.at].place, "a value", (self.at,)))
            self.at += 1
            return
        following = self.words[self.at + 1]
        self.take(known, name, following.text, (self.at, self.at + 1), node)
        self.at += 1

    def take(self, known: CommandOption, name: str, value: str, words: tuple[int, ...], node: str = "") -> None:
        self.add(canonical(known), name, value, words, node)
        self.at += 1
        place = self.place(words)
        problem = wrong_value(known, name, value, place, words) if HIDDEN not in value else None
        if problem is not None:
            self.problems.append(problem)
        elif self.command == "worker" and canonical(known) == "--statedb" and SCHEDULER.fullmatch(value):
            self.problems.append(Problem("meaning", f"{name} {value}", place, "--scheduler", words))

    def add(self, name: str, written: str, value: str | None, words: tuple[int, ...], node: str = "") -> None:
        self.given.append(Given(name, written, value, self.place(words), words, node))

    def place(self, words: tuple[int, ...]) -> Place:
        """The place of some words: of the first, where they are not in one file."""
        first, last = self.words[words[0]], self.words[words[-1]]
        end = last.span if last.path == first.path else first.span
        return Place(first.path, Span(*first.span[:2], *end[2:]))

    # What Celery refuses

    def unknown(self, name: str, equal: str, *, before: bool, attached: str = "") -> None:
        """An option that the command does not have: one of `celery` itself, of the command, or of nobody."""
        word = self.words[self.at]
        elsewhere = options_table("", self.version).get(name)
        if elsewhere is not None and not before:
            words = self.consume(elsewhere, name, equal, attached)
            self.problems.append(Problem("order", name, self.place(words), self.command, words))
            return
        self.add(name, name, word.text.partition("=")[2] if equal else None, (self.at,))
        self.at += 1
        if self.open or self.command == "multi" or (before and not self.has_command()):
            self.open = True
            return
        later = next((w.text for w in self.words[self.at :] if w.text in celery_data.subcommands("", self.version)), "")
        if before and later:
            own = options_table(later, self.version).get(name)
            if own is not None:
                self.add(canonical(own), name, None, (self.at - 1,))
            self.problems.append(Problem("order", name, word.place, later, ()))
            if own is not None and own.value != "none" and not (equal or attached):
                self.at += 1
            return
        self.problems.append(Problem("option", name, word.place, self.meant(name), (self.at - 1,)))
        following = self.words[self.at] if self.at < len(self.words) else None
        if self.takes_value(name) and not equal and following is not None and not following.text.startswith("-"):
            self.at += 1

    def has_command(self) -> bool:
        known = celery_data.subcommands("", self.version)
        return any(word.text in known for word in self.words[self.at :])

    def takes_value(self, name: str) -> bool:
        meant = options_table(self.command, self.version).get(self.meant(name))
        return meant is not None and meant.value != "none"

    def consume(self, known: CommandOption, name: str, equal: str, attached: str) -> tuple[int, ...]:
        """Take a general option that stands behind the command; the indices of its words."""
        value: str | None = None
        words: tuple[int, ...] = (self.at,)
        if known.value != "none":
            if equal or attached:
                value = self.words[self.at].text.partition("=")[2] if equal else attached
            elif self.at + 1 < len(self.words):
                words = (self.at, self.at + 1)
                value = self.words[self.at + 1].text
        self.add(canonical(known), name, value, words)
        self.at += len(words)
        return words

    def meant(self, name: str) -> str:
        """The option that an unknown one was meant to be, "" where that is not clear."""
        table = options_table(self.command, self.version)
        longs = {long for long in table if long.startswith("--")}
        plain = {long.replace("-", ""): long for long in longs}
        same = plain.get(name.replace("-", "").replace("_", ""))
        if same or not name.startswith("--"):
            return same or ""
        old = OLD_NAMES.get(name, "")
        return old if old in longs else celery_data.nearest(name, longs) or ""


# Names that Celery 4 took too.
OLD_NAMES = {"--maxmemperchild": "--max-memory-per-child"}


def options_table(command: str, version: Version) -> dict[str, CommandOption]:
    """The options of a command by each of their names."""
    return {name: option for option in celery_data.command_options(command, version) for name in option.names}


def canonical(option: CommandOption) -> str:
    """The long name that an option goes by here: the first in the table of the newest version's names."""
    return ALIASES.get(option.names[0], next((name for name in option.names if name.startswith("--")), option.names[0]))


# Options of several long names, by the first of them in the alphabet.
ALIASES = {"--discard": "--purge", "--events": "--task-events", "-O": "--optimization"}


def wrong_value(option: CommandOption, name: str, value: str, place: Place, words: tuple[int, ...]) -> Problem | None:
    """What is wrong with a known value."""
    check = TYPES.get(option.type)
    if option.choices and value.upper() not in {choice.upper() for choice in option.choices}:
        hint = meant_choice(value, option.choices)
        return Problem("choice", f"{name} {value}", place, hint or ", ".join(option.choices), words)
    if check is not None and not check(value):
        return Problem("type", f"{name} {value}", place, option.type, words)
    if canonical(option) == "--concurrency" and not re.fullmatch(r"\d+|auto", value):
        return Problem("type", f"{name} {value}", place, "integer", words)
    return None


def meant_choice(value: str, choices: tuple[str, ...]) -> str:
    """The one choice that a value is the beginning of, or a slip of."""
    beginning = [choice for choice in choices if choice.upper().startswith(value.upper())]
    if len(beginning) == 1:
        return beginning[0]
    upper = {choice.upper(): choice for choice in choices}
    return upper.get(celery_data.nearest(value.upper(), upper) or "", "")


def is_float(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


TYPES: dict[str, Callable[[str], bool]] = {
    "integer": lambda value: bool(re.fullmatch(r"\s*[+-]?\d+\s*", value)),
    "int": lambda value: bool(re.fullmatch(r"\s*[+-]?\d+\s*", value)),
    "float": is_float,
}
