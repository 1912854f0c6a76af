"""Has the errors of the library, and those of the configuration that pass, retried with growing delays."""

from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.declared import declared
from celerylint.rules.option_edits import add_to_task


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    task = finding.data["task"]
    found = declared(task, file, index)
    errors = list(dict.fromkeys([*finding.data["errors"], *index.traits.transient_exceptions]))
    listed = ", ".join(errors) + ("," if len(errors) == 1 else "")
    policy = {"autoretry_for": f"({listed})", "retry_backoff": "True", "retry_jitter": "True", "max_retries": "3"}
    options = {name: code for name, code in policy.items() if found is None or name not in found.options}
    if "autoretry_for" not in options:
        return None
    imports = tuple(error for error in errors if "." in error)
    edits = add_to_task(file, task, options)
    return Fix("unsafe", "Retry the errors that pass", edits, imports) if edits else None
