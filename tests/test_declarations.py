"""Codes, fixtures, pages, changelog and fixers are the same sets, and what a rule's documentation says is true."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from celerylint import config, engine
from celerylint.fixing import applicability
from celerylint.output import documentation
from celerylint.project import Project
from celerylint.rule import Rule

ROOT = Path(__file__).parents[1]
RULES = list(engine.rules().values())
# In an example, a comment that is a path starts a file; without one it is `tasks.py`.
FILE = re.compile(
    r"^# ((?:[\w./-]+\.(?:py|toml|txt|ya?ml|conf|env|sh|service))|(?:[\w.-]+/)*(?:Dockerfile|Procfile))$", re.MULTILINE
)


def module_name(rule: Rule) -> str:
    return rule.module.rpartition(".")[2]


def test_every_module_of_the_folder_is_a_rule() -> None:
    modules = {path.stem for path in (ROOT / "celerylint" / "rules").glob("cel*.py")}
    assert modules == {module_name(rule) for rule in RULES}


def test_names_are_unique() -> None:
    assert [name for name, count in Counter(rule.name for rule in RULES).items() if count > 1] == []


def test_every_rule_has_fixtures() -> None:
    folders = {path.name for path in (ROOT / "fixtures" / "rules").glob("cel*") if any(path.iterdir())}
    assert folders == {module_name(rule) for rule in RULES}


def test_every_rule_has_a_page() -> None:
    pages = {path.stem for path in (ROOT / "docs" / "rules").glob("*.md")}
    assert pages == {rule.name for rule in RULES} | {"index"}


@pytest.mark.parametrize("rule", RULES, ids=module_name)
def test_the_page_is_the_rules(rule: Rule) -> None:
    """A page that is out of date is written anew by `scripts/generate_docs.py`."""
    page = ROOT / "docs" / "rules" / f"{rule.name}.md"
    assert page.read_text(encoding="utf-8") == documentation.render(rule, applicability(rule))


def test_the_changelog_names_every_rule() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^- (CEL\d{3} `[a-z0-9-]+`):", text, re.MULTILINE))
    assert named == {f"{rule.code} `{rule.name}`" for rule in RULES}


def test_every_option_is_documented() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^### `([a-z-]+)`$", text, re.MULTILINE)) == set(config.OPTIONS)


def test_every_fixer_has_a_rule() -> None:
    fixers = {path.stem for path in (ROOT / "fixers").glob("*.py")}
    assert fixers
    assert fixers <= {module_name(rule) for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=module_name)
def test_fixable_rules_are_those_with_a_fixer(rule: Rule) -> None:
    assert bool(applicability(rule)) == (ROOT / "fixers" / f"{module_name(rule)}.py").exists()


@pytest.mark.parametrize("rule", RULES, ids=module_name)
def test_the_documentation_is_whole(rule: Rule) -> None:
    assert 0 < len(documentation.summary(rule)) <= 120
    assert documentation.examples(rule, "Bad")
    assert documentation.examples(rule, "Good")
    assert re.search(r"^Sources?:", rule.documentation, re.MULTILINE)


EXAMPLES = [
    pytest.param(rule, label, text, id=f"{rule.code}-{label}-{number}")
    for rule in RULES
    for label in ("Bad", "Good")
    for number, text in enumerate(documentation.examples(rule, label), start=1)
]


def files(example: str) -> dict[str, str]:
    """The files of an example, by path."""
    first, *rest = FILE.split(example)
    named = dict(zip(rest[::2], rest[1::2], strict=True))
    return named | ({"tasks.py": first} if first.strip() else {})


@pytest.mark.parametrize(("rule", "label", "example"), EXAMPLES)
def test_examples_are_what_they_say(rule: Rule, label: str, example: str, tmp_path: Path) -> None:
    for name, text in files(example).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    report = Project(config.load([tmp_path], {"extend-select": [rule.code]}), [tmp_path]).check()
    assert not report.errors
    codes = {finding.code for finding in report.findings}
    assert (rule.code in codes) == (label == "Bad")
    assert label == "Good" or "CEL000" not in codes - {rule.code}


def test_an_example_can_be_several_files() -> None:
    example = "x = 1\n# shop/settings.py\ny = 2\n# Not a file.\n# pyproject.toml\n[tool.celerylint]\n"
    assert files(example) == {
        "tasks.py": "x = 1\n",
        "shop/settings.py": "\ny = 2\n# Not a file.\n",
        "pyproject.toml": "\n[tool.celerylint]\n",
    }
