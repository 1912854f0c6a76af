"""Tests that need other versions of Celery and kombu than those of the development environment."""

from __future__ import annotations

import os
from pathlib import Path

import nox

nox.options.default_venv_backend = "venv"
nox.options.sessions = ["json"]

# Each Celery with a kombu of its day, and what else a new installation of so old a release needs.
PAIRS = {
    "celery 4.4, kombu 4.6": ("celery==4.4.7", "kombu==4.6.11", "vine<5", "importlib_metadata<5", "setuptools<70"),
    "celery 5.0, kombu 5.0": ("celery==5.0.5", "kombu==5.0.2", "setuptools<70"),
    "celery 5.2, kombu 5.2": ("celery==5.2.7", "kombu==5.2.4", "setuptools<70"),
    "celery 5.2, kombu 5.5": ("celery==5.2.7", "kombu==5.5.4", "setuptools<70"),
    "celery 5.3, kombu 5.3": ("celery==5.3.6", "kombu==5.3.7"),
    "celery 5.4, kombu 5.4": ("celery==5.4.0", "kombu==5.4.2"),
    "celery 5.5, kombu 5.5": ("celery==5.5.3", "kombu==5.5.4"),
    "celery 5.7, kombu 5.7": ("celery==5.7.0", "kombu==5.7.0"),
}


NEEDED = ("pytest", "pytest-xdist", "hypothesis", "django", "pathspec", "platformdirs", "PyYAML", "tomli")
# What Python 3.11 took away and the oldest release imports, though it never uses it.
GIVEN_BACK = """
import inspect
inspect.formatargspec = inspect.getargspec = inspect.getfullargspec
"""


@nox.session
@nox.parametrize("requirements", [nox.param(pair, id=name) for name, pair in PAIRS.items()])
def json(session: nox.Session, requirements: tuple[str, ...]) -> None:
    """What we say of arguments, against what these versions of Celery and kombu do with them."""
    # Not celerylint itself, since its command line needs a newer click than old releases of Celery do.
    session.install(*NEEDED, *requirements)
    tests = ["tests/test_jsonable.py", "tests/reality/test_json_arguments.py"]
    folder = Path(session.virtualenv.location, "given_back")
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(GIVEN_BACK, encoding="utf-8")
    # Old releases warn of what newer Pythons will take away.
    session.run("pytest", "-q", "-W", "ignore", *tests, *session.posargs, env={"PYTHONPATH": f"{folder}{os.pathsep}."})
