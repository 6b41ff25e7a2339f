"""What a token allows, when it ends, and how a client goes on with another one."""

from collections.abc import Awaitable
from typing import Any

import pytest

from tests.chat.host import Host
from tests.chat.looking import becomes, nothing_came


@pytest.mark.parametrize("action", ["join", "history", "members"])
async def test_who_may_only_send_may_not_look(host: Host, room: str, action: str) -> None:
    """`can` counts as well as `rooms`."""
    async with await host.open("writer", can=["send"]) as writer:
        await writer.do("sendmessage", roomId=room, message="x")

        assert "forbidden" == (await writer.ask(action, roomId=room))["name"]


async def test_who_may_only_read_may_not_send(host: Host, room: str) -> None:
    """And nobody hears of the attempt."""
    async with (
        await host.open("reader", room, can=["read"]) as reader,
        await host.open("actor", room) as actor,
    ):
        assert "forbidden" == (await reader.ask("sendmessage", roomId=room, message="boo"))["name"]
        assert await nothing_came(actor)


async def test_a_prefix_covers_the_rooms_that_begin_so(host: Host, room: str) -> None:
    """The room of exactly that name too."""
    async with await host.open("alice", rooms=[f"{room}/*"]) as alice:
        await alice.do("join", roomId=f"{room}/")
        await alice.do("join", roomId=f"{room}/a")

        assert "forbidden" == (await alice.ask("join", roomId=room))["name"]


async def test_refresh_says_until_when_and_widens_what_is_allowed(host: Host, room: str) -> None:
    """What the token of the handshake allows stays allowed beside it."""
    other = f"{room}-other"
    async with await host.open("alice", rooms=[room]) as alice:
        before = await alice.ask("join", roomId=other)
        token = host.issue("alice", [other], ttl_s=600)
        refreshed = await alice.do("refresh", token=token)
        now_ms = (await alice.do("ping"))["now"]
        await alice.do("join", roomId=other)
        await alice.do("join", roomId=room)

    assert "forbidden" == before["name"]
    assert 540_000 < refreshed["expiresAt"] - now_ms < 600_000 + (host.token_leeway_s + 60) * 1000


async def test_a_refused_refresh_changes_nothing(host: Host, room: str) -> None:
    """The connection goes on with what it had."""
    async with await host.open("alice", rooms=[room]) as alice:
        refused = await alice.ask("refresh", token=host.issue("mallory"))
        await alice.do("join", roomId=room)

        assert "invalidToken" == refused["name"]
        assert "forbidden" == (await alice.ask("join", roomId=f"{room}-other"))["name"]


async def test_an_expired_token_ends_pushes_and_a_fresh_one_brings_them_back(host: Host, room: str) -> None:
    """Expiry is checked on every push and command, not only at the handshake."""
    async with (
        await host.open("speaker", room) as speaker,
        await host.open_with(host.issue_lapsing("listener", lasts_s=4), room) as listener,
    ):
        await becomes("tokenExpired", lambda: error_name(listener.ask("history", roomId=room)))
        await speaker.do("sendmessage", roomId=room, message="not for the listener")
        push = await listener.push()
        refused = {action: await listener.ask(action, roomId=room) for action in ("join", "history", "members")}
        refused["sendmessage"] = await listener.ask("sendmessage", roomId=room, message="x")
        await listener.do("ping")
        await listener.do("refresh", token=host.issue("listener"))
        await listener.do("join", roomId=room)
        await speaker.do("sendmessage", roomId=room, message="again")

        assert {"type": "unsubscribed", "roomId": room, "reason": "tokenExpired"} == push
        assert {"tokenExpired"} == {answer["name"] for answer in refused.values()}
        assert "again" == await listener.said()


async def error_name(answer: Awaitable[dict[str, Any]]) -> str | None:
    """Of an answer that is an error."""
    return (await answer).get("name")
