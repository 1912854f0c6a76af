"""What of a deployment is not understood, and why: files, templates, and `celery` commands.

A command counts as understood where it is known which one it is and that nothing more may be given to it. Everything
else that looks like one is listed: what stands in no command that is read, and containers that seem to be workers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from celerylint.celery_data import subcommands
from celerylint.deploy.command_line import CommandLine
from celerylint.deploy.deployment import Deployment
from celerylint.deploy.gate import Language
from celerylint.deploy.launching import Launch
from celerylint.deploy.model import Place
from celerylint.deploy.programs import Call
from celerylint.deploy.snippets import HIDDEN, Note, Word
from celerylint.deploy.templates import covered, is_template
from celerylint.source import Source

VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)|\$\(([A-Za-z_]\w*)\)")
ARGUMENT = re.compile(r"\$\{?[@*0-9]")
SUBSTITUTION = re.compile(r"\$\(|`")
EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{\{.*", re.DOTALL)
COMMENT = re.compile(r"(?:^|\s)[#;].*")
ASSIGNMENT = re.compile(r"\s*(?:export\s+|local\s+|readonly\s+)?(\w+)=")
PLUGINS = ("flower",)
LIKE_CELERY = re.compile(r"celery|worker|beat|flower", re.IGNORECASE)
# Files in which a line that has a command in it runs it, or is there for no other reason.
RUNNING: tuple[Language, ...] = (
    "compose", "kubernetes", "values", "workflow", "cloudfoundry", "dockerfile", "procfile", "supervisor", "systemd",
    "script", "makefile", "tasks",
)  # fmt: skip
UNUSED: dict[Language, str] = {
    "values": "nothing that is read runs this value",
    "script": "nothing here is known to run it",
    "dockerfile": "it runs while the image is built",
}


def notes(deployment: Deployment) -> list[Note]:
    """Everything that is not understood, in the order of paths and lines."""
    found = [*of_files(deployment), *deployment.cluster.build.notes]
    found += [note for line in deployment.command_lines if (note := of_line(line)) is not None]
    exporting = [exporter.host for exporter in deployment.exporters]
    for launch, calls in zip(deployment.launches, deployment.calls, strict=True):
        note = of_launch(launch, calls) if launch.host not in exporting else None
        found += [note] if note is not None else []
    found += of_mentions(deployment, {(note.place.path, note.place.span.line) for note in found})
    return sorted(dict.fromkeys(found), key=lambda note: (note.place.path, note.place.span, note.reason))


def of_files(deployment: Deployment) -> Iterator[Note]:
    """The files that cannot be parsed."""
    assert deployment.broken is not None
    for failed in deployment.files.failed:
        source = deployment.source(failed.path)
        place = Place(failed.path, source.range(*[source.offset(failed.line, failed.column)] * 2)) if source else None
        if place is not None:
            about, what = ("template", "what is left of this template") if failed.expected else ("file", "this")
            yield Note(about, place, "", f"{what} is no YAML: {failed.message}")


# Commands


def of_line(line: CommandLine) -> Note | None:
    """Why a command line is not understood, None where it is."""
    if line.command not in {"", HIDDEN} and not line.open:
        return None
    hidden = sorted((word for word in line.words[1:] if not word.known), key=lambda word: not word.several)
    return Note("command", line.place, shown(line.words), why(hidden[0]) if hidden else "it names no command")


def shown(words: tuple[Word, ...]) -> str:
    """Words on a line, `?` for what is not known."""
    return " ".join(" ".join(word.text for word in words).replace(HIDDEN, "?").split())


def why(word: Word) -> str:
    """Why a word is not known, by what stands for it."""
    source = word.snippet.source
    written = source.cut(word.span)
    if expression := EXPRESSION.search(written):
        return f"`{' '.join(expression[0].split())}` is filled in elsewhere"
    if SUBSTITUTION.search(written):
        return "it is the output of a command"
    if ARGUMENT.search(written):
        return "it is what the script is given"
    if variable := VARIABLE.search(written):
        return f"the value of `{variable[1] or variable[2]}` is not known"
    start = source.offset(word.span.line, word.span.column)
    if is_template(source.text) and (around := covered(source.text).around(start)):
        block = max(around, key=lambda block: block.start)
        return f"it stands under `{block.tag}`"
    return "it is not known"


# Containers


def of_launch(launch: Launch, calls: list[Call]) -> Note | None:
    """Why it is not known what a container runs that seems to be of Celery."""
    host = launch.host
    names = f"{host.name} {host.workload} {host.image if isinstance(host.image, str) else ''}"
    if host.kind not in {"compose", "kubernetes"} or any(call.program in {"celery", *KNOWN} for call in calls):
        return None
    words = tuple(word for call in calls for word in call.words[:1])
    hidden = next((word for word in words if not word.known), None)
    if not LIKE_CELERY.search(names) and not any(LIKE_CELERY.search(word.text) for word in words):
        return None
    place = host.at("command")
    scripts = [word for word in words if word.known and ("/" in word.text or word.text.endswith(".sh"))]
    if scripts:
        return Note("command", place, shown(launch.words), f"`{scripts[0].text}` is not in the repository")
    if hidden is not None:
        return Note("command", place, shown(launch.words), why(hidden))
    if launch.stage is None and (not calls or any(LIKE_CELERY.search(word.text) for word in words)):
        return Note("command", place, shown(launch.words), "its image, which is not built here, says what it runs")
    return None


# Programs that are known not to start Celery, though what runs them is called a worker.
KNOWN = frozenset({"redis-server", "rabbitmq-server", "celery-exporter", "nginx", "gunicorn", "uvicorn", "node"})


# Mentions


def of_mentions(deployment: Deployment, noted: set[tuple[str, int]]) -> Iterator[Note]:
    """The lines that look like a `celery` command and are part of none that is read."""
    pattern = mention(deployment.version)
    read, used = lines_read(deployment)
    for relative, language in deployment.files.relevant.items():
        source = deployment.repository.source(relative) if language in RUNNING else None
        for number, text in enumerate(source.text.splitlines() if source is not None else (), 1):
            found = pattern.search(COMMENT.sub("", text))
            if found is None or source is None or {(source.path, number)} & (read | noted):
                continue
            variable = ASSIGNMENT.match(text)
            if variable is None or (source.path, variable[1]) not in used:
                start = source.offset(number, found.start() + 1)
                place = Place(source.path, source.range(start, source.offset(number, len(text.rstrip()) + 1)))
                yield Note("command", place, text[found.start() :].strip(), reason(source, start, language))


def mention(version: tuple[int, int]) -> re.Pattern[str]:
    """What looks like a `celery` command: its name before an option or one of its commands."""
    names = "|".join(sorted({*subcommands("", version), *PLUGINS}))
    return re.compile(rf"""(?<![\w.-])(?:[\w./${{}}-]*/)?celery["']?[,\s]\s*["']?(?:--?[A-Za-z]|(?:{names})\b)""")


def lines_read(deployment: Deployment) -> tuple[set[tuple[str, int]], set[tuple[str, str]]]:
    """The lines that are part of some command, and the variables that commands are made of, each with its path."""
    words = [word for line in deployment.command_lines for word in line.words]
    words += [word for calls in deployment.calls for call in calls for word in call.words]
    lines = {(word.path, number) for word in words for number in range(word.span.line, word.span.end_line + 1)}
    written = {(word.path, word.snippet.source.cut(word.span)) for word in words}
    return lines, {(path, match[1]) for path, text in written for match in re.finditer(r"\$\{?(\w+)", text)}


def reason(source: Source, start: int, language: Language) -> str:
    """Why a command at an offset is not read."""
    if is_template(source.text) and (around := covered(source.text).around(start)):
        return f"it stands under `{max(around, key=lambda block: block.start).tag}`"
    return UNUSED.get(language, "it is in no command that is read")
