"""Entries of beat's schedule from every place that makes them, and what names of tasks mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from celerylint.facts import ScheduleEntry
from celerylint.index import Index
from celerylint.values import Const
from tests.tools import index

APP = "from celery import Celery, shared_task\nfrom celery.schedules import crontab\napp = Celery('shop')\n"
SHIP = "@app.task\ndef ship(order=1): ...\n"


def schedule(folder: Path, text: str, **options: object) -> list[ScheduleEntry]:
    return index(folder, {"tasks.py": APP + SHIP + text}, **options).schedule


@pytest.mark.parametrize(
    "text",
    [
        "app.conf.beat_schedule = {'e': {'task': 'tasks.ship', 'schedule': 60}}",
        "app.conf.update(beat_schedule={'e': {'task': 'tasks.ship', 'schedule': 60}})",
        "app.conf.update(beat_schedule=dict(e=dict(task='tasks.ship', schedule=60)))",
        "app.conf.CELERYBEAT_SCHEDULE = {'e': {'task': ship.name, 'schedule': 60}}",
        "E = {'task': 'tasks.ship', 'schedule': 60}\napp.conf.beat_schedule = {'e': E}",
        "S = {}\nS['e'] = {'task': 'tasks.ship', 'schedule': 60}\napp.conf.beat_schedule = S",
        "S = {}\nif DAILY:\n    S.update({'e': {'task': 'tasks.ship', 'schedule': 60}})\napp.conf.beat_schedule = S",
        "A = {'e': {'task': 'tasks.ship', 'schedule': 60}}\napp.conf.beat_schedule = {**A}",
        "A = {'e': {'task': 'tasks.ship', 'schedule': 60}}\napp.conf.beat_schedule = {} | A",
        "A = {'e': {'task': 'tasks.ship', 'schedule': 60}}\napp.conf.beat_schedule = A.copy()",
        "app.conf.beat_schedule['e'] = {'task': 'tasks.ship', 'schedule': 60}",
        "app.conf.beat_schedule.update({'e': {'task': 'tasks.ship', 'schedule': 60}})",
        "app.conf.beat_schedule.update(e={'task': 'tasks.ship', 'schedule': 60})",
        "def s():\n    found = {}\n    found['e'] = {'task': 'tasks.ship', 'schedule': 60}\n    return found\n"
        "app.conf.beat_schedule = s()",
        "app.add_periodic_task(60, ship.s(), name='e')",
        "app.add_periodic_task(60, ship, name='e')",
        "app.add_periodic_task(60, app.signature('tasks.ship'), name='e')",
        "app.add_periodic_task(schedule=60, sig=ship.si(), name='e')",
        "@app.on_after_configure.connect\ndef add(sender, **kw):\n    sender.add_periodic_task(60, ship.s(), name='e')",
        "from redbeat import RedBeatSchedulerEntry\nRedBeatSchedulerEntry('e', 'tasks.ship', 60, app=app).save()",
        "from django_celery_beat.models import PeriodicTask\n"
        "PeriodicTask.objects.create(name='e', task='tasks.ship', interval=60)",
        "from django_celery_beat.models import PeriodicTask\n"
        "PeriodicTask.objects.update_or_create(name='e', defaults={'task': 'tasks.ship', 'crontab': 60})",
    ],
)
def test_forms_of_entries(tmp_path: Path, text: str) -> None:
    (entry,) = schedule(tmp_path, text)
    assert (entry.name, entry.sent, entry.schedule) == ("e", "tasks.ship", Const(60))
    assert entry.task is not None


def test_entries_of_decorators(tmp_path: Path) -> None:
    text = "from celery.task import periodic_task\n@periodic_task(run_every=60)\ndef count(): ...\n"
    (entry,) = schedule(tmp_path, text)
    assert (entry.name, entry.sent, entry.schedule, entry.source) == (
        "tasks.count",
        "tasks.count",
        Const(60),
        "decorator",
    )


def test_places_of_entries_and_their_keys(tmp_path: Path) -> None:
    files = {
        "tasks.py": APP + SHIP + "from times import S\napp.conf.beat_schedule = S\n",
        "times.py": "S = {\n  'größe': {'task': 'tasks.ship',\n    'schedule': 60},\n}\n",
    }
    (entry,) = index(tmp_path, files).schedule
    assert Path(entry.path).name == "times.py"
    assert tuple(entry.span)[:2] == (2, 3)
    assert tuple(entry.place("task"))[:2] == (2, 21)
    assert tuple(entry.place("schedule"))[:2] == (3, 17)
    assert tuple(entry.keys["schedule"])[:2] == (3, 5)


def test_what_cannot_be_known_of_a_schedule(tmp_path: Path) -> None:
    found = index(tmp_path, {"tasks.py": APP + "app.conf.beat_schedule = {f'e{n}': entry(n) for n in range(3)}"})
    assert [(entry.name, entry.sent, entry.open) for entry in found.schedule] == [("", "", True)]
    assert found.scheduling.open
    assert not index(tmp_path, {"tasks.py": APP + "app.conf.beat_schedule = {}"}).scheduling.open


def names(folder: Path, files: dict[str, str]) -> Index:
    return index(folder, {"shop/__init__.py": "", "shop/celery.py": APP, **files})


def test_names_of_tasks(tmp_path: Path) -> None:
    files = {
        "shop/tasks/__init__.py": "from .mail import send, PREFIX\nfrom elsewhere import unknown",
        "shop/tasks/mail.py": """
            from celery import shared_task
            PREFIX = "x"
            @shared_task
            def send(): ...
            @shared_task(name="named")
            def other(): ...
            def plain(): ...
            @decorated
            def perhaps(): ...
            class Sync: ...
        """,
        "shop/wrapped.py": """
            from celery import shared_task
            def job(**options):
                def wrap(f):
                    return shared_task(**options)(f)
                return wrap
            @job(name=find())
            def hidden(): ...
        """,
        "shop/broken.py": "def (",
    }
    found = names(tmp_path, files).task_names
    expected = {
        "shop.tasks.mail.send": True,
        "named": True,
        "celery.backend_cleanup": True,
        "shop.tasks.send": False,
        "shop.tasks.mail.other": False,
        "shop.tasks.mail.plain": False,
        "shop.tasks.mail.gone": False,
        "shop.gone.send_it": False,
        "shop.tasks.mail.perhaps": None,
        "shop.tasks.mail.Sync": None,
        "shop.tasks.unknown": None,
        "shop.broken.something": None,
        "shop.wrapped.hidden": None,
        "other_service.tasks.send": None,
        "kebab-case": None,
    }
    assert {name: found.registered(name) for name in expected} == expected
    assert found.meant("shop.tasks.mail.sned") == "shop.tasks.mail.send"
    assert found.meant("shop.gone.send") == "shop.tasks.mail.send"
    assert found.meant("shop.gone.nothing") == ""


OWN_NAMES = """
    from celery import Celery

    class Shop(Celery):
        def gen_task_name(self, name, module):
            {body}

    app = Shop("shop")

    @app.task
    def ship(): ...

    @app.task(name="shop.pack")
    def pack(): ...
    """


def test_names_that_the_app_makes_are_not_known(tmp_path: Path) -> None:
    body = "return super().gen_task_name(name, module.removesuffix('.tasks'))"
    found = names(tmp_path, {"shop/app.py": OWN_NAMES.format(body=body)})
    assert [task.name for task in found.tasks] == ["", "shop.pack"]
    assert found.task_names.registered("shop.celery.gone") is None


def test_an_app_that_names_tasks_as_their_functions(tmp_path: Path) -> None:
    found = names(tmp_path, {"shop/app.py": OWN_NAMES.format(body="return name")})
    assert [task.name for task in found.tasks] == ["ship", "shop.pack"]
    known = {"ship": True, "shop.pack": True, "shop.app.ship": False}
    assert {name: found.task_names.registered(name) for name in known} == known


def test_a_method_of_a_task_class_names_nothing(tmp_path: Path) -> None:
    """Celery asks the application alone (`celery.app.base.Celery._task_from_fun`, 5.7)."""
    text = """
    from celery import Task, shared_task

    class Base(Task):
        def gen_task_name(self, name, module): return self.find()

    @shared_task(base=Base)
    def ship(): ...
    """
    assert [task.name for task in names(tmp_path, {"shop/jobs.py": text}).tasks] == ["shop.jobs.ship"]


def test_projects_that_name_tasks_without_dots(tmp_path: Path) -> None:
    text = "from celery import shared_task\n" + "".join(
        f"@shared_task(name='count-{n}')\ndef count{n}(): ...\n" for n in range(6)
    )
    found = names(tmp_path, {"shop/tasks.py": text}).task_names
    assert found.registered("count-3") is True
    assert found.registered("count-9") is None
    assert found.registered("count-9", own=True) is False


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", False),
        # A third of the names is otherwise, or one is not known.
        ("".join(f"@shared_task\ndef other{n}(): ...\n" for n in range(3)), None),
        ("@shared_task(name=find())\ndef hidden(): ...\n", None),
    ],
)
def test_projects_that_name_tasks_under_something_of_their_own(
    tmp_path: Path, more: str, expected: bool | None
) -> None:
    text = "from celery import shared_task\n" + "".join(
        f"@shared_task(name='app.cron.count.Count{n}')\ndef count{n}(): ...\n" for n in range(6)
    )
    found = names(tmp_path, {"shop/tasks.py": text + more}).task_names
    assert found.registered("app.cron.count.Count3", own=True) is True
    assert found.registered("app.cron.gone.Gone", own=True) is expected
    # It may be another service's where it is only sent, or named in another way.
    assert found.registered("app.cron.gone.Gone") is None
    assert found.registered("billing.cron.gone.Gone", own=True) is None


def test_texts_of_constants(tmp_path: Path) -> None:
    files = {
        "shop/kinds.py": """
            import enum
            class Kind(enum.Enum):
                MAIL = "mail"
            class Names:
                SEND = f"shop.tasks.{Kind.MAIL.value}.send"
        """,
        "shop/beat.py": """
            from shop.celery import app
            from shop.kinds import Kind, Names
            app.conf.beat_schedule = {
                "a": {"task": Names.SEND, "schedule": 1},
                "b": {"task": f"shop.{Kind.MAIL.value}", "schedule": 1},
                "c": {"task": Kind.MAIL, "schedule": 1},
            }
        """,
    }
    assert [entry.sent for entry in names(tmp_path, files).schedule] == ["shop.tasks.mail.send", "shop.mail", ""]
