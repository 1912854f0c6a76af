"""Edits of calls, decorators and statements keep comments, commas and line breaks."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celerylint import cst
from celerylint.cst import NotEditable
from celerylint.edits import Edit, apply
from celerylint.file import File
from celerylint.lexing import comments
from celerylint.lowering import parse
from celerylint.source import Source

Edits = tuple[Edit, ...]


class Nowhere:
    """A locator for a file without a project."""

    def locate(self, dotted: str, importer: str) -> str:
        return dotted

    def relative(self, importer: str, level: int, module: str) -> str:
        return module

    def is_own(self, dotted: str) -> bool:
        return True


def file(text: str) -> File:
    source = Source.from_text("shop/tasks.py", text)
    return File(source, parse(source.text), "shop.tasks", False, Nowhere())


def call(parsed: File) -> ast.Call:
    """The outermost call of a file: of those that end last, the first."""
    calls: list[ast.Call] = parsed.nodes(ast.Call)
    return max(calls, key=lambda node: (node.end_lineno, node.end_col_offset))


def edited(text: str, edit: Callable[[File, ast.Call], Edits]) -> str:
    parsed = file(text)
    return apply(parsed.source, edit(parsed, call(parsed)))


def block(text: str) -> str:
    return textwrap.dedent(text).strip("\n")


def add(parsed: File, node: ast.Call) -> Edits:
    return cst.add_keyword(parsed, node, "k", "1")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f()", "f(k=1)"),
        ("f( )", "f(k=1)"),
        ("f(a)", "f(a, k=1)"),
        ("f(a, )", "f(a, k=1, )"),
        ("f(a,)", "f(a, k=1,)"),
        ("f ( a )", "f ( a, k=1 )"),
        ("f(*a, **b)", "f(*a, **b, k=1)"),
        ("f(x for x in y)", "f((x for x in y), k=1)"),
        ("f((x for x in y))", "f((x for x in y), k=1)"),
        ("f((a).b)(c)", "f((a).b)(c, k=1)"),
        ("f(a)  # c", "f(a, k=1)  # c"),
        ("é = f('ü', 'ß')", "é = f('ü', 'ß', k=1)"),
        ("f(\n    a,\n    b,\n)", "f(\n    a,\n    b,\n    k=1,\n)"),
        ("f(\n    a,\n    b\n)", "f(\n    a,\n    b,\n    k=1\n)"),
        ("f(\n    a\n)", "f(\n    a,\n    k=1\n)"),
        ("f(a,\n  b)", "f(a,\n  b,\n  k=1)"),
        ("f(\n    a, b\n)", "f(\n    a, b, k=1\n)"),
        ("f(\n    a,  # c\n    b,  # d\n)", "f(\n    a,  # c\n    b,  # d\n    k=1,\n)"),
        ("f(\n    a,\n    b  # d\n)", "f(\n    a,\n    b,  # d\n    k=1\n)"),
        ("f(\n    a,\n    # end\n)", "f(\n    a,\n    # end\n    k=1,\n)"),
        ("f(a, b  # c\n)", "f(a, b,  # c\n    k=1\n)"),
        ("f(  # c\n)", "f(  # c\n    k=1\n)"),
        ("f(\n\ta,\n\tb,\n)", "f(\n\ta,\n\tb,\n\tk=1,\n)"),
        ("f({\n    1: 2,\n})", "f({\n    1: 2,\n}, k=1)"),
        ("x = (\n    f\n    .delay(a)\n)", "x = (\n    f\n    .delay(a, k=1)\n)"),
        ("f(a  # c\n  , b)", "f(a  # c\n  , b, k=1)"),
    ],
)
def test_add_keyword(before: str, after: str) -> None:
    assert edited(before, add) == after


def test_a_keyword_comes_as_an_insertion() -> None:
    parsed = file("x = f(first, second=2)\n")
    [edit] = add(parsed, call(parsed))
    assert (edit.span, edit.content) == ((1, 22, 1, 22), ", k=1")


def test_offsets_are_those_of_the_text_whatever_its_newlines() -> None:
    text = "f(\r\n    ä,\r\n    b,  # c\r\n)\r\n"
    parsed = file(text)
    [edit] = add(parsed, call(parsed))
    assert edit.content.strip() == "k=1,"
    assert apply(parsed.source, [edit]) == text.replace("# c\r\n", "# c\r\n    k=1,\n")


def test_keywords_that_are_there_are_not_added_again() -> None:
    with pytest.raises(NotEditable):
        edited("f(a=1, k=2)", add)
    with pytest.raises(NotEditable):
        edited("f(a=1)", lambda parsed, node: cst.add_keywords(parsed, node, {"z": "1", "a": "2"}))


def test_several_keywords() -> None:
    keywords = {"retry_backoff": "True", "max_retries": "3"}
    result = edited("f(\n  a\n)", lambda parsed, node: cst.add_keywords(parsed, node, keywords))
    assert result == "f(\n  a,\n  retry_backoff=True,\n  max_retries=3\n)"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f()", "f(x)"),
        ("f(a)", "f(a, x)"),
        ("f(k=1)", "f(x, k=1)"),
        ("f(a, *b, k=1, **c)", "f(a, *b, x, k=1, **c)"),
        ("f(\n    a,  # c\n    k=1,\n)", "f(\n    a,  # c\n    x,\n    k=1,\n)"),
        ("f(\n    k=1,\n)", "f(\n    x,\n    k=1,\n)"),
    ],
)
def test_add_argument(before: str, after: str) -> None:
    assert edited(before, lambda parsed, node: cst.add_argument(parsed, node, "x")) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f(k=1)", "f()"),
        ("f(k=1,)", "f()"),
        ("f(\n    k=1,\n)", "f()"),
        ("f(\n    k=1,  # c\n)", "f(\n    # c\n)"),
        ("f(a, k=1)", "f(a)"),
        ("f(a, k=1,)", "f(a,)"),
        ("f(a, k=1, b=2)", "f(a, b=2)"),
        ("f(k = 1, b=2)", "f(b=2)"),
        ("f(a, b=g(k=2), k=1)", "f(a, b=g(k=2))"),
        ("f(a,\n  k=1)", "f(a)"),
        ("f(a, k=1,\n  b=2)", "f(a,\n  b=2)"),
        ("f(k=1,\n  b=2)", "f(b=2)"),
        ("f(\n    a,\n    k=1,\n    b=2,\n)", "f(\n    a,\n    b=2,\n)"),
        ("f(\n    a,\n    k=1,\n)", "f(\n    a,\n)"),
        ("f(\n    a,\n    k=1\n)", "f(\n    a\n)"),
        ("f(\n    a,  # c\n    k=1,\n)", "f(\n    a,  # c\n)"),
        ("f(\n    a,\n    k=1,  # c\n    b=2,\n)", "f(\n    a,\n    # c\n    b=2,\n)"),
        ("f(\n    a,\n    k=1,  # c\n)", "f(\n    a,\n    # c\n)"),
        ("f(\n    a,  # b\n    # own\n    k=1,  # c\n)", "f(\n    a,  # b\n    # own\n    # c\n)"),
        ("f(a, k=1,  # c\n  b=2)", "f(a,  # c\n  b=2)"),
        ("f(k=1,  # c\n  b=2)", "f(  # c\n  b=2)"),
        ("f(a,  # c\n  k=1)", "f(a  # c\n  )"),
        ("f(a, k=[\n    1,\n], b=2)", "f(a, b=2)"),
    ],
)
def test_remove_keyword(before: str, after: str) -> None:
    assert edited(before, lambda parsed, node: cst.remove_keyword(parsed, node, "k")) == after


def test_what_is_not_written_out_is_not_removed() -> None:
    for text in ("f(a)", "f(**k)", "f(k)", "f(g(k=1))", "f(a, k=1  # c\n  , b=1)"):
        with pytest.raises(NotEditable):
            edited(text, lambda parsed, node: cst.remove_keyword(parsed, node, "k"))


def test_several_keywords_away() -> None:
    def remove(parsed: File, node: ast.Call) -> Edits:
        return cst.remove_keywords(parsed, node, ["max_retries", "retry_jitter"])

    assert edited("t(max_retries=3, bind=True, retry_jitter=True)", remove) == "t(bind=True)"
    assert edited("t(max_retries=3, retry_jitter=True)", remove) == "t()"


def test_keywords_renamed_and_replaced() -> None:
    def rename(parsed: File, node: ast.Call) -> Edits:
        return cst.rename_keyword(parsed, node, "max_retry", "max_retries")

    def replace(parsed: File, node: ast.Call) -> Edits:
        return cst.replace_keyword_value(parsed, node, "a", "(X,)")

    assert edited("f('ü', max_retry = 3, **x)", rename) == "f('ü', max_retries = 3, **x)"
    assert edited("f(a=X, b=X)", replace) == "f(a=(X,), b=X)"
    for text in ("f(max_retry=1, max_retries=2)", "f(max_retries=2)", "f(**max_retry)"):
        with pytest.raises(NotEditable):
            edited(text, rename)


def test_rename_callee() -> None:
    def rename(parsed: File, node: ast.Call) -> Edits:
        return cst.rename_callee(parsed, node, "delay_on_commit")

    assert edited("'ü'; delay.delay(delay)", rename) == "'ü'; delay.delay_on_commit(delay)"
    assert edited("x.\\\n  delay  (1)", rename) == "x.\\\n  delay_on_commit  (1)"
    assert edited("delay(1)", rename) == "delay_on_commit(1)"
    with pytest.raises(NotEditable):
        edited("x[0](1)", rename)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("t.delay(x, countdown=1)", "t.delay(args=(x,), countdown=1)"),
        ("t.delay(x, *y, countdown=1)", "t.delay(args=(x, *y), countdown=1)"),
        ("t.delay(x, a=1, countdown=1, **k)", 't.delay(args=(x,), kwargs={"a": 1, **k}, countdown=1)'),
        ("t.delay(a = 1, b=2)", 't.delay(kwargs={"a": 1, "b": 2})'),
        ("t.delay(x, a=1, countdown=1, b=2)", 't.delay(args=(x,), kwargs={"a": 1, "b": 2}, countdown=1)'),
        ("t.delay(countdown=1)", "t.delay(countdown=1)"),
        ("t.delay((x), (y))", "t.delay(args=((x), (y)))"),
        ("t.delay(x for x in y)", "t.delay(args=((x for x in y),))"),
        (
            "t.delay(\n    x,  # first\n    y,\n    countdown=1,\n)",
            "t.delay(\n    args=(x,  # first\n    y),\n    countdown=1,\n)",
        ),
    ],
)
def test_pack_arguments(before: str, after: str) -> None:
    assert edited(before, lambda parsed, node: cst.pack_arguments(parsed, node, ["countdown"])) == after


def test_packing_moves_no_comment() -> None:
    with pytest.raises(NotEditable):
        edited("t(\n  a=1,  # c\n  countdown=2,\n  b=3)", lambda f, node: cst.pack_arguments(f, node, ["countdown"]))
    with pytest.raises(NotEditable):
        edited("t(1, args=(2,))", lambda parsed, node: cst.pack_arguments(parsed, node))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("t.delay()", "partial(t.delay)"),
        ("t.delay(x, k=1)", "partial(t.delay, x, k=1)"),
        ("t.delay(*a, **k)", "partial(t.delay, *a, **k)"),
        ("t.delay(\n    x,  # c\n)", "partial(\n    t.delay,\n    x,  # c\n)"),
        ("t.s(1).delay (x)", "partial(t.s(1).delay, x)"),
    ],
)
def test_partial_of(before: str, after: str) -> None:
    assert edited(before, cst.partial_of) == after


def test_call_to() -> None:
    def change(parsed: File, node: ast.Call) -> Edits:
        values = {keyword.arg or "": keyword.value for keyword in node.keywords}
        return cst.call_to(parsed, node, "g", [*reversed(node.args), "0"], values)

    assert edited("f(a, (yield), k=[\n1])", change) == "g((yield), a, 0, k=[\n1])"
    assert edited("f()", change) == "g(0)"
    assert edited("f(\n    a,\n    k=1,\n)", change) == "g(\n    a,\n    0,\n    k=1,\n)"
    assert edited("f(a,\n  k=1)", change) == "g(a,\n  0,\n  k=1)"
    with pytest.raises(NotEditable):
        edited("f(a,  # c\n  b)", change)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("@task\ndef f(): ...", "@task(k=1)\ndef f(): ..."),
        ("@app.task  # c\ndef f(): ...", "@app.task(k=1)  # c\ndef f(): ..."),
        ("@app.task()\ndef f(): ...", "@app.task(k=1)\ndef f(): ..."),
        ("@app.task(\n    bind=True,\n)\ndef f(): ...", "@app.task(\n    bind=True,\n    k=1,\n)\ndef f(): ..."),
    ],
)
def test_decorators(before: str, after: str) -> None:
    parsed = file(before)
    [function] = parsed.nodes(ast.FunctionDef)
    assert apply(parsed.source, cst.add_decorator_keyword(parsed, function.decorator_list[0], "k", "1")) == after


def test_wrap_expression() -> None:
    parsed = file("f((a), [b])")
    first, second = call(parsed).args
    assert apply(parsed.source, cst.wrap_expression(parsed, first, "g(", ")")) == "f((g(a)), [b])"
    assert apply(parsed.source, cst.wrap_expression(parsed, second, "tuple(", ")")) == "f((a), tuple([b]))"
    bare = file("f(x for x in y)")
    with pytest.raises(NotEditable):
        cst.wrap_expression(bare, call(bare).args[0], "g(", ")")


def statement(parsed: File, text: str) -> ast.stmt:
    """The statement whose text begins so."""
    nodes = [node for node in ast.walk(parsed.tree) if isinstance(node, ast.stmt)]
    return next(node for node in nodes if parsed.text(node).startswith(text))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a()\nmark\nb()\n", "a()\nb()\n"),
        ("a()\nmark", "a()\n"),
        ("a()\nmark  # c\nb()\n", "a()\n# c\nb()\n"),
        ("if x:\n    mark  # c\n", "if x:\n    pass  # c\n"),
        ("if x: mark\n", "if x: pass\n"),
        ("try:\n    a\nfinally:\n    mark\n", "try:\n    a\nfinally:\n    pass\n"),
        ("if x:\n\tmark\n\tb\n", "if x:\n\tb\n"),
        ("mark; b\n", "b\n"),
        ("a; mark; b\n", "a; b\n"),
        ("a; mark\n", "a\n"),
        ("a; mark;  # c\n", "a;  # c\n"),
        ("mark; \\\n  b\n", "b\n"),
        ("a\nmark;\nb\n", "a\nb\n"),
        ("if x: a; mark\n", "if x: a\n"),
        ("a\n@x\n@y(\n  1)\ndef mark(): pass\nb\n", "a\nb\n"),
        ("'ü'; mark; b\n", "'ü'; b\n"),
        ("a\r\nmark(\r\n)\r\nb\r\n", "a\r\nb\r\n"),
    ],
)
def test_remove_statement(before: str, after: str) -> None:
    parsed = file(before)
    node = statement(parsed, "def mark" if "def mark" in before else "mark")
    assert apply(parsed.source, cst.remove_statement(parsed, node)) == after


LINES = ["with x:", "    if y:", "        z"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\nmark\n", "a\nwith x:\n    if y:\n        z\nmark\n"),
        ("if a:\n\tmark  # c\n", "if a:\n\twith x:\n\t\tif y:\n\t\t\tz\n\tmark  # c\n"),
        ("if a:\n  # c\n  mark", "if a:\n  # c\n  with x:\n    if y:\n      z\n  mark"),
        ("a\n@b\ndef mark(): pass\n", "a\nwith x:\n    if y:\n        z\n@b\ndef mark(): pass\n"),
        ("class A:\n\f   mark\n", "class A:\n   with x:\n      if y:\n         z\n\f   mark\n"),
    ],
)
def test_insert_before(before: str, after: str) -> None:
    parsed = file(before)
    node = statement(parsed, "def mark" if "def mark" in before else "mark")
    assert apply(parsed.source, cst.insert_before(parsed, node, LINES)) == after


def test_insert_before_an_except_clause() -> None:
    before = block("""
        def f():
          try:
            a
          # all of them
          except Exception:
            b
    """)
    parsed = file(before)
    [handler] = parsed.nodes(ast.ExceptHandler)
    result = apply(parsed.source, cst.insert_before(parsed, handler, ["except Retry:", "    raise"]))
    assert result == before.replace("  except Ex", "  except Retry:\n    raise\n  except Ex")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a; mark; b\n", "a; x = 1; mark; b\n"),
        ("if a: mark\n", "if a: x = 1; mark\n"),
        ("mark; b\n", "x = 1\nmark; b\n"),
    ],
)
def test_insert_before_on_one_line(before: str, after: str) -> None:
    parsed = file(before)
    assert apply(parsed.source, cst.insert_before(parsed, statement(parsed, "mark"), ["x = 1"])) == after
    if after != "x = 1\nmark; b\n":
        with pytest.raises(NotEditable):
            cst.insert_before(parsed, statement(parsed, "mark"), LINES)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("if a:\n    mark  # c\nb\n", "if a:\n    mark  # c\n    x = 1\nb\n"),
        ("mark", "mark\nx = 1"),
        ("mark(\n)\n\nb\n", "mark(\n)\nx = 1\n\nb\n"),
        ("mark; b\n", "mark; x = 1; b\n"),
        ("if a: mark\n", "if a: mark; x = 1\n"),
        ("if mark: a;\nb\n", "if mark: a;\nx = 1\nb\n"),
    ],
)
def test_insert_after(before: str, after: str) -> None:
    parsed = file(before)
    node = statement(parsed, "if mark" if "if mark" in before else "mark")
    assert apply(parsed.source, cst.insert_after(parsed, node, ["x = 1"])) == after


def test_replace_statement() -> None:
    parsed = file("if a:\n\tmark  # c\n\tb\n")
    result = apply(parsed.source, cst.replace_statement(parsed, statement(parsed, "mark"), ["with x:", "    mark"]))
    assert result == "if a:\n\twith x:\n\t\tmark  # c\n\tb\n"


SPACES = st.sampled_from(["", " ", "\n", "\n    ", "  # é\n  ", "\n\t# own\n\n  ", "\r\n  ", "\\\n "])
VALUES = st.sampled_from(["1", "'a, b'", "(x)", "g(k=1, *z)", "[\n1, # in\n2]", "lambda: (yield)", "f'{x}'", "{**m}"])


@st.composite
def calls(draw: st.DrawFn) -> str:
    """Calls with any number of arguments and any layout."""
    count = draw(st.integers(0, 4))
    text = "f" + "(" + draw(SPACES)
    for index in range(count):
        text += draw(st.sampled_from([f"n{index}=", f"n{index} = ", "*", "**"] if index else ["", "*"]))
        comma = "," if index < count - 1 or draw(st.booleans()) else ""
        text += draw(VALUES) + draw(SPACES) + comma + draw(SPACES)
    return text + ")"


def arguments(text: str) -> tuple[list[str], dict[str | None, list[str]]]:
    """The arguments of a call: by place, and by keyword."""
    node: Any = ast.parse(text, mode="eval").body
    keywords: dict[str | None, list[str]] = {}
    for keyword in node.keywords:
        keywords.setdefault(keyword.arg, []).append(ast.unparse(keyword.value))
    return [ast.unparse(arg) for arg in node.args], keywords


def parses(text: str) -> bool:
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return False
    return True


@given(calls().filter(parses))
def test_any_call_can_be_given_a_keyword_and_rid_of_it(text: str) -> None:
    positional, keywords = arguments(text)
    added = edited(text, add)
    assert arguments(added) == (positional, keywords | {"k": ["1"]})
    assert {text[a:b] for a, b in comments(text)} == {added[a:b] for a, b in comments(added)}
    try:
        removed = edited(added, lambda parsed, node: cst.remove_keyword(parsed, node, "k"))
    except NotEditable:
        return
    assert arguments(removed) == (positional, keywords)
    assert sorted(text[a:b] for a, b in comments(text)) == sorted(removed[a:b] for a, b in comments(removed))


@given(calls().filter(parses), st.integers(0, 3))
def test_any_keyword_can_be_removed(text: str, index: int) -> None:
    positional, keywords = arguments(text)
    name = f"n{index}"
    if name not in keywords:
        return
    try:
        removed = edited(text, lambda parsed, node: cst.remove_keyword(parsed, node, name))
    except NotEditable:
        return
    value = keywords.pop(name)
    assert arguments(removed) == (positional, keywords)
    gone = value == ["[1, 2]"]
    assert len(comments(text)) - len(comments(removed)) == gone


@pytest.mark.parametrize(
    "call",
    [
        "f(a)",
        "f(a, b=1)",
        "f(*a, **k)",
        "f( a , b = 1 , )",
        "f(x for x in y)",
        "f((x for x in y))",
        "f((a), b)",
        "f(a, (yield))",
        "f('é', **k, c='ü')",
        "a.b(c)(d, e=(1, 2))",
        "f()",
        "f(\n    )",
        "f(a if b else c)",
        "(f)(a)",
        "f(a)[0](b, c)",
        "f(* a, ** k)",
        "f(\n        a,\n        b=1,\n    )",
        "f(a,\n      b\n      )",
        "f(a\n      , b=(\n 1), **k)",
    ],
)
def test_plain_calls_are_read_as_libcst_reads_them(tmp_path: Path, call: str) -> None:
    from celerylint.cst import plain, read_with_libcst
    from celerylint.statements import bounds
    from tests.tools import file

    source = file(tmp_path, f"def g():\n    {call}\n")
    node = max(source.nodes(ast.Call), key=lambda node: node.end_col_offset or 0)
    start, end = bounds(source, node)
    text = source.source.text[start:end]
    quick = plain(source, node, text, start)
    if quick is not None:
        slow = read_with_libcst(node, text)
        assert (quick.func, quick.lead) == (slow.func, slow.lead)
        assert [vars_of(argument) for argument in quick.arguments] == [vars_of(argument) for argument in slow.arguments]


@pytest.mark.parametrize("call", ["f()", "f( )", "f(a, b=1)"])
def test_calls_without_comments_are_read_without_libcst(tmp_path: Path, call: str) -> None:
    from celerylint.cst import plain
    from tests.tools import file

    source = file(tmp_path, f"{call}\n")
    assert plain(source, source.nodes(ast.Call)[0], call, 0) is not None


def vars_of(argument: object) -> dict[str, object]:
    return {name: getattr(argument, name) for name in ("value", "star", "name", "equal", "comma", "after", "bare")}
