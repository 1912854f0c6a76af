"""What a container, program or unit runs in the end: its command, followed through scripts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import field, replace

from celerylint.deploy import shell
from celerylint.deploy.dockerfile import Command, Stage
from celerylint.deploy.environment import Environment
from celerylint.deploy.model import Host
from celerylint.deploy.programs import SHELLS, Call, Origin, calls, nothing, of_started
from celerylint.deploy.repository import Repository
from celerylint.deploy.shell import Variables
from celerylint.deploy.snippets import Snippet, Word
from celerylint.records import dataclass
from celerylint.source import Span

DEEPEST = 6
# What a script has that may start Celery or Redis, or run its arguments or another script.
LEADS_ON = re.compile(r"celery|redis|\$[@*{]|\$\d|\.(?:ba)?sh\b|\bexec\b", re.IGNORECASE)
NOWHERE = Span(1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Launch:
    """A host and what it runs: words, or text that a shell is given. `stage` is that of its image, `folders` are
    where its files may be in the repository."""

    host: Host
    words: tuple[Word, ...] = ()
    shell: Snippet | None = None
    stage: Stage | None = None
    folders: tuple[str, ...] = ()
    shell_name: str = "sh"


@dataclass(frozen=True, slots=True)
class Trail:
    """How to get from a command to the programs that it runs."""

    repository: Repository
    stage: Stage | None = None
    folders: tuple[str, ...] = ()
    mounts: Sequence[tuple[str, str]] = field(default_factory=tuple)

    def script(self, text: str) -> Snippet | None:
        """The script of the repository that a word names."""
        for candidate in [*self.candidates(text), text]:
            folders = self.folders if not candidate.startswith("/") else ()
            found = self.repository.find(candidate, folders)
            source = self.repository.script(found) if found else None
            if source is not None and LEADS_ON.search(source.text):
                return Snippet.of(source, 0, len(source.text))
        return None

    def is_script(self, word: Word) -> bool:
        return self.script(word.text) is not None

    def candidates(self, text: str) -> Iterator[str]:
        """Where a file of the container comes from, by its mounts and by what its image copies."""
        workdir = self.stage.workdir if self.stage is not None else "/"
        target = posixpath.normpath(posixpath.join(workdir, text))
        for origin, inside in self.mounts:
            if target == inside or target.startswith(f"{inside.rstrip('/')}/"):
                yield posixpath.normpath(posixpath.join(origin, target[len(inside) :].lstrip("/") or "."))
        if self.stage is not None:
            yield from self.stage.locate(text)
            if "/" not in text:
                yield from (origin for origin, copy in self.stage.copies if posixpath.basename(copy) == text)


def command_of(
    stage: Stage | None, entrypoint: tuple[Word, ...] | None, command: tuple[Word, ...] | None
) -> tuple[tuple[Word, ...], Snippet | None]:
    """What a container runs: the words, or the text for a shell. None stands for what its image says."""
    first = Command(entrypoint, None, stage.place if stage else NOWHERE) if entrypoint is not None else None
    own = stage.entrypoint if stage is not None and first is None else first
    second: Command | None
    if command is not None:
        second = Command(command, None, NOWHERE)
    else:
        second = stage.command if stage is not None and entrypoint is None else None
    if own is not None and own.shell is not None:
        return (), own.shell
    before = own.words if own is not None else ()
    if second is None:
        return before, None
    if second.shell is not None:
        return before, second.shell if not before else None
    return (*before, *second.words), None


def followed(launch: Launch, repository: Repository) -> list[Call]:
    """The programs that a launch runs in the end."""
    mounts = [(mount.source, mount.target) for mount in launch.host.mounts or () if mount.kind == "bind"]
    trail = Trail(repository, launch.stage, launch.folders, mounts)
    environment = launch.host.environment
    if launch.shell is not None:
        name = "bash" if launch.stage is not None and launch.stage.exec_shell else launch.shell_name
        found = list(in_shell(launch.shell, environment, name, trail))
    else:
        found = list(calls(launch.words, environment, is_script=trail.is_script))
    return [last for call in found for last in through_scripts(call, environment, trail, 0)]


def in_shell(text: Snippet, variables: Variables, name: str, trail: Trail | None = None) -> Iterator[Call]:
    """The programs that a text for a shell runs."""
    is_script = trail.is_script if trail is not None else nothing
    for started in shell.commands(text, variables):
        yield from of_started(started, variables, Call(()), Origin(text, name), is_script)


def through_scripts(call: Call, environment: Environment, trail: Trail, depth: int) -> Iterator[Call]:
    """A call, or those that the script makes that it runs."""
    index = script_index(call)
    script = trail.script(call.words[index].text) if 0 <= index < len(call.words) and depth < DEEPEST else None
    if script is None:
        yield call
        return
    found = list(in_script(call, index, script, environment, trail))
    for inner in found:
        yield from through_scripts(inner, environment, trail, depth + 1)
    if not found:
        yield call


def in_script(call: Call, index: int, script: Snippet, environment: Environment, trail: Trail) -> Iterator[Call]:
    """The calls that a script makes. `index` is that of the word that names it."""

    def known(name: str) -> str | None:
        return call.environment[name] if name in call.environment else environment(name)

    origin = Origin(script, call.program if call.program in SHELLS else shebang(script), script=True)
    outer = replace(call, words=())
    for started in shell.commands(script, known, call.words[index + 1 :]):
        yield from of_started(started, known, outer, origin, trail.is_script)


def script_index(call: Call) -> int:
    """Which word of a call names a script, -1 where none does."""
    if call.program not in SHELLS:
        return 0
    return next((index for index, word in enumerate(call.words[1:], 1) if not word.text.startswith(("-", "+"))), -1)


def shebang(script: Snippet) -> str:
    """The shell that a script asks for."""
    first = script.text.partition("\n")[0].split()
    name = first[-1].rpartition("/")[2] if first and first[0].startswith("#!") else ""
    return name if name in SHELLS else "sh"
