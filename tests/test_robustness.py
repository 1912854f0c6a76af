"""Whatever the code: no rule crashes, every fix parses, a second run changes nothing, no comment is lost."""

from __future__ import annotations

import ast
import os
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from celerylint import fixing
from celerylint.config import load
from celerylint.lexing import comments
from celerylint.project import Project

HEAD = """\
import celery, requests, time
from celery import Celery, chain, chord, group, shared_task
from celery.schedules import crontab
from django.db import transaction
app = Celery("shop")
"""
NAMES = st.sampled_from(["ship", "pack", "self", "order", "r", "app", "task", "x", "Order", "undefined"])
LITERALS = st.sampled_from(
    [
        "1",
        "None",
        "True",
        "'text'",
        "b'x'",
        "{1, 2}",
        "(1,)",
        "(1)",
        "{'a': 1}",
        "[1, *x]",
        "f'{x}'",
        "lambda: x",
        "...",
        "-1.5",
    ]
)
OPTIONS = [
    "bind=True", "bind=x", "max_retries=None", "max_retry=3", "autoretry_for=(Exception,)", "autoretry_for=ValueError",
    "retry_backoff=None", "time_limit=10", "soft_time_limit=20", "serializer='pickle'", "name='ship'",
    "ignore_result=True",
    "acks_late=True", "rate_limit='10/x'", "queue='q'", "base=Order", "**x", "retry_kwargs={'max_retries': 3}",
    "autoretry_for=x, retry_backoff=True", "default_retry_delay=4000", "expires=3",
]  # fmt: skip
CALLS = [
    "{f}.delay({a})", "{f}.delay({a}, countdown=10)", "{f}.apply_async(args={a})", "{f}.apply_async(({a}))",
    "{f}.apply_async({a}, {a})", "{f}.apply_async(countdwn=3, args=[{a}])", "{f}.s({a})", "{f}.si()", "{f}.delay(*{a})",
    "chain({f}.s({a}), {f}.si({a}))()", "group({f}.s(i) for i in {a})", "chord([{f}.s()], {f}.s({a}))",
    "{f}.s() | {f}.s()",
    "self.retry()", "self.retry(exc={a})", "self.retry(countdown={a}, throw=False)", "{f}.retry({a})",
    "app.send_task('shop.ship', {a})", "app.send_task({a})", "{f}.delay({a}).get()", "{f}({a})", "{f}.run({a})",
    "requests.get({a})", "time.sleep({a})", "crontab(hour={a})", "crontab({a}, {a})", "Order.objects.get(pk={a})",
    "transaction.on_commit({f}.delay({a}))", "transaction.on_commit(lambda: {f}.delay({a}))",
    "{f}.apply_async(eta={a})",
    "app.conf.update(task_acks_lat={a})", "print({a})", "[{f}.delay(x) for x in {a}]",
    "{f}.apply_async(link={f}.s(), queue={a})",
]  # fmt: skip


@st.composite
def expressions(draw: st.DrawFn, depth: int = 0) -> str:
    if depth > 2 or draw(st.booleans()):
        return draw(st.one_of(NAMES, LITERALS))
    template = draw(st.sampled_from(CALLS))
    return template.format(f=draw(NAMES), a=draw(expressions(depth=depth + 1)))


@st.composite
def statements(draw: st.DrawFn, depth: int = 0) -> list[str]:
    """The lines of one statement."""
    value = draw(expressions())
    comment = draw(st.sampled_from(["", "  # why", "  # noqa: CEL206", "  # celerylint: ignore[CEL101]"]))
    simple = [
        f"{value}{comment}",
        f"r = {value}{comment}",
        f"return {value}",
        f"raise {value}",
        f"r, x = {value}",
        "global r",
    ]
    if depth > 2 or draw(st.integers(0, 2)):
        return [draw(st.sampled_from(simple))]
    inner = [f"    {line}" for line in draw(blocks(depth + 1))]
    head = draw(
        st.sampled_from(
            [
                f"if {value}:",
                f"for x in {value}:",
                "with transaction.atomic():",
                "try:",
                "while True:",
                f"with {value} as r:",
            ]
        )
    )
    if head != "try:":
        return [head + comment, *inner]
    handler = draw(
        st.sampled_from(
            ["except Exception:", "except Exception as error:", "except:", "except (ValueError, KeyError) as x:"]
        )
    )
    return [head, *inner, handler + comment, *(f"    {line}" for line in draw(blocks(depth + 1)))]


@st.composite
def blocks(draw: st.DrawFn, depth: int = 0) -> list[str]:
    return [line for block in draw(st.lists(statements(depth=depth), min_size=1, max_size=3)) for line in block]


@st.composite
def functions(draw: st.DrawFn) -> list[str]:
    decorator = draw(
        st.sampled_from(["@shared_task", "@app.task", "@celery.shared_task", "@app.task()", "", "@transaction.atomic"])
    )
    if decorator in {"@shared_task", "@app.task"} and draw(st.booleans()):
        decorator += (
            f"({', '.join(draw(st.lists(st.sampled_from(OPTIONS), max_size=3, unique_by=lambda o: o.split('=')[0])))})"
        )
    parameters = draw(
        st.sampled_from(
            ["", "self", "self, order", "order, *x", "*, order=None", "order: Order", "self, password", "**x"]
        )
    )
    name = draw(st.sampled_from(["ship", "pack", "other"]))
    kind = draw(st.sampled_from(["def", "def", "def", "async def"]))
    return [decorator, f"{kind} {name}({parameters}):", *(f"    {line}" for line in draw(blocks()))]


@st.composite
def modules(draw: st.DrawFn) -> str:
    parts = draw(st.lists(st.one_of(functions(), blocks()), min_size=1, max_size=4))
    text = (
        HEAD + "\n".join(line for part in parts for line in part) + draw(st.sampled_from(["", "\n", "\n# the end\n"]))
    )
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return text.replace("\n", newline)


def written(text: str) -> Counter[str]:
    """The comments of a text but for suppressions, which a fix may take out."""
    found = (text[start:end].strip("# ") for start, end in comments(text))
    return Counter(comment for comment in found if "noqa" not in comment and "celerylint" not in comment)


def parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(modules())
def test_any_module(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.py"
        path.write_bytes(text.encode())
        config = load([Path(folder)], {"select": ["ALL"], "cache": False}, isolated=True)
        first = Project(config, [Path(folder)])
        report = first.check()
        assert report.errors == []
        if not parses(text):
            assert [finding.code for finding in report.findings] == ["CEL000"]
            return
        fixed = fixing.fix_all(first, unsafe=True)
        assert fixed.bugs == []
        for source, new in fixed.changed.values():
            ast.parse(new)
            assert written(source.text) <= written(new)
            path.write_bytes(new.encode())
        assert fixing.fix_all(Project(config, [Path(folder)]), unsafe=True).changed == {}


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.py"
        path.write_bytes(b"from celery import shared_task\n" + data + os.linesep.encode())
        report = Project(
            load([Path(folder)], {"select": ["ALL"], "cache": False}, isolated=True), [Path(folder)]
        ).check()
        assert report.errors == []
