"""Brings the work of a killed child back: as a retry from Celery 5.7 on; before, without end, which is only shown."""

from celerylint.edits import Applicability, Fix
from celerylint.file import File
from celerylint.index import Index
from celerylint.rule import Finding
from celerylint.rules.config_edits import add_settings
from celerylint.rules.option_edits import add_option
from celerylint.rules.redelivery import BOUNDED_SINCE


def fix(finding: Finding, file: File, index: Index) -> Fix | None:
    option = finding.data["option"]
    if "app" in finding.data:
        edits = add_settings(finding.data["app"], {f"task_{option}": "True"}, index)
    else:
        edits = add_option(file, finding.span, {option: "True"})
    applicability: Applicability = "unsafe" if index.traits.celery >= BOUNDED_SINCE else "manual"
    return None if edits is None else Fix(applicability, "Bring the work of a killed child back", edits)
