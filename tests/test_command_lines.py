"""Command lines: what is found behind wrappers, and what Celery makes of it. Real Celery decides."""

from __future__ import annotations

from typing import Any

import click
import pytest
from celery import Celery
from celery.bin.base import CLIContext
from celery.bin.celery import celery as real

from celerylint.deploy.command_line import CommandLine, node_lines
from celerylint.deploy.command_reader import read
from celerylint.deploy.programs import Call, calls
from celerylint.deploy.snippets import HIDDEN, Snippet, Word, split
from celerylint.source import Source

made: Any = CLIContext
app: Any = Celery
OBJECT = made(app=app("shop"), no_color=True, workdir=None, quiet=True)


def words(text: str) -> tuple[Word, ...]:
    return tuple(split(Snippet.of(Source.from_text("x", text), 0, len(text))))


def line(text: str, version: tuple[int, int] = (5, 7)) -> CommandLine:
    return read(words(text), version)


def problems(text: str, version: tuple[int, int] = (5, 7)) -> list[tuple[str, str, str]]:
    return [(problem.fault, problem.about, problem.hint) for problem in line(text, version).problems]


def refusal(text: str) -> str:
    """Why the Celery that is installed refuses a command line; "" where it takes it."""
    arguments = text.split()[1:]
    try:
        with real.make_context("celery", list(arguments)) as context:
            name, command, rest = real.resolve_command(context, [*context.protected_args, *context.args])
            assert command is not None
            context.obj = OBJECT
            with command.make_context(name, rest, parent=context):
                return ""
    except click.exceptions.Exit:
        return ""
    except click.ClickException as error:
        return error.format_message()


@pytest.mark.filterwarnings("ignore:'protected_args':DeprecationWarning")
@pytest.mark.parametrize(
    "text",
    [
        "celery -A shop worker -l info -c 2",
        "celery --app=shop -C worker -linfo -c4 -EB --scheduler=a.b:S",
        "celery worker",
        "celery -A shop worker -Q a,b -X c -O fair -P threads --without-gossip extra",
        "celery -A shop worker -- worker.x=1",
        "celery -A shop worker --autoscale 10,2 -n w@%h --time-limit 3.5",
        "celery -A shop worker --concurrency=auto",
        "celery -A shop beat -S a:b -s /tmp/x --pidfile= --max-interval 5 -l FATAL",
        "celery -A shop inspect -d w@h -t 5 ping",
        "celery -A shop status",
        "celery worker -A shop",
        "celery beat --app shop -l info",
        "celery worker -l info -Ashop",
        "celery -A shop worker -l WARN",
        "celery -A shop worker -P thread",
        "celery -A shop worker -O fast",
        "celery -A shop worker --maxtasksperchild=10",
        "celery -A shop worker --time_limit 5",
        "celery -A shop worker --log info",
        "celery -A shop worker -c four",
        "celery -A shop worker -c -1",
        "celery -A shop worker --time-limit soon",
        "celery -A shop worker --max-tasks-per-child 1.5",
        "celery -A shop worker --loglevel",
        "celery -A shop worker -c",
        "celery -A shop worker --beat=1",
        "celery -A shop worker -E=1",
        "celery -A shop wroker",
        "celery -A shop -l info worker",
        "celery -A shop beat -Q a",
        "celery -A shop beat --queues=a",
        "celery -A shop worker -x",
    ],
)
def test_what_celery_refuses_is_a_problem(text: str) -> None:
    assert bool(line(text).problems) == bool(refusal(text)), refusal(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("celery beat -A shop", [("order", "-A", "beat")]),
        ("celery worker --workdir=/x -A shop", [("order", "--workdir", "worker"), ("order", "-A", "worker")]),
        ("celery -A shop worker -l WARN", [("choice", "-l WARN", "WARNING")]),
        ("celery -A shop worker -P thread", [("choice", "-P thread", "threads")]),
        ("celery -A shop worker --maxtasksperchild 9 -E", [("option", "--maxtasksperchild", "--max-tasks-per-child")]),
        ("celery -A shop worker --soft_time_limit=5", [("option", "--soft_time_limit", "--soft-time-limit")]),
        ("celery -A shop worker --concurency 4", [("option", "--concurency", "--concurrency")]),
        ("celery -A shop worker --nonsense", [("option", "--nonsense", "")]),
        ("celery -A shop wroker", [("command", "wroker", "worker")]),
        ("celery -A shop worker -B -S a.b:DatabaseScheduler", [("meaning", "-S a.b:DatabaseScheduler", "--scheduler")]),
    ],
)
def test_problems(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert problems(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "celery worker -A shop -l warn --maxtasksperchild=9",
        "celery worker --logl info --app shop",
        "celery -A shop -l info worker",
    ],
)
def test_celery_4_takes_options_in_any_order_and_by_their_beginning(text: str) -> None:
    assert problems(text, (4, 4)) == []


@pytest.mark.parametrize(
    "text",
    [
        f"celery -A shop worker -l {HIDDEN}",
        f"celery -A shop worker {HIDDEN} --x",
        "celery -A shop flower --basic_auth=a:b --x",
    ],
)
def test_what_is_not_known_is_no_problem(text: str) -> None:
    assert not [fault for fault, _, _ in problems(text) if fault != "value"]


def test_options_and_their_places() -> None:
    text = "celery -A shop worker -EBl info --queues a,b"
    found = line(text)
    assert found.command == "worker"
    assert {given.name: given.value for given in found.given} == {
        "--app": "shop",
        "--task-events": None,
        "--beat": None,
        "--loglevel": "info",
        "--queues": "a,b",
    }
    assert found.flag("--beat") is True
    assert found.flag("--purge") is False
    queues = found.option("--queues")
    assert queues is not None
    assert text[queues.span.column - 1 : queues.span.end_column - 1] == "--queues a,b"


def test_more_options_may_come_from_a_variable() -> None:
    found = line(f"celery -A shop worker {HIDDEN}")
    assert found.open
    assert found.flag("--beat") is None
    assert found.value("--queues") == HIDDEN


def test_multi_starts_workers() -> None:
    found = line("celery multi start 2 -A shop -c:1 4 -Q:2 mail --pidfile=/run/%n.pid")
    assert [(node.value("--concurrency"), node.value("--queues")) for node in node_lines(found)] == [
        ("4", None),
        (None, "mail"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "exec celery beat",
        "A=1 B=2 celery beat",
        "env -i A=1 -u B celery beat",
        "nohup nice -n 5 celery beat",
        "/opt/venv/bin/celery beat",
        "python -m celery beat",
        "python3.12 -W error -m celery beat",
        "poetry run celery beat",
        "uv run --extra x --with y celery beat",
        "uv run -m celery beat",
        "pipenv run python -m celery beat",
        "conda run -n x celery beat",
        "watchmedo auto-restart -d . -R -p '*.py' -- celery beat",
        "watchmedo auto-restart --directory=. celery beat",
        "watchfiles --filter python 'celery beat' shop",
        "hupper -w x -m celery beat",
        "newrelic-admin run-program celery beat",
        "ddtrace-run celery beat",
        "opentelemetry-instrument --service_name x celery beat",
        "dumb-init -- celery beat",
        "tini -g -s -- celery beat",
        "gosu app celery beat",
        "su-exec app:app celery beat",
        "su app -c 'celery beat'",
        "sudo -u app -E celery beat",
        "timeout -k 5 60 celery beat",
        "./wait-for-it.sh db:5432 -t 30 -- celery beat",
        "dockerize -wait tcp://db:5432 celery beat",
        "chamber exec shop -- celery beat",
        "bin/start-pgbouncer celery -A x beat",
        "docker compose run --rm web celery -A x beat",
        "sh -c 'cd /app && exec celery beat'",
        "bash -lc 'celery beat'",
        "tini -- sh -ec 'poetry run celery beat'",
    ],
)
def test_celery_is_found_behind_what_starts_it(text: str) -> None:
    found = [call for call in calls(words(text)) if call.program == "celery"]
    assert [read(call.words, (5, 7)).command for call in found] == ["beat"]


@pytest.mark.parametrize(
    "text",
    [
        "echo celery worker",
        "pkill -f celery worker",
        "pip install celery beat",
        "systemctl restart celery worker",
        "wait-for-it.sh celery:80",
        "python manage.py celery",
        "chown -R celery beat",
        "celerybeat.sh",
    ],
)
def test_what_only_mentions_celery_starts_none(text: str) -> None:
    assert not [call for call in calls(words(text)) if call.program == "celery"]


def only(text: str) -> Call:
    (call,) = [call for call in calls(words(text)) if call.program == "celery"]
    return call


def test_who_gets_the_signals() -> None:
    assert only("dumb-init celery beat").to_group == "dumb-init"
    assert only("dumb-init -c celery beat").to_group == ""
    assert only("tini -g -- celery beat").to_group == "tini -g"
    assert only("gosu app celery beat").dropped
    shell = only("sh -c 'celery beat | tee log'").shells[0]
    assert (shell.executed, shell.manner.piped) == (False, True)
    assert only("sh -c 'exec celery beat'").shells[0].executed
    assert dict(only("REMAP_SIGTERM=SIGQUIT celery beat").environment) == {"REMAP_SIGTERM": "SIGQUIT"}
