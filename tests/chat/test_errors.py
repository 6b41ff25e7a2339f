"""Commands that cannot be done: each gets its documented error, and the connection goes on. One table for every host."""

import asyncio
from itertools import count

import pytest

from talkroom.chat.model.errors import ErrorCode
from tests.chat.bad_commands import BAD_COMMANDS, BY_DOING_TOO_MUCH, BY_FAILURE, RETRY, ROOM, USER
from tests.chat.host import Ability, Host
from tests.e2e.client import PATIENCE_S, Client

FRAME_BYTES_MAX = 32_768


async def send_text(client: Client, text: str) -> None:
    """As one message; a larger one must come in fragments, or its frame is what is wrong with it."""
    encoded = text.encode()
    fragments = [encoded[start : start + FRAME_BYTES_MAX] for start in range(0, len(encoded), FRAME_BYTES_MAX)]
    await client.connection.send(fragments if len(fragments) > 1 else text, text=True)


def test_the_table_has_every_name() -> None:
    """With the flag that the server's own table gives it, and a command that provokes it."""
    assert {code.wire_name: code.retry for code in ErrorCode} == RETRY
    assert set(RETRY) == {row.name for row in BAD_COMMANDS.values()} | BY_DOING_TOO_MUCH | BY_FAILURE


@pytest.mark.parametrize("case", BAD_COMMANDS)
async def test_a_bad_command_is_answered(host: Host, case: str) -> None:
    """By name, with its ref when that could be read, not to be retried; the next command is done."""
    row = BAD_COMMANDS[case]
    async with await host.open(USER, ROOM, rooms=[ROOM]) as client:
        await send_text(client, row.send(host))
        answer = await client.frame()
        pong = await client.ask("ping")

    assert ("error", row.ref, row.name) == (answer["type"], answer.get("ref"), answer.get("name"))
    assert RETRY[row.name] is answer["retry"]
    assert answer["detail"]
    assert "reply" == pong["type"]


async def test_nonsense_disturbs_nobody(host: Host, room: str) -> None:
    """Everything of the table at once from one, while others talk."""
    async with (
        await host.open(USER, room) as nonsense,
        await host.open("bob", room) as bob,
        await host.open("carol", room) as carol,
    ):
        sent = [row for row in BAD_COMMANDS.values() if row.ref is not None and row.name != "forbidden"]
        for row in sent:
            await send_text(nonsense, row.send(host))
        await bob.do("sendmessage", roomId=room, message="still there?")
        assert "still there?" == await carol.said()
        answers = [frame["name"] for frame in [await nonsense.frame() for _ in range(len(sent) + 1)] if "name" in frame]

    assert sorted(row.name for row in sent) == sorted(name for name in answers if name in RETRY)


async def test_one_room_too_many(host: Host, room: str) -> None:
    """Joined again is not one more; a room that is left makes place for another."""
    async with await host.open() as client:
        for number in range(1000):
            answer = await client.ask("join", roomId=f"{room}-{number}")
            if answer["type"] == "error":
                break
        await client.do("join", roomId=f"{room}-0")
        await client.do("leave", roomId=f"{room}-0")
        await client.do("join", roomId=f"{room}-{number}")

    assert ("tooManyRooms", RETRY["tooManyRooms"]) == (answer["name"], answer["retry"])


@pytest.mark.needs(Ability.RATE_LIMIT)
async def test_commands_faster_than_the_limit(host: Host) -> None:
    """What is over is refused, may be retried, and is done when the client has slowed down. Others are not touched."""
    async with await host.open() as fast, await host.open() as other, asyncio.timeout(PATIENCE_S):
        for number in count():
            answer = await fast.answer(await fast.send("ping"))
            if answer["type"] == "error" or number > 100_000:
                break
        again = answer
        while again["type"] == "error":
            await asyncio.sleep(0.1)  # slowing down is what it is about
            again = await fast.ask("ping")

        assert ("rateLimited", RETRY["rateLimited"]) == (answer["name"], answer["retry"])
        assert "reply" == (await other.ask("ping"))["type"]
