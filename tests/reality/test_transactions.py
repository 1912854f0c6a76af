"""CEL401 and its kin: when a task leaves, in a transaction of Django, in signals of models, and on commit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# Django can be set up once in a process, so that all of it runs in one of its own.
SHOP = """
import json, os, sys
import django
from django.conf import settings

os.environ["DJANGO_SETTINGS_MODULE"] = "shop_settings"
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
)
django.setup()

from functools import partial
from celery import Celery, Task, shared_task
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete

app = Celery("shop", broker="memory://", set_as_current=True)
sent, said = [], {}


class Sending:
    \"\"\"Stands for the broker: what is sent, and whether a transaction was open then.\"\"\"

    def __call__(self, name, args=None, kwargs=None, **options):
        sent.append((name.rpartition(".")[2], transaction.get_connection().in_atomic_block))
        return "result"


app.send_task = Sending()


@shared_task
def ship(pk=0):
    pass


class Own(Task):
    pass


@app.task(base=Own)
def bill(pk=0):
    pass


def leaves(action):
    sent.clear()
    returned = action()
    return list(sent), returned


def in_block(action):
    def run():
        with transaction.atomic():
            returned = action()
            said["before commit"] = list(sent)
        return returned
    return run


def rolled_back(action):
    def run():
        try:
            with transaction.atomic():
                action()
                raise ValueError
        except ValueError:
            pass
    return run


def listening(signal, sender, action):
    def handler(**kwargs):
        ship.delay()
    signal.connect(handler, sender=sender, weak=False)
    try:
        return leaves(action)[0]
    finally:
        signal.disconnect(handler, sender=sender)


call_command("migrate", verbosity=0)
user = User.objects.create(username="a")
group = Group.objects.create(name="g")

said["delay in a block"] = leaves(in_block(ship.delay))[0]
said["delay, rolled back"] = leaves(rolled_back(ship.delay))[0]
said["delay_on_commit in a block"], said["what it returns"] = leaves(in_block(ship.delay_on_commit))
said["nothing before the commit"] = said["before commit"]
said["delay_on_commit, rolled back"] = leaves(rolled_back(ship.delay_on_commit))[0]
said["delay_on_commit outside"] = leaves(ship.delay_on_commit)[0]
said["partial in a block"] = leaves(in_block(lambda: transaction.on_commit(partial(ship.delay, 1))))[0]
said["canvas in a block"] = leaves(in_block(lambda: transaction.on_commit(ship.s().delay)))[0]
said["own class has it"] = hasattr(bill, "delay_on_commit")
said["post_save"] = listening(post_save, User, user.save)
said["get_or_create"] = listening(post_save, Group, lambda: Group.objects.get_or_create(name="x"))
said["m2m_changed"] = listening(m2m_changed, User.groups.through, lambda: user.groups.add(group))
said["pre_delete"] = listening(pre_delete, Group, lambda: Group.objects.create(name="h").delete())
said["post_delete"] = listening(post_delete, Group, lambda: Group.objects.create(name="h").delete())

late = []
for number in range(3):
    late.append(lambda: number)
said["late binding"] = [function() for function in late]

try:
    with transaction.atomic():
        sent.clear()
        transaction.on_commit(ship.delay(1))
except TypeError as error:
    said["on_commit called now"] = [list(sent), str(error)]

print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path: Path = tmp_path_factory.mktemp("shop") / "shop.py"
    path.write_text(SHOP, encoding="utf-8")
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_delay_leaves_before_the_commit_and_is_not_taken_back(said: Any) -> None:
    assert said["delay in a block"] == [["ship", True]]
    assert said["delay, rolled back"] == [["ship", True]]


def test_on_commit_leaves_at_the_commit_or_not_at_all(said: Any) -> None:
    assert said["nothing before the commit"] == []
    assert said["delay_on_commit in a block"] == [["ship", False]]
    assert said["delay_on_commit, rolled back"] == []
    assert said["delay_on_commit outside"] == [["ship", False]]
    assert said["partial in a block"] == [["ship", False]]
    assert said["canvas in a block"] == [["ship", False]]


def test_delay_on_commit_returns_none_and_tasks_of_own_classes_have_none(said: Any) -> None:
    assert said["what it returns"] is None
    assert said["own class has it"] is False


def test_deleting_and_relating_open_transactions_of_their_own_and_saving_does_not(said: Any) -> None:
    assert said["pre_delete"] == [["ship", True]]
    assert said["post_delete"] == [["ship", True]]
    assert said["m2m_changed"] == [["ship", True], ["ship", True]]  # before and after
    assert said["post_save"] == [["ship", False]]
    assert said["get_or_create"] == [["ship", True]]


def test_a_lambda_in_a_loop_sees_the_last_item(said: Any) -> None:
    assert said["late binding"] == [2, 2, 2]


def test_on_commit_of_a_result_sends_at_once_and_raises(said: Any) -> None:
    sent, error = said["on_commit called now"]
    assert sent == [["ship", True]]
    assert "callable" in error
