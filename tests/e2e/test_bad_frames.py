"""Frames that break a rule, sent to a real server by somebody with a good token: each ends that connection and no other."""

import pytest

from talkroom.conformance.wire import (
    BINARY,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Closed,
    Frame,
    Wire,
    frame,
    text,
)
from tests.e2e.server import ServerProcess, issue

pytestmark = pytest.mark.usefixtures("bystanders")


async def opened(server: ServerProcess) -> Wire:
    """An open `talkroom.v1` connection."""
    return await Wire.upgrade(server.port, protocols=f"talkroom.v1, {issue()}, lobby")


@pytest.mark.parametrize(
    ("data", "code", "reason"),
    [
        pytest.param(frame(TEXT, b'{"action":"ping\xff"}'), 1007, "text is not valid UTF-8", id="bad UTF-8"),
        pytest.param(
            frame(TEXT, b"\xe3\x81", fin=False) + frame(CONTINUATION, b"x"),
            1007,
            "text is not valid UTF-8",
            id="bad UTF-8 across fragments",
        ),
        pytest.param(frame(TEXT, "{}", masked=False), 1002, "a client's frame is not masked", id="unmasked"),
        pytest.param(frame(TEXT, "x" * 32_769), 1009, "a frame is too big", id="a frame of 32769 bytes"),
        pytest.param(
            frame(TEXT, "x" * 30_000, fin=False) + frame(CONTINUATION, "x" * 30_000, fin=False) * 4,
            1009,
            "a message is too big",
            id="a message over 128 KiB in fragments",
        ),
        pytest.param(frame(BINARY, b"{}"), 1003, "binary messages are not supported", id="binary"),
        pytest.param(
            b"\xf1\x80abcd", 1002, "reserved bits are set, but no extension was negotiated", id="reserved bits"
        ),
        pytest.param(frame(0xB), 1002, "unknown opcode", id="an unknown opcode"),
        pytest.param(frame(CONTINUATION, "x"), 1002, "nothing to continue", id="nothing to continue"),
        pytest.param(
            text("{}") + b"GET / HTTP/1.1\r\n\r\n",
            1002,
            "a client's frame is not masked",
            id="HTTP where a frame should be",
        ),
    ],
)
async def test_a_broken_rule_has_its_close_code(server: ServerProcess, data: bytes, code: int, reason: str) -> None:
    """As docs/protocol.md section 12 says; the TCP connection ends at once."""
    async with await opened(server) as wire:
        wire.send(data)
        while (came := await wire.frame()).opcode == TEXT:
            pass

        assert Frame(0x8, code.to_bytes(2, "big") + reason.encode()) == came
        await wire.ended()


async def test_a_header_that_announces_a_huge_frame_costs_no_memory(server: ServerProcess) -> None:
    """It is refused by its announcement, and what follows is not kept."""
    before = server.resident_bytes
    async with await opened(server) as wire:
        wire.send(b"\x81\xff" + (2**40).to_bytes(8, "big") + b"abcd" + b"x" * 10_000_000)
        assert Closed(1009, "a frame is too big") == await wire.closed()
        await wire.writer.drain()

    assert server.resident_bytes - before < 8_000_000


async def test_a_message_that_is_never_finished_is_bounded(server: ServerProcess) -> None:
    """Fragments are kept up to the limit of a message, and empty ones cost nothing."""
    before = server.resident_bytes
    async with await opened(server) as wire:
        wire.send(frame(TEXT, "x", fin=False) + frame(CONTINUATION, "", fin=False) * 100_000)
        wire.send(frame(PING, b"still here"))

        assert Frame(PONG, b"still here") == await wire.frame()
    assert server.resident_bytes - before < 8_000_000


async def test_a_flood_of_tiny_messages_in_one_write_is_bounded(server: ServerProcess) -> None:
    """Forty thousand of them in a few reads: the client is refused and then disconnected, memory stays, the log too."""
    before, logged = server.resident_bytes, len(server.log)
    async with await opened(server) as wire:
        wire.send(text("") * 40_000)
        while (came := await wire.frame()).opcode == TEXT:
            pass

    assert Frame(0x8, (1000).to_bytes(2, "big") + b"Connection Closed Normally") == came
    assert server.resident_bytes - before < 16_000_000
    assert len(server.log[logged:].splitlines()) < 300
