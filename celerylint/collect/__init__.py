"""From a parsed file to its facts: everything about it that other files may need."""

from __future__ import annotations

from celerylint.collect import calls, definitions, module
from celerylint.facts import FileFacts
from celerylint.file import File


def collect(file: File) -> FileFacts:
    """The facts of one file."""
    sites, facts = calls.collect(file)
    return FileFacts(
        path=file.path,
        module=file.module,
        package=file.package,
        imports=module.imports(file),
        stars=module.stars(file),
        functions=definitions.functions(file, sites),
        classes=definitions.classes(file),
        assigns=module.assigns(file),
        writes=module.writes(file),
        calls=facts,
        blocks=calls.blocks(file),
        modules_imported=module.imported_modules(file),
    )
