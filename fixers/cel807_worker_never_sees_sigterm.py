"""Writes the JSON form of a command, or `exec` before the worker: nothing but the signals changes."""

import json

from celerylint.deploy.programs import Shell
from celerylint.deploy.shell_syntax import parse
from celerylint.deploy.shell_tree import Listing, Simple
from celerylint.edits import Fix, insert, replace
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    shell: Shell | None = finding.data.get("shell")
    if shell is None or shell.snippet.source.path != file.path:
        return None
    if finding.data["form"] == "json":
        snippet = shell.snippet
        return Fix("safe", "Write the JSON form", (replace(snippet.span(0, len(snippet.text)), as_json(shell)),))
    if finding.data["form"] == "exec" and shell.start.path == file.path:
        start = file.source.offset(shell.start.span.line, shell.start.span.column)
        return Fix("safe", "Have the worker take the place of the shell", (insert(file.source, start, "exec "),))
    return None


def as_json(shell: Shell) -> str:
    """The words of a command as a list."""
    node = parse(shell.snippet.text)
    assert isinstance(node, Listing)
    command = node.nodes[0][0]
    assert isinstance(command, Simple)
    return json.dumps([word.literal for word in command.words], ensure_ascii=False)
