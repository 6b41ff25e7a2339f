"""`kill -9` in the middle of a stream of messages, again and again: what anybody saw is never lost."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.e2e.client import Client, all_of
from tests.e2e.conftest import Serve
from tests.e2e.server import ServerProcess, issue

ROUNDS = 12
SENDERS = 3
IN_FLIGHT = 8
ROOM = "stream"


@dataclass
class Known:
    """What clients know of the room, over all lives of the server."""

    epoch: str = ""
    acknowledged: dict[str, int] = field(default_factory=dict)
    """Sequence by message id, from replies."""
    delivered: dict[int, str] = field(default_factory=dict)
    """Message id by sequence, from pushes."""
    sent: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Sender, and the last sequence that it had seen when it first sent, by message id."""
    enough: asyncio.Event = field(default_factory=asyncio.Event)
    wanted: int = 0

    def acknowledge(self, reply: dict[str, Any]) -> None:
        """A reply came."""
        known = self.acknowledged.setdefault(reply["id"], reply["sequence"])
        assert known == reply["sequence"], "one message has two sequences"
        assert reply["epoch"] == self.epoch
        if len(self.acknowledged) >= self.wanted:
            self.enough.set()

    def deliver(self, push: dict[str, Any]) -> None:
        """A push came."""
        known = self.delivered.setdefault(push["sequence"], push["id"])
        assert known == push["id"], "one sequence has two messages"
        assert push["epoch"] == self.epoch


async def send_for_ever(client: Client, sender: str, known: Known, first: str) -> None:
    """Several messages in flight, until the connection is lost; `first` makes the ids new."""
    for number in range(1_000_000):
        message_id = f"{sender}-{first}-{number}"
        known.sent[message_id] = (sender, max(known.delivered, default=0))
        await client.send("sendmessage", roomId=ROOM, message=f"text of {message_id}", id=message_id)
        if number >= IN_FLIGHT:
            await take(client, known)


async def take(client: Client, known: Known) -> None:
    """One frame, of whatever kind, up to the next reply."""
    while True:
        frame = await client.frame()
        if frame["type"] == "reply":
            known.acknowledge(frame["data"])
            return
        assert frame["type"] == "message", frame
        known.deliver(frame)


async def listen(client: Client, known: Known) -> None:
    """Pushes, until the connection is lost."""
    while True:
        known.deliver(await client.push())


async def until_lost(work: Any) -> None:
    """It ends with its connection, and with nothing else."""
    with pytest.raises(ConnectionClosed) as closed:
        await work
    assert closed.value.rcvd is None, closed


async def one_life(server: ServerProcess, known: Known, life: int, messages: int) -> None:
    """Talk until enough was acknowledged, kill the server, and let all that was under way come to its end."""
    known.enough.clear()
    known.wanted = len(known.acknowledged) + messages
    async with (
        asyncio.timeout(60),
        await Client.open(server.port, issue("listener"), ROOM) as listener,
        all_of(Client.open(server.port, issue(f"sender-{number}"), ROOM) for number in range(SENDERS)) as senders,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(until_lost(listen(listener, known)))
        for number, client in enumerate(senders):
            tasks.create_task(until_lost(send_for_ever(client, f"sender-{number}", known, str(life))))
        await known.enough.wait()
        server.kill()


async def read_log(client: Client) -> list[dict[str, Any]]:
    """The whole room, page by page."""
    page = await client.do("history", roomId=ROOM, after=0)
    messages = page["messages"]
    while "cursor" in page:
        page = await client.do("history", roomId=ROOM, cursor=page["cursor"])
        messages += page["messages"]
    return messages


async def send_again(server: ServerProcess, known: Known, message_ids: list[str]) -> list[dict[str, Any]]:
    """Repeat messages as docs/protocol.md section 9 says, each by its own sender."""
    replies = []
    for number in range(SENDERS):
        sender = f"sender-{number}"
        async with await Client.open(server.port, issue(sender)) as client:
            for message_id in message_ids:
                if known.sent[message_id][0] == sender:
                    replies.append(
                        await client.do(
                            "sendmessage",
                            roomId=ROOM,
                            message=f"text of {message_id}",
                            id=message_id,
                            retryAfter=known.sent[message_id][1],
                            epoch=known.epoch,
                        )
                    )
    return replies


def check_log(messages: list[dict[str, Any]], known: Known) -> None:
    """No hole, nothing twice, and everything that anybody saw where they saw it."""
    assert list(range(1, len(messages) + 1)) == [message["sequence"] for message in messages]
    by_id = {message["id"]: message["sequence"] for message in messages}
    assert len(messages) == len(by_id)
    assert known.acknowledged == {one: by_id.get(one) for one in known.acknowledged}
    assert known.delivered == {
        sequence: messages[sequence - 1]["id"] for sequence in known.delivered if sequence <= len(messages)
    }
    assert set(by_id) <= set(known.sent)
    assert all(message["message"] == f"text of {message['id']}" for message in messages)


async def test_nothing_that_was_acknowledged_or_delivered_is_lost(serve: Serve) -> None:
    """Twelve lives of one database, each ended by `kill -9` while messages were in flight."""
    chance = random.Random(20260105)
    server = serve("--commands-burst", "1000000")
    known = Known()
    async with await Client.open(server.port, issue("listener")) as client:
        known.epoch = (await client.do("join", roomId=ROOM))["epoch"]

    for life in range(ROUNDS):
        await one_life(server, known, life, chance.randint(1, 150))
        server.start()

        async with await Client.open(server.port, issue("reader"), max_size=2**20) as reader:
            position = await reader.do("join", roomId=ROOM)
            assert known.epoch == position["epoch"]
            check_log(await read_log(reader), known)

            # What nobody was told about may have been stored or not; what was acknowledged was. Repeating changes neither.
            unanswered = [one for one in known.sent if one not in known.acknowledged]
            answered = chance.sample(sorted(known.acknowledged), min(10, len(known.acknowledged)))
            stored_before = {message["id"] for message in await read_log(reader)}
            again = await send_again(server, known, unanswered + answered)
            assert {one: one in stored_before for one in unanswered + answered} == {
                reply["id"]: reply["duplicate"] for reply in again
            }
            for reply in again:
                known.acknowledge(reply)
            twice = await send_again(server, known, unanswered)
            assert [True] * len(unanswered) == [reply["duplicate"] for reply in twice]
            check_log(await read_log(reader), known)
    assert set(known.sent) == set(known.acknowledged)
