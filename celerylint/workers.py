"""One check by several processes: each parses its share of the files, all are told all facts, each runs the rules.

The index is built in every process, so that this pays only where there are many files to parse; which process
does what changes nothing in what is found.
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from celerylint.config import Config
from celerylint.facts import FileFacts
from celerylint.records import dataclass
from celerylint.rule import Finding

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from celerylint.project import Project

# Below this many files for each, further processes cost more than they save.
SHARE = 150

Shared: TypeAlias = "dict[str, FileFacts | None]"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a process sends back: first facts, then findings and errors; at any time the traceback of its failure."""

    facts: Shared = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    failure: str = ""


class WorkerFailed(Exception):
    """A process that checked a share of the files ended before its time; the message has its traceback."""


def jobs(config: Config, files: int) -> int:
    """How many processes to use for a number of files that mention Celery; 0 in the configuration leaves it to us."""
    return max(1, min(config.jobs or min(os.cpu_count() or 1, files // SHARE), files))


def check(project: Project, count: int) -> list[Finding]:
    """The findings of all files asked about, by several processes. Raises WorkerFailed."""
    # Most projects are checked by one process, which has no use for it.
    import multiprocessing

    shares = [project.relevant[start::count] for start in range(count)]
    connections, processes = [], []
    for number, share in enumerate(shares):
        ours, theirs = multiprocessing.Pipe()
        arguments = (theirs, type(project), project.config, project.paths, project.relevant, share, (number, count))
        process = multiprocessing.Process(target=work, args=arguments, daemon=True)
        process.start()
        theirs.close()
        connections.append(ours)
        processes.append(process)
    try:
        return gather(project, connections)
    finally:
        for process in processes:
            process.terminate()
            process.join()


def gather(project: Project, connections: Sequence[Connection]) -> list[Finding]:
    """Collect the facts, hand them all round, collect the findings."""
    facts: Shared = {}
    for connection in connections:
        facts.update(received(connection).facts)
    for connection in connections:
        connection.send(facts)
    for path, known in facts.items():
        if known is not None:
            project.cache.keep_facts(path, project.stamps.get(path), known)
    answers = [received(connection) for connection in connections]
    project.errors += sorted({error for answer in answers for error in answer.errors} - set(project.errors))
    return [finding for answer in answers for finding in answer.findings]


def received(connection: Connection) -> Answer:
    """The next answer of a process. Raises WorkerFailed."""
    try:
        answer: Answer = connection.recv()
    except EOFError:
        raise WorkerFailed("a process that checked files was ended from outside") from None
    if answer.failure:
        raise WorkerFailed(answer.failure)
    return answer


def work(
    connection: Connection,
    kind: type[Project],
    config: Config,
    paths: Sequence[Path],
    relevant: list[str],
    share: list[str],
    place: tuple[int, int],
) -> None:
    """What one process does. `place` is its number and how many there are."""
    # Trees are full of cycles of nothing: looking for garbage in them costs a third of the time.
    gc.disable()
    # An interrupt is the first process's to handle, which then ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        project = kind(config, paths)
        project.relevant = relevant
        own = {path: project.facts(path) for path in share}
        connection.send(Answer(own))
        project.known_facts |= {path: facts for path, facts in connection.recv().items() if path not in own}
        others = [path for path in project.checkable if path not in set(relevant)]
        mine = [path for path in project.checkable if path in own] + others[place[0] :: place[1]]
        findings = [finding for path in mine for finding in project.check_file(path)]
        findings += [] if place[0] else project.deployed_findings()
        connection.send(Answer(findings=findings, errors=project.errors))
    except Exception:
        import traceback

        connection.send(Answer(failure=traceback.format_exc()))
