"""Functions and classes as facts."""

from __future__ import annotations

import ast

from celerylint.facts import CallSite, Class, Decorator, Function, Parameter, ParameterKind
from celerylint.file import File
from celerylint.source import Span
from celerylint.tree import FunctionNode
from celerylint.values import Value


def functions(file: File, sites: dict[str, list[CallSite]]) -> dict[str, Function]:
    """Every function of the file by qualname; of several with one name the last."""
    returned, generators = returns(file), yielding(file)
    found = {}
    for node in file.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        scope = file.arranged.scopes[node]
        owner = scope.parent
        assert owner is not None
        key = f"{file.module}:{scope.qualname}"
        found[scope.qualname] = Function(
            key=key,
            name=node.name,
            path=file.path,
            span=name_span(file, node),
            parameters=parameters(file, node),
            decorators=decorators(file, node),
            owner=owner.qualname,
            in_class=owner.kind == "class",
            is_async=isinstance(node, ast.AsyncFunctionDef),
            is_generator=node in generators,
            calls=tuple(sites.get(key, ())),
            returns=tuple(returned.get(node, ())),
        )
    return found


def name_span(file: File, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Span:
    """Where the name stands in `def name` or `class name`."""
    line = node.lineno
    start = file.source.text.find(node.name, file.source.offset(line, file.source.column(line, node.col_offset)) + 4)
    return file.source.range(start, start + len(node.name))


def decorators(file: File, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> tuple[Decorator, ...]:
    return tuple(Decorator(file.value(item), file.span(item)) for item in node.decorator_list)


def parameters(file: File, node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[Parameter, ...]:
    args = node.args
    plain = [*args.posonlyargs, *args.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(args.defaults)) + list(args.defaults)
    found = []
    for index, (arg, default) in enumerate(zip(plain, defaults, strict=True)):
        kind: ParameterKind = "positional_only" if index < len(args.posonlyargs) else "positional"
        found.append(parameter(file, arg, kind, default))
    if args.vararg:
        found.append(parameter(file, args.vararg, "var_positional", None))
    found += [parameter(file, arg, "keyword_only", d) for arg, d in zip(args.kwonlyargs, args.kw_defaults, strict=True)]
    if args.kwarg:
        found.append(parameter(file, args.kwarg, "var_keyword", None))
    return tuple(found)


def parameter(file: File, arg: ast.arg, kind: ParameterKind, default: ast.expr | None) -> Parameter:
    annotation = None if arg.annotation is None else file.names.annotation(arg.annotation)
    return Parameter(arg.arg, kind, file.span(arg), None if default is None else file.value(default), annotation)


def returns(file: File) -> dict[ast.AST, list[Value]]:
    """What each function returns, by its node."""
    found: dict[ast.AST, list[Value]] = {}
    for node in file.nodes(ast.Return):
        function = file.function_node(node)
        if function is not None and node.value is not None:
            found.setdefault(function, []).append(file.value(node.value))
    return found


def yielding(file: File) -> set[ast.AST]:
    """The functions that are generators."""
    return {
        function for node in file.nodes(ast.Yield, ast.YieldFrom) if (function := file.function_node(node)) is not None
    }


def classes(file: File) -> dict[str, Class]:
    """Every class of the file by qualname."""
    found = {}
    for node in file.nodes(ast.ClassDef):
        qualname = file.arranged.scopes[node].qualname
        attributes, spans, value_spans = class_attributes(file, node)
        found[qualname] = Class(
            key=f"{file.module}:{qualname}",
            name=node.name,
            path=file.path,
            span=name_span(file, node),
            bases=tuple(file.value(base) for base in node.bases),
            keywords=tuple((keyword.arg, file.value(keyword.value)) for keyword in node.keywords),
            attributes=attributes,
            spans=spans,
            value_spans=value_spans,
            methods=tuple(child.name for child in node.body if isinstance(child, FunctionNode)),
            decorators=decorators(file, node),
        )
    return found


def class_attributes(file: File, node: ast.ClassDef) -> tuple[dict[str, Value], dict[str, Span], dict[str, Span]]:
    values, spans, value_spans = {}, {}, {}
    for child in node.body:
        targets = (
            child.targets
            if isinstance(child, ast.Assign)
            else [child.target]
            if isinstance(child, ast.AnnAssign)
            else []
        )
        value = child.value if isinstance(child, ast.Assign | ast.AnnAssign) else None
        for target in targets:
            if isinstance(target, ast.Name) and value is not None:
                values[target.id], spans[target.id] = file.value(value), file.span(target)
                value_spans[target.id] = file.span(value)
    return values, spans, value_spans
