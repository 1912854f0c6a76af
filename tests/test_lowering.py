"""Python that is newer than the host's is read, at the right places, or refused with a reason."""

from __future__ import annotations

import ast
import textwrap
from collections import Counter

import libcst as cst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from libcst.metadata import MetadataWrapper, PositionProvider

from celerylint.lowering import parse
from celerylint.lowering.forms import lower
from celerylint.lowering.host import HOST, host_tree
from celerylint.lowering.restore import restored
from celerylint.source import Source, Span

OLDEST = (3, 10)


def read(text: str) -> ast.Module:
    """The tree as the oldest host would make it, as far as this one can stand in for it."""
    lowered = lower(text, OLDEST)
    return restored(host_tree(lowered.result), lowered, parse)


def dump(tree: ast.AST) -> str:
    return ast.dump(tree).replace(", type_params=[]", "")


# A new form, and the older one that means the same to us.
FORMS = {
    "except": (
        "try: f()\nexcept A, b.C: g()\n",
        "try: f()\nexcept (A, b.C): g()\n",
    ),
    "except of three, a trailing comma": (
        "try: f()\nexcept A, B, C,: g()\n",
        "try: f()\nexcept (A, B, C): g()\n",
    ),
    "except of one and a comma": (
        "try: f()\nexcept A,: g()\n",
        "try: f()\nexcept (A,): g()\n",
    ),
    "except with calls and subscripts": (
        "try: f()\nexcept e(1, 2), E[0, 1], (C): g()\n",
        "try: f()\nexcept (e(1, 2), E[0, 1], C): g()\n",
    ),
    "except with an operator of its own before": (
        "try: f()\nexcept A | B, C: g()\n",
        "try: f()\nexcept (A | B, C): g()\n",
    ),
    "except inside of a function": (
        "def f():\n    try:\n        g()\n    except A, B:\n        h()\n    else:\n        i()\n",
        "def f():\n    try:\n        g()\n    except (A, B):\n        h()\n    else:\n        i()\n",
    ),
    "except over a backslash": (
        "try: f()\nexcept A, \\\n  B: g()\n",
        "try: f()\nexcept (A, \\\n  B): g()\n",
    ),
    "group": (
        "try: f()\nexcept* A: g()\n",
        "try: f()\nexcept A: g()\n",
    ),
    "group of two": (
        "try: f()\nexcept *A, B: g()\n",
        "try: f()\nexcept (A, B): g()\n",
    ),
    "function": ("def f[T](x: T) -> T: return x\n", "def f(x: T) -> T: return x\n"),
    "async function": ("async def f[T](x): await x\n", "async def f(x): await x\n"),
    "all kinds of parameters": (
        "def f[T: (A, B), *Ts, **P](x): ...\n",
        "def f(x): ...\n",
    ),
    "a default": ("def f[T = list[int]](x=1): ...\n", "def f(x=1): ...\n"),
    "parameters over lines": (
        "def f[\n    T,  # (a comment]\n\n    U: 'g()',\n](\n    x,\n): ...\n",
        "def f(\n    x,\n): ...\n",
    ),
    "class": ("class C[T]: x = 1\n", "class C(): x = 1\n"),
    "class with bases": ("class C[T](B[T], metaclass=M): x = 1\n", "class C(B[T], metaclass=M): x = 1\n"),
    "class over lines": ("class C[\n  T,\n]:\n  x = 1\n", "class C:\n  x = 1\n"),
    "non-ASCII parameters": ("def f[Größe](x=g('ü')): ...\n", "def f(x=g('ü')): ...\n"),
    "alias": ("type X = dict[str, Y]\n", "X = dict[str, Y]\n"),
    "generic alias": ('type X[T: "Base", **P] = dict[T, P]\n', "X = dict[T, P]\n"),
    "alias with a default": ("type X[T = int] = T\n", "X = T\n"),
    "alias in a block": ("if x:\n    type  X = int\n    y()\n", "if x:\n    X = int\n    y()\n"),
    "alias on a line": ("if x: type X = int; y()\n", "if x: X = int; y()\n"),
    "alias over lines": ("type X[\n  T,\n] = (\n  T\n)\n", "X = (\n  T\n)\n"),
    "aliases named softly": ("type type = int\ntype match = type\n", "type = int\nmatch = type\n"),
    "inner quotes": ('x = f"{d["k"]}"\n', "x = f\"{d['k']}\"\n"),
    "inner f-strings": ('x = f"{f"{f"{a()}"}"}"\n', "x = f\"{f'''{f'{a()}'}'''}\"\n"),
    "a backslash": ('x = f"{"\\x2c".join(a["k"])}"\n', "x = f\"{','.join(a['k'])}\"\n"),
    "lines and comments": (
        'x = f"{\n    a(  # one\n    )\n}"\n',
        'x = f"{a()}"\n',
    ),
    "side by side": (
        'x = ("a\\t" f"{b["k"]}" r"\\c" f"d{{}}{e!r:>{w["n"]}}")\n',
        "x = f\"a\\t{b['k']}\\\\cd{{}}{e!r:>{w['n']}}\"\n",
    ),
    "self-documenting": ('x = f"{d["k"] = }"\n', 'x = f"d[\\"k\\"] = {d[\'k\']!r}"\n'),
    "raw": ('x = rf"\\d{d["k"]}\\{1}"\n', "x = rf\"\\d{d['k']}\\{1}\"\n"),
    "tuple in a field": ('x = f"{a["k"], b}"\n', "x = f\"{a['k'], b}\"\n"),
    "walrus and lambda": (
        'x = f"{(y := a["k"])}{(lambda: a["k"])()}"\n',
        "x = f\"{(y := a['k'])}{(lambda: a['k'])()}\"\n",
    ),
    "inside of a generic": ('def f[T](x=f"{d["k"]}"): ...\n', "def f(x=f\"{d['k']}\"): ...\n"),
    "lazy": ("lazy import a.b\nlazy from c import d\n", "import a.b\nfrom c import d\n"),
    "stars": (
        "x[*a, 1]\nx[1, *a]\ndef f(*args: *Ts): [*a]; g(*b); 2 * c\n",
        "x[a, 1]\nx[1, a]\ndef f(*args: Ts): [*a]; g(*b); 2 * c\n",
    ),
}


def simplified(text: str) -> str:
    """The tree's dump with what the older spelling cannot say made alike."""
    return dump(host_tree(text)).replace(
        "Call(func=Name(id='chr', ctx=Load()), args=[Constant(value=10)], keywords=[])", "Constant(value='\\n')"
    )


@pytest.mark.parametrize("name", FORMS)
def test_new_forms_are_read_as_the_old(name: str) -> None:
    new, old = FORMS[name]
    assert dump(read(new)) == simplified(old)


@pytest.mark.parametrize("name", FORMS)
def test_lowering_keeps_lines_and_lengths(name: str) -> None:
    new, _ = FORMS[name]
    before, after = new.splitlines(), lower(new, OLDEST).result.splitlines()
    assert [len(line.encode()) for line in before] == [len(line.encode()) for line in after]


OLD = """\
type = 1
type.x = type[0] = type(x)
type: int = 2
print(type, lazy, match)
lazy = 3
x = type if type is int else type in y
try:
    f()
except (A, B) as e:
    x[a:b, *c]
except A or B:
    f"{a!r:{b}} {{}}" "c"
match type:
    case {"a": [A, *rest]}: pass
class C(B[T]): pass
x: list[f"{y}"] = lambda a, b: (a, b)
"""


def test_what_the_host_reads_is_left_alone() -> None:
    # Starred items beside slices came with 3.11.
    text = OLD if HOST >= (3, 11) else OLD.replace("*c]", "c]")
    assert not lower(OLD, max(HOST, (3, 11))).edits
    assert dump(parse(text)) == dump(host_tree(text))


def test_only_what_a_host_lacks_is_lowered() -> None:
    text = "def f[T](x):\n    try: g()\n    except A, B: h()\nclass C[T = int]: ...\n"
    changed = {
        host: [text[start:end] for start, end, _ in lower(text, host).edits]
        for host in [(3, 11), (3, 12), (3, 13), (3, 14)]
    }
    assert changed == {(3, 11): ["[T](", ",", "[T = int]"], (3, 12): [",", "[T = int]"], (3, 13): [","], (3, 14): []}


def test_a_template_string_is_a_node_of_its_own() -> None:
    text = 'x = (t"a{b["k"]()!s:>{w}}"\n     t"{c}")\n'
    (statement,) = parse(text).body
    assert isinstance(statement, ast.Assign)
    node = statement.value
    assert type(node).__name__ == "TemplateStr"
    assert spans(text, parse(text)) == [Span(1, 10, 1, 18)]
    assert [type(value).__name__ for value in ast.iter_child_nodes(node)] == [
        "Constant",
        "Interpolation",
        "Interpolation",
    ]
    assert {name.id for name in ast.walk(node) if isinstance(name, ast.Name)} == {"b", "w", "c"}


def spans(text: str, tree: ast.Module) -> list[Span]:
    """The places of all calls."""
    source = Source.from_text("x.py", text)
    return sorted(source.span(node) for node in ast.walk(tree) if isinstance(node, ast.Call))


def cst_places(text: str) -> Counter[tuple[str, Span]]:
    """Where LibCST sees calls, attributes and names of functions."""
    places: Counter[tuple[str, Span]] = Counter()
    for node, where in MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True).resolve(PositionProvider).items():
        if isinstance(node, cst.Call | cst.Attribute):
            span = Span(where.start.line, where.start.column + 1, where.end.line, where.end.column + 1)
            places[type(node).__name__, span] += 1
    return places


def ast_places(text: str, tree: ast.Module) -> Counter[tuple[str, Span]]:
    source = Source.from_text("x.py", text)
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Call | ast.Attribute)]
    return Counter((type(node).__name__, source.span(node)) for node in nodes)


# LibCST does not know the first two, and sees the call in a type parameter, which we drop.
BEYOND_LIBCST = {"lazy", "except of one and a comma", "parameters over lines"}


@pytest.mark.parametrize("name", [name for name in FORMS if name not in BEYOND_LIBCST])
def test_positions_are_those_of_libcst(name: str) -> None:
    new, _ = FORMS[name]
    assert ast_places(new, read(new)) == cst_places(new)


expressions = st.recursive(
    st.sampled_from(["a", "b.c", "d()", "é.f(x)", "1", '"k"', "t.delay(1)", "'ü'"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: f"g({pair[0]}, k={pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"[{pair[0]}, {pair[1]}]"),
        inner.map(lambda value: f'f"é {{{value}}} {{{{}}}}"'),
        inner.map(lambda value: f'f"{{ {value}!r:>{{{value}}}}}" "ü"'),
        inner.map(lambda value: f'f"""\n{{{value}}}"""'),
        inner.map(lambda value: f'f"{{\n  ({value})  # c\n}}"'),
        inner.map(lambda value: f"({value} if {value} else h[{value}])"),
    ),
    max_leaves=6,
)
statements = st.one_of(
    expressions.map(lambda value: f"x = {value}\n"),
    expressions.map(lambda value: f"type X = {value}\n"),
    expressions.map(lambda value: f"type X[T, **P] = {value}\n"),
    expressions.map(lambda value: f"def f[T: é](a={value}): return {value}\n"),
    expressions.map(lambda value: f"class C[T](A, k={value}): y = {value}\n"),
    expressions.map(lambda value: f"try: {value}\nexcept A, b.É: {value}\nexcept C: pass\n"),
    expressions.map(lambda value: f"if x:\n\ttry:\n\t\t{value}\n\texcept A, B:\n\t\tz({value})\n"),
)
modules = st.lists(statements, min_size=1, max_size=4).map("".join)


@settings(deadline=None, max_examples=150)
@given(modules, st.sampled_from(["\n", "\r\n"]))
def test_generated_modules_have_libcsts_positions(text: str, newline: str) -> None:
    text = text.replace("\n", newline)
    assert ast_places(text, read(text)) == cst_places(text)
    assert ast_places(text, parse(text)) == cst_places(text)


def refusal(text: str) -> SyntaxError | None:
    """Why a text cannot be read. Any other error goes through."""
    try:
        parse(text)
    except SyntaxError as error:
        return error
    return None


@given(st.text())
def test_text_that_is_no_python_is_a_syntax_error_and_nothing_else(text: str) -> None:
    error = refusal(text)
    if error is not None:
        assert error.msg
        assert 1 <= (error.lineno or 0) <= len(Source.from_text("", text).starts)
        assert (error.offset or 0) >= 1


@settings(max_examples=300)
@given(modules, st.sampled_from(["", '"', "{", "}", "(", ")", ",", ":", "\\", "\n", "!"]), st.floats(0, 1))
def test_broken_modules_are_a_syntax_error_and_nothing_else(text: str, char: str, where: float) -> None:
    start = int(where * (len(text) - 1))
    error = refusal(text[:start] + char + text[start + 1 :])
    assert error is None or error.msg


def error_of(text: str) -> SyntaxError:
    with pytest.raises(SyntaxError) as caught:
        parse(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("x = 1\nprint 'a'\n", "the print statement"),
        ("print x, y\n", "the print statement"),
        ("if x: print 1\n", "the print statement"),
        ("exec code in d\n", "the exec statement"),
        ("raise E, 'no'\n", "raise with a comma"),
        ("x = `y`\n", "backquotes"),
        ("if x <> y: pass\n", "the operator <>"),
        ("x = 0777\n", "the number 0777"),
        ("x = 10L\n", "the number 10L"),
        ("x = ur'a'\n", "a ur string"),
    ],
)
def test_python_2_is_named(text: str, form: str) -> None:
    error = error_of(text)
    assert f"this is Python 2 code: {form} in line " in error.msg
    assert error.lineno == text.count("\n")


def test_python_2_is_found_where_newer_forms_were_lowered_before() -> None:
    error = error_of("try: f()\nexcept IOError, e:\n    print 'failed', e\n")
    assert "Python 2" in error.msg
    assert error.lineno == 3


def test_a_comma_in_except_is_python_2_where_nothing_binds_the_name() -> None:
    error = error_of("try:\n    f()\nexcept IOError, e:\n    log(e)\n")
    assert "Python 2" in error.msg
    assert (error.lineno, error.offset) == (3, 17)


@pytest.mark.parametrize(
    "binding",
    [
        "from m import e",
        "import e",
        "import m.n as e",
        "from m import *",
        "e = 1",
        "def e(): ...",
        "class e: ...",
        "def f(e): ...",
    ],
)
def test_a_comma_in_except_is_python_3_where_something_may_bind_the_name(binding: str) -> None:
    assert parse(f"{binding}\ntry:\n    f()\nexcept IOError, e:\n    log()\n").body


def test_python_3_that_looks_like_python_2_is_not_called_so() -> None:
    text = "print\nprint >> f, x\nexec\nraise E(1, 2)\nx = 0, 00, 0xAL if 0 else 1\n"
    assert "Python 2" not in error_of("print(1\nprint if x else y\nraise E(a, b)\n").msg
    assert "the number 0xAL" in error_of(text).msg


@pytest.mark.skipif(HOST >= (3, 14), reason="this Python reads the form itself")
def test_a_mistake_behind_new_forms_is_the_one_that_is_reported() -> None:
    error = error_of("def f[T](x): ...\n\ntry: f()\nexcept A, B: g()\n\nx = = 1\n")
    assert error.lineno == 6
    assert error.offset == 5
    assert "the file needs Python 3.14" in error.msg
    assert error.text == "x = = 1"


def test_columns_count_characters_where_wide_ones_were_replaced() -> None:
    error = error_of("def f[ÄÖÜ](x='é'): return = 1\n")
    assert (error.lineno, error.offset) == (1, 27)


@pytest.mark.parametrize(
    "text",
    [
        'x = f"{a["k"] b}"\n',
        'x = f"{}"\n',
        'x = f"{a["k"]!z}"\n',
        'x = f"{lambda: a["k"]}"\n',
        'x = f"{a for a in b["k"]}"\n',
        'x = b"" f"{a["k"]}"\n',
        'x = t"" f"{a}"\n',
        'print f"{a["k"]}"\n',
        'f"{a["k"]}" = 1\n',
        "def f[T]: ...\n",
        "type X[] = 1\n",
        "try: f()\nexcept A, B as e: g()\n",
        "try: f()\nexcept A or B, C and D: g()\n" if HOST < (3, 14) else "except A\n",
        "try: f()\nexcept A, B | C: g()\n" if HOST < (3, 14) else "except A\n",
        "lazy import\n",
        'x = f"\\N{no such name}{a["k"]}"\n',
    ],
)
def test_what_no_python_reads_or_we_cannot_keep_is_refused(text: str) -> None:
    assert error_of(text).lineno


@pytest.mark.parametrize(
    ("text", "kind"),
    [("if x:\n\ty\n        z\n", TabError), ("  x\n", IndentationError), ("x = 'a\n", SyntaxError)],
)
def test_the_kind_of_error_is_kept(text: str, kind: type[SyntaxError]) -> None:
    assert type(error_of(text)) is kind


def test_deep_nesting_and_lone_surrogates_are_syntax_errors() -> None:
    assert error_of("x = " + "(" * 5000 + ")" * 5000).msg
    assert error_of("x = " + "-" * 100_000 + "1").msg
    assert "surrogate" in error_of("x = '\ud800'").msg


@pytest.mark.parametrize("depth", [3, 30, 100, 400])
def test_strings_in_strings_are_read_or_refused_at_any_depth(depth: int) -> None:
    text = "x = " + 'f"{' * depth + "a()" + '}"' * depth + "\n"
    error = refusal(text)
    assert error is None or depth > 30
    if error is None:
        (span,) = spans(text, parse(text))
        assert Source.from_text("x.py", text).cut(span) == "a()"


def test_nothing_is_said_about_escapes(recwarn: pytest.WarningsRecorder) -> None:
    parse("x = '\\d' if 1 is 1 else 1or 2\n")
    parse('try: f("\\d")\nexcept A, B: f"\\d{x["\\d"]}"\n')
    assert not recwarn.list


def test_nested_expressions_stand_where_they_are_written() -> None:
    text = textwrap.dedent(
        """\
        class Ä[T]:
            def g(self):
                return f"ü {
                    self.task.delay(
                        f"{d["k"]()}"
                    )
                }" f"{h()}"
        """
    )
    source = Source.from_text("x.py", text)
    cut = [source.cut(span) for span in spans(text, parse(text))]
    assert cut == ['self.task.delay(\n                f"{d["k"]()}"\n            )', 'd["k"]()', "h()"]
