"""The commands that ask a broker how it is, by its kind."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator

from celerylint.checklist.item import Step
from celerylint.checklist.variables import Url
from celerylint.deploy.snippets import HIDDEN
from celerylint.records import dataclass

SQS_DEPTH = (
    "aws sqs get-queue-attributes --attribute-names ApproximateNumberOfMessages "
    '--queue-url "$(aws sqs get-queue-url --queue-name {queue} --query QueueUrl --output text)"'
)


@dataclass(frozen=True, slots=True)
class BrokerCommands:
    """The program that talks to it (`client`), what asks whether it is there (`ping`), what tries so without a login
    (`reach`), what tells how much is in it (`sizes`) and in each of some queues (`depths`)."""

    client: str
    ping: str
    reach: str
    sizes: str
    depths: Callable[[Iterable[str]], list[Step]]


def of_kind(kind: str, url: Url | None) -> BrokerCommands:
    """The commands for a kind of broker; Redis' where that is not known."""
    match kind:
        case "amqp":
            return BrokerCommands(
                "rabbitmqctl",
                "rabbitmq-diagnostics ping",
                "nc -zv RABBITMQ 5672",
                "rabbitmqctl list_queues name messages message_bytes",
                lambda queues: [
                    Step("How much waits in each queue", "rabbitmqctl list_queues name messages consumers")
                ],
            )
        case "sqs":
            return BrokerCommands(
                "aws sqs",
                "aws sqs list-queues",
                "aws sqs list-queues --no-sign-request",
                "aws cloudwatch list-metrics --namespace AWS/SQS --metric-name SentMessageSize",
                lambda queues: each(queues, SQS_DEPTH),
            )
        case _:
            client = redis_cli(url)
            sizes, depth = f"{client} --memkeys", f"{client} LLEN {{queue}}"
            reach = f"{redis_cli(url, login=False)} PING"
            return BrokerCommands(client, f"{client} PING", reach, sizes, lambda queues: each(queues, depth))


def each(queues: Iterable[str], command: str) -> list[Step]:
    """A step for each queue."""
    return [Step(f"How much waits in {name}", command.replace("{queue}", shlex.quote(name))) for name in queues]


def redis_cli(url: Url | None, *, login: bool = True) -> str:
    """`redis-cli` with the address, user and database of a URL, as far as they are known."""
    return " ".join(["redis-cli", *(options(url, login=login) if url is not None else ())])


def options(url: Url, *, login: bool) -> Iterator[str]:
    """The options of `redis-cli` for a URL; it asks for a password itself."""
    yield f"-h {shlex.quote(url.host)}"
    if url.port:
        yield f"-p {url.port}"
    if url.is_encrypted:
        yield "--tls"
    user = url.user.partition(":")[0]
    if login and user and HIDDEN not in user:
        yield f"--user {shlex.quote(user)}"
    if login and url.has_password:
        yield "--askpass"
    if login and url.path.isdigit() and url.path != "0":
        yield f"-n {url.path}"
