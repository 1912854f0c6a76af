"""CEL403, CEL405, CEL406 and CEL410: which arguments fit a task, held to Celery's own check and to real calls."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from celerylint.config import load
from celerylint.facts import Parameter, ParameterKind
from celerylint.index.arguments import Arguments, unchecked, unfit
from celerylint.project import Project
from celerylint.source import Span
from celerylint.values import Const

NAMES = ("a", "b", "c", "d")
NOWHERE = Span(1, 1, 1, 1)


class Head(NamedTuple):
    """A function's head: its parameters as text and as facts."""

    text: str
    parameters: tuple[Parameter, ...]


@st.composite
def heads(draw: st.DrawFn) -> Head:
    """Every kind of parameter, with and without defaults."""
    names = list(NAMES[: draw(st.integers(0, 4))])
    only, plain = draw(st.integers(0, 2)), draw(st.integers(0, 3))
    kinds: list[ParameterKind] = []
    for _ in names:
        kind: ParameterKind = "positional_only" if len(kinds) < only else "positional"
        kinds.append(kind if len(kinds) < only + plain else "keyword_only")
    placed = [kind for kind in kinds if kind != "keyword_only"]
    required = draw(st.integers(0, len(placed)))
    defaults = [place >= required for place in range(len(placed))]
    defaults += [draw(st.booleans()) for _ in names[len(placed) :]]
    rows = [parameter(*row) for row in zip(names, kinds, defaults, strict=True)]
    if draw(st.booleans()):
        rows.insert(len(placed), parameter("rest", "var_positional", False))
    if draw(st.booleans()):
        rows.append(parameter("options", "var_keyword", False))
    return Head(written(rows), tuple(rows))


def parameter(name: str, kind: ParameterKind, default: bool) -> Parameter:
    return Parameter(name, kind, NOWHERE, Const(0) if default else None)


def written(rows: list[Parameter]) -> str:
    """Parameters as Python writes them."""
    found, kinds = [], [row.kind for row in rows]
    for place, row in enumerate(rows):
        if row.kind == "keyword_only" and "var_positional" not in kinds and "*" not in found:
            found.append("*")
        star = {"var_positional": "*", "var_keyword": "**"}.get(row.kind, "")
        found.append(f"{star}{row.name}{'=0' if row.default is not None else ''}")
        if row.kind == "positional_only" and "positional_only" not in kinds[place + 1 :]:
            found.append("/")
    return ", ".join(found)


calls = st.tuples(st.integers(0, 4), st.frozensets(st.sampled_from((*NAMES, "z")), max_size=3))


def function(head: str) -> Any:
    scope: dict[str, Any] = {"__name__": "shop"}
    exec(f"def task({head}): return 'ran'", scope)
    return scope["task"]


def made(fun: Any, **options: Any) -> Any:
    """A task of an application of its own."""
    celery: Any = importlib.import_module("celery")
    app = celery.Celery("shop", broker="memory://", set_as_current=False)
    return app.task(lazy=False, shared=False, **options)(fun)


def accepts(callee: Any, count: int, names: frozenset[str]) -> bool:
    try:
        callee(*range(count), **dict.fromkeys(names, 0))
    except TypeError:
        return False
    return True


@given(heads(), calls)
@settings(max_examples=300, deadline=None)
def test_what_does_not_fit_is_what_python_refuses(head: Head, call: tuple[int, frozenset[str]]) -> None:
    count, names = call
    fits = not unfit(head.parameters, Arguments(count, names=names))
    assert fits == accepts(function(head.text), count, names)


@given(heads(), calls, st.booleans())
@settings(max_examples=150, deadline=None)
def test_what_is_noticed_at_the_call_is_what_celery_notices(
    head: Head, call: tuple[int, frozenset[str]], bound: bool
) -> None:
    count, names = call
    # Celery binds the first parameter, so that one must be there.
    task = made(function(f"self, {head.text}" if bound else head.text), bind=bound)
    fits = not unfit(unchecked(head.parameters), Arguments(count, names=names))
    assert fits == accepts(task.__header__, count, names)


@given(heads(), calls, calls)
@settings(max_examples=300, deadline=None)
def test_what_is_not_written_out_saves_what_it_can(
    head: Head, call: tuple[int, frozenset[str]], hidden: tuple[int, frozenset[str]]
) -> None:
    """What is said to fail whatever else is passed does fail with anything else."""
    (count, names), (more, others) = call, hidden
    assume(not names & others)
    known = Arguments(count, more=more > 0, names=names, others=bool(others))
    if unfit(head.parameters, known):
        assert not accepts(function(head.text), count + more, names | others)


anything = made(function("*args, **kwargs"))


@given(calls, calls, st.booleans())
@settings(max_examples=150, deadline=None)
def test_signatures_put_what_they_are_called_with_in_front(
    own: tuple[int, frozenset[str]], given_: tuple[int, frozenset[str]], immutable: bool
) -> None:
    (count, names), (more, others) = own, given_
    signature = anything.signature(tuple(range(count)), dict.fromkeys(names, 0), immutable=immutable)
    args, kwargs, _ = signature._merge(tuple(range(more)), dict.fromkeys(others, 1))
    ours = Arguments(count, names=names)
    called = ours if immutable else ours.behind(Arguments(more, names=others))
    assert (called.count, called.names) == (len(args), frozenset(kwargs))


SHOP = """
from celery import Celery, Task, chain, chord, group, shared_task, signature

app = Celery("shop", broker="memory://", backend="cache+memory://")
app.conf.task_always_eager = True
app.conf.task_eager_propagates = True


@app.task(name="none")
def none():
    return 0


@app.task(name="one")
def one(a):
    return a


@app.task(name="two")
def two(a, b=0):
    return a


@app.task(name="keyword")
def keyword(a, *, k):
    return a


@app.task(name="place")
def place(a, /):
    return a


@app.task(name="own", bind=True)
def own(self, a):
    return a


@app.task(name="untyped", typing=False)
def untyped(a):
    return a


class Classy(Task):
    name = "classy"

    def run(self, a):
        return a


classy = app.register_task(Classy())
"""
CASES = """
none.delay()
none.delay(1)
one.delay(1)
one.delay()
one.delay(a=1)
one.delay(1, a=1)
one.delay(b=1)
one.delay(1, countdown=3)
one.delay(args=[1])
two.apply_async((1,), {"b": 2})
two.apply_async((1, 2, 3))
keyword.delay(1, k=2)
keyword.delay(1, 2)
place.delay(1)
place.delay(a=1)
own.delay(1)
own.delay()
untyped.delay()
untyped.delay(1)
classy.delay()
classy.delay(1)
one.s(1).delay()
one.s().delay(1)
one.s(1).delay(1)
one.si(1).delay(2)
two.s(2).delay(1)
two.s(2).delay(1, 0)
two.s(b=1).apply_async((3,))
one.s().set(countdown=1).delay(2)
signature("two", args=(1, 2, 3)).delay()
signature("two", args=(1,)).delay(2)
chain(one.s(1), one.s()).delay()
chain(one.s(1), none.s()).delay()
chain(one.s(1), none.si()).delay()
chain(one.s(1), one.s(2)).delay()
chain(one.s(1), two.s(2)).delay()
chain(one.s(1), two.s(2, 3)).delay()
chain(one.s(), one.s()).delay(1)
chain(one.s(), one.s()).delay()
(one.s(1) | two.s(b=1) | one.s()).delay()
(one.s(1) | two.s(a=1)).delay()
(one.s(1) | keyword.s()).delay()
group(one.s(1), two.s(2)).delay()
group(one.s(), two.s()).delay(1)
group(one.s(1), none.s(1)).delay()
chain(one.s(1), group(one.s(), two.s(2))).delay()
chain(one.s(1), group(one.s(), none.s())).delay()
chord([one.s(1), one.s(2)])(one.s())
chord([one.s(1), one.s(2)])(none.s())
chord([one.s(1), one.s(2)])(none.si())
chord([one.s(1), one.s()], two.s(3)).delay()
chord([one.s(1), one.s(2)], two.s(3)).delay()
one.apply_async((1,), link=one.s())
one.apply_async((1,), link=none.s())
one.apply_async((1,), link=[two.s(1), one.si(2)])
one.map([1, 2]).delay()
none.map([1, 2]).delay()
two.starmap([(1, 2), (3, 4)]).delay()
one.starmap([(1, 2), (3, 4)]).delay()
two.chunks([(1, 2), (3, 4)], 1)()
one.chunks([(1, 2), (3, 4)], 1)()
""".strip().splitlines()
# In eager mode Celery does not look at the shape of `args`, so these are sent, to a broker in memory.
SHAPES = """
two.apply_async()
two.apply_async((1,))
two.apply_async([1], {"b": 2})
two.apply_async(args=(1))
two.apply_async(args="abc")
two.apply_async(f"{1}")
two.apply_async(args="")
two.apply_async(args=None, kwargs={"a": 1})
two.apply_async(1, 2)
two.apply_async((1,), (2,))
two.apply_async({"a": 1})
two.apply_async({1})
two.apply_async(x for x in [1])
two.apply_async([x for x in [1]])
two.apply_async(kwargs=[1])
two.apply_async(kwargs=dict(a=1))
classy.apply_async("abc")
app.send_task("two", (1,))
app.send_task("two", 1)
app.send_task("two", args="abc")
app.send_task("two", kwargs=[1])
two.signature(5).apply_async()
""".strip().splitlines()
RULES = ["CEL403", "CEL405", "CEL406", "CEL410"]


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The codes found for each case, by its text."""
    folder: Path = tmp_path_factory.mktemp("shop")
    text = f"{SHOP}\n\ndef run():\n" + "".join(f"    {case}\n" for case in CASES + SHAPES)
    (folder / "tasks.py").write_text(text, encoding="utf-8")
    report = Project(load([folder], {"select": RULES}, isolated=True), [folder]).check()
    lines = text.splitlines()
    found: dict[str, set[str]] = {}
    for finding in report.findings:
        found.setdefault(lines[finding.span.line - 1].strip(), set()).add(finding.code)
    assert not report.errors
    return found


@pytest.fixture(scope="module")
def shop() -> dict[str, Any]:
    scope: dict[str, Any] = {"__name__": "shop_tasks"}
    exec(SHOP, scope)
    return scope


def fails(case: str, scope: dict[str, Any]) -> bool:
    try:
        exec(case, scope)
    except TypeError:
        return True
    return False


@pytest.mark.parametrize("case", CASES)
def test_what_is_reported_is_what_fails(case: str, findings: dict[str, set[str]], shop: dict[str, Any]) -> None:
    """Run in this process, a case raises TypeError exactly where something is reported."""
    assert bool(findings.get(case)) == fails(case, shop)


@pytest.mark.parametrize("case", SHAPES)
def test_what_has_a_wrong_shape_is_not_sent(case: str, findings: dict[str, set[str]], shop: dict[str, Any]) -> None:
    shop["app"].conf.task_always_eager = False
    try:
        assert bool(findings.get(case)) == fails(case, shop)
    finally:
        shop["app"].conf.task_always_eager = True
