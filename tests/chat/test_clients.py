"""Clients that other people wrote, as they come, and the gateway's rules about what they send."""

import aiohttp
import pytest

from tests.chat.host import Ability, Host


async def test_aiohttp_chats(host: Host, room: str) -> None:
    """Its client picks the first of its subprotocols that the server names, puts no space between them, and offers compression."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(
            host.url, protocols=["talkroom.v1", host.issue("alice"), room], compress=15, heartbeat=0.05
        ) as socket,
    ):
        await socket.send_json({"action": "sendmessage", "ref": 1, "data": {"roomId": room, "message": "x" * 4000}})
        frames = [await socket.receive_json(timeout=10), await socket.receive_json(timeout=10)]
        closed = await socket.close()

    assert "talkroom.v1" == socket.protocol
    assert {"reply", "message"} == {frame["type"] for frame in frames}
    assert closed
    assert 1000 == socket.close_code


@pytest.mark.needs(Ability.FRAME_RULES)
@pytest.mark.parametrize(
    ("message", "code"),
    [
        pytest.param(b"\x00", 1003, id="binary"),
        pytest.param("x" * 32_769, 1009, id="a frame over 32 KiB"),
        pytest.param(["x" * 32_768] * 5, 1009, id="a message over 128 KiB"),
    ],
)
async def test_a_message_that_no_gateway_takes_closes(host: Host, message: str | bytes | list[str], code: int) -> None:
    """With the code of docs/protocol.md section 12."""
    async with await host.open() as client:
        await client.connection.send(message)
        closed, _ = await client.closed()

    assert code == closed
