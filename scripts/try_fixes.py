"""Fix whole projects in memory and hold the result against what fixes promise.

    python scripts/try_fixes.py [--unsafe] FOLDER...

For each folder: every changed file must parse, lose no comment but suppressions of ours, keep its encoding and its
newlines, and a second run must change nothing. Prints a row per project; exits with 1 where a promise is broken.
Nothing is written to the folders.
"""

from __future__ import annotations

import argparse
import gc
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from celerylint import fixing, lowering
from celerylint.config import load
from celerylint.directives import python_directives
from celerylint.files import is_python
from celerylint.lexing import comments
from celerylint.project import Project
from celerylint.source import Source

NEWLINE = re.compile(r"\r\n|\r|\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unsafe", action="store_true", help="apply unsafe fixes too")
    parser.add_argument("folders", nargs="+", type=Path)
    options = parser.parse_args()
    gc.disable()
    broken = 0
    for folder in options.folders:
        problems, applied = try_project(folder, options.unsafe)
        counts = ", ".join(f"{code} {count}" for code, count in sorted(applied.items())) or "nothing to fix"
        print(f"{folder.name}: {counts}")
        for problem in problems:
            print(f"  {problem}")
        broken += len(problems)
    return 1 if broken else 0


def try_project(folder: Path, unsafe: bool) -> tuple[list[str], Counter[str]]:
    """The broken promises in one project, and how many fixes were applied for each code."""
    config = load([folder], {"select": ["ALL"], "cache": False, "jobs": 1}, isolated=True)
    project = Project(config, [folder])
    first = fixing.fix_all(project, unsafe=unsafe)
    problems = list(first.bugs)
    overlay = {}
    for path, (source, text) in first.changed.items():
        problems += [f"{path}: {problem}" for problem in broken_promises(source, text)]
        overlay[Path(project.shown_paths.get(path, path))] = source.to_bytes(text)
    second = fixing.fix_all(Project(config, [folder], overlay), unsafe=unsafe)
    problems += [f"{path}: changes again when it is fixed again" for path in second.changed]
    return problems, Counter(finding.code for finding in first.applied)


def broken_promises(source: Source, text: str) -> Iterator[str]:
    """What a change of one file must not do and does."""
    if is_python(source.path):
        try:
            lowering.parse(text)
        except SyntaxError as error:
            yield f"does not parse any more: {error}"
    lost = remarks(source) - remarks(Source.from_text(source.path, text))
    if lost:
        yield f"comments are lost: {sorted(lost)}"
    before, after = (set(NEWLINE.findall(each)) for each in (source.text, text))
    if before and not after <= before:
        yield f"newlines change from {before} to {after}"
    if Source.from_bytes(source.path, source.to_bytes(text)).encoding != source.encoding:
        yield "the encoding changes"


def remarks(source: Source) -> Counter[str]:
    """The comments of a file, without suppressions; of files that are not Python the lines that are comments."""
    if not is_python(source.path):
        return Counter(line.strip() for line in source.text.splitlines() if line.lstrip().startswith("#"))
    ours = {directive.start for directive in python_directives(source)}
    return Counter(source.text[start:end].strip() for start, end in comments(source.text) if start not in ours)


if __name__ == "__main__":
    sys.exit(main())
