"""Where the configuration comes from, what is refused, and which rules it turns on."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celerylint.config import (
    OPTIONS,
    Config,
    ConfigError,
    by_configuration,
    enabled,
    load,
    refuse_unknown,
    selected,
    unknown_codes,
)
from celerylint.config.model import COMMAND_LINE_ONLY, field_of
from celerylint.paths import matches, shown


@dataclass
class Rule:
    code: str
    name: str
    strict: bool = False


GET = Rule("CEL101", "result-get-in-task")
SLEEP = Rule("CEL103", "sleep-in-task")
RETRY = Rule("CEL201", "missing-retry")
STRICT = Rule("CEL202", "no-retry-policy", strict=True)
RULES = [GET, SLEEP, RETRY, STRICT]
KNOWN = {rule.code for rule in RULES} | {rule.name for rule in RULES}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "app").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def configure(project: Path, text: str, name: str = "pyproject.toml") -> Config:
    header = "[tool.celerylint]\n" if name == "pyproject.toml" else ""
    (project / name).write_text(header + text)
    return load([project / "app"])


def on(config: Config) -> list[str]:
    return [rule.code for rule in RULES if selected(config, rule)]


def refusal(project: Path, text: str, name: str = "pyproject.toml") -> str:
    with pytest.raises(ConfigError) as caught:
        configure(project, text, name)
    return str(caught.value)


# Where it is read from


def test_without_a_file_everything_is_default(project: Path) -> None:
    config = load([project / "app"])
    assert config == Config(root=project / "app", layers=config.layers)
    assert config.file is None
    assert set(config.sources) == set(OPTIONS)
    assert set(config.sources.values()) == {"default"}
    assert (config.time_limit, config.soft_time_limit, config.target_version, config.cache) == (600, 540, "", True)


def test_every_key_sets_a_field() -> None:
    assert {field_of(key) for key in OPTIONS} == {field.name for field in fields(Config)} - {
        "root",
        "file",
        "layers",
        "sources",
    }
    assert not set(OPTIONS) & COMMAND_LINE_ONLY


EVERYTHING = """\
select = ["CEL1"]
extend-select = ["CEL202"]
ignore = ["CEL103"]
per-file-ignores = { "tests/*" = ["ALL"] }
exclude = ["gen"]
extend-exclude = ["more"]
target-version = "5.4"
output-format = "json"
app = "shop.celery:app"
settings = ["shop.settings.production"]
settings-namespace = "CELERY"
source-roots = ["src"]
task-decorators = ["shop.tasks.job"]
secret-names = ["pin"]
extend-secret-names = ["otp"]
transient-exceptions = ["shop.Down"]
profile = "strict"
broker = "redis"
time-limit = 100
soft-time-limit = 80
fix = true
unsafe-fixes = true
fix-only = true
show-fixes = true
jobs = 2
no-cache = true
cache-dir = ".c"
"""


@pytest.mark.parametrize("name", ["pyproject.toml", "celerylint.toml"])
def test_every_key_is_read_from_a_file(project: Path, name: str) -> None:
    config = configure(project, EVERYTHING, name)
    default = Config(root=project)
    unset = [field.name for field in fields(Config) if getattr(config, field.name) == getattr(default, field.name)]
    assert unset == ["root", "sources"] or unset == ["root"]
    assert set(config.sources.values()) == {name}
    assert config.per_file_ignores == (("tests/*", ("ALL",)),)
    assert config.file == project / name
    assert config.cache is False


def test_the_nearest_file_above_the_path_counts(project: Path) -> None:
    configure(project, "jobs = 1\n")
    (project / "app" / "deep").mkdir()
    (project / "app" / "pyproject.toml").write_text("[tool.celerylint]\njobs = 2\n")
    (project / "app" / "deep" / "pyproject.toml").write_text("[tool.other]\njobs = 3\n")
    (project / "app" / "deep" / "file.py").touch()
    assert load([project / "app" / "deep" / "file.py"]).jobs == 2
    assert load([project / "app" / "deep"]).root == project / "app"
    assert load([project]).jobs == 1
    assert load([]).jobs == 1


def test_our_own_file_wins_over_the_one_beside_it(project: Path) -> None:
    configure(project, "jobs = 1\n")
    config = configure(project, "jobs = 2\n", "celerylint.toml")
    assert config.jobs == 2
    assert config.sources["jobs"] == "celerylint.toml"


def test_the_command_line_wins_and_says_so(project: Path) -> None:
    configure(project, "jobs = 1\nfix = true\nbroker = 'sqs'\n")
    config = load([project], {"jobs": 3, "fix": None, "unsafe_fixes": True, "cache": False})
    assert (config.jobs, config.fix, config.unsafe_fixes, config.cache, config.broker) == (3, True, True, False, "sqs")
    assert config.sources["jobs"] == "--jobs"
    assert config.sources["fix"] == "pyproject.toml"
    assert config.sources["unsafe-fixes"] == "--unsafe-fixes"
    assert config.sources["no-cache"] == "--no-cache"
    assert config.sources["select"] == "default"


def test_isolated_reads_no_file(project: Path) -> None:
    configure(project, "jobs = 1\n")
    config = load([project / "app"], {"fix": True}, isolated=True)
    assert (config.jobs, config.fix, config.root, config.file) == (0, True, project, None)


def test_a_named_file_is_read_in_place_of_the_nearest(project: Path) -> None:
    configure(project, "jobs = 1\n")
    (project / "other").mkdir()
    named = project / "other" / "strict.toml"
    named.write_text('profile = "strict"\n')
    config = load([project / "app"], config_file=named)
    assert (config.jobs, config.profile, config.file, config.root) == (0, "strict", named, project)


def test_a_named_file_must_be_there_and_have_the_table(project: Path) -> None:
    with pytest.raises(ConfigError, match=r"^gone\.toml: No such file"):
        load([project], config_file=project / "gone.toml")
    (project / "pyproject.toml").write_text("[tool.ruff]\n")
    with pytest.raises(ConfigError, match=r"^pyproject\.toml: no table \[tool\.celerylint\]"):
        load([project], config_file=project / "pyproject.toml")


@pytest.mark.parametrize("marker", ["pyproject.toml", "setup.py", "setup.cfg", ".git"])
def test_the_root_is_where_a_project_begins(project: Path, marker: str) -> None:
    (project / marker).touch()
    (project / "app" / "deep").mkdir()
    assert load([project / "app" / "deep"]).root == project
    assert load([project / "app", project / "app" / "deep"]).root == project


def test_without_a_project_the_root_is_the_path(project: Path) -> None:
    (project / "app" / "a.py").touch()
    (project / "lib").mkdir()
    assert load([project / "app" / "a.py"]).root == project / "app"
    assert load([project / "app", project / "lib"]).root == project


def test_paths_are_grouped_by_their_file(project: Path) -> None:
    for name in ("one", "two"):
        (project / name).mkdir()
        (project / name / "celerylint.toml").touch()
    paths = [project / "one", project / "app", project / "two", project / "one" / "x.py"]
    assert by_configuration(paths) == [[paths[0], paths[3]], [paths[1]], [paths[2]]]


def test_a_broken_file_of_others_is_none_of_ours(project: Path) -> None:
    (project / "pyproject.toml").write_text('[project]\ndependencies = ["celerylint"]\nx = =\n')
    assert load([project]).file is None
    (project / "pyproject.toml").write_text('[project]\ndependencies = ["celerylint"]\n[tool]\nx = 1\n')
    assert load([project]).file is None


def test_reading_the_configuration_is_cheap() -> None:
    code = (
        "import sys, pathlib; from celerylint.config import load; load([pathlib.Path('/')]);"
        "print(sorted({'tomllib', 'tomli', 'pathspec', 'yaml', 'click', 'json', 'difflib'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# What is refused


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('selct = ["CEL1"]', "pyproject.toml: unknown key selct; did you mean select?"),
        ("target_version = '5.4'", "pyproject.toml: unknown key target_version; did you mean target-version?"),
        ("statistics = true", "pyproject.toml: statistics is an option of the command line only"),
        ('select = "CEL1"', 'pyproject.toml: select must be a list of strings, not "CEL1"'),
        ("select = [1]", "pyproject.toml: select must be a list of strings, not [1]"),
        ("jobs = 0", "pyproject.toml: jobs must be a whole number of at least 1, not 0"),
        ("jobs = true", "pyproject.toml: jobs must be a whole number of at least 1, not true"),
        ('fix = "yes"', 'pyproject.toml: fix must be true or false, not "yes"'),
        (
            "target-version = 5.4",
            'pyproject.toml: target-version must be a version of Celery in quotes, such as "5.4", not 5.4',
        ),
        ('profile = "hard"', 'pyproject.toml: profile must be one of "default", "strict", not "hard"'),
        ('broker = "kafka"', 'pyproject.toml: broker must be one of "redis", "amqp", "sqs", not "kafka"'),
        (
            'app = "shop celery"',
            'pyproject.toml: app must be where the app is, such as "shop.celery:app", not "shop celery"',
        ),
        ('cache-dir = ""', 'pyproject.toml: cache-dir must be a string that is not empty, not ""'),
        ("time-limit = -1", "pyproject.toml: time-limit must be a whole number of at least 1, not -1"),
        (
            'per-file-ignores = ["a"]',
            'pyproject.toml: per-file-ignores must be a table of lists, such as { "tests/*" = ["CEL101"] }, not ["a"]',
        ),
        (
            'per-file-ignores = { "a" = "b" }',
            'pyproject.toml: per-file-ignores must be a table of lists, such as { "tests/*" = ["CEL101"] }, '
            'not {"a": "b"}',
        ),
        ("settings-namespace = 1", "pyproject.toml: settings-namespace must be a string, not 1"),
        ("fix = 2024-01-01", "pyproject.toml: fix must be true or false, not 2024-01-01"),
    ],
)
def test_a_wrong_entry_is_refused_by_name(project: Path, line: str, message: str) -> None:
    assert refusal(project, line) == message


def test_a_key_that_is_like_no_other_is_refused_with_all_that_there_are(project: Path) -> None:
    assert "known are select, extend-select" in refusal(project, "zzz = 1")


def test_what_is_no_toml_is_refused(project: Path) -> None:
    assert refusal(project, "jobs = \n").startswith("pyproject.toml: not TOML: ")
    (project / "celerylint.toml").write_bytes(b"app = '\xff'\n")
    with pytest.raises(ConfigError, match=r"^celerylint\.toml: not TOML: "):
        load([project])


def test_a_table_that_is_none_is_refused(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool]\ncelerylint = 3\n")
    with pytest.raises(ConfigError, match=r"^pyproject\.toml: tool\.celerylint must be a table, not 3"):
        load([project])


def test_a_wrong_option_is_refused_by_name(project: Path) -> None:
    with pytest.raises(ConfigError, match=r"^--jobs must be a whole number of at least 1, not 0$"):
        load([project], {"jobs": 0})
    with pytest.raises(ConfigError, match=r"^--config: unknown key sleect; did you mean select\?$"):
        load([project], {"sleect": ["CEL1"]})


def test_one_time_limit_moves_the_other(project: Path) -> None:
    config = configure(project, "time-limit = 100\n")
    assert (config.time_limit, config.soft_time_limit) == (100, 90)
    config = configure(project, "soft-time-limit = 1800\n")
    assert config.time_limit > config.soft_time_limit == 1800
    config = configure(project, "soft-time-limit = 60\n")
    assert (config.time_limit, config.soft_time_limit) == (600, 60)
    assert refusal(project, "time-limit = 60\nsoft-time-limit = 60\n") == (
        "pyproject.toml: soft-time-limit (60) must be below time-limit (60)"
    )


# Which rules are on


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["CEL101", "CEL103", "CEL201"]),
        ('profile = "strict"', ["CEL101", "CEL103", "CEL201", "CEL202"]),
        ('select = ["ALL"]', ["CEL101", "CEL103", "CEL201", "CEL202"]),
        ('select = ["CEL"]', ["CEL101", "CEL103", "CEL201", "CEL202"]),
        ('select = ["CEL2"]', ["CEL201", "CEL202"]),
        ('select = ["cel101"]', ["CEL101"]),
        ('select = ["sleep-in-task"]', ["CEL103"]),
        ("select = []", []),
        ('extend-select = ["CEL202"]', ["CEL101", "CEL103", "CEL201", "CEL202"]),
        ('ignore = ["CEL1"]', ["CEL201"]),
        ('ignore = ["ALL"]', []),
        ('ignore = ["missing-retry"]', ["CEL101", "CEL103"]),
        ('select = ["CEL1"]\nignore = ["CEL103"]', ["CEL101"]),
        ('select = ["CEL103"]\nignore = ["CEL1"]', ["CEL103"]),
        ('select = ["CEL101"]\nignore = ["result-get-in-task"]', []),
        ('select = ["ALL"]\nignore = ["CEL10"]', ["CEL201", "CEL202"]),
        ('select = ["CEL1"]\nextend-select = ["CEL202"]\nignore = ["CEL2"]', ["CEL101", "CEL103", "CEL202"]),
        ('extend-select = ["CEL2"]\nignore = ["CEL2"]', ["CEL101", "CEL103"]),
    ],
)
def test_longer_selectors_win_and_ignore_wins_among_equals(project: Path, text: str, expected: list[str]) -> None:
    assert on(configure(project, text)) == expected


# Tried with ruff: what the command line does to a file's choice.
@pytest.mark.parametrize(
    ("text", "overrides", "expected"),
    [
        ('ignore = ["CEL101"]', {"select": ["CEL101"]}, ["CEL101"]),
        ('ignore = ["CEL101"]', {"select": ["CEL1"]}, ["CEL101", "CEL103"]),
        ('select = ["CEL2"]\nextend-select = ["CEL103"]', {"select": ["CEL101"]}, ["CEL101"]),
        ('select = ["CEL1"]\nignore = ["CEL101"]', {"extend_select": ["CEL101"]}, ["CEL101", "CEL103"]),
        ('select = ["CEL1"]\nignore = ["CEL101"]', {"ignore": ["CEL103"]}, []),
        ('select = ["CEL1"]\nignore = ["CEL101"]', {"extend_select": ["CEL201"]}, ["CEL103", "CEL201"]),
    ],
)
def test_the_command_lines_selection_goes_over_the_files(
    project: Path, text: str, overrides: dict[str, object], expected: list[str]
) -> None:
    configure(project, text)
    assert on(load([project], overrides)) == expected


def test_the_merged_selection_is_shown(project: Path) -> None:
    configure(project, 'select = ["CEL1"]\nextend-select = ["CEL2"]\nignore = ["CEL101"]')
    added = load([project], {"ignore": ["CEL103"], "extend_select": ["CEL202"]})
    assert (added.select, added.extend_select, added.ignore) == (("CEL1",), ("CEL2", "CEL202"), ("CEL101", "CEL103"))
    anew = load([project], {"select": ["CEL2"]})
    assert (anew.select, anew.extend_select, anew.ignore) == (("CEL2",), (), ())
    assert (anew.sources["select"], anew.sources["ignore"]) == ("--select", "default")


def test_a_configuration_made_by_hand_selects_too(tmp_path: Path) -> None:
    assert on(Config(root=tmp_path, select=("CEL1",), ignore=("CEL103",))) == ["CEL101"]
    assert on(Config(root=tmp_path)) == ["CEL101", "CEL103", "CEL201"]


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("tests/*", "tests/a.py", False),
        ("tests/*", "tests/deep/a.py", False),
        ("tests/*", "app/tests/a.py", True),
        ("**/tests/*", "app/tests/a.py", False),
        ("**/tests/*", "tests/a.py", False),
        ("conftest.py", "app/conftest.py", False),
        ("*.pyi", "app/a.pyi", False),
        ("{a,b}.py", "app/b.py", False),
        ("{a,b}.py", "app/c.py", True),
        ("app/", "app/a/b.py", False),
        ("./app/a.py", "app/a.py", False),
        ("test_?.py", "test_1.py", False),
        ("test_?.py", "test_12.py", True),
        ("[ab].py", "a.py", False),
        ("[!ab].py", "a.py", True),
        ("!app/*", "app/a.py", True),
        ("!app/*", "tests/a.py", False),
    ],
)
def test_rules_are_off_in_the_files_that_a_pattern_names(
    project: Path, pattern: str, path: str, expected: bool
) -> None:
    config = configure(project, f'per-file-ignores = {{ "{pattern}" = ["CEL1"] }}')
    assert enabled(config, GET, path) is expected
    assert enabled(config, GET, str(project / path)) is expected
    assert enabled(config, RETRY, path)


def test_patterns_count_from_where_they_are_written(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = configure(project, 'per-file-ignores = { "app/a.py" = ["ALL"] }')
    monkeypatch.chdir(project / "app")
    assert not enabled(config, GET, "a.py")
    config = load([project], {"per_file_ignores": {"a.py": ["ALL"], "sub/b.py": ["ALL"]}})
    assert not enabled(config, GET, "sub/b.py")
    assert enabled(config, GET, "../sub/b.py")


# Selectors that name nothing


def test_unknown_codes_of_the_file_have_their_place(project: Path) -> None:
    config = configure(
        project,
        'select = ["CEL1", "CEL999"]\nignore = [\n  "result-get-in-taks",\n]\n'
        'per-file-ignores = { "a" = ["CEL101", "CEL55"] }\n',
    )
    found = [
        (unknown.key, unknown.selector, unknown.source, unknown.line, unknown.column)
        for unknown in unknown_codes(config, KNOWN)
    ]
    assert found == [
        ("select", "CEL999", "pyproject.toml", 2, 20),
        ("ignore", "result-get-in-taks", "pyproject.toml", 4, 4),
        ("per-file-ignores", "CEL55", "pyproject.toml", 6, 40),
    ]
    assert {unknown.path for unknown in unknown_codes(config, KNOWN)} == {project / "pyproject.toml"}
    refuse_unknown(config, KNOWN)


def test_unknown_codes_of_the_command_line_are_refused(project: Path) -> None:
    configure(project, 'ignore = ["CEL999"]')
    config = load([project], {"ignore": ["CEL1O1"], "extend_select": ["ALL", "CEL", "no-retry-policy"]})
    assert [unknown.path and unknown.selector for unknown in unknown_codes(config, KNOWN)] == ["CEL999", None]
    with pytest.raises(ConfigError, match=r"^--ignore: no rule is called CEL1O1; did you mean CEL101\?$"):
        refuse_unknown(config, KNOWN)
    with pytest.raises(ConfigError, match=r"^--select: no rule is called E501$"):
        refuse_unknown(load([project], {"select": ["E501"]}, isolated=True), KNOWN)


@given(st.lists(st.sampled_from(["ALL", "CEL", "CEL1", "CEL10", "CEL101", "CEL2", "no-retry-policy"]), max_size=4))
def test_selecting_and_ignoring_the_same_leaves_nothing(selectors: list[str]) -> None:
    config = Config(root=Path("/"), select=tuple(selectors) or ("CEL999",), ignore=tuple(selectors))
    assert on(config) == []


@given(st.text(alphabet="ab/*?[]{},!.", max_size=12), st.text(alphabet="ab/.", max_size=12))
def test_any_pattern_can_be_asked_about(pattern: str, path: str) -> None:
    assert matches(pattern, f"/{path}", "/") is not matches(f"!{pattern}", f"/{path}", "/") or pattern.startswith("!")


def test_paths_are_shown_from_the_working_directory(project: Path) -> None:
    assert shown(project / "app" / "a.py") == "app/a.py"
    assert shown("app/../app/a.py") == "app/a.py"
    assert shown(project) == "."
    assert shown(project.parent / "other.py") == "../other.py"
    assert shown(f"{project}x") == f"../{project.name}x"
    assert shown("/a/b", cwd="/") == "a/b"
