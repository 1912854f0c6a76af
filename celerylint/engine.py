"""Runs every rule over one file: one table by kind of node and fact."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Callable, Iterable
from functools import cache, lru_cache

from celerylint.deploy import Deployment
from celerylint.deploy.command_line import CommandLine
from celerylint.deploy.model import Beat, Broker, Flower, Process, Worker
from celerylint.facts import App, Class, Dispatch, FileFacts, Function, Queue, Route, ScheduleEntry, Setting, Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import RULE_FILE, AttributeOf, CallOf, Check, Finding, InWorker, Kind, Rule
from celerylint.scopes import Scope
from celerylint.values import Name


@cache
def rules() -> dict[str, Rule]:
    """All rules by code: the modules of `celerylint.rules`, in the order of their codes."""
    import celerylint.rules

    found = {}
    for module in sorted(pkgutil.iter_modules(celerylint.rules.__path__), key=lambda module: module.name):
        if RULE_FILE.match(module.name):
            rule = importlib.import_module(f"celerylint.rules.{module.name}").rule
            found[rule.code] = rule
    return found


@lru_cache(maxsize=8)
def table(enabled: tuple[Rule, ...]) -> dict[Kind, list[Check]]:
    """The checks of some rules by the kind that they are registered for."""
    checks: dict[Kind, list[Check]] = {}
    for rule in enabled:
        for kind, check in rule.checks:
            checks.setdefault(kind, []).append(check)
    return checks


def run(file: File, facts: FileFacts, index: Index, checks: dict[Kind, list[Check]]) -> list[Finding]:
    """The findings of some checks in one file, in the order of their places."""
    found: set[Finding] = set()
    for kind, functions in checks.items():
        for subject in of_kind(kind, file, facts, index):
            for check in functions:
                found.update(check(subject, file, index))
    return told_once(sorted(found, key=lambda finding: finding.sort_key))


def told_once(findings: list[Finding]) -> list[Finding]:
    """Findings without those whose rules yield to one that has found something at the same place."""
    places = {(finding.code, finding.path, finding.span) for finding in findings}
    return [
        finding
        for finding in findings
        if not any((code, finding.path, finding.span) in places for code in rules()[finding.code].yields_to)
    ]


def of_kind(kind: Kind, file: File, facts: FileFacts, index: Index) -> Iterable[object]:
    """What of one kind there is to check."""
    if isinstance(kind, InWorker):
        running = functions_in_workers(file, index)
        return [node for node in file.nodes(kind.node) if file.scope(node).function in running] if running else ()
    if isinstance(kind, CallOf):
        calls = calls_by_name(file, index)
        return [node for name in kind.names for node in calls.get(name, ())]
    if isinstance(kind, AttributeOf):
        attributes = attributes_by_name(file)
        return [node for name in kind.names for node in attributes.get(name, ())]
    if issubclass(kind, ast.AST):
        return file.nodes(kind)
    return SUBJECTS[kind](file, facts, index) if kind in SUBJECTS else ()


@lru_cache(maxsize=1)
def functions_in_workers(file: File, index: Index) -> set[Scope | None]:
    """The functions of a file that run in a worker."""
    scopes = (scope for scope in file.arranged.scopes.values() if scope.kind == "function")
    return {scope for scope in scopes if f"{file.module}:{scope.qualname}" in index.graph.reached}


@lru_cache(maxsize=1)
def attributes_by_name(file: File) -> dict[str, list[ast.Attribute]]:
    """The attributes of a file by their names."""
    found: dict[str, list[ast.Attribute]] = {}
    for node in file.nodes(ast.Attribute):
        found.setdefault(node.attr, []).append(node)
    return found


@lru_cache(maxsize=1)
def calls_by_name(file: File, index: Index) -> dict[str, list[ast.Call]]:
    """The calls of a file by the last part of the name of what is called: as it is defined for a name that the file has
    from an import, else as it is written."""
    found: dict[str, list[ast.Call]] = {}
    for node in file.nodes(ast.Call):
        if isinstance(node.func, ast.Attribute):
            name = node.func.attr
        else:
            func = file.callee(node)
            name = index.modules.canonical(func.dotted).rpartition(".")[2] if isinstance(func, Name) else ""
        found.setdefault(name, []).append(node)
    return found


def run_deployed(deployment: Deployment, index: Index, checks: dict[Kind, list[Check]]) -> list[Finding]:
    """The findings of some checks in all deployment files, in the order of their places."""
    found: dict[tuple[object, ...], Finding] = {}
    for kind, functions in checks.items():
        for subject in DEPLOYED[kind](deployment) if kind in DEPLOYED else ():
            for check in functions:
                # What several hosts start is found at one place several times.
                for finding in check(subject, deployment, index):
                    found.setdefault(finding.sort_key, finding)
    return [found[key] for key in sorted(found)]


SUBJECTS: dict[Kind, Callable[[File, FileFacts, Index], Iterable[object]]] = {
    FileFacts: lambda file, facts, index: [facts],
    Function: lambda file, facts, index: facts.functions.values(),
    Class: lambda file, facts, index: facts.classes.values(),
    Task: lambda file, facts, index: index.tasks_in(file.path),
    Dispatch: lambda file, facts, index: index.dispatches_in(file.path),
    Setting: lambda file, facts, index: index.settings_in(file.path),
    App: lambda file, facts, index: index.placed(file.path).apps,
    ScheduleEntry: lambda file, facts, index: index.placed(file.path).schedule,
    Queue: lambda file, facts, index: index.placed(file.path).queues,
    Route: lambda file, facts, index: index.placed(file.path).routes,
}

DEPLOYED: dict[Kind, Callable[[Deployment], Iterable[object]]] = {
    Deployment: lambda deployment: [deployment],
    CommandLine: lambda deployment: deployment.command_lines,
    Process: lambda deployment: deployment.processes,
    Worker: lambda deployment: deployment.workers,
    Beat: lambda deployment: deployment.beats,
    Flower: lambda deployment: deployment.flowers,
    Broker: lambda deployment: deployment.brokers,
}
