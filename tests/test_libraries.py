"""The table of library calls, held to the standard library, and what is made of a call as it is written."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path

import pytest

from celerylint.config import load
from celerylint.project import Project
from celerylint.rules.libraries import IO, io_call
from celerylint.rules.library_table import CLIENTS, FUNCTIONS

STANDARD = (
    "smtplib",
    "ftplib",
    "imaplib",
    "poplib",
    "socket",
    "subprocess",
    "urllib.request",
    "http.client",
    "xmlrpc.client",
)


def of(folder: Path, code: str) -> IO | None:
    """What the last call of a file does."""
    (folder / "shop.py").write_text(f"import celery\n{code}\n", encoding="utf-8")
    (folder / "web.py").write_text(
        "import requests, boto3\nLIMIT = 5\nNEVER = None\nsession = requests.Session()\ns3 = boto3.resource('s3')\n"
        "class Slow(requests.Session):\n    pass\nclass Quick(requests.Session):\n"
        "    def request(self, *args, **kwargs):\n        return super().request(*args, timeout=3, **kwargs)\n",
        encoding="utf-8",
    )
    project = Project(load([folder], {}, isolated=True), [folder])
    file = next(file for path in project.shown_paths if path.endswith("shop.py") and (file := project.file(path)))
    statement = file.nodes(ast.Expr)[-1]
    return io_call(file.value(statement.value), project.index)


@pytest.mark.parametrize(
    "code",
    [
        "import requests\nrequests.get(url)",
        "from requests import post as send\nsend(url, json=data)",
        "import requests\nrequests.get(url, timeout=None)",
        "import requests\nrequests.Session().get(url)",
        "import requests\nwith requests.Session() as session:\n    session.post(url)",
        "def f():\n    import requests\n    session = requests.session()\n    session.request('GET', url)",
        "from web import session\nsession.put(url)",
        "import requests\nfrom web import NEVER\nrequests.get(url, timeout=NEVER)",
        "from web import Slow\nSlow().get(url)",
        "import httpx\nhttpx.get(url, timeout=None)",
        "import httpx\nhttpx.Client(timeout=None).get(url)",
        "from urllib.request import urlopen\nurlopen(url, data)",
        "import urllib.request\nurllib.request.urlretrieve(url, path)",
        "import smtplib\nsmtplib.SMTP('mail', 25)",
        "import smtplib\nserver = smtplib.SMTP()\nserver.connect('mail')",
        "import ftplib\nftplib.FTP('files').nlst()\nftplib.FTP('files')",
        "import socket\nsocket.create_connection(('shop', 80))",
        "import http.client\nconnection = http.client.HTTPSConnection('shop')\nconnection.request('GET', '/')",
        "import subprocess\nsubprocess.run(['ls'], check=True)",
        "import subprocess\nprocess = subprocess.Popen(['ls'])\nprocess.communicate(data)",
        "import paramiko\nclient = paramiko.SSHClient()\nclient.exec_command('ls')",
        "import urllib3\nurllib3.PoolManager().request('GET', url)",
        "import xmlrpc.client\nxmlrpc.client.ServerProxy(url).package_roles('x')",
    ],
)
def test_these_may_wait_for_ever(code: str, tmp_path: Path) -> None:
    found = of(tmp_path, code)
    assert found is not None
    assert found.blocks


@pytest.mark.parametrize(
    "code",
    [
        "import requests\nrequests.get(url, timeout=3)",
        "import requests\nrequests.get(url, timeout=limit)",
        "import requests\nrequests.get(url, **options)",
        "import requests\nrequests.Session().request('GET', url, None, None, None, None, None, None, 5)",
        "import requests\nfrom web import LIMIT\nrequests.get(url, timeout=LIMIT)",
        "import httpx\nhttpx.get(url)",
        "import httpx\nhttpx.Client(timeout=None).get(url, timeout=5)",
        "from urllib.request import urlopen\nurlopen(url, None, 10)",
        "import smtplib\nsmtplib.SMTP('mail', 25, 'here', 10)",
        "import smtplib\nserver = smtplib.SMTP(timeout=10)\nserver.connect('mail')",
        "import http.client\nhttp.client.HTTPConnection('shop', 80, 5).request('GET', '/')",
        "import subprocess\nsubprocess.Popen(['ls']).wait(5)",
        "import urllib3\nurllib3.PoolManager(timeout=3).request('GET', url)",
        "import boto3\nboto3.client('s3').put_object(Body=data)",
        "from django.core.mail import EmailMessage\nEmailMessage('x').send()",
    ],
)
def test_these_are_input_or_output_and_end(code: str, tmp_path: Path) -> None:
    found = of(tmp_path, code)
    assert found is not None
    assert not found.blocks


@pytest.mark.parametrize(
    "code",
    [
        "import requests\nrequests.Session()",
        "import requests\nrequests.Request('GET', url)",
        "import requests\nrequests.get(url).json()",
        "requests = {}\nrequests.get(url)",
        "def f(requests):\n    requests.get(url)",
        "from web import Quick\nQuick().get(url)",
        "import smtplib\nsmtplib.SMTP()",
        "import boto3\nboto3.resource('s3').Bucket('b')",
        "import boto3\nboto3.client('s3').get_paginator('list_objects')",
        "import subprocess\nsubprocess.Popen(['ls'])",
        "client = Client()\nclient.get(url)",
        "cache.get('requests')",
    ],
)
def test_these_do_nothing_outside_of_the_process(code: str, tmp_path: Path) -> None:
    assert of(tmp_path, code) is None


def test_errors_are_those_of_the_library(tmp_path: Path) -> None:
    found = of(tmp_path, "from web import s3\ns3.Bucket('b').Object('o').upload_file(path)")
    assert found is not None
    assert (found.library, found.errors) == ("boto3", ("botocore.exceptions.HTTPClientError",))
    ran = of(tmp_path, "import subprocess\nsubprocess.run(['ls'])")
    assert ran is not None
    assert ran.errors == ()


def real(dotted: str) -> object:
    """The object that a dotted name of the standard library (or Requests) means."""
    parts = dotted.split(".")
    for count in range(len(parts) - 1, 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for name in parts[count:]:
            found = getattr(found, name)
        return found
    return getattr(importlib.import_module("builtins"), dotted)


def timeouts() -> list[tuple[str, str, int]]:
    """(callable, argument that limits it, its index or -1) of all rows about the standard library."""
    rows = [(name, row.timeout, row.place) for name, row in FUNCTIONS.items() if row.timeout]
    for name, client in CLIENTS.items():
        rows += [(name, client.timeout, client.place)] if client.timeout else []
        if client.io.timeout:
            places = dict(client.places)
            rows += [(f"{name}.{method}", client.io.timeout, places.get(method, -1)) for method in client.methods]
    return sorted({row for row in rows if row[0].startswith(STANDARD) and not row[0].endswith("build_opener.open")})


@pytest.mark.parametrize(("name", "timeout", "place"), timeouts())
def test_limits_are_where_the_standard_library_has_them(name: str, timeout: str, place: int) -> None:
    function = real(name)
    assert callable(function)
    names = [parameter for parameter in inspect.signature(function).parameters if parameter != "self"]
    # These hand their keywords on.
    assert timeout in names or name in {"subprocess.check_call", "subprocess.check_output"}
    if place >= 0:
        assert names.index(timeout) == place


def errors() -> set[str]:
    rows = [*FUNCTIONS.values(), *(client.io for client in CLIENTS.values())]
    return {error for row in rows for error in row.errors}


HERE = (*STANDARD, "urllib.error", "requests.", "urllib3.", "asyncio.")


@pytest.mark.parametrize("error", sorted(error for error in errors() if "." not in error or error.startswith(HERE)))
def test_errors_are_exceptions(error: str) -> None:
    found = real(error)
    assert isinstance(found, type)
    assert issubclass(found, Exception)
