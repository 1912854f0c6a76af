"""Every item in every state that it can have, and what holds for all answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from celerylint import checklist, engine
from celerylint.checklist import Sheet
from celerylint.checklist.evidence import shortened
from celerylint.checklist.item import Answer, Item, State
from celerylint.checklist.redaction import redacted
from celerylint.deploy import command_reader
from celerylint.deploy.snippets import Snippet, split
from celerylint.source import Source
from tests.checklist.conftest import ALL, WORLDS, answered

World: TypeAlias = Callable[[str], tuple[Path, Sheet]]
ITEMS = {item.id: item for item in checklist.all_items()}

# What the worlds are made for, beside the shops. An item that is not here is looked at by the tests below.
EXPECTED: dict[str, dict[State, str]] = {
    "empty": {
        "unknown": "config.acks-late queues.routes task-design.retries monitoring.flower workers.queues kubernetes.hpa "
        "beat.schedules security.redis-auth issues.memory broker.redis-version",
    },
    "two apps": {
        "partly": "broker.tls config.json-serializer config.accept-content config.acks-late config.prefetch "
        "config.reject-on-worker-lost config.soft-time-limit config.time-limit config.result-backend "
        "config.result-expiry queues.default task-design.error-handling monitoring.events beat.timezone "
        "beat.schedules security.redis-auth "
        "security.tls security.rate-limits security.control",
        "fail": "queues.priorities monitoring.health-task",
    },
    "half": {
        "partly": "broker.persistence broker.memory-policy broker.connection-limits queues.routes workers.concurrency "
        "workers.queues workers.autoscaling workers.commands kubernetes.separate-deployments kubernetes.resources "
        "kubernetes.liveness kubernetes.readiness kubernetes.disruption-budget kubernetes.hpa beat.database-scheduler "
        "monitoring.alerts dashboards.queue-depth dashboards.throughput dashboards.latency security.network "
        "security.firewall scaling.table scaling.triggers",
        "pass": "broker.redis-version config.time-limit beat.single-instance security.redis-auth",
        "fail": "broker.tls config.result-backend beat.timezone workers.graceful-shutdown",
    },
    "rabbit": {
        "manual": "broker.redis-version broker.persistence broker.memory-policy broker.connection-limits",
        "partly": "queues.dead-letter",
        "pass": "broker.tls queues.priorities security.redis-auth security.input-validation",
    },
    "rabbit with dead letters": {"pass": "queues.dead-letter"},
    "hidden": {
        "unknown": "config.json-serializer config.accept-content config.acks-late config.time-limit config.prefetch "
        "queues.priorities queues.routes queues.default monitoring.events workers.concurrency workers.commands "
        "kubernetes.separate-deployments security.no-pickle security.control issues.memory issues.workers-idle",
    },
    "idle": {"partly": "issues.workers-idle issues.memory"},
    "modest": {
        "partly": "monitoring.metrics task-design.retries",
        "unknown": "scaling.table",
        "pass": "config.result-backend workers.commands",
    },
    "at home": {
        "unknown": "broker.redis-version broker.persistence security.redis-auth security.network security.firewall "
        "monitoring.flower monitoring.events security.flower workers.concurrency workers.queues workers.commands "
        "beat.single-instance issues.workers-idle scaling.table",
        "fail": "config.acks-late",
    },
}


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_gets_the_answers_that_it_is_made_for(name: str, world: World) -> None:
    expected = {item: state for state, ids in EXPECTED[name].items() for item in ids.split()}
    _, sheet = world(name)
    found = {item.id: answer.state for item, answer in sheet.answers if item.id in expected}
    assert found == expected


def test_every_state_of_every_item_is_shown(world: World) -> None:
    shown = {(item.id, answer.state) for name in ALL for item, answer in world(name)[1].answers}
    declared = {(item.id, state) for item in ITEMS.values() for state in item.states}
    assert shown == declared


def test_the_wrong_shop_fails_wherever_files_can_tell(world: World) -> None:
    states = {item.id: answer.state for item, answer in world("shop")[1].answers}
    left = {item: state for item, state in states.items() if state not in {"fail", "manual"}}
    # Both may be set up outside of the repository.
    assert left == {"monitoring.metrics": "unknown", "security.rate-limits": "unknown"}
    assert {item for item, state in states.items() if state == "manual"} >= {
        item.id for item in ITEMS.values() if item.states == {"manual"}
    }


def test_its_right_twin_passes_wherever_files_can_tell(world: World) -> None:
    states = {item.id: answer.state for item, answer in world("shop_right")[1].answers}
    assert set(states.values()) == {"pass", "manual"}
    asked = {item for item, state in states.items() if state == "manual"}
    never = {item.id for item in ITEMS.values() if "pass" not in item.states}
    # Redis has no dead letter queues, and what tasks check of their input code does not show.
    assert asked == never | {"queues.dead-letter", "security.input-validation"}


# What holds for every answer


@pytest.mark.parametrize("name", ALL)
def test_evidence_is_where_it_says(name: str, world: World) -> None:
    folder, sheet = world(name)
    for item, answer in sheet.answers:
        for place in answer.evidence:
            lines = (folder / place.path).read_text(encoding="utf-8").splitlines()
            line = shortened(redacted(lines[place.line - 1])) if lines else ""
            assert place.text in line, item.id


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_decided_without_evidence(name: str, world: World) -> None:
    for item, answer in world(name)[1].answers:
        if answer.state in {"pass", "partly", "fail"}:
            assert answer.evidence, item.id


@pytest.mark.parametrize("name", ALL)
def test_an_open_answer_says_where_to_look(name: str, world: World) -> None:
    for item, answer in world(name)[1].answers:
        if answer.state == "unknown":
            assert answer.missing, item.id
        if answer.state == "manual":
            assert any(step.command or step.what for step in answer.steps) or answer.tables or answer.evidence, item.id


@pytest.mark.parametrize("name", ALL)
def test_every_finding_of_an_item_is_with_it(name: str, world: World) -> None:
    for item, answer in world(name)[1].answers:
        for finding in answer.findings:
            assert item.id in finding.checklist or item.id.partition(".")[0] == "issues", item.id
        if any(finding.severity == "error" and finding.code not in item.notes for finding in answer.findings):
            assert answer.state == "fail", item.id


@pytest.mark.parametrize("name", ALL)
def test_no_secret_is_in_a_report(name: str, world: World) -> None:
    for item, answer in world(name)[1].answers:
        assert "hush" not in repr([answer.evidence, answer.steps, answer.tables, answer.found]), item.id
        assert "fieldmouse" not in repr(answer.evidence), item.id


def steps(answers: Sheet) -> list[str]:
    """Every command of some answers, those in loops without the loop."""
    commands = [step.command for _, answer in answers.answers for step in answer.steps if step.command]
    return [command.partition("; do ")[2].removesuffix("; done") or command for command in commands]


@pytest.mark.parametrize("name", ALL)
def test_commands_are_what_celery_understands(name: str, world: World) -> None:
    commands = [command for command in steps(world(name)[1]) if command.startswith("celery ")]
    assert commands
    for command in commands:
        source = Source.from_text("steps", command)
        line = command_reader.read(tuple(split(Snippet.of(source, 0, len(command)))), (5, 7))
        assert not line.problems, command
        assert line.command, command


def test_commands_name_what_the_project_has(world: World) -> None:
    found = "\n".join(steps(world("shop_right")[1]))
    for name in (
        "celery -A config inspect active_queues",
        "celery -A config call common.tasks.heartbeat",
        "redis-cli -h redis-broker -p 6380 --tls --user shop --askpass LLEN critical",
        "kubectl scale deployment/shop-beat --replicas=0",
        "kubectl rollout undo deployment/shop-worker-bulk",
    ):
        assert name in found


def answer_of(sheet: Sheet, item: str) -> Answer:
    return next(answer for known, answer in sheet.answers if known.id == item)


# Single answers


def test_contested_advice_is_followed_and_questioned(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text("from celery import Celery\napp = Celery('shop', broker='redis://redis/0')\n")
    command = "redis-server --maxmemory 1gb --maxmemory-policy allkeys-lru"
    (tmp_path / "docker-compose.yml").write_text(
        f"services:\n  redis: {{image: 'redis:7', command: {command}}}\n  worker: {{command: celery -A tasks worker}}\n"
    )
    answer = answer_of(answered(tmp_path), "broker.memory-policy")
    assert answer.state == "pass"
    assert "deletes whole queues" in answer.caveat
    assert [finding.code for finding in answer.findings] == ["CEL822"]


@pytest.mark.parametrize(
    ("options", "state"),
    [
        ("--maxmemory 1gb --maxmemory-policy noeviction", "pass"),
        ("--maxmemory-policy noeviction", "fail"),
        ("--maxmemory 1gb", "fail"),
        ("$MORE --maxmemory-policy noeviction", "unknown"),
    ],
)
def test_a_policy_needs_a_limit(options: str, state: State, tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text("from celery import Celery\napp = Celery('shop', broker='redis://redis/0')\n")
    (tmp_path / "docker-compose.yml").write_text(
        f"services:\n  redis: {{image: 'redis:7', command: sh -c 'exec redis-server {options}'}}\n"
        "  worker: {command: celery -A tasks worker}\n"
    )
    assert answer_of(answered(tmp_path), "broker.memory-policy").state == state


def test_next_runs_are_shown(world: World) -> None:
    (table,) = answer_of(world("shop_right")[1], "beat.schedules").tables
    rows = {row[0]: row for row in table.rows}
    assert table.header[3] == "next runs (UTC)"
    assert rows["weekly-sales"] == (
        "weekly-sales",
        "reports.tasks.weekly_sales",
        "crontab(minute=30, hour=6, day_of_week='mon')",
        "Mon 2026-03-09 06:30, Mon 2026-03-16 06:30, Mon 2026-03-23 06:30",
    )
    assert rows["stock-levels"][3] == "every 0:10:00 from the start of beat"


def test_queues_are_compared_with_the_table(world: World) -> None:
    (table,) = answer_of(world("half")[1], "scaling.table").tables
    assert table.rows == (
        ("bulk", "bulk", "1 to 2", "1 to 2", "8", "8"),
        ("high", "high", "1", "2 to 4", "4", "2"),
        ("low", "low", "1", "1 to 2", "4", "4"),
    )


def test_thresholds_are_compared_with_the_table(world: World) -> None:
    (table,) = answer_of(world("half")[1], "scaling.triggers").tables
    assert table.rows == (
        ("queue depth", "> 1000", "> 500"),
        ("run time, p95", "> 30 s", "not watched"),
        ("CPU of workers", "> 80 %", "> 70 %"),
        ("error rate", "> 5 %", "not watched"),
        ("memory of workers", "> 85 %", "> 80 %"),
    )


def test_ignored_rules_count_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.celerylint]\nignore = ["CEL101"]\n')
    (tmp_path / "tasks.py").write_text(
        "from celery import Celery\napp = Celery('shop')\n\n@app.task\ndef a():\n    return b.delay().get()\n\n"
        "@app.task\ndef b():\n    return 1\n"
    )
    assert answer_of(answered(tmp_path), "task-design.no-blocking-on-results").state == "fail"


# Declarations


def test_ids_are_unique_and_named_by_their_section() -> None:
    ids = [item.id for section in checklist.all_sections() for item in section.items]
    assert len(ids) == len(set(ids))
    for section in checklist.all_sections():
        assert section.items
        assert all(item.id.startswith(f"{section.name}.") for item in section.items)


def test_every_module_is_a_section() -> None:
    from celerylint.checklist import sections

    folder = Path(str(sections.__file__)).parent
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == set(checklist.ORDER)
    assert [section.name.replace("-", "_") for section in checklist.all_sections()] == list(checklist.ORDER)


def test_rules_name_items_that_there_are() -> None:
    named = {(rule.code, item) for rule in engine.rules().values() for item in rule.checklist}
    assert {item for _, item in named} <= set(ITEMS), sorted(pair for pair in named if pair[1] not in ITEMS)


@pytest.mark.parametrize("item", ITEMS.values(), ids=ITEMS)
def test_an_item_is_declared_whole(item: Item) -> None:
    assert item.wanted[:1].isupper() or item.wanted.startswith("`") or item.wanted[:1].isdigit()
    assert not item.wanted.endswith(".")
    assert item.how.endswith(".")
    assert item.states
    # What rules decide can fail.
    decisive = {rule.code for rule in item.rules} - item.notes
    assert not decisive or "fail" in item.states
