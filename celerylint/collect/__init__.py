"""From a parsed file to its facts: everything about it that other files may need."""

from __future__ import annotations

from celerylint.collect import calls, definitions, module
from celerylint.facts import FileFacts
from celerylint.file import File
from celerylint.lazily import LazySequence


def collect(file: File) -> FileFacts:
    """The facts of one file."""
    return FileFacts(
        path=file.path,
        module=file.module,
        package=file.package,
        imports=module.imports(file),
        stars=module.stars(file),
        functions=definitions.functions(file),
        classes=definitions.classes(file),
        assigns=module.assigns(file),
        writes=LazySequence(lambda: module.writes(file)),
        calls=LazySequence(lambda: calls.facts(file)),
        blocks=LazySequence(lambda: calls.blocks(file)),
        modules_imported=LazySequence(lambda: module.imported_modules(file)),
    )
