"""Write suppressions into a file, for findings that are to stay."""

from __future__ import annotations

from collections.abc import Iterable

from celerylint.directives import Directive, python_directives
from celerylint.edits import Edit, apply
from celerylint.extents import joined_lines
from celerylint.files import is_python
from celerylint.rule import Finding
from celerylint.source import Source


def add_noqa(source: Source, findings: Iterable[Finding]) -> str:
    """The text with all findings suppressed: `noqa` in Python, `celerylint: ignore` above the line elsewhere."""
    python = is_python(source.path)
    joined = joined_lines(source) if python else {}
    codes: dict[int, set[str]] = {}
    for finding in findings:
        first, last = joined.get(finding.span.line, (finding.span.line,) * 2)
        codes.setdefault(last if python else first, set()).add(finding.code)
    if not python:
        return apply(source, [ignore_above(source, line, wanted) for line, wanted in codes.items()])
    present = {directive.line: directive for directive in python_directives(source) if directive.kind == "noqa"}
    edits = [noqa(source, line, wanted, present.get(line)) for line, wanted in codes.items()]
    return apply(source, [edit for each in edits for edit in each])


def noqa(source: Source, line: int, wanted: set[str], present: Directive | None) -> list[Edit]:
    """The edit that suppresses codes in a line, given the `noqa` that it may have."""
    if present is not None and present.bare:
        return []
    if present is not None:
        missing = sorted(wanted - {code.text.upper() for code in present.codes})
        end = present.codes[-1].end
        return [Edit(source.range(end, end), "".join(f", {code}" for code in missing))] if missing else []
    start = source.starts[line - 1]
    end = start + len(source.line(line))
    text = source.line(line).rstrip()
    return [Edit(source.range(start + len(text), end), f"  # noqa: {', '.join(sorted(wanted))}")]


def ignore_above(source: Source, line: int, wanted: set[str]) -> Edit:
    """The edit that puts a line above another, indented as that is."""
    while line > 1 and source.line(line - 1).endswith("\\"):
        line -= 1
    start, text = source.starts[line - 1], source.line(line)
    indent = text[: len(text) - len(text.lstrip())]
    comment = f"{indent}# celerylint: ignore[{', '.join(sorted(wanted))}]{source.newline}"
    return Edit(source.range(start, start), comment)
