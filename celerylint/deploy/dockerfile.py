"""Dockerfiles: the stages, and what a container of one runs, as which user and with which files."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import field, replace

from celerylint.deploy.environment import Environment, Variable
from celerylint.deploy.snippets import HIDDEN, Snippet, Word, aligned, split
from celerylint.records import dataclass
from celerylint.source import Source, Span

# An instruction with the lines that it goes on in; comment lines in between are no part of it.
INSTRUCTION = re.compile(r"^[ \t]*([A-Za-z]+)[ \t]+((?:[^\\\n]|\\[^\r\n]|\\\r?\n(?:[ \t]*\#[^\n]*\n)*)*)", re.MULTILINE)
CONTINUATION = re.compile(r"\\[ \t]*\r?\n(?:[ \t]*#[^\n]*\n)*")
HEREDOC = re.compile(r"<<-?[\"']?(\w+)[\"']?")
VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)(?::?[-+?]([^}]*))?\}|([A-Za-z_]\w*))")
PAIR = re.compile(r"""([A-Za-z_]\w*)=((?:"[^"]*"|'[^']*'|\\.|[^\s"'\\])*)""")
FLAG = re.compile(r"--[\w-]+(?:=\S+)?\s+")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its name in upper case, what follows it, and its place without a final newline."""

    name: str
    text: Snippet
    span: Span


@dataclass(frozen=True, slots=True)
class Command:
    """CMD or ENTRYPOINT: the words of the JSON form, or the text that `/bin/sh -c` runs."""

    words: tuple[Word, ...]
    shell: Snippet | None
    span: Span


@dataclass(frozen=True, slots=True)
class Stage:
    """One `FROM` and what follows it, with what it takes over from an earlier stage that it is built on.

    `base` is the image that the first of these stages is built on. `copies` are source and target of what is copied
    from the repository. `user` is the last USER, None without one. `own` says that CMD stands in this very stage.
    """

    name: str
    base: str
    place: Span
    entrypoint: Command | None = None
    command: Command | None = None
    user: str | None = None
    user_place: Span | None = None
    workdir: str = "/"
    environment: Environment = field(default_factory=Environment)
    copies: tuple[tuple[str, str], ...] = ()
    runs: tuple[Snippet, ...] = ()
    exec_shell: bool = False

    def locate(self, path: str) -> list[str]:
        """Where in the repository a file of the image may come from, by what is copied; the likeliest first."""
        target = posixpath.normpath(posixpath.join(self.workdir, path))
        return [origin for copy in reversed(self.copies) for origin in origins(copy, target)]


def origins(copy: tuple[str, str], target: str) -> Iterator[str]:
    source, destination = copy
    if HIDDEN in source + destination:
        return
    folder = destination.rstrip("/")
    if target == destination:
        yield source
    elif target.startswith(f"{folder}/"):
        rest = target[len(folder) + 1 :]
        if posixpath.basename(source) == rest:
            yield source
        yield posixpath.normpath(posixpath.join(source, rest))


def stages(source: Source) -> list[Stage]:
    """The stages of a Dockerfile, in order."""
    found: list[Stage] = []
    arguments: dict[str, str] = {}
    for instruction in instructions(source):
        if instruction.name == "FROM":
            found.append(first(instruction, found, arguments))
        elif instruction.name == "ARG" and not found:
            arguments |= dict(argument(instruction, {}))
        elif found:
            found[-1] = extended(found[-1], instruction)
    return found


def instructions(source: Source) -> Iterator[Instruction]:
    at = 0
    while match := INSTRUCTION.search(source.text, at):
        start, end = match.span(2)
        at = match.end()
        while end > start and source.text[end - 1] in " \t\r\n":
            end -= 1
        text = Snippet.of(source, start, end)
        if match[1].upper() in {"RUN", "COPY", "ADD"}:
            for document in HEREDOC.finditer(match[2]):
                closing = re.compile(rf"^\t*{document[1]}[ \t]*\r?$", re.MULTILINE).search(source.text, at)
                at = closing.end() if closing else len(source.text)
        yield Instruction(match[1].upper(), text, source.range(match.start(1), end))


def first(instruction: Instruction, earlier: list[Stage], arguments: dict[str, str]) -> Stage:
    """A stage at its beginning."""
    words = FLAG.sub("", plain(instruction.text).text).split()
    image = substituted(words[0], arguments) if words else ""
    name = words[2] if len(words) > 2 and words[1].lower() == "as" else ""
    span = instruction.span
    for stage in reversed(earlier):
        if stage.name and stage.name.lower() == image.lower():
            return replace(stage, name=name, place=span)
    environment = Environment(
        {key: Variable(value, instruction.text.source.path, span) for key, value in arguments.items()}
    )
    return Stage(name, image, span, environment=environment)


def plain(text: Snippet) -> Snippet:
    """A text with its lines joined."""
    return text.replaced(CONTINUATION, lambda match: " ")


def substituted(text: str, variables: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        known = variables.get(match[1] or match[3])
        return known if known is not None else match[2] or HIDDEN

    return VARIABLE.sub(value, text)


def argument(instruction: Instruction, variables: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The default of an ARG."""
    for match in PAIR.finditer(plain(instruction.text).text):
        yield match[1], substituted(match[2].strip("\"'"), variables)


def extended(stage: Stage, instruction: Instruction) -> Stage:
    """A stage with one more instruction."""
    variables = {name: variable.value for name, variable in stage.environment.values.items()}
    text = plain(instruction.text)
    match instruction.name:
        case "CMD":
            return replace(stage, command=command(instruction))
        case "ENTRYPOINT":
            return replace(stage, entrypoint=command(instruction), command=None)
        case "USER":
            return replace(stage, user=substituted(text.text.strip(), variables), user_place=instruction.span)
        case "WORKDIR":
            folder = substituted(text.text.strip().strip("\"'"), variables)
            return replace(stage, workdir=posixpath.join(stage.workdir, folder))
        case "ENV" | "ARG":
            return replace(stage, environment=stage.environment | settings(instruction, variables))
        case "COPY" | "ADD" if "--from=" not in text.text:
            return replace(stage, copies=(*stage.copies, *copied(text.text, stage.workdir, variables)))
        case "RUN":
            return replace(stage, runs=(*stage.runs, text))
        case "SHELL":
            return replace(stage, exec_shell="bash" in text.text)
        case _:
            return stage


def settings(instruction: Instruction, variables: dict[str, str]) -> Environment:
    """What ENV or ARG sets."""
    text, path = plain(instruction.text).text, instruction.text.source.path
    found = dict(argument(instruction, variables))
    if not found and instruction.name == "ENV":
        name, _, value = text.partition(" ")
        found = {name: substituted(value.strip(), variables)}
    return Environment({name: Variable(value, path, instruction.span) for name, value in found.items()})


def copied(text: str, workdir: str, variables: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Source and target of a COPY."""
    text = FLAG.sub("", text)
    try:
        words = json.loads(text) if text.startswith("[") else text.split()
    except ValueError:
        return
    *sources, target = [substituted(str(word).strip("\"'"), variables) for word in words] or [""]
    folder = target.endswith("/") or target in {".", ".."} or len(sources) > 1
    target = posixpath.normpath(posixpath.join(workdir, target))
    for source in sources:
        inside = folder and posixpath.basename(source.rstrip("/")) not in {"", ".", ".."} and "." in source.strip("./")
        yield source, posixpath.join(target, posixpath.basename(source)) if inside else target


def command(instruction: Instruction) -> Command:
    """What CMD or ENTRYPOINT says, in either form."""
    words = json_words(instruction.text)
    if words is not None:
        return Command(words, None, instruction.span)
    return Command((), instruction.text, instruction.span)


JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def json_words(text: Snippet) -> tuple[Word, ...] | None:
    """The words of a JSON list with their places; None where a text is none."""
    joined = plain(text)
    try:
        values = json.loads(joined.text)
    except ValueError:
        return None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return None
    words = []
    for match, value in zip(JSON_STRING.finditer(joined.text), values, strict=False):
        span = joined.span(*match.span())
        start, end = joined.offsets[match.start() + 1], joined.offsets[match.end() - 1]
        words.append(Word(aligned(text.source, start, end, value), span))
    return tuple(words)


def program_words(text: Snippet) -> tuple[Word, ...]:
    """The words of a command that is written as text and not run by a shell."""
    return tuple(split(plain(text)))
