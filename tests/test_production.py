"""Which code counts as production: by paths, names and the conditions around it."""

from __future__ import annotations

import pytest

from celerylint.index.production import is_production_name, is_production_path, may_hold_in_production


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "not DEBUG",
        "not (settings.TESTING)",
        "not (DEBUG or TESTING)",
        'ENV == "production"',
        'ENV != "test"',
        'os.environ.get("ENV") not in ("dev", "test")',
        "DEBUG is False",
        "USE_SENTRY",
        "CELERY_BROKER_URL.startswith('sqs://')",
        "not (not is_production())",
        "TESTABLE_FEATURE",
        "LATEST and DEVICE",
        'env == "live" and USE_TLS',
    ],
)
def test_conditions_that_may_hold(condition: str) -> None:
    assert may_hold_in_production(condition)


@pytest.mark.parametrize(
    "condition",
    [
        "DEBUG",
        "settings.DEBUG and USE_SENTRY",
        "not (not TESTING)",
        '"test" in sys.argv',
        '"pytest" in sys.modules',
        'ENV == "local"',
        'ENV in ("dev", "test")',
        'os.environ.get("ENV", "production") == "dev"',
        'os.environ.get("ENV", "production") in ("dev", "test", )',
        'ENV != "production"',
        'env.bool("DEBUG", default=False)',
        "SEED_TESTING",
        "isDevelopment()",
        "DEBUG is True",
        "not (is_production())",
        "DEBUG or TESTING",
        "class TestSettings",
    ],
)
def test_conditions_that_do_not(condition: str) -> None:
    assert not may_hold_in_production(condition)


@pytest.mark.parametrize("path", ["shop/settings/production.py", "latest/tasks.py", "devices/tasks.py", "contest.py"])
def test_paths_of_production(path: str) -> None:
    assert is_production_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "tests/tasks.py",
        "shop/settings/local.py",
        "settings/docker_dev.py",
        "conftest.py",
        "settings/devstack.py",
        "docs/conf.py",
        "a/test_x.py",
    ],
)
def test_paths_of_other_code(path: str) -> None:
    assert not is_production_path(path)


def test_names_of_classes() -> None:
    assert is_production_name("ProductionSettings")
    assert is_production_name("Contest")
    assert not is_production_name("TestingConfig")
    assert not is_production_name("LocalSettings")
