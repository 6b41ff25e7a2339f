"""A client that stops reading: nobody else notices, the server's memory does not, and it catches up from the log."""

import asyncio
import json
import socket

from talkroom.conformance.wire import TEXT, Wire, handshake
from tests.e2e.client import Client, all_of
from tests.e2e.conftest import Serve
from tests.e2e.server import issue

ROOM = "busy"
MESSAGES = 500
TEXT_CHARACTERS = 4000
SLOW = 8


def text_of(number: int) -> str:
    """A large message that says which one it is: 12 KB in UTF-8."""
    return f"{number:06d}" + "あ" * (TEXT_CHARACTERS - 6)


async def slow_client(port: int, user: str) -> Wire:
    """A member of the room whose system buffers little and who reads nothing from now on."""
    connected = socket.socket()
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connected.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connected, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=connected, limit=4096)
    wire = Wire(reader, writer)
    wire.send(handshake(protocols=f"talkroom.v1, {issue(user)}, {ROOM}"))
    assert (await wire.response()).status == 101
    writer.transport.pause_reading()
    return wire


async def read_until_dropped(wire: Wire) -> list[int]:
    """The sequences that the slow client gets to see when it reads again."""
    wire.writer.transport.resume_reading()
    sequences = []
    try:
        while (frame := await wire.frame()).opcode == TEXT:
            sequences.append(json.loads(frame.payload)["sequence"])
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    return sequences


async def catch_up(client: Client, after: int, epoch: str) -> list[int]:
    """The sequences that `join` with `after` and its cursors tell."""
    page = await client.do("join", roomId=ROOM, after=after, epoch=epoch)
    assert page["resumed"], page
    sequences = [message["sequence"] for message in page["messages"]]
    while "cursor" in page:
        page = await client.do("history", roomId=ROOM, cursor=page["cursor"])
        sequences += [message["sequence"] for message in page["messages"]]
    return sequences


async def test_clients_that_stop_reading_slow_nobody_and_catch_up(serve: Serve) -> None:
    """Everybody else gets everything, in order; the slow ones are disconnected, and lose nothing for good."""
    server = serve("--durability", "os", "--close-timeout-s", "0.5", "--commands-burst", "100000")
    async with (
        await Client.open(server.port, issue("sender")) as sender,
        await Client.open(server.port, issue("quick"), ROOM) as quick,
        all_of(slow_client(server.port, f"slow-{number}") for number in range(SLOW)) as slow,
    ):
        before = server.resident_bytes

        heard = asyncio.create_task(hear(quick, MESSAGES))
        for number in range(MESSAGES):
            await sender.do("sendmessage", roomId=ROOM, message=text_of(number))
        pushes = await heard
        grown = server.resident_bytes - before
        seen = [await read_until_dropped(wire) for wire in slow]

        assert [text_of(number) for number in range(MESSAGES)] == [push["message"] for push in pushes]
        assert all(len(sequences) < MESSAGES for sequences in seen), "a client that does not read is kept"
        assert all(sequences == list(range(1, len(sequences) + 1)) for sequences in seen)
        # Unbounded queues would hold 6 MB for each of the slow, and their system buffers take no more than 4 of them.
        assert grown < SLOW * 1_000_000 + 8_000_000
        assert SLOW == server.log.count("slow consumer disconnected")

        epoch = pushes[0]["epoch"]
        for number, sequences in enumerate(seen):
            last = len(sequences)
            async with await Client.open(server.port, issue(f"slow-{number}"), max_size=2**20) as back:
                assert list(range(last + 1, MESSAGES + 1)) == await catch_up(back, last, epoch)


async def hear(client: Client, count: int) -> list[dict]:
    """So many pushes."""
    return [await client.push() for _ in range(count)]
