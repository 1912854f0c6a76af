"""The tables of `celerylint/celery_data` against the Celery that is installed beside the tests."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from celerylint import celery_data
from celerylint.celery_data import (
    commands_table,
    likeness,
    options_table,
    removed_table,
    settings_table,
    transports_table,
)
from celerylint.celery_data.rows import Version

INTROSPECTION = Path(__file__).parents[1] / "scripts" / "introspect_celery.py"


@cache
def installed() -> dict[str, Any]:
    """What the installed Celery says of itself, and which names of the table of removed ones it has."""
    rows = celery_data.removed_api().values()
    names = sorted({name for row in rows for name in (row.name, row.replacement) if name})
    command = [sys.executable, "-W", "ignore", str(INTROSPECTION), *names]
    answer: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return answer


@cache
def version() -> Version:
    major, minor = installed()["celery"]
    assert (major, minor) in celery_data.VERSIONS, "run scripts/generate_celery_data.py for the new version"
    return major, minor


def test_every_setting_is_as_celery_has_it() -> None:
    known = {
        name: {
            "type": info.type,
            "default": info.default,
            "old": list(info.old),
            "deprecated": info.deprecated,
            "removal": info.removal,
            "listed": info.listed,
        }
        for name, info in celery_data.settings(version()).items()
    }
    assert known == installed()["settings"]


def test_old_names_lead_where_celery_leads_them() -> None:
    from celery.app import defaults

    assert {old: celery_data.old_setting_names()[old] for old in defaults._TO_NEW_KEY} == defaults._TO_NEW_KEY


def test_task_options_are_those_that_celery_reads() -> None:
    assert sorted(celery_data.task_options(version())) == installed()["task_options"]
    assert sorted(celery_data.autoretry_options(version())) == installed()["autoretry_options"]


def test_execution_options_are_those_on_the_way_of_a_message() -> None:
    known, read = celery_data.execution_options(version()), set(installed()["message_options"])
    newest_kombu = tuple(installed()["kombu"]) == celery_data.kombu_range(version())[1]
    assert read == known if newest_kombu else read <= known


@pytest.mark.parametrize("call", sorted(options_table.CALL_OPTIONS))
def test_calls_name_the_parameters_that_celery_gives_them(call: str) -> None:
    assert sorted(celery_data.call_options(version(), call)) == installed()["calls"][call]
    assert celery_data.call_options(version(), call) <= celery_data.execution_options(version(), call)


@pytest.mark.parametrize("transport", sorted(transports_table.TRANSPORT_OPTIONS))
def test_no_transport_reads_an_option_that_is_unknown(transport: str) -> None:
    known = celery_data.transport_options(transport)
    assert known is not None
    assert known >= set(installed()["transports"][transport])
    assert celery_data.result_transport_options() >= set(installed()["result_transport_options"])


def test_transports_without_a_table_are_unknown() -> None:
    assert celery_data.transport_options("qpid") is None
    assert celery_data.transport_options("rediss") == celery_data.transport_options("redis")


def test_command_lines_are_those_of_celery() -> None:
    described = installed()["commands"]
    assert celery_data.commands(version()) == set(described) - {""}
    for command, description in described.items():
        options = {option.names: option for option in celery_data.command_options(command, version())}
        expected = {
            tuple(option["names"]): (option["value"], option["type"], tuple(option["choices"]), option["multiple"])
            for option in description["options"]
        }
        assert {names: tuple(option)[1:] for names, option in options.items()} == expected, command
        assert celery_data.subcommands(command, version()) == set(description["subcommands"]), command


def test_removed_names_are_gone_and_what_replaces_them_is_there() -> None:
    there = set(installed()["names"])
    for row in celery_data.removed_api().values():
        if row.last is not None:
            assert (row.name in there) == (row.last >= version()), row
        elif row.name.rpartition(".")[0] != "celery.Task":  # options of tasks need not be attributes of Task
            assert row.name in there, row
        assert not row.replacement or row.replacement in there or row.replacement.startswith("celery_batches."), row


def test_tables_are_of_the_versions_that_the_module_names() -> None:
    assert settings_table.VERSIONS == celery_data.VERSIONS
    assert celery_data.newest() == max(celery_data.VERSIONS)
    assert set(celery_data.KOMBU) == set(celery_data.VERSIONS)


def stretches() -> list[list[tuple[Version, Version | None]]]:
    """The stretches of versions of every setting, option and command."""
    found = [[row[:2] for row in rows] for rows in settings_table.SETTINGS.values()]
    found += [[row[:2] for row in rows] for rows in commands_table.COMMANDS.values()]
    names = [options_table.TASK_OPTIONS, options_table.MESSAGE_OPTIONS, *options_table.CALL_OPTIONS.values()]
    found += [[row[1:] for row in rows if row[0] == name] for rows in names for name in {row[0] for row in rows}]
    return found


def test_stretches_of_versions_follow_each_other() -> None:
    for rows in stretches():
        for (since, until), (following, _) in zip(rows, [*rows[1:], (None, None)], strict=True):
            assert until is None or since < until
            assert following is None or (until is not None and until <= following)


@pytest.mark.parametrize(
    ("name", "added", "removed"),
    [
        ("task_time_limit", None, None),
        ("riak_backend_settings", None, (5, 0)),
        ("task_store_eager_result", (5, 1), None),
        ("broker_connection_retry_on_startup", (5, 3), None),
        ("worker_soft_shutdown_timeout", (5, 5), None),
        ("worker_eta_task_limit", (5, 6), None),
        ("task_retry_on_worker_lost", (5, 7), None),
        ("beat_pidfile", (5, 4), None),
    ],
)
def test_history_of_settings(name: str, added: Version | None, removed: Version | None) -> None:
    info = celery_data.all_settings()[name]
    assert (info.added, info.removed) == (added, removed)
    for each in celery_data.VERSIONS:
        known = (added is None or each >= added) and (removed is None or each < removed)
        assert (name in celery_data.settings(each)) == known


@pytest.mark.parametrize(
    ("option", "since"),
    [("dont_autoretry_for", (5, 3)), ("pydantic", (5, 5)), ("before_start", (5, 2)), ("retry_on_worker_lost", (5, 7))],
)
def test_history_of_task_options(option: str, since: Version) -> None:
    assert min(each for each in celery_data.VERSIONS if option in celery_data.task_options(each)) == since


@pytest.mark.parametrize("option", ["countdown", "eta", "link", "max_retry", "ack_late", "task_time_limit"])
def test_inert_options_of_tasks_are_unknown(option: str) -> None:
    assert option not in celery_data.task_options(celery_data.newest())


def test_versions_outside_the_tables_are_answered_by_the_nearest() -> None:
    assert celery_data.settings((3, 1)).keys() == celery_data.settings((4, 4)).keys()
    assert celery_data.settings((6, 0)).keys() == celery_data.settings(celery_data.newest()).keys()
    assert celery_data.kombu_for((5, 2)) == (5, 2)


def test_global_options_precede_the_command_from_5_0_on() -> None:
    def has(command: str, option: str, version: Version) -> bool:
        return any(option in known.names for known in celery_data.command_options(command, version))

    assert has("worker", "-A", (4, 4))
    assert not has("worker", "-A", (5, 0))
    assert has("", "-A", (5, 0))
    assert not has("worker", "--maxtasksperchild", (5, 4))
    assert not has("worker", "--disable-prefetch", (5, 5))
    assert has("worker", "--disable-prefetch", (5, 6))


@pytest.mark.parametrize(
    "name",
    ["CELERY_EMAIL_BACKEND", "redbeat_redis_url", "CELERY_REDBEAT_LOCK_KEY", "ONCE", "CELERY_SINGLETON_LOCK_EXPIRY"],
)
def test_settings_of_other_packages(name: str) -> None:
    assert celery_data.is_third_party_setting(name)


@pytest.mark.parametrize("name", ["CELERY_TASK_TIME_LIMITS", "task_acks_late", "CELERY_BEAT_SHEDULE"])
def test_settings_of_nobody(name: str) -> None:
    assert not celery_data.is_third_party_setting(name)


def test_settings_of_before_4_0_are_in_no_table() -> None:
    for name in celery_data.gone_settings():
        assert name not in celery_data.old_setting_names()
        assert name.lower() not in celery_data.all_settings()


def test_options_that_a_task_base_reads() -> None:
    assert "once" in celery_data.base_options("celery_once.QueueOnce")
    assert celery_data.base_options("shop.tasks.Base") == frozenset()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5.4.0", (5, 4)), ("5.4", (5, 4)), ("v4.4.7", (4, 4)), ("5.5.0rc1", (5, 5)), ("5", (5, 0)), ("5.10.1", (5, 10))],
)
def test_parse_version(text: str, expected: Version) -> None:
    assert celery_data.parse_version(text) == expected


@pytest.mark.parametrize("text", ["", "latest", "five.4", ">=5"])
def test_parse_version_refuses_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="no version of Celery"):
        celery_data.parse_version(text)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("max_retry", "max_retries"),
        ("ack_late", "acks_late"),
        ("task_time_limit", "time_limit"),
        ("auto_retry_for", "autoretry_for"),
        ("rety_backoff", "retry_backoff"),
        ("countdown", None),
        ("description", None),
    ],
)
def test_nearest_task_option(wrong: str, meant: str | None) -> None:
    assert celery_data.nearest(wrong, celery_data.task_options((5, 7))) == meant


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("acks_late", "task_acks_late"),
        ("prefetch_multiplier", "worker_prefetch_multiplier"),
        ("task_prefetch_multiplier", "worker_prefetch_multiplier"),
        ("serializer", None),
        ("beat_shedule", "beat_schedule"),
        ("slack_webhook", None),
        ("broker_backend", None),
        ("redis_serializer", None),
    ],
)
def test_nearest_setting(wrong: str, meant: str | None) -> None:
    assert celery_data.nearest(wrong, celery_data.settings((5, 7))) == meant


def distance(left: str, right: str) -> int:
    """The distance with neighbours changing places, straight from its definition."""
    if not left or not right:
        return len(left) + len(right)
    ways = [
        distance(left[1:], right) + 1,
        distance(left, right[1:]) + 1,
        distance(left[1:], right[1:]) + (left[0] != right[0]),
    ]
    if len(left) > 1 and len(right) > 1 and left[0] == right[1] and left[1] == right[0]:
        ways.append(distance(left[2:], right[2:]) + 1)
    return min(ways)


short = st.text("abc", max_size=6)


@given(short, short, st.integers(0, 3))
def test_typos_count_as_the_definition_does(left: str, right: str, limit: int) -> None:
    assert likeness.typos(left, right, limit) == min(distance(left, right), limit + 1)


@given(st.sampled_from(sorted(celery_data.settings((5, 7)))), st.data())
def test_a_letter_too_few_is_understood_or_ambiguous(name: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name) - 1))
    wrong = name[:at] + name[at + 1 :]
    assume(wrong not in celery_data.settings((5, 7)))
    assert celery_data.nearest(wrong, {name}) == name
    assert celery_data.nearest(wrong, celery_data.settings((5, 7))) in {name, None} | near(wrong)


def near(wrong: str) -> set[str]:
    """Other settings that are as close, or closer by prefix or plural."""
    return {
        other
        for other in celery_data.settings((5, 7))
        if likeness.akin(wrong, other) or likeness.typos(wrong, other, 1) <= 1
    }


@given(st.text("abcdefgh_", max_size=12), st.sets(st.text("abcdefgh_", min_size=1, max_size=12), max_size=8))
def test_nearest_is_another_known_name_or_none(name: str, candidates: set[str]) -> None:
    assert celery_data.nearest(name, candidates) in {None, *candidates} - {name}


def test_the_tables_are_loaded_only_when_asked_for() -> None:
    code = "import sys, celerylint.celery_data; print([name for name in sys.modules if name.endswith('_table')])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
    assert removed_table.REMOVED
