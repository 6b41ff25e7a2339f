"""What a client offers in `Sec-WebSocket-Protocol`, and how it is answered (docs/protocol.md section 2)."""

import base64
import json
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from talkroom.auth.issue import TokenIssuer
from tests.chat.host import Host
from tests.e2e.client import PATIENCE_S

Offer = Callable[[Host], tuple[str, ...]]

LONG_AGO_S, FAR_AHEAD_S = 1_700_000_000, 4_000_000_000


async def status_of(host: Host, offered: str | None, path: str = "", **headers: str) -> int:
    """How a handshake that must be refused is."""
    named = headers if offered is None else {"Sec-WebSocket-Protocol": offered, **headers}
    with pytest.raises(InvalidStatus) as refused:
        await connect(host.url + path, additional_headers=named, compression=None, open_timeout=PATIENCE_S)
    return refused.value.response.status_code


def unsigned(token: str) -> str:
    """The same claims with `alg: none` and no signature."""
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    return f"{header}.{token.split('.')[1]}."


def of_another_secret() -> str:
    """A token of somebody who does not know the host's."""
    return TokenIssuer("x" * 40).issue("alice", now_ms=round(time.time() * 1000), rooms=["*"])


REFUSED: dict[str, tuple[Offer, int]] = {
    # 401: the token is not good.
    "no token": (lambda _: ("talkroom.v1",), 401),
    "a room instead of a token": (lambda _: ("talkroom.v1", "lobby"), 401),
    "nonsense": (lambda _: ("talkroom.v1", "nonsense", "lobby"), 401),
    "nonsense, plain": (lambda _: ("nonsense", "lobby"), 401),
    "expired": (lambda host: ("talkroom.v1", host.issue(ttl_s=60, at_s=LONG_AGO_S), "lobby"), 401),
    "not valid yet": (lambda host: ("talkroom.v1", host.issue(at_s=FAR_AHEAD_S), "lobby"), 401),
    "another audience": (lambda host: ("talkroom.v1", host.issue(audience="other"), "lobby"), 401),
    "another secret": (lambda _: ("talkroom.v1", of_another_secret(), "lobby"), 401),
    "alg none": (lambda host: ("talkroom.v1", unsigned(host.issue()), "lobby"), 401),
    "a changed signature": (lambda host: ("talkroom.v1", host.issue()[:-4] + "AAAA", "lobby"), 401),
    # 403: it is good, and does not allow this.
    "room not allowed": (lambda host: ("talkroom.v1", host.issue(rooms=["other"]), "lobby"), 403),
    "a prefix without its star": (lambda host: ("talkroom.v1", host.issue(rooms=["lobb"]), "lobby"), 403),
    "room not allowed, plain": (lambda host: (host.issue(rooms=["other"]), "lobby"), 403),
    "may not read": (lambda host: ("talkroom.v1", host.issue(can=["send"]), "lobby"), 403),
    "an enormous room id": (lambda host: ("talkroom.v1", host.issue(), "x" * 129), 403),
    "a control character": (lambda host: ("talkroom.v1", host.issue(), "%00"), 403),
    "a space before": (lambda host: ("talkroom.v1", host.issue(), "%20x"), 403),
    "a room that is not UTF-8": (lambda host: ("talkroom.v1", host.issue(), "%FF"), 403),
    "more rooms than fit": (
        lambda host: ("talkroom.v1", host.issue(rooms=[f"会議室会議室会議室{number}" for number in range(98)])),
        403,
    ),
    # 400: the list is malformed.
    "two rooms": (lambda host: ("talkroom.v1", host.issue(), "lobby", "more"), 400),
    "an empty entry": (lambda host: ("talkroom.v1", host.issue(), ""), 400),
    "plain without room": (lambda host: (host.issue(),), 400),
    "plain with two rooms": (lambda host: (host.issue(), "lobby", "more"), 400),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_an_offer_is_refused(host: Host, case: str) -> None:
    """With the status of docs/protocol.md section 2.4."""
    offer, status = REFUSED[case]

    assert status == await status_of(host, ", ".join(offer(host)))


async def test_a_handshake_without_an_offer_is_refused(host: Host) -> None:
    """The token is taken from nowhere else."""
    token = host.issue()

    assert 401 == await status_of(host, None)
    assert 401 == await status_of(host, None, Authorization=f"Bearer {token}")
    assert 401 == await status_of(host, None, f"?token={token}")


async def test_a_good_offer_opens(host: Host) -> None:
    """So that the refusals mean something; the token is not echoed."""
    async with await host.open("alice", "lobby") as client:
        assert "talkroom.v1" == client.connection.subprotocol


async def test_the_room_is_decoded_before_it_is_compared(host: Host, room: str) -> None:
    """The token's rooms are compared with what the room really is."""
    one, other = f"会議室 1 {room}", f"会議室 2 {room}"
    token = host.issue(rooms=[one])
    async with await host.open_with(token, one) as client:
        await client.do("sendmessage", roomId=one, message="x")
        assert "x" == await client.said()

    assert 403 == await status_of(host, ", ".join(("talkroom.v1", token, quote(other, safe=""))))


async def test_a_refusal_disturbs_nobody(host: Host, room: str) -> None:
    """Who was there is served."""
    async with await host.open("alice", room) as alice:
        assert 401 == await status_of(host, "talkroom.v1, nonsense")

        await alice.do("sendmessage", roomId=room, message="still there?")
        assert "still there?" == await alice.said()
