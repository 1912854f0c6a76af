"""Finds the `celery` in a command: behind `env`, `exec`, `poetry run`, `sh -c`, `tini`, and whatever else starts it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from typing import NamedTuple

from celerylint.deploy import shell
from celerylint.deploy.shell import Manner, Started, Variables, all_hidden
from celerylint.deploy.snippets import HIDDEN, Snippet, Word, split
from celerylint.deploy.wrapper_table import IDLE, TO_GROUP, WRAPPERS, Wrapper
from celerylint.records import dataclass

SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh"})
PYTHON = re.compile(r"(?:python|pypy)[\d.]*")
# `$CELERY_BIN`, `{{ celery }}`.
NAMED_CELERY = re.compile(r"(?i)(?<![a-z])celery(?:_?(?:bin|path|cmd|command|exe))?(?![a-z_])")
EXPANDED = re.compile(r"\$|\{\{|%\(")
ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Call:
    """A program with its arguments, once everything around it is taken away. `around` are the programs that run it.

    `to_group` names the one of them that hands signals to every process, "" where none does. `dropped` says that it
    runs as another user than the one who started it. `shells` are the shells with a script of their own around it.
    """

    words: tuple[Word, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    manner: Manner = field(default_factory=Manner)
    around: tuple[str, ...] = ()
    to_group: str = ""
    dropped: bool = False
    shells: tuple[Shell, ...] = ()

    @property
    def program(self) -> str:
        """The name of the program without its folder; `celery` for a variable that is named for it."""
        if not self.words:
            return ""
        first = self.words[0]
        written = first.snippet.source.cut(first.span) if HIDDEN in first.text else ""
        if EXPANDED.search(written) and NAMED_CELERY.search(written):
            return "celery"
        return base_name(first.text)


@dataclass(frozen=True, slots=True)
class Shell:
    """A shell that runs `sh -c text` or a script: what stands in it for the program, and how it runs that.

    `start` is the offset in the source at which the command begins; `executed` whether `exec` replaces the shell.
    """

    name: str
    snippet: Snippet
    manner: Manner
    executed: bool
    start: Word
    script: bool = False


class Origin(NamedTuple):
    """The text that a shell of some name runs, and whether that is a script of its own."""

    snippet: Snippet
    name: str = "sh"
    script: bool = False


def base_name(text: str) -> str:
    return text.rpartition("/")[2]


def nothing(word: Word) -> bool:
    return False


def calls(
    words: tuple[Word, ...],
    variables: Variables = all_hidden,
    call: Call | None = None,
    is_script: Callable[[Word], bool] = nothing,
) -> Iterator[Call]:
    """The programs that a command runs in the end: one, or those of the script in `sh -c`.

    `is_script` says which programs are scripts that can be followed, so that their arguments say nothing by themselves.
    """
    call = replace(call or Call(()), words=words)
    for _ in range(20):
        call = assigned(call)
        if not call.words:
            return
        inner = script_text(call)
        if inner is not None:
            yield from in_shell(call, inner, variables, is_script)
            return
        step = unwrapped(call, is_script)
        if step is None:
            break
        call = step
    yield call


def assigned(call: Call) -> Call:
    """A call without the assignments that stand before it."""
    words, environment = call.words, dict(call.environment)
    while words and (match := ASSIGNMENT.fullmatch(words[0].text)):
        environment[match[1]] = match[2]
        words = words[1:]
    return replace(call, words=words, environment=environment)


def script_text(call: Call) -> tuple[Word, tuple[Word, ...]] | None:
    """What `sh -c` runs and its parameters; None for anything else."""
    if call.program in {"su", "runuser"}:
        return next(((call.words[i + 1], ()) for i, w in enumerate(call.words[:-1]) if w.text == "-c"), None)
    if call.program not in SHELLS:
        return None
    for index, word in enumerate(call.words[1:], 1):
        if re.fullmatch(r"-[a-z]*c[a-z]*", word.text) and index + 1 < len(call.words):
            return call.words[index + 1], call.words[index + 2 :]
        if not word.text.startswith(("-", "+")):
            break
    return None


def in_shell(
    call: Call, inner: tuple[Word, tuple[Word, ...]], variables: Variables, is_script: Callable[[Word], bool]
) -> Iterator[Call]:
    """The programs that the text of `sh -c` runs."""
    text, parameters = inner

    def known(name: str) -> str | None:
        return call.environment[name] if name in call.environment else variables(name)

    for started in shell.commands(text.snippet, known, parameters[1:]):
        yield from of_started(started, known, call, Origin(text.snippet, call.program), is_script)


def of_started(
    started: Started, variables: Variables, outer: Call, origin: Origin, is_script: Callable[[Word], bool] = nothing
) -> Iterator[Call]:
    """The programs that one command of a script runs."""
    executed = started.words[0].text == "exec"
    here = Shell(origin.name, origin.snippet, started.manner, executed, started.words[0], origin.script)
    inside = replace(
        outer,
        environment={**outer.environment, **started.environment},
        manner=started.manner,
        shells=(*outer.shells, here),
        around=(*outer.around, *([outer.program] if outer.program else [])),
        dropped=outer.dropped or outer.program in {"su", "runuser"},
    )
    yield from calls(started.words, variables, inside, is_script)


def unwrapped(call: Call, is_script: Callable[[Word], bool]) -> Call | None:
    """The call inside a wrapper; None where the program is not one, or does not run another."""
    name = call.program
    if PYTHON.fullmatch(name):
        return inside(call, module_of(call.words))
    known = WRAPPERS.get(name.removesuffix(".sh").removesuffix(".py"))
    if known is None or is_script(call.words[0]):
        return None if is_script(call.words[0]) else by_name(call)
    words = arguments(call.words, known)
    if words is None:
        return None
    found = inside(call, words)
    if found is None:
        return None
    options = {word.text for word in call.words[1 : len(call.words) - len(words)]}
    group = name == "dumb-init" and not options & {"-c", "--single-child"}
    if group or TO_GROUP.get(name, set()) & options:
        found = replace(found, to_group=name if group else f"{name} -g")
    return replace(found, dropped=found.dropped or name in {"su-exec", "gosu", "s6-setuidgid", "setuidgid", "chpst"})


def inside(call: Call, words: tuple[Word, ...] | None) -> Call | None:
    return replace(call, words=words, around=(*call.around, call.program)) if words else None


def module_of(words: tuple[Word, ...]) -> tuple[Word, ...] | None:
    """The module that `python -m` runs, with its arguments; a script named celery counts too."""
    index = 1
    while index < len(words):
        text = words[index].text
        if text == "-m":
            return words[index + 1 :] or None
        if text in {"-W", "-X"}:
            index += 1
        elif not text.startswith("-"):
            return words[index:] if base_name(text) == "celery" else None
        index += 1
    return None


def arguments(words: tuple[Word, ...], known: Wrapper) -> tuple[Word, ...] | None:
    """What of a wrapper's words is the program that it runs; None where it runs none."""
    index, skipped, verb = 1, known.skipped, known.verb
    if known.separator or verb == "auto-restart":
        texts = [word.text for word in words]
        if "--" in texts:
            return words[texts.index("--") + 1 :]
        if known.separator:
            return None
    while index < len(words):
        text = words[index].text
        if text == "--":
            return words[index + 1 :]
        if text in {"-m", "--module"} and (known.module or text in known.valued):
            return words[index + 1 :]
        if text.startswith("-") and len(text) > 1:
            index += text in known.valued
        elif verb:
            if text != verb:
                return None
            verb = ""
        elif ASSIGNMENT.fullmatch(text):
            return words[index:]
        elif skipped:
            skipped -= 1
        else:
            return tuple(split(words[index].snippet)) if known.text else words[index:]
        index += 1
    return None


def by_name(call: Call) -> Call | None:
    """A call of `celery` that an unknown program seems to run: its name stands among the arguments as a word."""
    if call.program == "celery" or call.program in IDLE or not call.program:
        return None
    for index, word in enumerate(call.words[1:], 1):
        if base_name(word.text) == "celery" and not word.text.startswith("-"):
            following = call.words[index + 1 : index + 2]
            if following and (following[0].text.startswith("-") or following[0].text in {"worker", "beat", "flower"}):
                return replace(call, words=call.words[index:], around=(*call.around, call.program))
    return None
