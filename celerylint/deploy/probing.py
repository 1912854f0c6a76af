"""The Celery command that a health check runs."""

from __future__ import annotations

from celerylint.deploy import command_reader
from celerylint.deploy.command_line import CommandLine, Version
from celerylint.deploy.environment import UNKNOWN_ENVIRONMENT
from celerylint.deploy.launching import in_shell
from celerylint.deploy.programs import calls
from celerylint.deploy.snippets import Snippet, Word


def probe_command(words: tuple[Word, ...], text: Snippet | None, version: Version) -> CommandLine | None:
    """The first `celery …` that words or a text for a shell run; None where there is none."""
    found = in_shell(text, UNKNOWN_ENVIRONMENT, "sh") if text is not None else calls(words, UNKNOWN_ENVIRONMENT)
    return next((command_reader.read(call.words, version) for call in found if call.program == "celery"), None)
