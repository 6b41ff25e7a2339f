"""`$connect`: join the room of the offer and choose the subprotocol."""

from collections.abc import Sequence

import pytest
from msgspec import structs

from talkroom.chat.app import Chat
from talkroom.chat.model.limits import Limits
from talkroom.chat.model.policy import Grant
from talkroom.chat.model.subscription import Kind, Subscription
from talkroom.chat.protocol.context import encode_context
from talkroom.contract.authorizer import allow, context_for_events
from talkroom.contract.events import ConnectEvent
from talkroom.contract.integration import IntegrationResult
from talkroom.storage.memory import MemoryGrants, MemorySubscriptions
from talkroom.testing import ChatForTests, FaultyLog, HandshakeRefused, a_chat, a_connect_event
from talkroom.testing.clock import START_MS
from talkroom.testing.events import CONNECTION_ID


def a_handshake(offered: str | None, kind: Kind, **changes: object) -> ConnectEvent:
    """A handshake that an authorizer has allowed, for alice in the lobby."""
    grant = Grant(
        **{
            "principal_id": "alice",
            "name": "Alice",
            "rooms": ("lobby", "部屋 1"),
            "can": frozenset({"read", "send"}),
            "expires_at_ms": START_MS + 1000,
            **changes,
        }
    )
    context = context_for_events(allow("alice", "arn", encode_context(grant, kind)))
    return a_connect_event(offered=offered, authorizer=context)


async def connect(chat: ChatForTests, offered: str | None, kind: Kind, **changes: object) -> IntegrationResult:
    """What the chat answers to that handshake."""
    return await chat.app.connect(a_handshake(offered, kind, **changes))


async def subscribed_rooms(chat: ChatForTests) -> list[str]:
    """The rooms of the one connection that `connect` makes."""
    return [one.room for one in await chat.subscriptions.of_connection(CONNECTION_ID)]


async def test_a_v1_connection_is_answered_with_the_protocol_s_name(chat: ChatForTests):
    """The token is never echoed."""
    expected = IntegrationResult(200, {"Sec-WebSocket-Protocol": "talkroom.v1"})

    assert expected == await connect(chat, "talkroom.v1, tok, lobby", Kind.V1)


async def test_a_v1_connection_may_begin_in_no_room(chat: ChatForTests):
    """Nothing is subscribed."""
    result = await connect(chat, "talkroom.v1, tok", Kind.V1)

    assert (200, []) == (result.status_code, await subscribed_rooms(chat))


@pytest.mark.parametrize("offered", ["tok, lobby", "tok,lobby"])
async def test_a_plain_connection_is_answered_with_its_token(chat: ChatForTests, offered: str):
    """As the article does, because a client that offers subprotocols needs one back."""
    expected = IntegrationResult(200, {"Sec-WebSocket-Protocol": "tok"})

    assert expected == await connect(chat, offered, Kind.PLAIN)


@pytest.mark.parametrize(("kind", "prefix"), [(Kind.V1, "talkroom.v1, tok"), (Kind.PLAIN, "tok")])
async def test_the_room_of_the_offer_is_joined(chat: ChatForTests, kind: Kind, prefix: str):
    """Percent-decoded."""
    await connect(chat, f"{prefix}, %E9%83%A8%E5%B1%8B%201", kind)

    assert ["部屋 1"] == await subscribed_rooms(chat)


@pytest.mark.parametrize(
    ("status", "offered", "changes"),
    [
        (400, None, {}),
        (400, "", {}),
        (400, "talkroom.v1", {}),
        (400, "talkroom.v1, tok, lobby, more", {}),
        (400, "talkroom.v1, tok, %FF", {}),
        (400, "talkroom.v1, tok, " + "x" * 129, {"rooms": ("*",)}),
        (400, "talkroom.v1, tok, a%0Ab", {"rooms": ("*",)}),
        (400, "talkroom.v1, tok, %20lobby", {"rooms": ("*",)}),
        (403, "talkroom.v1, tok, other", {}),
        (403, "talkroom.v1, tok, lobby", {"can": frozenset({"send"})}),
        (401, "talkroom.v1, tok, lobby", {"expires_at_ms": START_MS}),
    ],
)
async def test_a_refused_handshake_has_the_status_of_its_reason(
    chat: ChatForTests, status: int, offered: str | None, changes: dict[str, object]
):
    """401 and 403 for the token, 400 for what was asked; no subprotocol, no body and no subscription."""
    result = await connect(chat, offered, Kind.V1, **changes)

    assert (IntegrationResult(status), []) == (result, await subscribed_rooms(chat))


async def test_a_header_is_read_in_any_case(chat: ChatForTests):
    """API Gateway keeps the client's own spelling."""
    event = structs.replace(
        a_handshake(None, Kind.V1), headers={"Host": "x", "sec-websocket-protocol": "talkroom.v1, tok"}
    )

    assert 200 == (await chat.app.connect(event)).status_code


async def test_a_connection_s_lease_ends_with_its_token(chat: ChatForTests):
    """Afterwards it receives nothing."""
    await connect(chat, "talkroom.v1, tok, lobby", Kind.V1, expires_at_ms=START_MS + 1000)

    assert [START_MS + 1000] == [one.lease_until_ms for one in await chat.subscriptions.of_connection(CONNECTION_ID)]


async def test_connecting_needs_no_log(chat: ChatForTests):
    """A log that is down stops messages, not handshakes."""
    log = FaultyLog(chat.log)
    log.break_down()
    chat = await a_chat(log=log)

    assert True is (await chat.connect("alice", room="lobby")).is_open


async def test_a_refused_client_is_not_connected(chat: ChatForTests):
    """The kit's own clients learn the status."""
    with pytest.raises(HandshakeRefused) as caught:
        await chat.connect("alice", room="lobby", rooms=["other"])

    assert 403 == caught.value.status


class WriteOnlySubscriptions(MemorySubscriptions):
    """Fails the test when it is asked what it keeps."""

    async def of_connection(self, connection_id: str) -> Sequence[Subscription]:
        """As the port says, never."""
        raise AssertionError(f"the subscriptions of {connection_id} were looked up")


class NoGrants(MemoryGrants):
    """Fails the test when it is asked what it keeps."""

    async def find(self, connection_id: str) -> Grant | None:
        """As the port says, never."""
        raise AssertionError(f"the grant of {connection_id} was looked up")


async def test_a_handshake_looks_nothing_up(chat: ChatForTests):
    """No store knows anything of a connection that is being made, and on AWS every look-up is a call."""
    app = Chat(
        log=chat.log,
        subscriptions=WriteOnlySubscriptions(),
        grants=NoGrants(),
        verifier=chat.tokens,
        management=chat.management,
        limits=Limits(),
        clock=chat.clock,
    )

    result = await app.connect(a_handshake("talkroom.v1, token, lobby", Kind.V1))

    assert result.status_code == 200
