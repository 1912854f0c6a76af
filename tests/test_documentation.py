"""How a rule's docstring becomes a page."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from celerylint import checklist
from celerylint.output import documentation
from celerylint.rule import Rule
from scripts import generate_docs

DOCSTRING = """
A task waits on another task's result.

The worker's slot is held, and once every slot waits nothing runs any more. ``get()`` raises
where Celery notices, and `allow_join_result` only hides it.

Bad::

    @shared_task
    def report():
        return total.delay().get()


    x = 1

Good, with a callback::

    total.apply_async(link=report.s())

This is how Celery does it inside::

    assert_will_not_block()

Source: Celery 5.7, ``celery/result.py``.
"""
PAGE = """\
# result-get (CEL999)

A task waits on another task's result.

| | |
| --- | --- |
| Severity | error: it fails or loses work when it runs |
| On by default | yes |
| Fix | no |
| Checklist | `task-design.no-blocking` |

The worker's slot is held, and once every slot waits nothing runs any more. `get()` raises
where Celery notices, and `allow_join_result` only hides it.

**Bad**

```python
@shared_task
def report():
    return total.delay().get()


x = 1
```

**Good, with a callback**

```python
total.apply_async(link=report.s())
```

This is how Celery does it inside:

```python
assert_will_not_block()
```

**Source:** Celery 5.7, `celery/result.py`.
"""


@pytest.fixture
def rule(monkeypatch: pytest.MonkeyPatch) -> Rule:
    module = ModuleType("cel999_result_get", DOCSTRING)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return Rule(module.__name__, severity="error", message="", checklist=("task-design.no-blocking",))


def test_a_page(rule: Rule) -> None:
    assert documentation.render(rule, None) == PAGE


def test_summary(rule: Rule) -> None:
    assert documentation.summary(rule) == "A task waits on another task's result"


def test_examples_by_label(rule: Rule) -> None:
    assert documentation.examples(rule, "Bad") == [
        "@shared_task\ndef report():\n    return total.delay().get()\n\n\nx = 1"
    ]
    assert documentation.examples(rule, "Good") == ["total.apply_async(link=report.s())"]


def test_what_the_declaration_says_of_fixes_sets_and_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cel998_old", ModuleType("cel998_old", "Old."))
    rule = Rule("cel998_old", severity="advice", message="", strict=True, since=(4, 0), until=(5, 7))
    page = documentation.render(rule, "unsafe")
    assert "| Severity | advice: production practice |" in page
    assert "| On by default | no:" in page
    assert "| Fix | yes, unsafe: `--unsafe-fixes` applies it |" in page
    assert "| Celery | from 4.0 on, before 5.7 |" in page
    assert "Checklist" not in page


# The page of the checklist

PAGE_OF_ITEMS = (Path(__file__).parents[1] / "docs" / "checklist.md").read_text(encoding="utf-8")


def test_the_page_lists_the_items_as_they_are() -> None:
    """A page that is out of date is written anew by `scripts/generate_docs.py`."""
    assert f"\n{generate_docs.items()}\n<!-- end -->" in PAGE_OF_ITEMS


def test_every_item_has_its_row() -> None:
    rows = re.findall(r"^\| `([\w-]+\.[\w-]+)` \| .+ \| .+ \| .+\. \| .*\|$", PAGE_OF_ITEMS, re.MULTILINE)
    assert rows == [item.id for item in checklist.all_items()]


def test_a_row_says_which_rules_change_nothing() -> None:
    item = next(item for item in checklist.all_items() if item.id == "broker.memory-policy")
    assert generate_docs.item_row(item).endswith("| [CEL822](rules/redis-evicts-queues.md)* |")
    assert "| pass, partly, fail, unknown, manual |" in generate_docs.item_row(item)
