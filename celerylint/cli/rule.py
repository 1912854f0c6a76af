"""`celerylint rule`: the documentation of one rule, or of all."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from celerylint.rule import Rule


@click.command("rule", short_help="Explain a rule.")
@click.argument("name", required=False, metavar="CODE_OR_NAME")
@click.option("--all", "every", is_flag=True, help="Explain all rules.")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="Markdown, or JSON.")
def command(name: str | None, every: bool, output_format: str) -> int:
    """Explain what a rule finds, why it matters in production, and what to write instead."""
    from celerylint.cli._session import emit
    from celerylint.engine import rules

    if every == bool(name):
        raise click.UsageError("give a rule's code or name, or --all")
    found = [find(name, rules())] if name else list(rules().values())
    if output_format == "json":
        data = [to_json(rule) for rule in found]
        emit(json.dumps(data if every else data[0], indent=2, ensure_ascii=False) + "\n")
    else:
        emit("\n".join(map(to_markdown, found)))
    return 0


def find(name: str, rules: dict[str, Rule]) -> Rule:
    """The rule with a code or name, in any case. Raises click.BadParameter with the nearest ones."""
    known = {key: rule for rule in rules.values() for key in (rule.code, rule.name)}
    rule = known.get(name.upper()) or known.get(name.lower())
    if rule is None:
        near = difflib.get_close_matches(name.upper(), rules, 2) or difflib.get_close_matches(name.lower(), known, 2)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; `celerylint rule --all` shows all"
        raise click.BadParameter(f"no rule is called {name!r}{hint}", param_hint="CODE_OR_NAME")
    return rule


def to_markdown(rule: Rule) -> str:
    """The rule's page."""
    from celerylint.fixing import applicability
    from celerylint.output import documentation

    return documentation.render(rule, applicability(rule))


def to_json(rule: Rule) -> dict[str, Any]:
    """What a rule declares, and its page."""
    from celerylint import DOCS
    from celerylint.fixing import applicability
    from celerylint.output import documentation

    return {
        "code": rule.code,
        "name": rule.name,
        "summary": documentation.summary(rule),
        "severity": rule.severity,
        "strict": rule.strict,
        "fix": applicability(rule),
        "versions": documentation.versions(rule),
        "checklist": list(rule.checklist),
        "help": f"{DOCS}/rules/{rule.name}",
        "explanation": documentation.render(rule, applicability(rule)),
    }
