"""Lets an exception be rebuilt: by `__reduce__` where it keeps its arguments, else by passing all of them on."""

import ast

from celerylint import cst
from celerylint.edits import Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    init = file.node_at(finding.data["init"], ast.FunctionDef)
    place = finding.data["call"]
    call = file.node_at(place, ast.Call) if place is not None else None
    if init is None or init.args.vararg or init.args.kwonlyargs or init.args.kwarg:
        return None
    names = [arg.arg for arg in [*init.args.posonlyargs, *init.args.args]]
    own, params = names[0], names[1:]
    kept = stored(init, own, file)
    if all(name in kept for name in params):
        state = ", ".join(f"{own}.{kept[name]}" for name in params) + ("," if len(params) == 1 else "")
        lines = ["", f"def __reduce__({own}):", f"    return type({own}), ({state})"]
        return Fix("unsafe", "Say how to rebuild it", cst.insert_after(file, init, lines))
    if call is None or call.keywords or not isinstance(call.func, ast.Attribute):
        return None
    given = call.args if isinstance(call.func.value, ast.Call) else call.args[1:]
    written = [arg.id for arg in given if isinstance(arg, ast.Name)]
    if len(written) != len(given) or written != params[: len(written)]:
        return None
    rest = [arg for arg in params if arg not in written]
    edits = cst.add_argument(file, call, ", ".join(rest))
    return Fix("unsafe", "Pass every argument on", edits)


def stored(init: ast.FunctionDef, own: str, file: File) -> dict[str, str]:
    """The attributes that parameters are kept in as they are."""
    found = {}
    for node in file.within(init, ast.Assign):
        match node:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name), attr=attr)], value=ast.Name(id=param)):
                if name == own:
                    found[param] = attr
            case _:
                pass
    return found
