"""The lines below the findings: how many there are, what was fixed, what `--fix` could still do."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from celerylint.output import Style, applicable

if TYPE_CHECKING:
    from celerylint.rule import Finding


def plural(count: int, noun: str) -> str:
    """`1 finding`, `2 findings`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def summary(findings: Sequence[Finding], files: int, style: Style, fixed: int = 0) -> str:
    """What the report adds up to; `fixed` findings are gone from `findings` already."""
    if not findings:
        return f"Fixed {plural(fixed, 'finding')}, none remain.\n" if fixed else nothing(files)
    before = f"{fixed} fixed, {len(findings)} remaining: " if fixed else ""
    found = f"Found {plural(len(findings) + fixed, 'finding')} ({before}{by_severity(findings)}).\n"
    return found + fixable(findings, style)


def nothing(files: int) -> str:
    """What a clean project hears; no file at all is no clean project."""
    return f"No findings in {plural(files, 'file')}.\n" if files else "No files to check.\n"


def only_fixed(fixed: int) -> str:
    """What is said where nothing else is asked for."""
    return f"Fixed {plural(fixed, 'finding')}.\n"


def fix_list(applied: Sequence[Finding]) -> str:
    """What was fixed: under each file its rules, the most frequent first, and an empty line at the end."""
    lines = []
    for path in sorted({finding.path for finding in applied}):
        counts = Counter(f"{finding.code} ({finding.name})" for finding in applied if finding.path == path)
        lines += [f"{path}: fixed", *(f"  {count} x {rule}" for rule, count in sorted(counts.items(), key=by_count))]
    return "".join(f"{line}\n" for line in [*lines, ""])


def by_count(row: tuple[str, int]) -> tuple[int, str]:
    return -row[1], row[0]


def by_severity(findings: Sequence[Finding]) -> str:
    """`2 errors, 1 warning, 3 advice`."""
    counts = Counter(finding.severity for finding in findings)
    words = [plural(counts["error"], "error"), plural(counts["warning"], "warning"), f"{counts['advice']} advice"]
    return ", ".join(word for word in words if not word.startswith("0 "))


def fixable(findings: Sequence[Finding], style: Style) -> str:
    """How to have the rest fixed, empty where nothing can be."""
    now = sum(applicable(finding, style) for finding in findings)
    more = sum(applicable(finding, Style(unsafe_fixes=True)) for finding in findings) - now
    if now and more:
        return f"[*] {now} can be fixed with `--fix`, {more} more with `--fix --unsafe-fixes`.\n"
    if now:
        return f"[*] {now} can be fixed with `--fix`.\n"
    return f"{more} can be fixed with `--fix --unsafe-fixes`.\n" if more else ""


def statistics(findings: Sequence[Finding], style: Style) -> str:
    """A line per rule, the most frequent first: count, code, whether `--fix` helps with all of them, name."""
    return "".join(
        f"{count}\t{code}\t{'[*]' if fixes == count else '[-]' if fixes else '[ ]'}\t{name}\n"
        for count, code, name, fixes in tally(findings, style)
    )


def statistics_json(findings: Sequence[Finding], style: Style) -> str:
    """The same as JSON."""
    rows = [
        {"code": code, "name": name, "count": count, "fixable": fixes}
        for count, code, name, fixes in tally(findings, style)
    ]
    return json.dumps(rows, indent=2) + "\n"


def tally(findings: Sequence[Finding], style: Style) -> list[tuple[int, str, str, int]]:
    """Count, code, name and number of applicable fixes of each rule that found something."""
    counts = Counter((finding.code, finding.name) for finding in findings)
    fixes = Counter(finding.code for finding in findings if applicable(finding, style))
    rows = [(count, code, name, fixes[code]) for (code, name), count in counts.items()]
    return sorted(rows, key=lambda row: (-row[0], row[1]))
