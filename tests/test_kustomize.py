"""Kustomize: what kustomizations make of manifests, with each value at the place where it is written."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import pytest

from celerylint.deploy.merging import CannotApply, json_patched, strategic
from celerylint.deploy.nodes import Node
from celerylint.deploy.targets import selects
from celerylint.deploy.yaml_files import documents
from celerylint.source import Source
from celerylint.values import Unknown
from tests.deployed import of, spot, worker

WORKER = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker
  labels: {tier: background}
spec:
  replicas: 1
  template:
    spec:
      containers:
        - name: worker
          image: shop:1
          command: ["celery", "-A", "shop", "worker"]
          args: ["-Q", "$(QUEUES)"]
          envFrom: [{configMapRef: {name: shop}}]
"""
BASE = {
    "k8s/base/kustomization.yaml": "resources: [worker.yaml]\n",
    "k8s/base/worker.yaml": WORKER,
}


def overlay(text: str, name: str = "prod", **more: str) -> dict[str, str]:
    """The base with an overlay over it."""
    head = "resources: [../../base]\n"
    folder = f"k8s/overlays/{name}"
    added = {f"{folder}/{path}": content for path, content in more.items()}
    return BASE | {f"{folder}/kustomization.yaml": head + textwrap.dedent(text)} | added


def test_a_base_is_deployed_by_its_overlay_alone() -> None:
    found = worker(overlay("namePrefix: shop-\nnameSuffix: -eu\n"))
    assert (found.host.workload, found.host.replicas) == ("Deployment/shop-worker-eu", 1)


@pytest.mark.parametrize(
    ("text", "files", "place"),
    [
        ("replicas:\n  - name: worker\n    count: 7\n", {}, "k8s/overlays/prod/kustomization.yaml:4"),
        ("patchesStrategicMerge: [more.yaml]\n", {"more.yaml": WORKER.replace("1\n", "7\n", 1)}, ""),
        (
            "patches:\n  - path: more.yaml\n",
            {"more.yaml": "kind: Deployment\nmetadata: {name: worker}\nspec:\n  replicas: 7\n"},
            "k8s/overlays/prod/more.yaml:4",
        ),
        (
            """\
            patches:
              - target: {kind: Deployment, name: "work.*"}
                patch: |-
                  - op: replace
                    path: /spec/replicas
                    value: 7
            """,
            {},
            "k8s/overlays/prod/kustomization.yaml:7",
        ),
        (
            """\
            patches:
              - target: {labelSelector: "tier in (background, web),!x"}
                patch: |
                  kind: Deployment
                  metadata: {name: any}
                  spec: {replicas: 7}
            """,
            {},
            "k8s/overlays/prod/kustomization.yaml:7",
        ),
        (
            "patchesJson6902:\n  - target: {version: v1, kind: Deployment, name: worker}\n    path: p.json\n",
            {"p.json": '[\n {"op": "add", "path": "/spec/replicas",\n  "value": 7}]\n'},
            "k8s/overlays/prod/p.json:3",
        ),
        (
            "patches:\n  - target: {kind: Deployment}\n"
            """    patch: '[{"op": "replace", "path": "/spec/replicas", "value": 7}]'\n""",
            {},
            "k8s/overlays/prod/kustomization.yaml:4",
        ),
    ],
    ids=["replicas", "merge", "path", "json", "labels", "file", "quoted"],
)
def test_replicas(text: str, files: dict[str, str], place: str) -> None:
    found = worker(overlay(text, **files))
    assert found.host.replicas == (7 if place else 1)
    assert not place or spot(found.host.at("replicas")) == place


@pytest.mark.parametrize("target", ["{kind: StatefulSet}", "{name: work}", "{labelSelector: tier=web}"])
def test_a_patch_is_for_what_its_target_says(target: str) -> None:
    text = f"patches:\n  - target: {target}\n    patch: '[{{op: replace, path: /spec/replicas, value: 7}}]'\n"
    assert worker(overlay(text)).host.replicas == 1


def test_components_change_what_is_there() -> None:
    component = "kind: Component\npatches:\n  - path: big.yaml\n"
    files = overlay("components: [../../big]\n") | {
        "k8s/big/kustomization.yaml": component,
        "k8s/big/big.yaml": "kind: Deployment\nmetadata: {name: worker}\nspec: {replicas: 40}\n",
    }
    assert worker(files).host.replicas == 40


def test_variables_of_generated_config_maps() -> None:
    text = """\
        configMapGenerator:
          - name: shop
            literals: [QUEUES=mail]
            envs: [shop.env]
        """
    found = worker(overlay(text, **{"shop.env": "LEVEL=info\n"}))
    assert (found.queues, found.environment("LEVEL")) == (("mail",), "info")
    variable = found.host.environment.values["LEVEL"]
    assert (variable.path, variable.span.line) == ("k8s/overlays/prod/shop.env", 1)


def test_a_generator_may_add_to_a_config_map() -> None:
    files = overlay("configMapGenerator: [{name: shop, behavior: merge, literals: [QUEUES=mail]}]\n") | {
        "k8s/base/kustomization.yaml": "resources: [worker.yaml, config.yaml]\n",
        "k8s/base/config.yaml": "kind: ConfigMap\nmetadata: {name: shop}\ndata: {QUEUES: all, LEVEL: info}\n",
    }
    assert (worker(files).queues, worker(files).environment("LEVEL")) == (("mail",), "info")


def test_a_configuration_of_redis_that_is_generated() -> None:
    files = {
        "kustomization.yaml": "resources: [r.yaml]\nconfigMapGenerator: [{name: conf, files: [etc/redis.conf]}]\n",
        "etc/redis.conf": "port 6379\nappendonly yes\n",
        "r.yaml": """\
            kind: Deployment
            metadata: {name: redis}
            spec:
              template:
                spec:
                  containers:
                    - name: redis
                      image: redis:7
                      args: [/etc/redis/redis.conf]
                      volumeMounts: [{name: conf, mountPath: /etc/redis}]
                  volumes: [{name: conf, configMap: {name: conf}}]
            """,
    }
    (server,) = [broker for broker in of(files).brokers if broker.host is not None]
    append = server.get("appendonly")
    assert append is not None
    assert (append.arguments, spot(append.place)) == (("yes",), "etc/redis.conf:2")


def test_images_are_renamed_and_tagged() -> None:
    text = "images:\n  - {name: shop, newName: registry.example/shop, newTag: 2.1}\n"
    assert worker(overlay(text)).host.image == "registry.example/shop:2.1"
    assert worker(overlay("images: [{name: sho, newTag: 2}]\n")).host.image == "shop:1"


def test_names_that_objects_have_for_each_other_follow() -> None:
    scaler = """\
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: worker}
        spec: {scaleTargetRef: {kind: Deployment, name: worker}, maxReplicas: 4}
        """
    files = overlay("namePrefix: eu-\n") | {
        "k8s/base/kustomization.yaml": "resources: [worker.yaml, hpa.yaml]\n",
        "k8s/base/hpa.yaml": textwrap.dedent(scaler),
    }
    found = of(files)
    assert [(each.target, each.maximum) for each in found.scalers] == [("eu-worker", 4)]
    assert [each.host.workload_name for each in found.workers] == ["eu-worker"]


def test_of_several_overlays_production_counts() -> None:
    files = overlay("replicas: [{name: worker, count: 7}]\n") | overlay("", name="dev")
    assert [found.host.replicas for found in of(files).workers] == [7]
    others = overlay("", name="eu") | overlay("replicas: [{name: worker, count: 7}]\n", name="us")
    assert [found.host.replicas for found in of(others).workers] == [1, 7]


def test_the_same_base_may_be_used_twice() -> None:
    files = {
        **BASE,
        "k8s/mail/kustomization.yaml": "resources: [../base]\nnameSuffix: -mail\n",
        "k8s/all/kustomization.yaml": "resources: [../base, ../mail]\n",
    }
    assert [found.host.workload_name for found in of(files).workers] == ["worker", "worker-mail"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("bases: [https://example.com/base?ref=v1]\n", "it is not in the repository"),
        ("components: [../nowhere]\n", "there is no such file"),
        ("patches: [{path: nowhere.yaml}]\n", "there is no such file"),
        ("helmCharts: [{name: redis}]\n", "this part of a kustomization is not read"),
        ("patches:\n  - target: {kind: Deployment}\n    patch: '[{op: remove, path: /spec/x}]'\n",
         "the patch does not fit worker"),
        ("patches:\n  - target: {kind: Deployment}\n    patch: |-\n      a: [b\n", "did not find expected"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_noted(text: str, reason: str) -> None:
    found = of(overlay(text))
    assert [each.host.replicas for each in found.workers] == [1]
    (note,) = found.cluster.build.notes
    assert note.reason.startswith(reason)
    assert note.place.path == "k8s/overlays/prod/kustomization.yaml"


def test_kustomizations_that_name_each_other_have_an_end() -> None:
    files = {
        "a/kustomization.yaml": "resources: [../b, w.yaml]\n",
        "b/kustomization.yaml": "resources: [../a]\n",
        "a/w.yaml": WORKER,
        "c/kustomization.yaml": "resources: [../a]\n",
    }
    assert {found.host.workload_name for found in of(files).workers} == {"worker"}


# Patches by themselves


def root(text: str) -> Node:
    (node,) = documents(Source.from_text("x.yaml", textwrap.dedent(text)))
    return node


def data(node: Node | None) -> object:
    """A node as plain data."""
    if node is None:
        return None
    if node.is_map:
        return {key: data(value) for key, (_, value) in node.pairs.items()}
    return [data(item) for item in node.items] if node.is_list else node.text


@pytest.mark.parametrize(
    ("base", "patch", "expected"),
    [
        ("{a: 1, b: {c: 2}}", "{b: {d: 3}}", {"a": "1", "b": {"c": "2", "d": "3"}}),
        ("{a: 1, b: 2}", "{b: null}", {"a": "1"}),
        ("{a: {b: 1, c: 2}}", "{a: {$patch: replace, d: 3}}", {"a": {"d": "3"}}),
        ("{a: {b: 1}, c: 1}", "{a: {$patch: delete}}", {"c": "1"}),
        ("{args: [a, b]}", "{args: [c]}", {"args": ["c"]}),
        ("{env: [{name: A, value: 1}, {name: B, value: 2}]}", "{env: [{name: B, value: 3}, {name: C, value: 4}]}",
         {"env": [{"name": "C", "value": "4"}, {"name": "A", "value": "1"}, {"name": "B", "value": "3"}]}),
        ("{containers: [{name: a}, {name: b}]}", "{containers: [{name: a, $patch: delete}]}",
         {"containers": [{"name": "b"}]}),
        ("{volumes: [{name: a}]}", "{volumes: [{$patch: replace}, {name: z}]}", {"volumes": [{"name": "z"}]}),
    ],
)  # fmt: skip
def test_strategic_merge(base: str, patch: str, expected: object) -> None:
    assert data(strategic(root(base), root(patch))) == expected


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ("[{op: add, path: /a/-, value: 3}]", {"a": ["1", "2", "3"], "b": {"c/d": "x"}}),
        ("[{op: add, path: /a/0, value: 0}]", {"a": ["0", "1", "2"], "b": {"c/d": "x"}}),
        ("[{op: replace, path: /a/1, value: {x: y}}]", {"a": ["1", {"x": "y"}], "b": {"c/d": "x"}}),
        ("[{op: remove, path: /b/c~1d}]", {"a": ["1", "2"], "b": {}}),
        ("[{op: move, from: /a/0, path: /e}, {op: test, path: /e, value: 1}]",
         {"a": ["2"], "b": {"c/d": "x"}, "e": "1"}),
        ("[{op: copy, from: /b, path: /e}]", {"a": ["1", "2"], "b": {"c/d": "x"}, "e": {"c/d": "x"}}),
    ],
)  # fmt: skip
def test_json_patch(operations: str, expected: object) -> None:
    assert data(json_patched(root("{a: [1, 2], b: {c/d: x}}"), root(operations))) == expected


@pytest.mark.parametrize(
    "operation",
    ["{op: remove, path: /x}", "{op: replace, path: /a/7, value: 1}", "{op: add, path: /x/y, value: 1}",
     "{op: frob, path: /a}", "{op: add, path: /b/c~1d/e, value: 1}", "{op: copy, from: /x, path: /y}"],
)  # fmt: skip
def test_a_json_patch_that_does_not_fit(operation: str) -> None:
    with pytest.raises(CannotApply):
        json_patched(root("{a: [1, 2], b: {c/d: x}}"), root(f"[{operation}]"))


@pytest.mark.parametrize(
    ("selector", "expected"),
    [("", True), ("a=1", True), ("a==1,b", True), ("a!=1", False), ("a in (2, 1)", True), ("a notin (1)", False),
     ("!c", True), ("c", False), ("!a", False), ("b=2,c=3", False)],
)  # fmt: skip
def test_label_selectors(selector: str, expected: bool) -> None:
    assert selects(selector, {"a": "1", "b": "2"}) == expected


def places(node: Node) -> Iterator[str]:
    for key, (_, value) in node.pairs.items():
        yield f"{key} {spot(value.place)}"


def test_what_is_merged_stands_where_it_is_written() -> None:
    made = strategic(root("a: 1\nb: 2\n"), root("\n\nb: 3\nc: 4\n"))
    assert made is not None
    assert list(places(made)) == ["a x.yaml:1", "b x.yaml:3", "c x.yaml:4"]


def test_a_template_in_a_patch_is_unknown() -> None:
    files = overlay("replicas: [{name: worker, count: '{{ count }}'}]\n")
    assert worker(files).host.replicas == Unknown()
