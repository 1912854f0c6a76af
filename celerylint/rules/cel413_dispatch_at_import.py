"""A task is sent while a module is imported.

Every process that imports the module sends it: each web worker, each Celery worker and each of its restarts, beat, a
shell, the tests. Workers import it on their way up, so that tasks beget tasks with every deployment. If the broker is
not reachable, the import itself hangs or fails.

Bad::

    from celery import shared_task

    @shared_task
    def warm_cache():
        ...

    warm_cache.delay()

Good::

    from celery import shared_task
    from celery.signals import worker_ready

    @shared_task
    def warm_cache():
        ...

    @worker_ready.connect
    def on_ready(**kwargs):
        warm_cache.delay()

Class bodies, defaults and decorators run at import too. Silent under `if __name__ == "__main__"`, in tests, and in
scripts: modules that define no task and that nothing in the project imports.

Source: Celery's user guide, "Signals", `worker_ready`; Python's reference, "The import system".
"""

import ast
from collections.abc import Iterator

from celerylint.facts import Dispatch
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding, Rule
from celerylint.rules.commits import runs_later

rule = Rule(
    __name__,
    severity="warning",
    message="this is sent by every process that imports `{module}`, workers among them; send it from a function, "
    "or a handler of `worker_ready`",
)
# Modules that a server or framework imports by their names.
ENTRANCES = frozenset({"wsgi", "asgi", "urls", "settings", "apps", "admin", "models", "views", "signals", "celery"})


@rule.check(Dispatch)
def sent_at_import(dispatch: Dispatch, file: File, index: Index) -> Iterator[Finding]:
    if not dispatch.sends or dispatch.scope or index.modules.is_test(file.path):
        return
    call = file.node_at(dispatch.span, ast.Call)
    if call is None or file.function_key(call) or runs_later(call, file) or under_main(call, file):
        return
    if index.tasks_in(file.path) or is_imported(file, index):
        yield rule.finding(file, dispatch.span, module=index.modules.imported_as(file.module))


def under_main(node: ast.AST, file: File) -> bool:
    return any(isinstance(above, ast.If) and "__name__" in file.text(above.test) for above in file.ancestors(node))


def is_imported(file: File, index: Index) -> bool:
    """Whether another module of the project imports this one, as far as the lines that name it tell."""
    name = index.modules.imported_as(file.module)
    if name.rpartition(".")[2] in ENTRANCES:
        return True
    if any(name in facts.modules_imported or file.module in facts.modules_imported for facts in index.facts):
        return True
    owner, _, last = name.rpartition(".")
    spellings = (f"import {name}", f"from {name} import", f"from {owner} import {last}", f"from . import {last}")
    return any(path != file.path and line.startswith(spellings) for path, line in index.lines_with(last))
