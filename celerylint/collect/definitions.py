"""Functions and classes as facts."""

from __future__ import annotations

import ast
from functools import cached_property

from celerylint.collect.calls import Sites
from celerylint.facts import Class, Decorator, Function, Parameter, ParameterKind
from celerylint.file import File
from celerylint.lazily import LazyMapping, LazySequence
from celerylint.source import Span
from celerylint.tree import FunctionNode
from celerylint.values import Value


def functions(file: File) -> LazyMapping[str, Function]:
    """Every function of the file by qualname; of several with one name the last."""
    scopes, about = file.arranged.scopes, Bodies(file)
    nodes = {scopes[node].qualname: node for node in file.nodes(ast.FunctionDef, ast.AsyncFunctionDef)}
    return LazyMapping(nodes, lambda qualname: function(file, nodes[qualname], about))


class Bodies:
    """What the bodies of a file's functions hold."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.sites = Sites(file)

    @cached_property
    def returns(self) -> dict[ast.AST | None, list[ast.expr]]:
        """What functions return, by their nodes."""
        found: dict[ast.AST | None, list[ast.expr]] = {}
        for node in self.file.nodes(ast.Return):
            if node.value is not None:
                found.setdefault(self.file.function_node(node), []).append(node.value)
        return found

    @cached_property
    def generators(self) -> set[ast.AST | None]:
        """The functions that are generators."""
        return {self.file.function_node(node) for node in self.file.nodes(ast.Yield, ast.YieldFrom)}


def function(file: File, node: ast.FunctionDef | ast.AsyncFunctionDef, about: Bodies) -> Function:
    scope = file.arranged.scopes[node]
    owner = scope.parent
    assert owner is not None
    key = f"{file.module}:{scope.qualname}"
    return Function(
        key=key,
        name=node.name,
        path=file.path,
        span=name_span(file, node),
        parameters=parameters(file, node),
        decorators=decorators(file, node),
        owner=owner.qualname,
        in_class=owner.kind == "class",
        is_async=isinstance(node, ast.AsyncFunctionDef),
        is_generator=node in about.generators,
        calls=LazySequence(lambda: about.sites.of(key)),
        returns=LazySequence(lambda: [file.value(value) for value in about.returns.get(node, ())]),
    )


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


def classes(file: File) -> LazyMapping[str, Class]:
    """Every class of the file by qualname; of several with one name the last."""
    nodes = {file.arranged.scopes[node].qualname: node for node in file.nodes(ast.ClassDef)}
    return LazyMapping(nodes, lambda qualname: cls(file, nodes[qualname], qualname))


def cls(file: File, node: ast.ClassDef, qualname: str) -> Class:
    attributes, spans, value_spans = class_attributes(file, node)
    return Class(
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
