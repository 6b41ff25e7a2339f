"""Every role may do what its function does and no more; and without a right the chat stops working, so rights are looked at."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import InvalidStatus

from tests.aws.roles import Role
from tests.aws.stack import Stack
from tests.chat.looking import becomes, member_ids, members_become, nothing_came

Revoke = Callable[[str, str], None]


@pytest.fixture
def revoke(stack: Stack) -> Iterator[Revoke]:
    """Takes an action away from a role, until the end of the test."""
    with ExitStack() as taken:
        yield lambda role, action: taken.enter_context(Role(stack, role).without(action))


# With a right taken away.


async def test_without_putting_items_messages_are_refused(stack: Stack, room: str, revoke: Revoke) -> None:
    """`unavailable`, and nobody hears of it."""
    async with await stack.host.open("alice", room) as alice, await stack.host.open("bob", room) as bob:
        await alice.do("sendmessage", roomId=room, message="before")
        await bob.push()
        revoke("MessagesRole", "dynamodb:PutItem")
        refused = await alice.ask("sendmessage", roomId=room, message="refused")

        assert ("error", "unavailable", True) == (refused["type"], refused["name"], refused["retry"])
        assert await nothing_came(bob)


async def test_with_the_right_back_the_same_message_is_stored(stack: Stack, room: str) -> None:
    """So that the refusal was the right's doing."""
    async with await stack.host.open("alice", room) as alice:
        epoch = (await alice.do("join", roomId=room))["epoch"]
        with Role(stack, "MessagesRole").without("dynamodb:PutItem"):
            refused = await alice.ask("sendmessage", roomId=room, message="x", id="m-1")
        again = await alice.do("sendmessage", roomId=room, message="x", id="m-1", retryAfter=0, epoch=epoch)

    assert "unavailable" == refused["name"]
    assert (1, False) == (again["sequence"], again["duplicate"])


async def test_without_managing_connections_no_push_arrives(stack: Stack, room: str, revoke: Revoke) -> None:
    """The message is stored and answered all the same, and stands in the history."""
    async with await stack.host.open("alice", room) as alice, await stack.host.open("bob", room) as bob:
        revoke("MessagesRole", "execute-api:ManageConnections")
        reply = await alice.do("sendmessage", roomId=room, message="unheard")

        assert await nothing_came(bob)
        page = await bob.do("history", roomId=room)
        assert [(reply["sequence"], "unheard")] == [(one["sequence"], one["message"]) for one in page["messages"]]


async def test_without_putting_items_no_handshake_subscribes(stack: Stack, room: str, revoke: Revoke) -> None:
    """It is refused, and leaves no row."""
    revoke("ConnectRole", "dynamodb:PutItem")
    with pytest.raises(InvalidStatus) as refused:
        await stack.host.open("alice", room)

    assert 503 == refused.value.response.status_code
    assert [] == stack.connection_rows(room)


async def test_without_deleting_items_a_connection_is_not_forgotten(stack: Stack, room: str, revoke: Revoke) -> None:
    """Its row stays, after the function of `$disconnect` has failed."""
    async with await stack.host.open("alice") as alice, await stack.host.open("bob", room) as bob:
        revoke("DisconnectRole", "dynamodb:")
        ended = invocations(stack, "disconnect")
        await bob.connection.close()
        await becomes(True, lambda: has_more(stack, "disconnect", ended))

        assert ["bob"] == await member_ids(alice, room)


async def test_with_every_right_a_connection_is_forgotten(stack: Stack, room: str) -> None:
    """So that the row stayed for the right's lack."""
    async with await stack.host.open("alice") as alice, await stack.host.open("bob", room) as bob:
        await bob.connection.close()

        await members_become(alice, room, [])
        assert [] == stack.connection_rows(room)


@pytest.mark.parametrize("action", ["history", "members", "join"])
async def test_without_querying_nothing_can_be_read(stack: Stack, room: str, action: str, revoke: Revoke) -> None:
    """`unavailable`, to be tried again."""
    async with await stack.host.open("alice", room) as alice:
        await alice.do("sendmessage", roomId=room, message="x")
        revoke("DefaultRole", "dynamodb:")
        refused = await alice.ask(action, roomId=room)

    assert ("unavailable", True) == (refused["name"], refused["retry"])


def invocations(stack: Stack, function: str) -> int:
    """How many have ended."""
    return sum(line.startswith("END RequestId") for line in stack.logged(function))


async def has_more(stack: Stack, function: str, than: int) -> bool:
    """Whether another has ended."""
    return invocations(stack, function) > than


# What no role has the right to, called as its function would.


def read_messages(stack: Stack, role: Role, _connection_id: str) -> None:
    """One item of the table of messages."""
    key = {"roomId": {"S": "lobby"}, "position": {"N": "1"}}
    role.client("dynamodb").get_item(TableName=stack.outputs["MessagesTable"], Key=key)


def query_messages(stack: Stack, role: Role, _connection_id: str) -> None:
    """A room's messages."""
    role.client("dynamodb").query(
        TableName=stack.outputs["MessagesTable"],
        KeyConditionExpression="roomId = :room",
        ExpressionAttributeValues={":room": {"S": "lobby"}},
    )


def write_message(stack: Stack, role: Role, _connection_id: str) -> None:
    """An item that looks like a message, in a room of its own."""
    item = {"roomId": {"S": "forged"}, "position": {"N": "1"}, "messageKey": {"B": b"x" * 32}}
    role.client("dynamodb").put_item(TableName=stack.outputs["MessagesTable"], Item=item)


def delete_row(stack: Stack, role: Role, _connection_id: str) -> None:
    """A subscription that is not there."""
    key = {"connectionId": {"S": "nobody"}, "roomId": {"S": "nowhere"}}
    role.client("dynamodb").delete_item(TableName=stack.outputs["ConnectionsTable"], Key=key)


def read_secret(stack: Stack, role: Role, _connection_id: str) -> None:
    """What tokens are signed with."""
    role.client("secretsmanager").get_secret_value(SecretId=stack.outputs["TokenSecretArn"])


def post(stack: Stack, role: Role, connection_id: str) -> None:
    """A push to an open connection."""
    api = role.client("apigatewaymanagementapi", stack.management_endpoint)
    api.post_to_connection(ConnectionId=connection_id, Data=b'{"type":"posted"}')


def invoke_fan_out(stack: Stack, role: Role, _connection_id: str) -> None:
    """A page of nobody."""
    payload = b'{"connectionIds":[],"payload":"{}"}'
    role.client("lambda").invoke(
        FunctionName=stack.resources["FanOutFunction"], InvocationType="Event", Payload=payload
    )


Call = Callable[[Stack, Role, str], None]
ROLES = ("AuthorizerRole", "ConnectRole", "MessagesRole", "DefaultRole", "DisconnectRole", "FanOutRole")
MAY: dict[Call, set[str]] = {
    read_messages: {"MessagesRole", "DefaultRole"},
    query_messages: {"MessagesRole", "DefaultRole"},
    write_message: {"MessagesRole"},
    delete_row: {"MessagesRole", "DefaultRole", "DisconnectRole"},
    read_secret: {"AuthorizerRole", "DefaultRole"},
    post: {"MessagesRole", "FanOutRole"},
    invoke_fan_out: {"MessagesRole"},
}
"""Who may: everybody else may not."""


@pytest.fixture
async def connection_id(stack: Stack, room: str) -> Any:
    """Of an open connection."""
    async with await stack.host.open("alice", room):
        (row,) = stack.connection_rows(room)
        yield row["connectionId"]["S"]


CASES = [
    pytest.param(call, role, id=f"{role}-{call.__name__}")
    for call in MAY
    for role in ROLES
    # It may put one certain item there, and MiniStack does not know the condition that says which, dynamodb:LeadingKeys.
    if (call, role) != (write_message, "DefaultRole")
]


@pytest.mark.parametrize(("call", "role"), CASES)
def test_a_role_may_do_what_its_function_does_and_no_more(
    stack: Stack, connection_id: str, role: str, call: Call
) -> None:
    """The function of `$connect` cannot read messages, that of `$disconnect` cannot post, and so on."""
    allowed = True
    try:
        call(stack, Role(stack, role), connection_id)
    except ClientError as error:
        assert error.response["Error"]["Code"] in ("AccessDeniedException", "ForbiddenException", "403"), error
        allowed = False

    assert (role in MAY[call]) is allowed
