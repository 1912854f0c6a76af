"""Puts general options before the command, and writes the one option, value or command that is meant."""

from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.command_edits import is_same, mended


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    line, problems = finding.data["line"], finding.data["problems"]
    found = mended(line, problems, file)
    return Fix("safe" if is_same(problems[0]) else "unsafe", *found) if found is not None else None
