"""Tasks of installed packages: which environment is read, which of its files, and what follows for names."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path

import pytest

from celerylint.config import load
from celerylint.environment import Environment, candidates
from celerylint.index import Index
from celerylint.project import Project
from tests.tools import index, project

SETTINGS = """
INSTALLED_APPS = [
    "django.contrib.admin",
    "mailer.apps.MailerConfig",
    "tokens",
    "tokens.extra",
    "orders",
]
CELERY_IMPORTS = ["reports.jobs"]
"""
PROJECT = {
    "shop/__init__.py": "",
    "shop/settings.py": SETTINGS,
    "shop/celery.py": """
        from celery import Celery
        app = Celery("shop")
        app.config_from_object("django.conf:settings", namespace="CELERY")
        app.autodiscover_tasks()
        """,
    "orders/__init__.py": "",
    "orders/tasks.py": "from celery import shared_task\n@shared_task\ndef ship(): ...",
}
PACKAGES = {
    "mailer/__init__.py": "",
    "mailer/apps.py": "class MailerConfig: ...",
    "mailer/tasks.py": """
        from celery import shared_task
        from mailer.sending import send_digest
        from mailer.unrelated import nothing
        CONFIG = {"name": "mailer_send", "ignore_result": True}

        @shared_task(**CONFIG)
        def send(): ...

        @shared_task(**read_options())
        def resend(): ...
        """,
    "mailer/sending.py": "from celery import shared_task\n@shared_task\ndef send_digest(): ...",
    "mailer/unrelated.py": "def (",
    "tokens/__init__.py": "",
    "tokens/tasks/__init__.py": "from .cleaning import *",
    "tokens/tasks/cleaning.py": "from celery import shared_task\n@shared_task\ndef clean_up(): ...",
    "tokens/extra/__init__.py": "raise SystemExit('nobody runs this')",
    "tokens/extra/tasks.py": "from celery import shared_task\n@shared_task\ndef count(): ...",
    "reports/jobs.py": "from celery import shared_task\n@shared_task(name='reports.make')\ndef make(): ...",
    "unlisted/tasks.py": "from celery import shared_task\n@shared_task\ndef other(): ...",
    "orders/tasks.py": "from celery import shared_task\n@shared_task\ndef not_the_projects(): ...",
    "django/contrib/admin/__init__.py": "",
}


def environment(folder: Path, packages: dict[str, str]) -> Environment:
    """A folder with packages."""
    for name, text in packages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return Environment(str(folder), "a test")


@pytest.fixture
def shop(tmp_path: Path) -> Index:
    found = index(tmp_path / "project", PROJECT)
    found.installed.environments = lambda: [environment(tmp_path / "site", PACKAGES)]
    return found


def test_names_of_listed_packages_are_known(shop: Index) -> None:
    expected = {
        "mailer_send": True,
        "mailer.sending.send_digest": True,
        "tokens.tasks.cleaning.clean_up": True,
        "tokens.extra.tasks.count": True,
        "reports.make": True,
        "orders.tasks.ship": True,
        # Neither are there.
        "tokens.tasks.clean_up": False,
        "tokens.tasks.cleaning.clean": False,
        "orders.tasks.not_the_projects": False,
        # Options that are not all seen may hold another name.
        "mailer.tasks.send": None,
        # Nobody says that it is in use, or it is another service's.
        "unlisted.tasks.other": None,
        "billing.tasks.pay": None,
        "plain": None,
    }
    assert {name: shop.task_names.registered(name) for name in expected} == expected
    assert shop.task_names.meant("tokens.tasks.cleaning.clean_upp") == "tokens.tasks.cleaning.clean_up"


def test_where_they_are_defined(shop: Index) -> None:
    places = {task.name: Path(task.path).parts[-2:] for task in shop.installed.tasks}
    assert places["mailer_send"] == ("mailer", "tasks.py")
    assert places["tokens.tasks.cleaning.clean_up"] == ("tasks", "cleaning.py")


def test_a_package_whose_app_names_tasks_in_its_own_way_tells_nothing(tmp_path: Path) -> None:
    own = """
        from celery import Celery

        class Own(Celery):
            def gen_task_name(self, name, module):
                return self.prefix + name

        app = Own()

        @app.task
        def clean_up(): ...
        """
    found = index(tmp_path / "project", PROJECT)
    found.installed.environments = lambda: [environment(tmp_path / "site", {"tokens/tasks.py": own})]
    assert found.task_names.registered("tokens.tasks.gone") is None


def test_nothing_is_read_where_no_name_is_asked_for(tmp_path: Path) -> None:
    found = index(tmp_path, PROJECT)

    def never() -> list[Environment]:
        raise AssertionError("nobody asked")

    found.installed.environments = never
    assert found.task_names.registered("orders.tasks.ship")
    assert found.task_names.registered("celery.backend_cleanup")
    with pytest.raises(AssertionError):
        found.task_names.registered("tokens.tasks.clean_up")


def test_the_first_environment_that_has_any_listed_package_is_read(tmp_path: Path) -> None:
    found = index(tmp_path / "project", PROJECT)
    tool = environment(tmp_path / "tool", {"celerylint/__init__.py": ""})
    own = environment(tmp_path / "own", {"reports/jobs.py": ""})
    later = environment(tmp_path / "later", PACKAGES)
    found.installed.environments = lambda: [tool, own, later]
    assert found.installed.environment == own
    assert found.task_names.registered("tokens.extra.tasks.count") is None


def test_well_known_names_need_no_environment(tmp_path: Path) -> None:
    found = index(tmp_path, PROJECT)
    found.installed.environments = tuple
    assert found.task_names.registered("health_check.contrib.celery.tasks.add")
    assert found.task_names.registered("health_check.contrib.celery.tasks.gone") is None
    assert found.installed.environment is None


def test_modules_that_autodiscovery_looks_for(tmp_path: Path) -> None:
    files = PROJECT | {
        "shop/celery.py": """
        from celery import Celery
        app = Celery("shop")
        app.autodiscover_tasks(["mailer"], related_name="jobs")
        """
    }
    job = "from celery import shared_task\n@shared_task\ndef send(): ..."
    found = index(tmp_path / "project", files)
    found.installed.environments = lambda: [environment(tmp_path / "site", {"mailer/jobs.py": job})]
    assert found.task_names.registered("mailer.jobs.send")
    assert found.task_names.registered("mailer.jobs.gone") is False


def virtual(folder: Path) -> Path:
    """A virtual environment, as far as it can be told from its files; its folder with packages."""
    site = folder / ("Lib" if sys.platform == "win32" else "lib/python3.12") / "site-packages"
    site.mkdir(parents=True)
    (folder / "pyvenv.cfg").touch()
    return site


def test_the_project_s_own_environment_comes_first(tmp_path: Path) -> None:
    own, activated = virtual(tmp_path / "shop" / ".venv"), virtual(tmp_path / "elsewhere")
    (tmp_path / "shop" / "venv").mkdir()
    variables = {"VIRTUAL_ENV": str(tmp_path / "elsewhere")}
    first, second, *running = candidates(tmp_path / "shop", variables)
    assert (first, second) == (
        Environment(str(own), ".venv in the project"),
        Environment(str(activated), "VIRTUAL_ENV"),
    )
    assert any(one.has("pytest") for one in running)
    assert list(candidates(tmp_path / "elsewhere", {})) == running


def test_findings_are_not_those_of_another_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is installed later is seen, although no file of the project has changed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    beat = "CELERY_BEAT_SCHEDULE = {'clean': {'task': 'tokens.tasks.cleaning.clean', 'schedule': 60.0}}\n"
    shop = tmp_path / "project"
    project(shop, PROJECT | {"shop/settings.py": SETTINGS + beat})
    site = virtual(shop / ".venv")
    for path in [*shop.rglob("*.py"), shop]:
        os.utime(path, (1, 1))

    def codes() -> list[str]:
        config = load([shop], {"select": ["CEL611"], "cache-dir": str(tmp_path / "cache")}, isolated=True)
        return [finding.code for finding in Project(config, [shop]).check().findings]

    assert codes() == codes() == []
    environment(site, PACKAGES)
    assert codes() == ["CEL611"]
