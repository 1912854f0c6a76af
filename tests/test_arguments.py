"""What rules about arguments share: names of secrets, sizes of literals, and fixes that are only shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from celerylint.config import load
from celerylint.fixing import attach
from celerylint.project import Project
from celerylint.rule import Finding
from celerylint.rules.secrets import KEYS, is_secret, key_format, words
from celerylint.values import Const

HEAD = """
from celery import Celery
from django.db import models
app = Celery("shop", broker="redis://cache/0")

class Order(models.Model):
    pass

"""


def check(folder: Path, code: str, source: str, **options: object) -> tuple[Project, list[Finding]]:
    path = folder / "tasks.py"
    path.write_text(HEAD + source, encoding="utf-8")
    project = Project(load([folder], {"select": [code], **options}, isolated=True), [folder])
    return project, project.check().findings


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return check(tmp_path, "CEL311", "")[0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("api_key", ("api", "key")),
        ("apiKey", ("api", "key")),
        ("API_KEY", ("api", "key")),
        ("APIKey", ("api", "key")),
        ("shopApiKey2", ("shop", "api", "key", "2")),
        ("_token", ("token",)),
        ("passwört", ("passw", "rt")),
        ("", ()),
    ],
)
def test_names_are_taken_apart(name: str, expected: tuple[str, ...]) -> None:
    assert words(name) == expected


@pytest.mark.parametrize(
    "name",
    [
        "password", "PASSWORD", "user_password", "newPassword", "token", "auth_token", "reset_token", "verify_token",
        "api_key", "stripeApiKey", "aws_secret_access_key", "client_secret", "card_number", "cvv", "db_credentials",
        "ssh_private_key", "jwt", "totp", "verification_code", "secret",
    ],
)  # fmt: skip
def test_names_of_secrets(project: Project, name: str) -> None:
    assert is_secret(name, project.index)


@pytest.mark.parametrize(
    "name",
    [
        "token_id", "token_count", "max_token", "chain_token", "nft_token", "page_token", "lock_token", "csrf_token",
        "password_reset_id", "reset_password", "has_password", "is_secret", "use_api_key", "encrypted_password",
        "hashed_token", "public_key", "key", "tokens", "author", "passenger", "secretary", "tokenizer", "passage",
        "credential_id", "card", "pinned", "compass", "monkey",
    ],
)  # fmt: skip
def test_names_that_are_none(project: Project, name: str) -> None:
    assert not is_secret(name, project.index)


def test_names_of_a_projects_own(tmp_path: Path) -> None:
    project, _ = check(tmp_path, "CEL311", "", **{"secret-names": ["iban"], "extend-secret-names": ["has_password"]})
    assert is_secret("iban", project.index)
    assert is_secret("customer_iban", project.index)
    assert not is_secret("password", project.index)
    assert is_secret("has_password", project.index)


# A made-up example of each format, put together here so that no scanner takes it for a real one.
EXAMPLES = {
    "an AWS access key": "AKIA" + "ABCDEFGHIJKLMNOP",
    "a GitHub token": "ghp" + "_" + "a1" * 18,
    "a GitLab token": "glpat" + "-" + "a1" * 10,
    "a Slack token": "xoxb" + "-1234567890-abcdef",
    "a Slack webhook": "https://hooks.slack.com" + "/services/T000/B000/" + "a1" * 10,
    "a Stripe key": "sk" + "_live_" + "a1" * 10,
    "a Google API key": "AIza" + "a1-_b" * 7,
    "a SendGrid key": "SG" + "." + "a1" * 10 + "." + "b2" * 10,
    "a Twilio key": "SK" + "0f" * 16,
    "an OpenAI key": "sk" + "-proj-" + "a1" * 20,
    "an Anthropic key": "sk" + "-ant-" + "a1" * 12,
    "an npm token": "npm" + "_" + "a1" * 18,
    "a PyPI token": "pypi" + "-" + "a1" * 30,
    "a private key": "-----BEGIN EC " + "PRIVATE KEY-----",
    "a JSON web token": "eyJhbGciOiJI" + ".eyJzdWIiOiIx" + ".SflKxwRJSM",
    "a URL with a password": "amqp://shop:" + "s3cret@broker:5672//",
}


def test_every_format_of_keys() -> None:
    assert EXAMPLES.keys() == KEYS.keys()
    for kind, text in EXAMPLES.items():
        found = key_format(Const(f"Bearer {text}"))
        assert found == kind or (kind == "an Anthropic key" and found == "an OpenAI key")


@pytest.mark.parametrize(
    "text",
    ["", "sk-short", "AKIA", "redis://cache:6379/0", "https://shop.example/a:b@c", "ghp_", "eyJ", "xoxo-love",
     "amqp://user:{password}@host", "SG.1.2", "skeleton-key"],
)  # fmt: skip
def test_what_is_no_key(text: str) -> None:
    assert key_format(Const(text)) == ""


@pytest.mark.parametrize(("size", "found"), [(64, 0), (65, 1)])
def test_literals_over_64_kib(tmp_path: Path, size: int, found: int) -> None:
    text = "x" * size * 1024
    source = f"@app.task\ndef scan(text):\n    return None\n\nscan.delay('{text}')\n"
    assert len(check(tmp_path, "CEL308", source)[1]) == found


def test_the_fix_of_a_passed_instance_shows_both_ends(tmp_path: Path) -> None:
    task = '@app.task\ndef ship(order):\n    """Send it."""\n    order.send()\n\n'
    project, findings = check(tmp_path, "CEL305", f"{task}def place():\n    ship.delay(Order.objects.get(pk=1))\n")
    (finding,) = attach(project, findings)
    assert finding.fix is not None
    assert finding.fix.applicability == "manual"
    assert [edit.content for edit in finding.fix.edits] == ["    order = Order.objects.get(pk=order)\n", ".pk"]
    assert "Order.objects.get(pk=1).pk" in finding.fix.message
