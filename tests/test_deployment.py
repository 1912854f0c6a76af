"""Deployment files of every kind: which workers, beats, Flowers and brokers they start, and with what around them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from celerylint.deploy import Deployment
from celerylint.deploy.snippets import HIDDEN
from celerylint.rules.deployed import development_units
from celerylint.values import Unknown
from tests.deployed import of, worker


def described(found: Deployment) -> Iterator[str]:
    """Host, place of the command and command of every process."""
    for process in found.processes:
        line = process.line
        host = "/".join(filter(None, (process.host.kind, process.host.workload, process.host.name)))
        yield f"{host} {line.path}:{line.span.line}:{line.span.column} {line.command}"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {"compose.yaml": "services:\n  w:\n    image: shop\n    command: celery -A shop worker\n"},
            ["compose/w compose.yaml:4:14 worker"],
        ),
        (
            {"compose.yaml": 'services:\n  w:\n    image: x\n    command: ["celery", "-A", "shop",\n      "worker"]\n'},
            ["compose/w compose.yaml:4:15 worker"],
        ),
        (
            {"compose.yaml": "services:\n  w:\n    image: x\n    command: >\n      sh -c '\n      celery worker'\n"},
            ["compose/w compose.yaml:6:7 worker"],
        ),
        (
            {"Procfile": "web: gunicorn\nworker: A=1 celery -A shop worker -B\n"},
            ["procfile/worker Procfile:2:13 worker"],
        ),
        (
            {"Dockerfile": 'FROM python\nCMD ["celery", "-A", "shop", "worker"]\n'},
            ["dockerfile/Dockerfile Dockerfile:2:6 worker"],
        ),
        (
            {"Dockerfile": "FROM python AS base\nCMD celery \\\n  -A shop beat\n\nFROM base\nUSER app\n"},
            ["dockerfile/Dockerfile Dockerfile:2:5 beat"],
        ),
        (
            {"etc/w.conf": "[program:w]\ncommand=celery -A shop worker ; here\nstopwaitsecs = 60\n"},
            ["supervisor/w etc/w.conf:2:9 worker"],
        ),
        (
            {"w.service": "[Service]\nExecStart=-/opt/bin/celery -A shop \\\n  worker\n"},
            ["systemd/w w.service:2:12 worker"],
        ),
        ({"run.sh": "#!/bin/sh\nexec celery -A shop beat\n"}, ["script/run.sh run.sh:2:6 beat"]),
        ({"bin/start": "#!/bin/bash\ncelery -A shop beat\n"}, ["script/start bin/start:2:1 beat"]),
        ({"Makefile": "run:\n\t@. env && celery \\\n\t\t-A shop worker\n"}, ["recipe/Makefile Makefile:2:12 worker"]),
        (
            {".github/workflows/ci.yml": "jobs:\n  x:\n    steps:\n      - run: |\n          celery worker &\n"},
            ["recipe/ci.yml .github/workflows/ci.yml:5:11 worker"],
        ),
        (
            {"manifest.yml": "applications:\n- name: w\n  command: celery -A shop worker\n  instances: 2\n"},
            ["cloudfoundry/w manifest.yml:3:12 worker"],
        ),
        (
            {"ansible/w.conf.j2": "[program:w]\ncommand={{ celery }} -A {{ app }} worker -l info\n"},
            ["supervisor/w ansible/w.conf.j2:2:9 worker"],
        ),
        (
            {"pyproject.toml": '[tool.poe.tasks]\nw.cmd = "celery -A shop worker"\n[tool.x]\ny = "celery beat"\n'},
            ["recipe/w pyproject.toml:2:10 worker"],
        ),
        (
            {"pyproject.toml": '[tool.pdm.scripts]\nb = {shell = """\ncelery beat"""}\nc = ["x", "celery purge"]\n'},
            ["recipe/b pyproject.toml:3:1 beat", "recipe/c pyproject.toml:4:12 purge"],
        ),
        (
            {"compose.override.yml-sample": "services:\n  w:\n    image: x\n    command: celery -A s worker\n"},
            ["compose/w compose.override.yml-sample:4:14 worker"],
        ),
        (
            {"compose.yaml": "services:\n  f:\n    image: mher/flower:2.0\n"},
            ["compose/f compose.yaml:3:12 flower"],
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_every_kind_of_file(files: dict[str, str], expected: list[str]) -> None:
    assert list(described(of(files))) == expected


DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop-worker
spec:
  replicas: 3
  template:
    metadata:
      labels: {app: worker}
    spec:
      terminationGracePeriodSeconds: 90
      securityContext: {runAsUser: 1000}
      containers:
        - name: worker
          image: shop:1
          command: ["celery", "-A", "shop", "worker"]
          args: ["-Q", "$(QUEUES)", "-c", "4"]
          env:
            - {name: QUEUES, value: "mail,orders"}
          resources: {limits: {memory: 1Gi}, requests: {cpu: "1"}}
          livenessProbe:
            exec: {command: ["sh", "-c", "celery -A shop inspect ping"]}
            periodSeconds: 10
"""


def test_programs_of_supervisord_know_their_group() -> None:
    programs = "[program:w]\ncommand=celery -A shop worker\n[program:b]\ncommand=celery -A shop beat\n"
    groups = "[group:shop]\nprograms=b, w{% if web %},web{% endif %}\n"
    assert {process.host.group for process in of({"etc/a.conf": programs + groups}).processes} == {"shop"}
    assert {process.host.group for process in of({"etc/a.conf": programs}).processes} == {""}


def test_kubernetes() -> None:
    found = worker({"k8s/worker.yaml": DEPLOYMENT})
    assert found.queues == ("mail", "orders")
    assert found.concurrency == 4
    host = found.host
    assert (host.name, host.workload, host.replicas, host.overlap) == ("worker", "Deployment/shop-worker", 3, True)
    assert (host.grace, host.default_grace, host.user) == (90.0, False, "1000")
    assert host.resources == {"limits.memory": "1Gi", "requests.cpu": "1"}
    assert host.probes is not None
    (probe,) = host.probes
    assert (probe.kind, probe.period, probe.timeout) == ("liveness", 10.0, None)
    assert probe.command is not None
    assert probe.command.command == "inspect"
    assert host.labels == {"app": "worker"}
    assert (host.place.span.line, host.at("spec").span.line, host.at("replicas").span.line) == (14, 10, 6)


def test_variables_of_a_config_map_are_known_and_those_of_a_secret_are_not() -> None:
    text = DEPLOYMENT.replace(
        '          env:\n            - {name: QUEUES, value: "mail,orders"}\n',
        "          envFrom: [{configMapRef: {name: shop}}]\n",
    )
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\ndata: {QUEUES: reports}\n"
    assert worker({"w.yaml": text, "config.yaml": config}).queues == ("reports",)
    assert worker({"w.yaml": text}).queues == Unknown()


def test_autoscalers_budgets_and_services_may_stand_in_files_of_their_own() -> None:
    about = """\
        apiVersion: keda.sh/v1alpha1
        kind: ScaledObject
        metadata: {name: x}
        spec:
          scaleTargetRef: {name: shop-worker}
          maxReplicaCount: 10
          triggers:
            - {type: redis, metadata: {listName: mail}}
        ---
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata: {name: x}
        spec: {minAvailable: 1, selector: {matchLabels: {app: worker}}}
        """
    found = of({"w.yaml": DEPLOYMENT, "about.yaml": about})
    (scaler,) = found.scalers
    assert (scaler.kind, scaler.target, scaler.maximum) == ("KEDA", "shop-worker", 10)
    assert [name for name, _ in scaler.lists] == ["mail"]
    (budget,) = found.budgets
    assert budget.covers(found.workers[0].host) is True


def test_a_kustomize_patch_is_laid_over_the_workload() -> None:
    patch = """\
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: shop-worker}
        spec:
          replicas: 7
          template:
            spec:
              containers: [{name: worker, resources: {limits: {memory: 2Gi}}}]
        """
    found = worker({"base/w.yaml": DEPLOYMENT, "overlays/prod/replicas.yaml": patch})
    assert (found.host.replicas, found.host.at("replicas").path) == (7, "overlays/prod/replicas.yaml")
    assert found.host.resources == {"limits.memory": "2Gi", "requests.cpu": "1"}


COMPOSE = """\
x-base: &base
  build: .
  environment: &env
    BROKER: redis://redis
  stop_grace_period: 1m30s

services:
  worker:
    <<: *base
    command: celery -A shop worker -Q ${QUEUES:-a} -c $N
    environment:
      <<: *env
      FLAG: "$$x"
    env_file: [env/prod.env, missing.env]
    deploy:
      replicas: 2
      resources: {limits: {memory: 512M}}
    ports: ["127.0.0.1:80:8080", "5555:5555"]
    healthcheck: {test: ["CMD", "celery", "-A", "shop", "status"], interval: 10s}
"""


def test_compose() -> None:
    files = {"compose.yml": COMPOSE, ".env": "N=8\n", "env/prod.env": "export A='b c' # d\nE=${F}\n"}
    found = worker({**files, "Dockerfile": "FROM python:3\nENV D=1\nUSER app\n"})
    assert (found.queues, found.concurrency) == (Unknown(), 8)
    host = found.host
    assert (host.replicas, host.grace, host.default_grace, host.user) == (2, 90.0, False, "app")
    assert host.resources == {"limits.memory": "512M"}
    assert [(port.number, port.reach) for port in host.ports] == [(8080, "loopback"), (5555, "all")]
    assert host.probes is not None
    assert [(probe.kind, probe.period) for probe in host.probes] == [("healthcheck", 10.0)]
    environment = found.environment
    assert [environment(name) for name in ("BROKER", "FLAG", "A", "E", "D")] == [
        "redis://redis",
        "$x",
        "b c",
        HIDDEN,
        "1",
    ]
    assert environment("OTHER") == HIDDEN


def test_a_production_file_is_laid_over_the_plain_one_and_a_local_one_is_another_variant() -> None:
    base = "services:\n  worker:\n    image: shop\n    command: celery -A shop worker\n"
    more = "services:\n  worker:\n    deploy: {replicas: 4}\n"
    assert [found.host.replicas for found in of({"compose.yml": base, "compose.prod.yml": more}).workers] == [4]
    variants = of({"docker-compose.yml": base, "docker-compose.dev.yml": more}).workers
    assert sorted(map(str, (found.host.replicas for found in variants))) == ["4", "None"]


def test_a_sample_of_an_override_is_a_variant() -> None:
    base = "services:\n  worker:\n    image: shop\n    command: celery -A shop worker\n"
    more = "services:\n  worker:\n    deploy: {replicas: 4}\n"
    found = of({"compose.yml": base, "compose.override.yml.sample": more}).workers
    assert sorted(map(str, (each.host.replicas for each in found))) == ["4", "None"]


def test_flower_s_own_image_runs_another_command_where_one_is_given() -> None:
    text = "services:\n  f:\n    image: mher/flower\n    command: celery --broker=redis://r flower --port=80\n"
    (found,) = of({"compose.yaml": text}).flowers
    assert [word.text for word in found.line.words] == ["celery", "--broker=redis://r", "flower", "--port=80"]


def test_extends() -> None:
    files = {
        "compose.yml": "services:\n  w:\n    extends: {file: common.yml, service: base}\n    user: app\n",
        "common.yml": "services:\n  base:\n    image: shop\n    command: celery -A shop worker\n",
    }
    found = of(files).workers
    assert [(process.host.name, process.line.path) for process in found] == [
        ("base", "common.yml"),
        ("w", "common.yml"),
    ]
    assert found[1].host.user == "app"


def test_a_service_is_followed_through_the_entrypoint_of_its_image() -> None:
    files = {
        "compose.yml": "services:\n  w:\n    build: .\n    command: worker\n  b:\n    build: .\n    command: beat\n",
        "Dockerfile": 'FROM python\nCOPY docker/start.sh /start\nENTRYPOINT ["/start"]\n',
        "docker/start.sh": '#!/bin/sh\ncase $1 in\nworker) exec celery -A s worker ;;\n*) celery -A s "$@";;\nesac\n',
    }
    assert [line for line in described(of(files)) if line.startswith("compose")] == [
        "compose/w docker/start.sh:3:14 worker",
        "compose/b docker/start.sh:4:4 beat",
    ]


def test_arguments_lead_through_the_one_entrypoint_that_takes_them() -> None:
    files = {
        "w.yaml": DEPLOYMENT.replace('command: ["celery", "-A", "shop", "worker"]', "").replace(
            'args: ["-Q", "$(QUEUES)", "-c", "4"]', "args: [celery]"
        ),
        "Dockerfile": 'FROM python\nENTRYPOINT ["sh", "scripts/start.sh"]\n',
        "scripts/start.sh": 'if [ "$1" = celery ]; then\n  celery -A shop worker -B\nfi\n',
    }
    found = worker(files)
    assert (found.path, found.span.line, found.beat, found.host.kind) == ("scripts/start.sh", 2, True, "kubernetes")


@pytest.mark.parametrize(("source", "developing"), [(".", True), ("./app", True), ("data", False), ("./d", False)])
def test_a_bind_mount_of_the_code_is_development(source: str, developing: bool) -> None:
    text = f"services:\n  w:\n    build: ./app\n    command: celery -A s worker\n    volumes: ['{source}:/code']\n"
    assert worker({"compose.yml": text}).host.developing == developing


REDIS = """\
services:
  redis:
    image: redis:6.2.7-alpine
    command: redis-server /etc/redis.conf --maxmemory 1gb --requirepass ${SECRET}
    volumes: ["./redis.conf:/etc/redis.conf", "data:/data"]
    ports: ["6379:6379"]
volumes: {data: {}}
"""


def test_a_service_with_a_profile_for_development_says_nothing_of_the_others() -> None:
    text = """\
services:
  worker:
    command: celery -A shop worker
  flower:
    command: celery -A shop flower
    profiles: [dev]
"""
    found = of({"compose.yml": text})
    assert {process.host.name: process.host.developing for process in found.processes} == {
        "worker": False,
        "flower": True,
    }
    assert development_units(found) == {"compose:compose.yml for development"}


def test_redis_takes_its_file_and_then_its_arguments() -> None:
    conf = '# c\nbind 0.0.0.0\nmaxmemory 10mb\nsave ""\nappendonly yes\n'
    (broker,) = of({"compose.yml": REDIS, "redis.conf": conf}).brokers
    assert broker.version == (6, 2, 7)
    assert not broker.open
    for name, arguments, path, line in [
        ("maxmemory", ("1gb",), "compose.yml", 4),
        ("save", ("",), "redis.conf", 4),
        ("appendonly", ("yes",), "redis.conf", 5),
        ("requirepass", (HIDDEN,), "compose.yml", 4),
    ]:
        directive = broker.get(name)
        assert directive is not None
        assert (directive.arguments, directive.place.path, directive.place.span.line) == (arguments, path, line)


def test_a_redis_whose_file_is_elsewhere_is_open() -> None:
    assert [broker.open for broker in of({"compose.yml": REDIS}).brokers] == [True]


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("redis", None),
        ("redis:alpine", None),
        ("redis:7", (7,)),
        ("docker.io/library/redis:5.0.3-buster@sha256:1", (5, 0, 3)),
        ("ours/redis:1.2", None),
        ("mirror.gcr.io/library/redis:6", (6,)),
        ("bitnami/redis:6.0", (6, 0)),
    ],
)
def test_versions_of_redis(image: str, version: tuple[int, ...] | None) -> None:
    (broker,) = of({"compose.yml": f"services:\n  redis:\n    image: {image}\n"}).brokers
    assert broker.version == version


def test_a_file_that_matters_and_cannot_be_read() -> None:
    found = of({"compose.yml": "services:\n  w: [\n    command: celery worker\n", "other.yml": "a: [b\n"})
    assert found.processes == []
    assert [(path, line) for path, _, line, _ in found.broken] == [("compose.yml", 4)]


def test_a_template_that_cannot_be_read_is_skipped() -> None:
    found = of({"t/w.yaml": "apiVersion: v1\nkind: Pod\n{{ if x }} celery\n a: [b\n"})
    assert (found.processes, found.broken) == ([], [])
    assert [(failed.path, failed.expected) for failed in found.files.failed] == [("t/w.yaml", True)]


def test_files_that_have_nothing_to_do_with_celery_are_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = of({"a.yaml": "apiVersion: v1\nkind: Pod\n", "b.yml": "services: {}\n", "Procfile": "web: gunicorn\n"})
    monkeypatch.setattr("celerylint.deploy.files.documents", None)
    assert (found.processes, found.brokers) == ([], [])


def test_scripts_that_something_starts_are_there_once() -> None:
    files = {"Procfile": "worker: bin/start.sh\n", "bin/start.sh": "exec celery -A shop worker\n"}
    assert list(described(of(files))) == ["procfile/worker bin/start.sh:1:6 worker"]
