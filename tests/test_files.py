"""Which files are found: as git and ruff would have it, fast, and whatever the tree looks like."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from celerylint.config import Config, load
from celerylint.config.model import EXCLUDE
from celerylint.files import Tree, discover, is_deployment, is_python
from celerylint.gitignore import sorted_out


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(root: Path, *names: str) -> None:
    """Empty files by name; `name=text` has a line of text."""
    for name in names:
        path, _, text = name.partition("=")
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(f"{text}\n" if text else "")


def found(root: Path, *paths: str, config: Config | None = None) -> list[str]:
    """The Python files found, relative to the root."""
    return relative(root, tree(root, *paths, config=config).python)


def tree(root: Path, *paths: str, config: Config | None = None) -> Tree:
    wanted = [root / path for path in paths or ["."]]
    return discover(wanted, config or Config(root=root))


def relative(root: Path, paths: Sequence[str]) -> list[str]:
    return [Path(path).relative_to(root).as_posix() for path in paths]


def test_python_and_deployment_files_are_told_apart_and_sorted(root: Path) -> None:
    make(root, "b.py", "a/z.pyi", "a.py", "a-b/c.py", "compose.yml", "a/Dockerfile", "notes.md", "a/data.json", "x.pyc")
    result = tree(root)
    assert relative(root, result.python) == ["a-b/c.py", "a.py", "a/z.pyi", "b.py"]
    assert relative(root, result.other) == ["a/Dockerfile", "compose.yml"]
    assert result.errors == []


DEPLOYED = """
docker-compose.yml compose.prod.yaml values.yaml Dockerfile Dockerfile.worker worker.Dockerfile Containerfile Procfile
Procfile.dev redis.conf supervisord.conf celery.service beat.timer start.sh deploy.bash .env .env.production prod.env
.flaskenv Makefile GNUmakefile justfile pyproject.toml uv.lock Pipfile Pipfile.lock setup.cfg tox.ini requirements.txt
requirements-dev.txt requirements.in requirements/prod.txt reqs/base.txt constraints.txt start entrypoint bin/worker
main.tf job.nomad templates/deployment.yaml.j2 celery.container compose.yaml.example compose.override.yml-sample
worker.conf.erb overlays/prod/scale-patch.json
"""
NOT_DEPLOYED = """
readme.txt README README.md LICENSE LICENSE-MIT AUTHORS CHANGELOG notes.txt robots.txt data.json page.html x.pyc
style.css image.png .gitignore .coveragerc CONTRIBUTORS data.csv locale.po page.html.example README.template
"""


@pytest.mark.parametrize("name", DEPLOYED.split())
def test_what_says_how_workers_run_is_looked_at(root: Path, name: str) -> None:
    make(root, name)
    assert relative(root, tree(root).other) == [name]
    assert is_deployment(name)
    assert not is_python(name)


@pytest.mark.parametrize("name", NOT_DEPLOYED.split())
def test_what_cannot_say_it_is_left_alone(root: Path, name: str) -> None:
    make(root, name)
    assert tree(root) == Tree()


@pytest.mark.parametrize("folder", EXCLUDE)
def test_folders_of_tools_are_left_out(root: Path, folder: str) -> None:
    make(root, "a.py", f"{folder}/b.py", f"deep/{folder}/c/d.py", f"x{folder}/e.py")
    assert found(root) == sorted(["a.py", f"x{folder}/e.py"])


def test_environments_are_left_out_whatever_their_name(root: Path) -> None:
    make(root, "a.py", "env39/pyvenv.cfg", "env39/lib/b.py", "conda/conda-meta/history", "conda/c.py")
    assert found(root) == ["a.py"]
    assert found(root, "env39") == ["env39/lib/b.py"]


def test_exclusions_of_the_configuration(root: Path) -> None:
    make(root, "a.py", "build/b.py", "gen/c.py", "app/gen/d.py", "app/old/e.py", "app/f_pb2.py", "lib/app/old/g.py")
    replaced = Config(root=root, exclude=("gen",))
    assert found(root, config=replaced) == ["a.py", "app/f_pb2.py", "app/old/e.py", "build/b.py", "lib/app/old/g.py"]
    more = Config(root=root, extend_exclude=("*_pb2.py", "app/old", "gen"))
    assert found(root, config=more) == ["a.py", "lib/app/old/g.py"]


def test_exclusions_of_the_command_line_count_from_the_working_directory(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(root, "pyproject.toml=[tool.celerylint]", "app/old/a.py", "old/b.py", "app/c.py")
    monkeypatch.chdir(root / "app")
    config = load([root], {"extend_exclude": ["./old/"]})
    assert found(root, config=config) == ["app/c.py", "old/b.py"]


def test_what_is_named_is_kept(root: Path) -> None:
    make(
        root, ".gitignore=secret.py", "secret.py", "venv/a.py", "build/b.py", "notes.txt", "tool=#!/usr/bin/env python3"
    )
    assert found(root, "secret.py", "venv/a.py", "build") == ["build/b.py", "secret.py", "venv/a.py"]
    result = tree(root, "notes.txt", "tool")
    assert relative(root, result.python) == ["tool"]
    assert relative(root, result.other) == ["notes.txt"]


def test_what_is_not_there_is_an_error(root: Path) -> None:
    make(root, "a.py")
    result = tree(root, "a.py", "gone", "b.py")
    assert relative(root, result.python) == ["a.py"]
    assert result.errors == ["b.py: no such file or directory", "gone: no such file or directory"]


def test_each_file_comes_once(root: Path) -> None:
    make(root, "a/b/c.py", "a/d.py")
    assert found(root, ".", "a", "a/b", "a/b/c.py") == ["a/b/c.py", "a/d.py"]


def test_links_to_folders_are_not_followed_unless_named(root: Path) -> None:
    make(root, "a/b.py")
    (root / "a" / "loop").symlink_to("..", target_is_directory=True)
    (root / "self").symlink_to("self", target_is_directory=True)
    (root / "other").symlink_to("a", target_is_directory=True)
    assert found(root) == ["a/b.py"]
    assert found(root, "other") == ["other/b.py"]
    assert found(root, "a", "other") == ["a/b.py"]


def test_links_to_files_count_where_the_file_is_not_found_by_itself(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "settings.py"
    outside.touch()
    make(root, "a.py")
    (root / "again.py").symlink_to("a.py")
    (root / "broken.py").symlink_to("gone.py")
    (root / "linked.py").symlink_to(outside)
    assert found(root) == ["a.py", "linked.py"]


def test_pipes_are_not_files(root: Path) -> None:
    make(root, "a.py")
    os.mkfifo(root / "b.py")
    assert found(root) == ["a.py"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_an_error(root: Path) -> None:
    make(root, "a.py", "closed/b.py")
    (root / "closed").chmod(0)
    try:
        result = tree(root)
    finally:
        (root / "closed").chmod(0o755)
    assert relative(root, result.python) == ["a.py"]
    assert result.errors == ["closed: Permission denied"]


def test_a_folder_that_fails_is_an_error_and_the_rest_is_found(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(root, "a.py", "closed/b.py")
    scandir = os.scandir

    def refusing(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    result = tree(root)
    assert relative(root, result.python) == ["a.py"]
    assert result.errors == ["closed: Permission denied"]


# What git ignores


def git_sees(root: Path) -> list[str]:
    """The Python files that git would track."""
    command = [
        "git",
        "-c",
        "core.excludesFile=/dev/null",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return sorted(name for name in done.stdout.split("\0") if name.endswith(".py"))


def init(root: Path) -> None:
    subprocess.run(["git", "init", "-q", str(root)], check=True)


def test_what_git_ignores_is_skipped(root: Path) -> None:
    init(root)
    make(root, ".gitignore=/local.py", "local.py", "a/local.py", "a/.gitignore=gen*/", "a/gen1/b.py", "gen1/c.py")
    make(root, "logs/.gitignore=*", "logs/d.py", "kept/.gitignore=*.py\n!e.py", "kept/e.py", "kept/f.py")
    (root / ".git" / "info" / "exclude").write_text("private/\n")
    make(root, "private/g.py", "a/private/h.py")
    assert found(root) == git_sees(root) == ["a/local.py", "gen1/c.py", "kept/e.py"]


def test_a_file_cannot_be_taken_back_from_an_ignored_folder(root: Path) -> None:
    init(root)
    make(root, ".gitignore=gen/\n!gen/a.py\nout/*\n!out/b.py", "gen/a.py", "out/b.py", "out/c.py")
    assert found(root) == git_sees(root) == ["out/b.py"]


def test_what_is_ignored_above_the_path_is_skipped_too(root: Path) -> None:
    init(root)
    make(root, ".gitignore=local.py", "app/.gitignore=tmp/", "app/sub/local.py", "app/sub/tmp/a.py", "app/sub/b.py")
    assert found(root, "app/sub") == ["app/sub/b.py"]


def test_an_ignored_folder_that_is_named_is_searched(root: Path) -> None:
    init(root)
    make(root, ".gitignore=gen/", "gen/a.py", "gen/deep/b.py")
    assert found(root) == []
    assert found(root, "gen") == ["gen/a.py", "gen/deep/b.py"]
    assert found(root, "gen/deep") == ["gen/deep/b.py"]


def test_a_repository_within_another_has_its_own_patterns(root: Path) -> None:
    init(root)
    make(root, ".gitignore=local.py", "sub/local.py", "sub/gone.py", "sub/.gitignore=gone.py")
    init(root / "sub")
    assert found(root) == ["sub/local.py"]
    assert found(root, "sub") == ["sub/local.py"]


def test_patterns_count_without_a_repository_from_the_projects_root(root: Path) -> None:
    make(root, ".gitignore=local.py", "app/local.py", "app/a.py")
    assert found(root, "app") == ["app/a.py"]


def test_deployment_files_are_ignored_alike(root: Path) -> None:
    make(root, ".gitignore=.env\n*.local.yml", ".env", "a.local.yml", "compose.yml")
    assert relative(root, tree(root).other) == ["compose.yml"]


PATTERNS = """
*.py !*.py a.py /a.py a/ /a a/* a/** **/a **/b/a.py a/**/b.py !a/ !b.py *a* a? [ab].py [!a].py [^a].py b/a !b/a
/b/*.py \\!a.py \\#a.py **/*.py * /* !/a */a.py **/ a/b/ !a/b/a.py b* *b.py [a-b]/ /**/a.py a**b ! / \\a.py
"""
patterns = st.sampled_from([*PATTERNS.split(), "a\\ .py", "a.py ", "# a.py", ""])
FOLDERS = ["", "a/", "b/", "a/b/", "b/a/", "a/b/a/", "c/"]
NAMES = ["a.py", "b.py", "ab.py", "#a.py", "!a.py", "a .py"]
FILES = [folder + name for folder in FOLDERS for name in NAMES]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    init(root)
    make(root, *FILES)
    return root


@example(["*.py", "!a/", "!a/*"], [])
@example(["**/b/a.py", "/a/**"], ["!b.py"])
@example(["a/**", "!a/b/"], [])
@given(st.lists(patterns, max_size=4), st.lists(patterns, max_size=3))
def test_git_agrees(repository: Path, above: list[str], below: list[str]) -> None:
    for folder, lines in (("", above), ("a", below)):
        (repository / folder / ".gitignore").write_text("".join(f"{line}\n" for line in lines))
    assert found(repository) == git_sees(repository)


@given(st.lists(patterns.filter(lambda line: line.strip() not in ("", "!") and line[0] != "#"), max_size=5))
def test_sorting_patterns_out_changes_no_verdict(lines: list[str]) -> None:
    sorted_lines = sorted_out("/", lines)
    everything = replace(sorted_lines, always=True)
    ignored: set[str] = set()
    for folder in FOLDERS:
        for name in ([folder] if folder else []) + [folder + name for name in NAMES]:
            path, last = f"/{name}", name.rstrip("/").rpartition("/")[2]
            if not any(path.startswith(above) for above in ignored):
                verdict = everything.verdict(path, last)
                assert sorted_lines.verdict(path, last) == verdict
                ignored |= {path} if verdict and path.endswith("/") else set()


# Speed


def test_large_trees_are_searched_quickly_and_without_pathspec(root: Path) -> None:
    make(root, ".gitignore=*.pyc\n__pycache__/\n/media/\n.env\n*.egg-info/")
    make(root, *(f"p{i}/q{j}/m.py" for i in range(40) for j in range(25)))
    make(root, *(f"node_modules/p{i}/m.py" for i in range(50)))
    code = (
        "import sys, pathlib; from celerylint.config import Config; from celerylint.files import discover;"
        "root = pathlib.Path(sys.argv[1]); config = Config(root=root); calls = [];"
        "sys.setprofile(lambda frame, event, arg: calls.append(event)); tree = discover([root], config);"
        "sys.setprofile(None); print(len(tree.python), calls.count('call'), 'pathspec' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(os.path.abspath(path) for path in sys.path)}
    command = [sys.executable, "-c", code, str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    files, calls, pathspec = done.stdout.split()
    assert (files, pathspec) == ("1000", "False")
    assert int(calls) < 40 * int(files)  # seconds would tell what else the machine does
