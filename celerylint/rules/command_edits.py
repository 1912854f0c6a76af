"""Edits of command lines as they stand in YAML, scripts, Dockerfiles: quotes, comments and separators stay."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from celerylint.deploy.command_line import CommandLine, Problem
from celerylint.deploy.snippets import Word
from celerylint.edits import Edit, replace
from celerylint.file import File
from celerylint.source import Source

BLANKS = re.compile(r"[ \t]+|[ \t]*\\\r?\n[ \t]*")
FLOW = re.compile(r"\s*,\s*")
BLOCK = re.compile(r"(\r?\n[ \t]*- +)(?:#[^\n]*)?\Z")


def raw(source: Source, word: Word) -> str:
    """A word as it is written."""
    return source.cut(word.span)


def editable(line: CommandLine, file: File) -> bool:
    """Whether each word of a command stands for itself in this file, and not in a variable."""
    pairs = pairwise(word.span for word in line.words)
    ordered = all(first[2:] <= second[:2] for first, second in pairs)
    return ordered and all(word.path == file.path for word in line.words)


def reordered(line: CommandLine, moved: Iterable[int], file: File) -> tuple[Edit, ...] | None:
    """The edits that put some words before the command, all in the places that words have now."""
    first = sorted(moved)
    if not first or not editable(line, file):
        return None
    slots = range(line.at, first[-1] + 1)
    order = [*first, *(index for index in slots if index not in first)]
    texts = [raw(file.source, line.words[index]) for index in order]
    pairs = zip((line.words[slot] for slot in slots), texts, strict=True)
    return tuple(replace(word.span, text) for word, text in pairs if raw(file.source, word) != text)


def rewritten(words: Sequence[Word], old: str, new: str, file: File) -> tuple[Edit, ...] | None:
    """The edit that changes what the last of some words has, where it is written as it is meant."""
    word = words[-1]
    text = raw(file.source, word) if word.path == file.path else ""
    return (replace(word.span, text.replace(old, new)),) if text.count(old) == 1 else None


def mended(line: CommandLine, problems: Sequence[Problem], file: File) -> tuple[str, tuple[Edit, ...]] | None:
    """What to do about problems that belong together, and the edits that do it; None where that is not one thing."""
    first = problems[0]
    if first.fault == "order":
        edits = reordered(line, {index for problem in problems for index in problem.words}, file)
        return ("Put the options of `celery` before the command", edits) if edits else None
    edits = meant(line, first, file)
    return (f"Write `{first.hint}`", edits) if edits else None


def is_same(problem: Problem) -> bool:
    """Whether what is meant is another name for what is written, and not a guess: an order, a name of Celery 4's."""
    return problem.fault == "order" or (problem.about, problem.hint) in RENAMED


# Pairs of which Celery 4.4 takes either for the same (celery.bin.worker, celery.platforms and logging).
RENAMED = frozenset(
    {
        ("--maxtasksperchild", "--max-tasks-per-child"),
        ("--maxmemperchild", "--max-memory-per-child"),
        *((f"{option} {level}", "WARNING") for option in ("-l", "--loglevel") for level in ("WARN", "warn")),
    }
)


def meant(line: CommandLine, problem: Problem, file: File) -> tuple[Edit, ...] | None:
    """The edits that write what is meant, None where that is not one thing."""
    words = [line.words[index] for index in problem.words]
    if not words or not problem.hint or ", " in problem.hint:
        return None
    match problem.fault:
        case "option" | "command":
            return rewritten(words[:1], problem.about, problem.hint, file)
        case "choice":
            value = problem.about.partition(" ")[2]
            return rewritten(words, value, problem.hint.lower() if value.islower() else problem.hint, file)
        case "meaning" if len(words) == 2 and words[0].text == "-S":
            return rewritten(words[:1], "-S", problem.hint, file)
        case _:
            return None


def gap(source: Source, first: Word, second: Word) -> str:
    """What stands between two words."""
    start = source.offset(first.span.end_line, first.span.end_column)
    return source.text[start : source.offset(second.span.line, second.span.column)]


def appended(line: CommandLine, text: str, file: File) -> tuple[Edit, ...] | None:
    """The edit that adds a word at the end, as the others are written: apart by blanks, or items of a list."""
    if not editable(line, file) or len(line.words) < 2:
        return None
    last = line.words[-1]
    between, written = gap(file.source, line.words[-2], last), raw(file.source, last)
    quote = written[0] if written[0] in "'\"" and written[-1] == written[0] else ""
    block = BLOCK.search(between)
    if BLANKS.fullmatch(between):
        return (replace(last.span, f"{written} {text}"),)
    if FLOW.fullmatch(between):
        return (replace(last.span, f"{written}, {quote}{text}{quote}"),)
    return (replace(last.span, f"{written}{block[1]}{quote}{text}{quote}"),) if block else None


def emptied(words: Sequence[Word], file: File) -> tuple[Edit, ...] | None:
    """The edit that takes the value from an option: `--x=y` and `--x y` become `--x=`, an item of a list empty."""
    source = file.source
    if any(word.path != file.path for word in words):
        return None
    if len(words) == 1:
        name, equal, value = words[0].text.partition("=")
        return rewritten(words, f"{equal}{value}", "=", file) if equal and name.startswith("--") else None
    name_, value_ = words
    if BLANKS.fullmatch(gap(source, name_, value_)):
        span = name_.span._replace(end_line=value_.span.end_line, end_column=value_.span.end_column)
        return (replace(span, f"{raw(source, name_)}="),)
    return (replace(value_.span, '""'),)
