"""Sends at commit: by the task's own method where it has one, else through `transaction.on_commit`."""

import ast

from celerylint import cst
from celerylint.edits import Fix
from celerylint.facts import Dispatch
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.commits import ON_COMMIT, method_on_commit, to_partial


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    call = file.node_at(finding.span, ast.Call)
    dispatch = next((dispatch for dispatch in index.dispatches_in(file.path) if dispatch.span == finding.span), None)
    if call is None or dispatch is None or not dispatch.dropped or not finding.data.get("django"):
        return None
    method = method_on_commit(dispatch, index)
    if method:
        return Fix("unsafe", f"Send it with `{method}`", cst.rename_callee(file, call, method))
    return through_on_commit(dispatch, call, file)


def through_on_commit(dispatch: Dispatch, call: ast.Call, file: File) -> Fix:
    edits = to_partial(file, call, f"{ON_COMMIT}(", ")")
    imports = ["django.db.transaction", *(["functools.partial"] if call.args or call.keywords else [])]
    return Fix("unsafe", "Send it with `transaction.on_commit`", edits, tuple(imports))
