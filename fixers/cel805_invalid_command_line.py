"""Puts general options before the command, and writes the one option, value or command that is meant."""

from celerylint.deploy.command_line import CommandLine, Problem
from celerylint.edits import Edit, Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.command_edits import reordered, rewritten


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    line: CommandLine = finding.data["line"]
    problems: list[Problem] = finding.data["problems"]
    if problems[0].fault == "order":
        edits = reordered(line, {index for problem in problems for index in problem.words}, file)
        return Fix("safe", "Put the options of `celery` before the command", edits) if edits else None
    edits = meant(line, problems[0], file)
    return Fix("unsafe", f"Write `{problems[0].hint}`", edits) if edits else None


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
