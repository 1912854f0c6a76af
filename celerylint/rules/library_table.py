"""The calls of well-known libraries that do I/O: a table.

Read from the libraries' documentation and sources: the standard library of Python 3.10 to 3.14, Requests 2.32,
urllib3 2.x, HTTPX 0.28, aiohttp 3.12, Paramiko 3.5, boto3 1.40 and the current SDKs of the services.
"""

from __future__ import annotations

from dataclasses import replace

from celerylint.records import dataclass


@dataclass(frozen=True, slots=True)
class IO:
    """What a call does outside of the process.

    `errors` are the dotted names of the exceptions after which another try may well succeed (builtins without a
    module); none for processes. `timeout` is the argument that limits the wait, in seconds, "" where the call takes
    none; `place` is its index among the positional arguments, -1 where it goes by keyword only. `blocks` says that
    the call may wait for ever: in the tables by the library's default, from `io_call` as the call is written.
    """

    library: str
    errors: tuple[str, ...] = ()
    timeout: str = ""
    place: int = -1
    blocks: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """An object that talks to a service. `methods` are those that do I/O; none stands for every one, also of the
    objects that it gives (`client.messages.create()`, `s3.Bucket("b").upload_file()`). `timeout` is the argument of its
    constructor that limits them all, `place` its index."""

    io: IO
    methods: tuple[str, ...] = ()
    places: tuple[tuple[str, int], ...] = ()
    timeout: str = ""
    place: int = -1


SOCKET_ERRORS = ("ConnectionError", "TimeoutError")
REQUESTS_ERRORS = ("requests.ConnectionError", "requests.Timeout")
URLLIB_ERRORS = ("urllib.error.URLError", *SOCKET_ERRORS)
URLLIB3_ERRORS = (
    "urllib3.exceptions.MaxRetryError",
    "urllib3.exceptions.TimeoutError",
    "urllib3.exceptions.ProtocolError",
)
HTTPX_ERRORS = ("httpx.TransportError",)
AIOHTTP_ERRORS = ("aiohttp.ClientConnectionError", "asyncio.TimeoutError")
SMTP_ERRORS = ("smtplib.SMTPServerDisconnected", "smtplib.SMTPConnectError", *SOCKET_ERRORS)
FTP_ERRORS = ("ftplib.error_temp", "EOFError", *SOCKET_ERRORS)
PARAMIKO_ERRORS = ("paramiko.SSHException", "EOFError", *SOCKET_ERRORS)
BOTO_ERRORS = ("botocore.exceptions.HTTPClientError",)
GOOGLE_ERRORS = ("google.api_core.exceptions.ServerError", "google.api_core.exceptions.TooManyRequests")
AZURE_ERRORS = ("azure.core.exceptions.ServiceRequestError", "azure.core.exceptions.ServiceResponseError")

VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
REQUESTS = IO("requests", REQUESTS_ERRORS, "timeout", blocks=True)
HTTPX = IO("httpx", HTTPX_ERRORS, "timeout")
URLLIB = IO("urllib.request", URLLIB_ERRORS, "timeout", 2, blocks=True)
SMTP = IO("smtplib", SMTP_ERRORS, "timeout", 3, blocks=True)
FTP = IO("ftplib", FTP_ERRORS, "timeout", blocks=True)
IMAP = IO("imaplib", ("imaplib.IMAP4.abort", *SOCKET_ERRORS), "timeout", blocks=True)
POP = IO("poplib", SOCKET_ERRORS, "timeout", 2, blocks=True)
MAIL = IO("django.core.mail", SMTP_ERRORS)
PROCESS = IO("subprocess", (), "timeout", blocks=True)

# Functions, and classes that connect when they are made with an argument.
FUNCTIONS: dict[str, IO] = {
    **{f"requests.{verb}": REQUESTS for verb in VERBS},
    **{f"requests.api.{verb}": REQUESTS for verb in VERBS},
    **{f"httpx.{verb}": HTTPX for verb in (*VERBS, "stream")},
    "urllib.request.urlopen": URLLIB,
    "urllib.request.urlretrieve": IO("urllib.request", URLLIB_ERRORS, blocks=True),
    "urllib2.urlopen": URLLIB,
    "urllib3.request": IO("urllib3", URLLIB3_ERRORS, "timeout", blocks=True),
    "aiohttp.request": IO("aiohttp", AIOHTTP_ERRORS),
    "smtplib.SMTP": SMTP,
    "smtplib.LMTP": IO("smtplib", SMTP_ERRORS, "timeout", blocks=True),
    "smtplib.SMTP_SSL": IO("smtplib", SMTP_ERRORS, "timeout", blocks=True),
    "ftplib.FTP": IO("ftplib", FTP_ERRORS, "timeout", 4, blocks=True),
    "ftplib.FTP_TLS": FTP,
    "imaplib.IMAP4": IO("imaplib", IMAP.errors, "timeout", 2, blocks=True),
    "imaplib.IMAP4_SSL": IMAP,
    "poplib.POP3": POP,
    "poplib.POP3_SSL": replace(POP, place=-1),
    "telnetlib.Telnet": IO("telnetlib", ("EOFError", *SOCKET_ERRORS), "timeout", 2, blocks=True),
    "socket.create_connection": IO("socket", SOCKET_ERRORS, "timeout", 1, blocks=True),
    **{f"subprocess.{name}": PROCESS for name in ("run", "call", "check_call", "check_output")},
    **{f"django.core.mail.{name}": MAIL for name in ("send_mail", "send_mass_mail", "mail_admins", "mail_managers")},
    "django.core.mail.message.send_mail": MAIL,
    "paramiko.Transport": IO("paramiko", PARAMIKO_ERRORS),
    "pysftp.Connection": IO("pysftp", PARAMIKO_ERRORS),
}

SESSION = Client(REQUESTS, (*VERBS, "send"), (("request", 8),))
HTTPX_CLIENT = Client(HTTPX, (*VERBS, "send", "stream"), timeout="timeout")
HTTP_CONNECTION = Client(
    IO("http.client", ("http.client.HTTPException", *SOCKET_ERRORS), blocks=True),
    ("connect", "request"),
    timeout="timeout",
    place=2,
)
POOL = Client(
    IO("urllib3", URLLIB3_ERRORS, "timeout", blocks=True),
    ("request", "urlopen", "request_encode_body"),
    timeout="timeout",
)
DJANGO_MAIL = Client(MAIL, ("send", "send_messages"))
BOTO = Client(IO("boto3", BOTO_ERRORS))
STRIPE = IO("stripe", ("stripe.APIConnectionError", "stripe.RateLimitError"))

CLIENTS: dict[str, Client] = {
    **dict.fromkeys(
        (
            "requests.Session",
            "requests.session",
            "requests.sessions.Session",
            "requests.sessions.session",
            "requests_oauthlib.OAuth1Session",
            "requests_oauthlib.OAuth2Session",
            "requests_html.HTMLSession",
            "requests_cache.CachedSession",
            "cloudscraper.create_scraper",
            "requests_toolbelt.sessions.BaseUrlSession",
        ),
        SESSION,
    ),
    "httpx.Client": HTTPX_CLIENT,
    "httpx.AsyncClient": HTTPX_CLIENT,
    "http.client.HTTPConnection": HTTP_CONNECTION,
    "http.client.HTTPSConnection": replace(HTTP_CONNECTION, place=-1),
    "urllib3.PoolManager": POOL,
    "urllib3.ProxyManager": POOL,
    "urllib3.HTTPConnectionPool": POOL,
    "urllib3.HTTPSConnectionPool": POOL,
    "urllib.request.build_opener": Client(URLLIB, ("open",)),
    "xmlrpc.client.ServerProxy": Client(IO("xmlrpc.client", SOCKET_ERRORS, blocks=True)),
    "aiohttp.ClientSession": Client(IO("aiohttp", AIOHTTP_ERRORS), VERBS),
    "smtplib.SMTP": Client(
        replace(SMTP, timeout="", place=-1), ("connect", "sendmail", "send_message"), timeout="timeout", place=3
    ),
    "ftplib.FTP": Client(FTP, ("connect",), (("connect", 2),), "timeout", 4),
    "ftplib.FTP_TLS": Client(FTP, ("connect",), (("connect", 2),), "timeout"),
    "subprocess.Popen": Client(PROCESS, ("wait", "communicate"), (("wait", 0), ("communicate", 1))),
    "paramiko.SSHClient": Client(
        IO("paramiko", PARAMIKO_ERRORS, "timeout", blocks=True), ("exec_command",), (("exec_command", 2),)
    ),
    "django.core.mail.EmailMessage": DJANGO_MAIL,
    "django.core.mail.EmailMultiAlternatives": DJANGO_MAIL,
    "django.core.mail.get_connection": DJANGO_MAIL,
    "django.core.mail.message.EmailMessage": DJANGO_MAIL,
    "django.core.mail.message.EmailMultiAlternatives": DJANGO_MAIL,
    **dict.fromkeys(("boto3.client", "boto3.resource", "boto3.Session", "boto3.session.Session"), BOTO),
    **dict.fromkeys(
        (
            "google.cloud.storage.Client",
            "google.cloud.bigquery.Client",
            "google.cloud.pubsub_v1.PublisherClient",
            "google.cloud.secretmanager.SecretManagerServiceClient",
            "google.cloud.tasks_v2.CloudTasksClient",
        ),
        Client(IO("google.cloud", GOOGLE_ERRORS)),
    ),
    **dict.fromkeys(
        (
            "azure.storage.blob.BlobServiceClient",
            "azure.storage.queue.QueueClient",
            "azure.keyvault.secrets.SecretClient",
        ),
        Client(IO("azure", AZURE_ERRORS)),
    ),
    "twilio.rest.Client": Client(IO("twilio", REQUESTS_ERRORS)),
    "stripe.StripeClient": Client(STRIPE),
    "sendgrid.SendGridAPIClient": Client(IO("sendgrid", ("urllib.error.URLError",)), ("send",)),
    "slack_sdk.WebClient": Client(IO("slack_sdk", URLLIB_ERRORS)),
    "slack_sdk.webhook.WebhookClient": Client(IO("slack_sdk", URLLIB_ERRORS)),
    "openai.OpenAI": Client(IO("openai", ("openai.APIConnectionError", "openai.RateLimitError"))),
    "anthropic.Anthropic": Client(IO("anthropic", ("anthropic.APIConnectionError", "anthropic.RateLimitError"))),
}
# Methods that only make another object, and classes of SDKs whose class methods do I/O.
MAKERS = frozenset(
    {"get_paginator", "get_waiter", "client", "resource", "bucket", "blob", "collection", "with_options"}
)
SDK_METHODS = frozenset(
    {
        "create",
        "retrieve",
        "modify",
        "list",
        "delete",
        "cancel",
        "capture",
        "confirm",
        "search",
        "attach",
        "detach",
        "update",
        "pay",
    }
)
