"""What Celery refuses of command lines: how it is told, and from which version on."""

from __future__ import annotations

from collections.abc import Iterable

from celerylint.celery_data.rows import Version
from celerylint.deploy import command_reader
from celerylint.deploy.command_line import CommandLine, Problem


def grouped(problems: Iterable[Problem]) -> list[list[Problem]]:
    """Problems that are mended together: those about the order of a command line, and each other one."""
    found = list(problems)
    ordered = [problem for problem in found if problem.fault == "order"]
    first = ordered[0] if ordered else None
    return [
        ordered if problem is first else [problem] for problem in found if problem.fault != "order" or problem is first
    ]


def refused_since(line: CommandLine, version: Version, before: Version) -> tuple[CommandLine, list[Problem]]:
    """A command line as a version reads it, with what that refuses and an earlier one takes."""
    now, then = command_reader.read(line.words, version), command_reader.read(line.words, before)
    old = {(problem.fault, problem.place) for problem in then.problems}
    return now, [problem for problem in now.problems if (problem.fault, problem.place) not in old]


def reason(problem: Problem) -> str:
    """Why, and what to write instead."""
    match problem.fault:
        case "order" if not problem.words:
            return f"it is an option of `{problem.hint}`, so it stands behind that"
        case "order":
            return f"it is an option of `celery` itself, so it stands before `{problem.hint}`"
        case "option":
            return f"there is no such option{f'; `{problem.hint}` is meant' if problem.hint else ''}"
        case "choice":
            return f"it takes {problem.hint}" if ", " in problem.hint else f"write `{problem.hint}`"
        case "type":
            return f"the value has to be {'a number' if problem.hint == 'float' else 'a whole number'}"
        case "value":
            return "its value is missing" if problem.hint else "it takes no value"
        case _:
            return f"there is no such command; `{problem.hint}` is meant"
