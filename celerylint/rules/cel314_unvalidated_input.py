"""An argument of a task reaches a shell, an interpreter, an unpickler, SQL or a path without being checked.

A task's arguments come from the broker, and whoever can write to the broker chooses them: another service on it, a
leaked URL, a view that passes a form's text on. Where such text becomes code, a command line, a query or a file's
name, they choose what the worker runs, with its rights and its secrets.

Bad::

    import subprocess

    from celery import shared_task

    @shared_task
    def convert(path, target):
        subprocess.run(f"pandoc {path} -o /srv/{target}", shell=True)

Good::

    import subprocess

    from celery import shared_task

    FORMATS = {"pdf", "html"}

    @shared_task
    def convert(report_id: int, target):
        if target not in FORMATS:
            raise ValueError(target)
        report = Report.objects.get(pk=report_id)
        subprocess.run(["pandoc", report.path, "-o", f"/srv/{report_id}.{target}"], check=True)

Reported are parameters in `eval`, `exec`, `os.system`, `subprocess` with `shell=True`, `pickle.loads`, `yaml.load`,
in SQL that is put together as text, and (as a warning) in a path below a folder, directly or through variables,
f-strings and the like. Silent about parameters that are annotated as numbers, dates, UUIDs or enums or are named like
keys, and about those that the task compares, looks up in a collection, matches, quotes or hands to something that
validates.

Sources: OWASP, "Input Validation Cheat Sheet"; Celery's user guide, "Security".
"""

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from celerylint.facts import Task
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.taint import assignments, carried, unchecked
from celerylint.values import Name

rule = Rule(
    __name__,
    severity="error",
    message="`{parameter}` comes from the message and reaches {sink} unchecked, so whoever can send one {harm}; "
    "{instead}",
    checklist=("security.input-validation",),
)


class Sink(NamedTuple):
    """Where text is dangerous: how a message calls it, what it allows, and what to write instead."""

    name: str
    harm: str
    instead: str


CODE = ("runs code in the worker", "look it up in a table of what is allowed")
SHELL = ("runs commands on the worker", "pass a list of arguments without a shell")
UNPICKLE = ("runs code in the worker", "send JSON")
YAML = ("runs code in the worker", "use `yaml.safe_load`")
SQL = ("runs SQL of their own", "pass it as a parameter of the query")
PATH = ("reaches files outside of the folder", "take its `.name` only, or check the resolved path")

FUNCTIONS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("builtins.eval", "builtins.exec", "builtins.compile", "builtins.__import__"), CODE),
    **dict.fromkeys(("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"), SHELL),
    "asyncio.create_subprocess_shell": SHELL,
    **dict.fromkeys(("pickle.loads", "pickle.load", "dill.loads", "marshal.loads", "cloudpickle.loads"), UNPICKLE),
    **dict.fromkeys(("jsonpickle.decode", "jsonpickle.loads", "shelve.open"), UNPICKLE),
    "yaml.unsafe_load": YAML,
    **dict.fromkeys(("sqlalchemy.text", "django.db.models.expressions.RawSQL"), SQL),
}
SHELLS = frozenset({f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen")})
QUERIES = frozenset({"execute", "executemany", "executescript", "raw"})
CURSORS = re.compile(r"cur(?:sor)?|conn(?:ection)?|db|session|engine|objects", re.IGNORECASE)
STATEMENT = re.compile(
    r"\b(?:select|insert|update|delete|drop|alter|create|truncate|refresh|copy|grant|where|from)\b", re.IGNORECASE
)
OPENERS = frozenset({"builtins.open", "io.open", "os.remove", "os.unlink", "shutil.rmtree", "os.rename"})


@rule.check(Task)
def flows(task: Task, file: File, index: Index) -> Iterator[Finding]:
    function = index.function_of(task)
    body = file.body(task.function) if function is not None else None
    if function is None or body is None or index.modules.is_test(file.path):
        return
    parameters = function.parameters[1:] if task.bound else function.parameters
    names = unchecked(parameters, body, file, index)
    for node in file.within(body, ast.Call, nested=True) if names else ():
        sink = sink_of(node, file, index)
        parameter = carried(node.args[0], names, file, index) if sink is not None else ""
        if (
            sink is not None
            and parameter
            and (sink.harm != PATH[0] or below_folder(node.args[0], names, body, file, index))
        ):
            yield finding(node, parameter, sink, file)


def finding(node: ast.Call, parameter: str, sink: Sink, file: File) -> Finding:
    return rule.finding(
        file,
        file.span(node),
        severity="warning" if sink.harm == PATH[0] else "error",
        parameter=parameter,
        sink=sink.name,
        harm=sink.harm,
        instead=sink.instead,
    )


def sink_of(node: ast.Call, file: File, index: Index) -> Sink | None:
    """What is dangerous about the first argument of a call, None where nothing is known to be."""
    if not node.args:
        return None
    callee = file.callee(node)
    name = index.modules.canonical(callee.dotted) if isinstance(callee, Name) else ""
    short = name.removeprefix("builtins.")
    if name in FUNCTIONS:
        return Sink(f"`{short}`", *FUNCTIONS[name])
    if name in SHELLS and shell(node):
        return Sink("a shell", *SHELL)
    if name == "yaml.load" and not limited(node, file):
        return Sink("`yaml.load`", *YAML)
    if name in OPENERS:
        return Sink(f"`{short}`", *PATH)
    return Sink("a query", *SQL) if is_query(node, file) else None


def shell(node: ast.Call) -> bool:
    return any(
        keyword.arg == "shell" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
        for keyword in node.keywords
    )


def limited(node: ast.Call, file: File) -> bool:
    """Whether a `yaml.load` names a loader that makes no objects of the text's choosing."""
    loaders = [*node.args[1:], *(keyword.value for keyword in node.keywords if keyword.arg == "Loader")]
    return any(re.search("Safe|Base|Full", file.text(loader)) for loader in loaders)


def is_query(node: ast.Call, file: File) -> bool:
    """Whether a call runs its first argument as SQL: put together as text, or on what is named as a cursor."""
    match node.func:
        case ast.Attribute(value=owner, attr=name) if name in QUERIES:
            text = node.args[0]
            literals = [part.value for part in ast.walk(text) if isinstance(part, ast.Constant)]
            spelt = any(isinstance(literal, str) and STATEMENT.search(literal) for literal in literals)
            return spelt or (isinstance(text, ast.Name) and CURSORS.search(file.text(owner)) is not None)
        case _:
            return False


def below_folder(node: ast.expr, names: dict[str, str], body: ast.AST, file: File, index: Index) -> bool:
    """Whether a path is put together so that a parameter follows a folder that is not of the message's choosing."""
    if isinstance(node, ast.Name):
        values = [
            value for name, value in assignments(body, file) if name == node.id and not isinstance(value, ast.Name)
        ]
        return bool(values) and all(below_folder(value, names, body, file, index) for value in values)
    first = folder(node)
    return first is not None and not carried(first, names, file, index)


def folder(node: ast.expr) -> ast.expr | None:
    """The first of the parts that a path is put together of, None where it is given whole."""
    match node:
        case ast.JoinedStr(values=[first, _, *_]):
            return first
        case ast.BinOp(left=left, op=ast.Div() | ast.Add() | ast.Mod()):
            return folder(left) or left
        case ast.Call(func=ast.Attribute(attr="join" | "Path"), args=[first, _, *_]):
            return first
        case ast.Call(func=ast.Name(id="Path" | "join"), args=[first, _, *_]):
            return first
        case ast.Call(func=ast.Attribute(value=base, attr="joinpath")):
            return base
        case _:
            return None
