"""Which versions a project uses, from every kind of file that says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from celerylint import celery_data
from celerylint.config import Config, load
from celerylint.files import discover
from celerylint.specifiers import newest_allowed, pinned
from celerylint.versions import KNOWN, Found, celery_and_kombu, find

CELERY = KNOWN["celery"]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


def look(root: Path, package: str = "celery") -> Found:
    return find(root, discover([root], Config(root=root)), package)


FILES = {
    "uv.lock": (
        'version = 1\n\n[[package]]\nname = "celery-types"\nversion = "0.22.0"\n\n'
        '[[package]]\nname = "celery"\nversion = "5.4.0"\nsource = { registry = "x" }\n',
        Found((5, 4), "uv.lock:8", "==5.4.0"),
    ),
    "poetry.lock": (
        '[[package]]\ncategory = "main"\nname = "Celery"\noptional = false\npython-versions = ">=3.7"\n'
        'version = "5.1.2"\n\n'
        '[[package]]\nname = "click"\nversion = "8.0.0"\n',
        Found((5, 1), "poetry.lock:3", "==5.1.2"),
    ),
    "pdm.lock": (
        '[[package]]\nname = "celery"\nversion = "5.5.3"\n',
        Found((5, 5), "pdm.lock:2", "==5.5.3"),
    ),
    "pylock.toml": (
        '[[packages]]\nname = "celery"\nversion = "5.6.0"\n',
        Found((5, 6), "pylock.toml:2", "==5.6.0"),
    ),
    "Pipfile.lock": (
        '{"default": {\n  "celery": {\n    "hashes": ["sha256:12"],\n    "extras": ["redis"],\n'
        '    "version": "==5.3.6"\n  }\n}}',
        Found((5, 3), "Pipfile.lock:2", "==5.3.6"),
    ),
    "Pipfile": (
        '[packages]\ndjango = "*"\ncelery = {extras = ["redis"], version = "~=5.3.0"}\n',
        Found((5, 3), "Pipfile:3", "~=5.3.0"),
    ),
    "requirements.txt": (
        "# celery==4.0\ncelery-redbeat==2.0\nCelery[redis, sqs] == 5.2.7 ; python_version > '3' # why\n",
        Found((5, 2), "requirements.txt:3", "== 5.2.7"),
    ),
    "requirements/prod.txt": (
        "kombu==5.3.0 \\\n    --hash=sha256:1\ncelery==5.3.1 \\\n    --hash=sha256:2\n    # via -r celery.in\n",
        Found((5, 3), "requirements/prod.txt:3", "==5.3.1"),
    ),
    "requirements.in": (
        "celery>=5.2,<5.4\n",
        Found((5, 3), "requirements.in:1", ">=5.2,<5.4"),
    ),
    "constraints.txt": (
        "celery @ git+https://github.com/celery/celery@v5.4.0rc1\n",
        Found((5, 4), "constraints.txt:1", "@ git+https://github.com/celery/celery@v5.4.0rc1"),
    ),
    "pyproject.toml": (
        '[project]\nname = "x"\ndependencies = [\n  "celery-types",\n  "celery[redis]>=5.3,<5.5",\n]\n',
        Found((5, 4), "pyproject.toml:5", ">=5.3,<5.5"),
    ),
    "setup.cfg": (
        "[metadata]\nkeywords =\n  celery\n[options]\ninstall_requires =\n  django\n  celery>=5.0,<5.2\n",
        Found((5, 1), "setup.cfg:7", ">=5.0,<5.2"),
    ),
    "setup.py": (
        "from setuptools import setup\nNAMES = ['celery==4.0']\nsetup(\n  name='x',\n  keywords=['celery'],\n"
        "  install_requires=[\n    'celery>=5.0,<5.3',\n  ],\n)\n",
        Found((5, 2), "setup.py:7", ">=5.0,<5.3"),
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_file_is_read(root: Path, name: str) -> None:
    text, expected = FILES[name]
    write(root, name, text)
    assert look(root) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[project.optional-dependencies]\nx = ["celery==5.1.0"]\n', (5, 1)),
        ('[dependency-groups]\nx = [{include-group = "y"}, "celery==5.2.0"]\n', (5, 2)),
        ('[tool.poetry.dependencies]\ncelery = "^5.3"\n', (5, 7)),
        ('[tool.poetry.dependencies]\ncelery = "~5.3"\n', (5, 3)),
        ('[tool.poetry.dependencies]\ncelery = "5.3.1"\n', (5, 3)),
        ('[tool.poetry.dependencies]\ncelery = "5.3.*"\n', (5, 3)),
        ('[tool.poetry.dependencies]\ncelery = "*"\n', (5, 7)),
        ('[tool.poetry.dependencies.celery]\nversion = "^4.4"\nextras = ["redis"]\n', (4, 4)),
        (
            "[tool.poetry.dependencies]\n"
            'celery = [{version="4.4.7", python="<3.8"}, {version="5.2.7", python=">=3.8"}]\n',
            (5, 2),
        ),
        ('[tool.poetry.group.dev.dependencies]\ncelery = "5.4.0"\n', (5, 4)),
        ('[tool.poetry.dev-dependencies]\nCelery = "5.4.0"\n', (5, 4)),
        ('[tool.pdm.dev-dependencies]\ntest = ["celery~=5.2.0"]\n', (5, 2)),
        ('[tool.uv]\ndev-dependencies = ["celery~=5.2"]\n', (5, 7)),
        ('[project]\ndependencies = ["celery"]\n', (5, 7)),
        ('[project]\ndependencies = "celery"\n[tool]\npoetry = 3\n', None),
        ('[project]\nname = "celery"\n', None),
        ("celery = = broken\n", None),
    ],
)
def test_pyproject_has_many_places(root: Path, text: str, expected: tuple[int, int] | None) -> None:
    write(root, "pyproject.toml", text)
    assert look(root).version == expected


def test_nothing_found_is_nothing_known(root: Path) -> None:
    assert look(root) == Found()
    write(root, "requirements.txt", "django\n")
    assert look(root) == Found()


def test_what_cannot_be_told_is_not_guessed(root: Path) -> None:
    write(root, "requirements.txt", "celery @ git+https://example.org/celery.git@main\n")
    assert look(root) == Found(None, "requirements.txt:1", "@ git+https://example.org/celery.git@main")


def test_a_pin_counts_before_a_lock_file_and_that_before_a_range(root: Path) -> None:
    write(root, "pyproject.toml", '[project]\ndependencies = ["celery>=5.0"]\n')
    assert look(root).version == (5, 7)
    write(root, "uv.lock", '[[package]]\nname = "celery"\nversion = "5.4.0"\n')
    assert look(root).source == "uv.lock:2"
    write(root, "requirements.txt", "celery==5.3.0\n")
    assert look(root).source == "requirements.txt:1"


def test_what_is_nearer_to_the_root_counts(root: Path) -> None:
    write(root, "examples/requirements.txt", "celery==4.1.0\n")
    write(root, "services/worker/uv.lock", '[[package]]\nname = "celery"\nversion = "5.2.0"\n')
    assert look(root).version == (4, 1)
    write(root, "setup.py", "setup(install_requires=['celery>=5'])\n")
    assert look(root).source == "setup.py:1"
    write(root, "requirements/base.txt", "celery==5.3.0\n")
    assert look(root).version == (5, 3)


def test_files_of_development_count_last(root: Path) -> None:
    write(root, "requirements-dev.txt", "celery==5.6.0\n")
    assert look(root).version == (5, 6)
    write(root, "requirements.txt", "celery==5.4.0\n")
    assert look(root).version == (5, 4)


def test_several_versions_stand_for_the_newest(root: Path) -> None:
    write(root, "requirements.txt", "celery==4.4.7; python_version<'3.8'\ncelery==5.2.7; python_version>='3.8'\n")
    assert look(root) == Found((5, 2), "requirements.txt:2", "==5.2.7")


def test_other_packages_are_found_under_every_spelling(root: Path) -> None:
    write(root, "requirements.txt", "Django_Celery.Beat==2.5.0\nredis>=4,<5\nflower>=1.2,<3\nsomething\n")
    assert look(root, "django-celery-beat").version == (2, 5)
    assert look(root, "redis").version == (4, 6)
    assert look(root, "flower").version == (1, 2)
    assert look(root, "something") == Found(None, "requirements.txt:4", "")
    assert look(root, "celery") == Found()


def target(root: Path, version: str = "") -> tuple[tuple[int, int], ...]:
    config = load([root], {"target_version": version or None})
    return celery_and_kombu(config, discover([root], config))


def test_celery_and_kombu_of_the_lock_file(root: Path) -> None:
    write(root, "requirements.txt", "celery==5.3.6\nkombu==5.4.1\n")
    assert target(root) == ((5, 3), (5, 4), (5, 4))


def test_a_kombu_that_nobody_names_is_any_that_fits(root: Path) -> None:
    write(root, "requirements.txt", "celery==5.5.3\n")
    assert target(root) == ((5, 5), (5, 5), (5, 5))
    write(root, "requirements.txt", "celery==5.2.7\n")
    assert target(root) == ((5, 2), (5, 2), (5, 7))
    write(root, "requirements.txt", "celery==4.4.7\n")
    assert target(root) == ((4, 4), (4, 6), (4, 6))


def test_without_any_file_the_newest_are_meant(root: Path) -> None:
    assert target(root) == (celery_data.newest(), *celery_data.kombu_range(celery_data.newest()))


def test_the_option_wins_over_files(root: Path) -> None:
    write(root, "requirements.txt", "celery==5.2.0\nkombu==5.2.3\n")
    assert target(root, "5.6") == ((5, 6), (5, 6), (5, 7))
    assert target(root, "5.2.7") == ((5, 2), (5, 2), (5, 2))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("", (5, 7)),
        (">=4.0.2", (5, 7)),
        (">=5.2,<6", (5, 7)),
        ("<5", (4, 4)),
        ("<5.0.0", (4, 4)),
        ("<5.2.3", (5, 2)),
        ("<=5.2", (5, 2)),
        ("<=5.1.99", (5, 1)),
        ("!=5.0.6,!=5.7.*,!=5.6.*", (5, 5)),
        ("~=5.3.0", (5, 3)),
        ("~=5.3", (5, 7)),
        ("==5.*", (5, 7)),
        ("==4.*", (4, 4)),
        (">5.6", (5, 7)),
        ("^4.2.1", (4, 4)),
        ("~4.2.1", (4, 2)),
        ("~4", (4, 4)),
        ("^5.2 || ^4.0", (5, 7)),
        (">=4,<5 || >=5.1,<5.2", (5, 1)),
        (">=6.0", (6, 0)),
        (">=9", (9, 0)),
        ("<3", None),
        ("@ https://example.org/celery.zip", None),
    ],
)
def test_a_range_is_the_newest_that_it_allows(spec: str, expected: tuple[int, int] | None) -> None:
    assert newest_allowed(spec, CELERY) == expected


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("==5.3.6", (5, 3)),
        ("===5.3", (5, 3)),
        ("== 5", (5, 0)),
        ("==5.5.0rc1", (5, 5)),
        ("==v5.4.0", (5, 4)),
        ("==5.*", None),
        (">=5.3", None),
        ("", None),
        ("@ git+https://x/y@5.4.0", (5, 4)),
    ],
)
def test_a_pin_is_one_version(spec: str, expected: tuple[int, int] | None) -> None:
    assert pinned(spec) == expected


numbers = st.tuples(st.integers(3, 6), st.integers(0, 8), st.integers(0, 5))
versions = numbers.map(lambda parts: ".".join(map(str, parts)))
clauses = st.tuples(st.sampled_from(["<", "<=", ">", ">=", "!=", "~="]), versions).map("".join)


@given(st.lists(clauses, min_size=1, max_size=3).map(",".join))
def test_ranges_mean_what_packaging_says(spec: str) -> None:
    allowed = SpecifierSet(spec)
    newest = [known for known in CELERY if any(f"{known[0]}.{known[1]}.{patch}" in allowed for patch in range(40))]
    found = newest_allowed(spec, CELERY)
    if newest:
        assert found == newest[-1]
    else:
        assert found is None or f"{found[0]}.{found[1]}." in spec
