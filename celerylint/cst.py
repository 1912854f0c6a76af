"""Edits of one call, decorator, expression or statement, for fixers.

LibCST reads the slice of source that is being changed and nothing else: it knows where commas, newlines
and comments belong. Every function gives the smallest edits of the `File`'s source, with `\\n` for a new
line (the fix engine writes the file's own), and raises NotEditable where that cannot be done well; the
engine then offers no fix. LibCST is imported on the first call that needs it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from celerylint.diff import changes
from celerylint.edits import Edit, insert
from celerylint.layout import Argument, Layout, NotEditable
from celerylint.source import NEWLINE
from celerylint.statements import bounds, insert_after, insert_before, remove_statement, replace_statement

if TYPE_CHECKING:
    import libcst

    from celerylint.file import File

__all__ = [
    "NotEditable",
    "add_argument",
    "add_decorator_keyword",
    "add_keyword",
    "add_keywords",
    "call_to",
    "decorator_to_call",
    "insert_after",
    "insert_before",
    "pack_arguments",
    "partial_of",
    "remove_keyword",
    "remove_keywords",
    "remove_statement",
    "rename_callee",
    "rename_keyword",
    "replace_expression",
    "replace_keyword_value",
    "replace_statement",
    "wrap_expression",
]

CHARACTER = re.compile(r"\r\n|.", re.DOTALL)
# `ast` leaves out the parentheses that these must have as arguments.
BARE = (ast.Yield, ast.YieldFrom, ast.NamedExpr)


def read(file: File, call: ast.Call) -> Layout:
    """A call in pieces. Raises NotEditable where LibCST does not see the call that `ast` saw."""
    start, end = bounds(file, call)
    text = NEWLINE.sub("\n", file.source.text[start:end])
    layout = plain(file, call, text, start)
    return layout if layout is not None else read_with_libcst(call, text)


def plain(file: File, call: ast.Call, text: str, start: int) -> Layout | None:
    """A call with nothing but commas and space between its arguments, for which importing LibCST would be a waste."""
    if "\r" in file.source.text or "#" in text or "\\" in text or not text.endswith(")"):
        return None
    written: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    nodes = sorted(written, key=lambda node: (node.lineno, node.col_offset))
    places = [tuple(at - start for at in bounds(file, node)) for node in nodes]
    open_at = bounds(file, call.func)[1] - start
    if not text[open_at:].startswith("("):
        return None
    firsts = [*(first for first, _ in places), len(text) - 1]
    lead = text[open_at + 1 : firsts[0]]
    arguments = []
    for node, (first, last), end in zip(nodes, places, firsts[1:], strict=True):
        value = node.value if isinstance(node, ast.keyword | ast.Starred) else node
        at = bounds(file, value)[0] - start
        head, between = text[first:at], text[last:end]
        separator = re.fullmatch(r"(\s*,)?(\s*)", between)
        if separator is None or not re.fullmatch(r"\*{0,2}|\w+\s*=\s*", head) or isinstance(value, BARE):
            return None
        name = node.arg if isinstance(node, ast.keyword) and node.arg else ""
        star, equal = ("", head[len(name) :]) if name else (head, "")
        bare = isinstance(value, ast.GeneratorExp) and not text[at:last].startswith("(")
        arguments.append(Argument(text[at:last], star, name, equal, separator[1] or "", separator[2], bare))
    layout = Layout(text[:open_at], lead, arguments)
    return layout if layout.text == text and not lead.strip() else None


def read_with_libcst(call: ast.Call, text: str) -> Layout:
    """A call in pieces, whatever stands between its arguments. Raises NotEditable."""
    import libcst

    try:
        node = libcst.parse_expression(f"({text})")
    except libcst.ParserSyntaxError as error:
        raise NotEditable(str(error)) from error
    if not isinstance(node, libcst.Call) or len(node.args) != len(call.args) + len(call.keywords):
        raise NotEditable("the tree and the text disagree")
    code = libcst.Module([]).code_for_node
    layout = Layout("", code(node.whitespace_before_args), [argument(arg, code) for arg in node.args])
    layout.func = text[: len(text) - len(layout.text)]
    if layout.text != text:
        raise NotEditable("LibCST does not give the text back")
    return layout


def argument(arg: libcst.Arg, code: Callable[[libcst.CSTNode], str]) -> Argument:
    """An argument in pieces."""
    import libcst

    comma, after = "", ""
    if isinstance(arg.comma, libcst.Comma):
        comma, after = code(arg.comma.whitespace_before) + ",", code(arg.comma.whitespace_after)
    return Argument(
        code(arg.value),
        arg.star + code(arg.whitespace_after_star),
        arg.keyword.value if arg.keyword else "",
        code(arg.equal) if isinstance(arg.equal, libcst.AssignEqual) else "",
        comma,
        after + code(arg.whitespace_after_arg),
        isinstance(arg.value, libcst.GeneratorExp) and not arg.value.lpar,
    )


def edits_to(file: File, call: ast.expr, new: str) -> tuple[Edit, ...]:
    """The smallest edits that turn an expression's text into `new`."""
    start, end = bounds(file, call)
    raw = file.source.text[start:end]
    at = [start, *(start + match.end() for match in CHARACTER.finditer(raw))]
    found = changes(NEWLINE.sub("\n", raw), new)
    return tuple(Edit(file.source.range(at[first], at[last]), content) for first, last, content in found)


def rewrite(file: File, call: ast.Call, change: Callable[[Layout], None]) -> tuple[Edit, ...]:
    """The edits of a change to a call's layout."""
    layout = read(file, call)
    change(layout)
    return edits_to(file, call, layout.text)


# Arguments of a call.


def add_keyword(file: File, call: ast.Call, name: str, code: str) -> tuple[Edit, ...]:
    """`f(a)` -> `f(a, name=code)`."""
    return add_keywords(file, call, {name: code})


def add_keywords(file: File, call: ast.Call, keywords: Mapping[str, str]) -> tuple[Edit, ...]:
    """Several keywords at the end of a call, in the order given. Raises NotEditable where one is there."""
    refuse_written(call, keywords)

    def change(layout: Layout) -> None:
        for name, code in keywords.items():
            layout.append(Argument(f"{name}={code}"))

    return rewrite(file, call, change)


def refuse_written(call: ast.Call, names: Collection[str]) -> None:
    """Raise NotEditable where a call already has one of these keywords."""
    if written := {keyword.arg for keyword in call.keywords}.intersection(names):
        raise NotEditable(f"keyword {written.pop()} is there already")


def add_argument(file: File, call: ast.Call, code: str) -> tuple[Edit, ...]:
    """`f(a, k=1)` -> `f(a, code, k=1)`."""

    def change(layout: Layout) -> None:
        by_place = [argument.positional for argument in layout.arguments]
        layout.insert(by_place.index(False) if False in by_place else len(by_place), Argument(code))

    return rewrite(file, call, change)


def remove_keyword(file: File, call: ast.Call, name: str) -> tuple[Edit, ...]:
    """`f(a, name=1)` -> `f(a)`; comments beside it stay."""
    return remove_keywords(file, call, [name])


def remove_keywords(file: File, call: ast.Call, names: Collection[str]) -> tuple[Edit, ...]:
    """Several keywords away at once. Raises NotEditable where one is not written out."""

    def change(layout: Layout) -> None:
        for name in names:
            layout.remove(layout.index(name))

    return rewrite(file, call, change)


def keyword(call: ast.Call, name: str) -> ast.keyword:
    """A keyword of a call. Raises NotEditable where it is not written out."""
    for found in call.keywords:
        if found.arg == name:
            return found
    raise NotEditable(f"no keyword {name}")


def rename_keyword(file: File, call: ast.Call, old: str, new: str) -> tuple[Edit, ...]:
    """`f(old=1)` -> `f(new=1)`. Raises NotEditable where `new` is there already."""
    refuse_written(call, [new])
    start, _ = bounds(file, keyword(call, old))
    return (replace_text(file, start, old, new),)


def replace_keyword_value(file: File, call: ast.Call, name: str, code: str) -> tuple[Edit, ...]:
    """`f(name=1)` -> `f(name=code)`; parentheses around the old value stay."""
    return replace_expression(file, keyword(call, name).value, code)


def replace_expression(file: File, node: ast.expr, code: str) -> tuple[Edit, ...]:
    """An expression replaced."""
    return (Edit(file.span(node), code),)


def replace_text(file: File, start: int, old: str, new: str) -> Edit:
    """A name replaced where it stands. Raises NotEditable where the text is another (`ast` composes accents)."""
    if file.source.text[start : start + len(old)] != old:
        raise NotEditable(f"{old} is spelt differently")
    return Edit(file.source.range(start, start + len(old)), new)


def rename_callee(file: File, call: ast.Call, name: str) -> tuple[Edit, ...]:
    """`x.delay(a)` -> `x.name(a)`; `delay(a)` -> `name(a)`."""
    match call.func:
        case ast.Attribute(attr=old) | ast.Name(id=old):
            return (replace_text(file, bounds(file, call.func)[1] - len(old), old, name),)
        case _:
            raise NotEditable("what is called has no name")


def pack_arguments(file: File, call: ast.Call, keep: Collection[str] = ()) -> tuple[Edit, ...]:
    """`f(a, b, k=1, kept=2)` -> `f(args=(a, b), kwargs={"k": 1}, kept=2)`, as `apply_async` wants them.

    `keep` are the keywords that stay. Raises NotEditable where the packed keywords are not side by side in
    a call with comments.
    """
    refuse_written(call, {"args", "kwargs"}.difference(keep))

    def change(layout: Layout) -> None:
        layout.close_generator()
        plain = [argument for argument in layout.arguments if argument.positional]
        named = [argument for argument in layout.arguments if not argument.positional and argument.name not in keep]
        gather(layout, named)
        for argument in named:
            if argument.name:
                argument.star, argument.name, argument.equal = f'"{argument.name}": ', "", ""
        enclose(plain, "args=(", ",)" if len(plain) == 1 else ")")
        enclose(named, "kwargs={", "}")

    return rewrite(file, call, change)


def enclose(arguments: list[Argument], opening: str, closing: str) -> None:
    """Make one argument of several that stand side by side."""
    if arguments:
        arguments[0].star = opening + arguments[0].star
        arguments[-1].value += closing


def gather(layout: Layout, items: list[Argument]) -> None:
    """Bring arguments side by side, behind the first of them."""
    places = [index for index, argument in enumerate(layout.arguments) if argument in items]
    for offset, place in enumerate(places):
        if place != places[0] + offset:
            if layout.commented:
                raise NotEditable("comments between arguments that have to move")
            layout.insert(places[0] + offset, layout.remove(place))


def partial_of(file: File, call: ast.Call, name: str = "partial") -> tuple[Edit, ...]:
    """`f(a, k=1)` -> `partial(f, a, k=1)`; `name` is what `functools.partial` is called here."""

    def change(layout: Layout) -> None:
        func = layout.func.rstrip()
        layout.func = name
        layout.insert(0, Argument(func))

    return rewrite(file, call, change)


def call_to(
    file: File,
    call: ast.Call,
    func: str,
    args: Sequence[str | ast.expr] = (),
    keywords: Mapping[str, str | ast.expr] | None = None,
) -> tuple[Edit, ...]:
    """Another call in place of a call. Expressions of the old one are taken over as they are written.

    One argument a line where the old call has line breaks between its arguments, else on one line. Raises
    NotEditable where comments between the arguments would be lost.
    """
    layout = read(file, call)
    if layout.commented:
        raise NotEditable("comments between arguments")
    parts = [part(file, arg) for arg in args]
    parts += [f"{name}={part(file, code)}" for name, code in (keywords or {}).items()]
    gaps = [layout.lead, *(argument.after for argument in layout.arguments)]
    broken = next((gap for gap in gaps if "\n" in gap), "")
    if not broken or not parts:
        return edits_to(file, call, f"{func}({', '.join(parts)})")
    indent = "\n" + broken.rpartition("\n")[2]
    lead = indent if "\n" in layout.lead else ""
    last = layout.arguments[-1] if layout.arguments else Argument("")
    body = f",{indent}".join(parts) + last.comma.strip() + last.after
    return edits_to(file, call, f"{func}({lead}{body})")


def part(file: File, code: str | ast.expr) -> str:
    """The code of an argument, in parentheses where it needs them."""
    if isinstance(code, str):
        return code
    text = NEWLINE.sub("\n", file.text(code))
    return f"({text})" if isinstance(code, BARE) else text


# Decorators and expressions.


def add_decorator_keyword(file: File, decorator: ast.expr, name: str, code: str) -> tuple[Edit, ...]:
    """`@task` -> `@task(name=code)`, `@task(a)` -> `@task(a, name=code)`."""
    return decorator_to_call(file, decorator, {name: code})


def decorator_to_call(file: File, decorator: ast.expr, keywords: Mapping[str, str]) -> tuple[Edit, ...]:
    """Keywords for a decorator, which becomes a call if it is none: `@task` -> `@task(name=code)`."""
    if isinstance(decorator, ast.Call):
        return add_keywords(file, decorator, keywords)
    code = ", ".join(f"{name}={value}" for name, value in keywords.items())
    return (insert(file.source, bounds(file, decorator)[1], f"({code})"),)


def wrap_expression(file: File, node: ast.expr, before: str, after: str) -> tuple[Edit, ...]:
    """`x` -> `before x after`, as two insertions."""
    start, end = bounds(file, node)
    match node, file.parent(node):
        # The span of a bare generator argument holds the call's own parentheses.
        case ast.GeneratorExp(), ast.Call(func=func) if "(" not in file.source.text[bounds(file, func)[1] : start]:
            raise NotEditable("a generator expression without parentheses")
        case _:
            pass
    return insert(file.source, start, before), insert(file.source, end, after)
