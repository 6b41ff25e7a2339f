"""The verbs of checks, on a gateway of ours."""

import msgspec
import pytest

from talkroom.conformance.deployment import Deployment
from talkroom.conformance.errors import Departure, NotRun
from talkroom.conformance.management import message_of
from talkroom.conformance.target import Target, encode_query
from talkroom.conformance.wire import Closed, close


async def test_a_reply_comes_back_and_a_message_is_recorded(target: Target) -> None:
    """By the route with a route response, and by the one without."""
    connection = await target.connect()
    record = await connection.performed("note:hello")

    assert "hi" == await connection.reply("body:hi")
    assert ("hello", await connection.connection_id()) == (record.notes["note"], record.connection_id)


@pytest.mark.parametrize("api", ["main", "bare", "composed", "nested", "modelled"])
async def test_every_kind_of_api_can_be_driven(target: Target, api: str) -> None:
    """The connection id is found, and messages reach their routes."""
    connection = await target.connect(api)
    more = {"title": "a title"} if api == "modelled" else {}
    record = await connection.performed(**more)

    assert record.connection_id == await connection.connection_id()
    assert record.function == "message"


async def test_what_a_header_tells_needs_no_query(target: Target) -> None:
    """So that an event without query can be looked at."""
    connection = await target.connect(by="header", do="note:by header")
    record = await target.event(case=connection.case, kind="CONNECT", ended=True)

    assert "by header" == record.notes["note"]
    assert "queryStringParameters" not in record.event


async def test_a_raw_query_is_sent_as_it_is(target: Target) -> None:
    """The case goes by header then."""
    connection = await target.connect(query="a=1&a=%32&b")

    assert ["1", "2"] == (await connection.event("CONNECT")).event["multiValueQueryStringParameters"]["a"]


async def test_something_that_came_is_a_departure(target: Target) -> None:
    """`nothing_came` names it."""
    connection = await target.connect()
    connection.perform("body:a leak", route="reply")
    await connection.text()
    await connection.nothing_came()
    await connection.performed("post:a leak")

    with pytest.raises(Departure, match="this is b'a leak'"):
        await connection.nothing_came()


async def test_two_events_where_one_is_due_are_a_departure(target: Target) -> None:
    """And so is none, and one that should not be."""
    connection = await target.connect()
    await connection.performed()
    await connection.performed()

    with pytest.raises(Departure, match="2 invocations began"):
        await connection.event("MESSAGE")
    with pytest.raises(Departure, match="0 invocations began"):
        await target.events(case="nobody", kind="CONNECT", patience_s=0.01)
    with pytest.raises(Departure, match="'connect' got a CONNECT event"):
        await target.no_event(case=connection.case)


async def test_a_disconnect_is_an_event_of_the_connection(target: Target) -> None:
    """Instructions for it go with the handshake."""
    connection = await target.connect(bye="note:goodbye")
    connection_id = await connection.connection_id()
    connection.send(close(4001, "bye"))

    assert Closed(4001, "") == await connection.closed()
    record = await target.event(connection_id=connection_id, kind="DISCONNECT", ended=True)
    assert ("goodbye", 4001) == (record.notes["note"], record.context["disconnectStatusCode"])


async def test_management_answers_as_the_sdk_reads_it(target: Target) -> None:
    """Status, the SDK's exception, and data."""
    connection = await target.connect(headers=[("User-Agent", "tests/1")])
    connection_id = await connection.connection_id()
    management = await target.management()
    got = await management.get(connection_id)
    deleted = await management.delete(connection_id)
    gone = await management.post(connection_id, b"x")

    assert (200, {"SourceIp": "127.0.0.1", "UserAgent": "tests/1"}) == (got.status, got.data["Identity"])
    assert (204, None) == (deleted.status, deleted.error)
    assert (410, "GoneException") == (gone.status, gone.error)


async def test_a_request_is_sent_as_it_is_spelled(target: Target) -> None:
    """Signed, unsigned, and for another service."""
    connection = await target.connect()
    management = await target.management()
    path = f"/@connections/{await connection.connection_id()}"
    signed = await management.request("POST", path, b"signed", headers=[("Content-Type", "text/plain")])
    encoded = await management.request("POST", path.replace("@", "%40").replace("=", "%3D"), b"encoded")
    unsigned = await management.request("POST", path, b"x", signed=False)
    elsewhere = await management.request("POST", path, b"x", service="s3")

    assert [200, 200, 403, 403] == [one.status for one in (signed, encoded, unsigned, elsewhere)]
    assert ["signed", "encoded"] == [await connection.text(), await connection.text()]
    assert isinstance(message_of(unsigned), str)


@pytest.mark.parametrize("signed", ["headers", "query"])
async def test_a_handshake_can_be_signed(target: Target, signed: str) -> None:
    """For an API that wants it."""
    connection = await target.connect("signed", signed=signed)

    assert connection.case == (await connection.event("CONNECT")).case
    assert 403 == (await target.refused("signed")).status


async def test_what_the_run_was_not_given_is_named(target: Target) -> None:
    """Keys and commands."""
    bare = msgspec.structs.replace(target.options, denied_access_key_id=None, redeploy=None)
    async with Target(Deployment(bare)) as less:
        with pytest.raises(NotRun, match="--denied-access-key-id"):
            await less.management(denied=True)
        with pytest.raises(NotRun, match="give --redeploy"):
            await less.command("redeploy", bare.redeploy)


async def test_a_command_has_its_status_and_environment(target: Target) -> None:
    """By a shell."""
    assert 3 == await target.command("deploy", 'exit "$CODE"', CODE="3")


def test_a_query_has_unreserved_characters_only() -> None:
    """No server may read it otherwise."""
    assert "do=status%3A1%3Bx%20y&a=%26" == encode_query([("do", "status:1;x y"), ("a", "&")])
