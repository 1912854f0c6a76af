"""Helm charts, not rendered: what is plain is read, values stand where they are written, the rest is unknown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celerylint.deploy.helm import parsed
from celerylint.deploy.model import Worker
from celerylint.deploy.snippets import HIDDEN
from celerylint.deploy.templates import COVER, Template, covered
from celerylint.deploy.yaml_files import UnreadableYaml, documents
from celerylint.source import Source
from celerylint.values import Unknown
from tests.deployed import of, spot, worker

TEMPLATE = """\
{{- if .Values.worker.enabled }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "shop.fullname" . }}-worker
  labels:
    {{- include "shop.labels" . | nindent 4 }}
spec:
  {{- if not .Values.worker.autoscaling.enabled }}
  replicas: {{ .Values.worker.replicas }}
  {{- end }}
  template:
    metadata:
      labels:
        app: {{ .Release.Name }}-worker
    spec:
      {{- with .Values.worker.grace }}
      terminationGracePeriodSeconds: {{ . }}
      {{- end }}
      containers:
        - name: {{ .Chart.Name }}
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          command: ["celery", "-A", "shop", "worker"]
          args:
            - "-Q"
            - {{ .Values.worker.queues | quote }}
            - --concurrency={{ .Values.worker.concurrency | default 4 }}
            {{- if .Values.worker.beat }}
            - -B
            {{- end }}
          {{- if .Values.worker.probe }}
          livenessProbe:
            exec: {command: ["celery", "-A", "shop", "inspect", "ping"]}
          {{- end }}
          resources:
            {{- toYaml .Values.worker.resources | nindent 12 }}
        {{- if .Values.metrics.enabled }}
        - name: metrics
          image: celery-exporter:1
        {{- end }}
{{- end }}
"""
VALUES = """\
image:
  repository: shop
  tag: ""
worker:
  enabled: true
  replicas: 3
  queues: mail,orders
  grace: 90
  resources: {}
"""
CHART = {"c/Chart.yaml": "name: shop\n", "c/values.yaml": VALUES, "c/templates/worker.yaml": TEMPLATE}


def chart(template: str, values: str = VALUES, **more: str) -> dict[str, str]:
    """A chart with one template."""
    return CHART | {"c/templates/worker.yaml": template, "c/values.yaml": values} | more


def plain(replicas: str = "2", command: str = '["celery", "-A", "shop", "worker"]', more: str = "") -> str:
    """A template with an expression for the replicas, and the command."""
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec:\n"
        f"  replicas: {replicas}\n  template:\n    spec:\n{more}"
        f"      containers:\n        - name: worker\n          image: shop\n          command: {command}\n"
    )


def test_what_is_plain_and_what_is_not() -> None:
    found = worker(CHART)
    assert found.queues == ("mail", "orders")
    assert (found.concurrency, found.beat) == (4, None)
    assert found.host.condition == "if .Values.worker.enabled"
    assert (found.host.replicas, found.host.grace) == (Unknown(), 90)
    assert (found.host.resources, found.host.image) == (None, Unknown())
    assert (found.host.name, found.host.title) == (HIDDEN, "…-worker")
    assert found.host.probes is not None
    assert [(probe.kind, probe.command) for probe in found.host.probes] == [("liveness", None)]


def test_an_item_under_a_condition_has_it() -> None:
    launches = [launch.host for launch in of(CHART).launches]
    assert [(host.name, host.condition) for host in launches] == [
        (HIDDEN, "if .Values.worker.enabled"),
        ("metrics", "if .Values.worker.enabled, if .Values.metrics.enabled"),
    ]


def test_values_stand_where_they_are_written() -> None:
    found = worker(chart(plain("{{ .Values.worker.replicas }}")))
    assert found.host.replicas == 3
    assert spot(found.host.at("replicas")) == "c/values.yaml:6"
    queues = worker(CHART).line.option("--queues")
    assert queues is not None
    assert [spot(worker(CHART).line.words[at].place) for at in queues.words] == [
        "c/templates/worker.yaml:25",
        "c/values.yaml:7",
    ]


@pytest.mark.parametrize(
    ("expression", "replicas"),
    [
        ("{{ .Values.worker.replicas }}", 3),
        ("{{- $.Values.worker.replicas -}}", 3),
        ("{{ .Values.worker.replicas | int }}", 3),
        ("{{ int .Values.worker.replicas }}", 3),
        ("{{ .Values.worker.replicas | default 7 }}", 3),
        ("{{ default 7 .Values.worker.copies }}", 7),
        ("{{ .Values.worker.copies | default 7 }}", 7),
        ('{{ required "how many?" .Values.worker.replicas }}', 3),
        ("{{ .Values.worker.copies }}", Unknown()),
        ("{{ .Values.worker.copies | default .Values.worker.replicas }}", Unknown()),
        ("{{ add .Values.worker.replicas 1 }}", Unknown()),
        ('{{ include "shop.replicas" . }}', Unknown()),
        ("{{ ternary 1 2 .Values.worker.enabled }}", Unknown()),
        ("{{ .Values.worker }}", Unknown()),
        ("{{ if .Values.worker.enabled }}3{{ else }}1{{ end }}", Unknown()),
        ("1{{ .Values.worker.replicas }}", 13),
    ],
)
def test_expressions(expression: str, replicas: int | Unknown) -> None:
    assert worker(chart(plain(expression))).host.replicas == replicas


@pytest.mark.parametrize(
    ("values", "replicas", "line"),
    [
        ({}, 3, "c/values.yaml:6"),
        ({"c/values-production.yaml": "worker:\n  replicas: 9\n"}, 9, "c/values-production.yaml:2"),
        ({"c/values.prod.yml": "other: 1\n"}, 3, "c/values.yaml:6"),
        ({"c/values-dev.yaml": "worker: {replicas: 1}\n", "c/values-staging.yaml": "worker: {replicas: 2}\n"}, 3, ""),
        ({"c/values-eu.yaml": "worker: {replicas: 1}\n"}, Unknown(), ""),
        ({"c/values-eu.yaml": "worker: {replicas: 3}\n"}, 3, "c/values-eu.yaml:1"),
        (
            {"c/values-prod-a.yaml": "worker: {replicas: 1}\n", "c/values-prod-b.yaml": "worker: {replicas: 2}\n"},
            Unknown(),
            "",
        ),
    ],
)
def test_values_of_production_win_and_others_must_agree(
    values: dict[str, str], replicas: int | Unknown, line: str
) -> None:
    found = worker(chart(plain("{{ .Values.worker.replicas }}"), **values))
    assert found.host.replicas == replicas
    assert not line or spot(found.host.at("replicas")) == line


@pytest.mark.parametrize(
    "expression",
    [
        "\n            {{- toYaml .Values.worker.command | nindent 12 }}",
        "{{ toYaml .Values.worker.command | nindent 12 }}",
        "{{ .Values.worker.command | toJson }}",
        "{{ tpl (toJson .Values.worker.command) . }}",
    ],
)
def test_a_command_of_the_values(expression: str) -> None:
    values = "worker:\n  command:\n    - celery\n    - -A\n    - shop\n    - worker\n    - '-Q{{ .Release.Name }}'\n"
    found = worker(chart(plain(command=expression), values))
    assert (found.at.path, found.at.span.line, found.app) == ("c/values.yaml", 3, "shop")
    assert found.queues == Unknown()


def test_what_stands_in_a_with_is_there_where_its_value_is() -> None:
    text = plain().replace(
        '          command: ["celery", "-A", "shop", "worker"]\n',
        "          {{- with .Values.worker.command }}\n          command:\n"
        "            {{- toYaml . | nindent 12 }}\n          {{- end }}\n"
        "          {{- with .Values.worker }}\n          args: [-c, '{{ .size }}', -l, '{{ $.Values.level }}']\n"
        "          {{- with .nothing }}\n          tty: true\n          {{- end }}\n          {{- end }}\n",
    )
    values = "level: info\nworker:\n  size: 5\n  command: [celery, -A, shop, worker]\n"
    found = worker(chart(text, values))
    assert (found.app, found.concurrency, found.loglevel) == ("shop", 5, "info")
    assert spot(found.at) == "c/values.yaml:4"
    assert of(chart(text, "celery: {}\n")).workers == []


def test_a_command_under_a_condition_is_not_read() -> None:
    text = plain().replace(
        '          command: ["celery"',
        "          {{- if .Values.debug }}\n          command: [celery, -A, shop, worker, -l, debug]\n"
        '          {{- else }}\n          command: ["celery"',
    )
    found = of(chart(text + "          {{- end }}\n"))
    assert found.workers == []
    (launch,) = found.launches
    assert [(word.text, word.several) for word in launch.words] == [(HIDDEN, True)]


def test_lines_of_a_script_under_a_condition_are_not_read() -> None:
    script = """[sh, -c, "exec $0"]
          args:
            - |
              {{- if .Values.debug }}
              set -x
              celery -A shop worker -l debug
              {{- end }}
              {{ include "shop.prepare" . | indent 14 }}
              exec celery -A shop worker -l info
"""
    text = plain(command=script.replace('[sh, -c, "exec $0"]', "[sh, -c]"))
    found = worker(chart(text))
    assert (found.loglevel, spot(found.at)) == ("info", "c/templates/worker.yaml:19")


def test_a_range_makes_any_number_of_them() -> None:
    text = "{{- range $name, $worker := .Values.workers }}\n---\n" + plain("{{ $worker.replicas }}") + "{{- end }}\n"
    found = worker(chart(text))
    assert (found.host.replicas, found.host.condition) == (Unknown(), "range $name, $worker := .Values.workers")


def test_what_is_filled_in_below_a_pod_may_be_anything() -> None:
    filled = worker(chart(plain(more='      {{- include "shop.pod" . | nindent 6 }}\n'))).host
    assert (filled.grace, filled.user) == (Unknown(), Unknown())
    assert worker(chart(plain())).host.grace == 30


def test_a_chart_takes_the_values_of_the_one_it_is_part_of() -> None:
    files = {
        "c/Chart.yaml": "name: shop\n",
        "c/values.yaml": "workers:\n  replicas: 5\n",
        "c/charts/workers/Chart.yaml": "name: workers\n",
        "c/charts/workers/values.yaml": "replicas: 1\nname: w\n",
        "c/charts/workers/templates/w.yaml": plain("{{ .Values.replicas }}"),
    }
    found = worker(files)
    assert (found.host.replicas, spot(found.host.at("replicas"))) == (5, "c/values.yaml:2")


def test_rendered_output_is_read_as_any_manifest() -> None:
    rendered = "---\n# Source: shop/templates/worker.yaml\n" + plain("4") + "---\n# Source: shop/templates/none.yaml\n"
    found = worker({"rendered.yaml": rendered})
    assert (found.host.replicas, found.host.templated, found.host.condition) == (4, False, "")


def test_definitions_give_nothing_where_they_stand() -> None:
    text = '{{- define "shop.worker" }}\n' + plain() + "{{- end }}\n"
    assert of(chart(text)).launches == []


@pytest.mark.parametrize(
    ("expression", "path", "default"),
    [
        ("{{ .Values.a.b }}", ("a", "b"), None),
        ('{{ .Values.a | default "x y" | quote }}', ("a",), "x y"),
        ('{{ printf "%s" .Values.a }}', None, None),
        ("{{ .Values.a .Values.b }}", None, None),
        ("{{ . }}", None, None),
        ("{{ .Values.a | upper }}", None, None),
    ],
)
def test_what_an_expression_is(expression: str, path: tuple[str, ...] | None, default: str | None) -> None:
    found = parsed(expression)
    assert (found.path if found else None) == path
    assert (found.default if found else None) == default


# Any text

NOISE = st.sampled_from(
    ["{{- /* a note */ -}}", "{{/* a\n  note */}}", "{{- $name := .Release.Name }}", "{{- $name = 1 -}}"]
)
TAGS = "{{ if .Values.a }}|{{- else }}|{{ end }}|{{ range .x }}|{{|}}|{%|%}|{# x #}|{{ .Values.a }}|{{/* x */}}"
TEXTS = ['{{ define "x" }}', "a: |\n", "\n", "  ", "- ", "key: ", "'", '"', "`", "é", "\r\n", "- b\n", "…"]
PIECES = st.sampled_from([*TAGS.split("|"), *TEXTS])


@given(st.lists(PIECES | st.text(max_size=4), max_size=25).map("".join))
def test_any_text_is_covered_in_place(text: str) -> None:
    template = covered(text)
    assert len(template.text) == len(text)
    for before, after in zip(text, template.text, strict=True):
        assert after in {before, COVER, " ", "\r"}
        assert before not in "\r\n" or after == before
    assert all(0 <= block.start <= block.end <= len(text) for block in template.blocks)


@given(st.lists(PIECES | st.text(max_size=4), max_size=25).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    source = Source.from_text("t.yaml", text)
    try:
        nodes = list(documents(source))
    except UnreadableYaml:
        return
    while nodes:
        node = nodes.pop()
        assert 0 <= node.start <= node.end <= len(text)
        assert node.text.count(COVER) == 0 or COVER in text
        assert len(node.snippet.offsets) == len(node.snippet.text) + 1
        assert node.open in {True, False}
        nodes += [*node.items, *(value for _, value in node.pairs.values())]


def described(found: Worker, text: str) -> object:
    """What is known of a worker, by what stands at its places instead of where that is."""
    host = found.host
    words = [(word.text, text.splitlines()[word.span.line - 1].strip()) for word in found.line.words]
    return words, host.replicas, host.grace, host.resources, host.user, host.probes, host.labels, host.name


@given(st.lists(st.tuples(st.integers(0, 12), NOISE), max_size=6))
def test_what_gives_nothing_changes_nothing(noise: list[tuple[int, str]]) -> None:
    manifest = plain(more="      terminationGracePeriodSeconds: 45\n      securityContext: {runAsUser: 7}\n")
    lines = manifest.splitlines()
    for at, text in sorted(noise, reverse=True):
        lines.insert(min(at, len(lines)), text)
    noisy = "\n".join(lines) + "\n"
    before, after = worker({"w.yaml": manifest}), worker({"w.yaml": noisy})
    assert described(after, noisy) == described(before, manifest)
    assert after.host.condition == ""


@given(st.booleans(), st.booleans())
def test_a_condition_around_all_of_it_changes_nothing_but_that(first: bool, second: bool) -> None:
    opened = "{{- if .Values.a }}\n" * first + "{{- range .Values.b }}\n" * second
    manifest = plain()
    wrapped = opened + manifest + "{{- end }}\n" * (first + second)
    before, after = worker({"w.yaml": manifest}), worker({"w.yaml": wrapped})
    assert described(after, wrapped) == described(before, manifest)
    assert bool(after.host.condition) == (first or second)


def test_a_text_without_expressions_is_its_own_template() -> None:
    assert covered("a: {b: 1}\n") == Template("a: {b: 1}\n")
