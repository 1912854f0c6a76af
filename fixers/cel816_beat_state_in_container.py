"""Writes `--pidfile=`: in a container there is nothing that a pidfile would protect."""

from celerylint.deploy.command_line import CommandLine
from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.command_edits import appended, emptied


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    if not finding.data["pidfile"]:
        return None
    line: CommandLine = finding.data["line"]
    given = line.option("--pidfile")
    if given is None:
        edits = appended(line, "--pidfile=", file)
    else:
        edits = emptied([line.words[index] for index in given.words], file)
    return Fix("safe", "Write no pidfile", edits) if edits else None
