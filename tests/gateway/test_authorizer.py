"""The authorizer in front of `$connect`: section 9 B of the contract page."""

import asyncio

import msgspec
import pytest

from talkroom.conformance.wire import Wire, handshake
from talkroom.contract.authorizer import (
    EXPLICIT_DENY,
    IMPLICIT_DENY,
    AuthorizerEvent,
    AuthorizerResult,
    PolicyDocument,
    Statement,
    decode_result,
    deny,
)
from talkroom.contract.errors import AuthorizerFailed, Unauthorized
from talkroom.gateway.api import AuthorizerConfig
from tests.gateway.kit import AuthorizerProbe, Probe, Serve, as_json, echo

TOKEN = ("route.request.header.Token",)


async def status_of(port: int, request: bytes) -> int:
    """The status of a handshake's answer."""
    async with await Wire.connect(port) as wire:
        wire.send(request)
        return (await wire.response()).status


def allowing(*resources: str) -> AuthorizerProbe:
    """An authorizer whose policy allows these resources."""
    policy = PolicyDocument([Statement("execute-api:Invoke", "Allow", resources)])
    return AuthorizerProbe(lambda _event: AuthorizerResult("alice", policy))


def raising(error: Exception) -> AuthorizerProbe:
    """An authorizer that raises."""

    def answer(_event: AuthorizerEvent) -> AuthorizerResult:
        raise error

    return AuthorizerProbe(answer)


async def test_the_authorizer_is_asked_before_connect(serve: Serve) -> None:
    """B.25: and once for every handshake (B.39)."""
    order: list[str] = []
    connected = Probe()

    def answer(event: AuthorizerEvent) -> AuthorizerResult:
        order.append(f"authorizer, then {len(connected.events)} of $connect")
        return AuthorizerResult("alice", PolicyDocument([Statement("*", "Allow", "*")]))

    gateway = await serve({"$connect": connected}, authorizer=AuthorizerConfig(AuthorizerProbe(answer)))
    async with await Wire.upgrade(gateway.port), await Wire.upgrade(gateway.port):
        assert ["authorizer, then 0 of $connect", "authorizer, then 1 of $connect"] == order
        assert 2 == len(connected.events)


async def test_connect_is_not_invoked_when_the_authorizer_refuses(serve: Serve) -> None:
    """B.25: nor is `$disconnect`."""
    probe = Probe()
    authorizer = AuthorizerProbe(lambda event: deny("alice", event.method_arn))
    gateway = await serve({"$connect": probe, "$disconnect": probe}, authorizer=AuthorizerConfig(authorizer))

    assert 403 == await status_of(gateway.port, handshake())
    await gateway.stop()
    assert [] == probe.events


@pytest.mark.parametrize("headers", [[], [("Token", "")], [("Token", "  ")]])
async def test_a_missing_or_empty_identity_source_is_401_and_nobody_is_asked(
    serve: Serve, headers: list[tuple[str, str]]
) -> None:
    """B.26, B.27."""
    authorizer = AuthorizerProbe()
    gateway = await serve({}, authorizer=AuthorizerConfig(authorizer, TOKEN))

    assert 401 == await status_of(gateway.port, handshake(headers=headers))
    assert [] == authorizer.events


async def test_the_header_of_an_identity_source_is_found_in_any_spelling(serve: Serve) -> None:
    """B.26: names of headers have no case."""
    gateway = await serve({}, authorizer=AuthorizerConfig(AuthorizerProbe(), TOKEN))

    assert 101 == await status_of(gateway.port, handshake(headers=[("tOKEN", "x")]))


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("/prod?key=1", [("Token", "x")], 101),
        ("/prod?key=1", [], 401),
        ("/prod", [("Token", "x")], 401),
        ("/prod?key=", [("Token", "x")], 401),
        ("/prod?KEY=1", [("Token", "x")], 401),
    ],
)
async def test_all_identity_sources_are_needed(
    serve: Serve, path: str, headers: list[tuple[str, str]], expected: int
) -> None:
    """B.28: a query's names have case."""
    sources = (*TOKEN, "route.request.querystring.key")
    gateway = await serve({}, authorizer=AuthorizerConfig(AuthorizerProbe(), sources))

    assert expected == await status_of(gateway.port, handshake(path, headers))


@pytest.mark.parametrize(("variables", "expected"), [({"key": "1"}, 101), ({"key": ""}, 401), ({}, 401)])
async def test_a_stage_variable_is_an_identity_source(serve: Serve, variables: dict[str, str], expected: int) -> None:
    """B.28: one of the kinds that AWS lists."""
    config = AuthorizerConfig(AuthorizerProbe(), ("stageVariables.key",))
    gateway = await serve({}, authorizer=config, stage_variables=variables)

    assert expected == await status_of(gateway.port, handshake())


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (Unauthorized("whatever it says"), 401, "Unauthorized"),
        (ZeroDivisionError("a bug"), 500, None),
        (AuthorizerFailed("malformed"), 500, None),
        (Exception("Unauthorized"), 500, None),
    ],
)
async def test_an_authorizer_that_raises_refuses(
    serve: Serve, error: Exception, status: int, message: str | None
) -> None:
    """B.29, B.32; the body has the three keys of B.43. An exception is told from 401 by its type: our contract's own."""
    authorizer = raising(error)
    gateway = await serve({}, authorizer=AuthorizerConfig(authorizer))
    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake())
        response = await wire.response()

    context = authorizer.events[0].request_context
    assert status == response.status
    assert {
        "message": message,
        "connectionId": context.connection_id,
        "requestId": context.request_id,
    } == msgspec.json.decode(response.body)


@pytest.mark.parametrize("result", [None, {"statusCode": 401}, "allow"])
async def test_a_malformed_result_is_500(serve: Serve, result: object) -> None:
    """B.32."""
    gateway = await serve({}, authorizer=AuthorizerConfig(AuthorizerProbe(lambda _event: result)))

    assert 500 == await status_of(gateway.port, handshake())


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ([Statement("execute-api:Invoke", "Deny", "*")], EXPLICIT_DENY),
        ([Statement("*", "Allow", "*"), Statement("*", "Deny", "arn:aws:execute-api:*")], EXPLICIT_DENY),
        ([], IMPLICIT_DENY),
        ([Statement("s3:GetObject", "Allow", "*")], IMPLICIT_DENY),
    ],
)
async def test_a_policy_that_does_not_allow_is_403_in_awss_words(
    serve: Serve, policy: list[Statement], message: str
) -> None:
    """B.30: an explicit Deny wins."""
    authorizer = AuthorizerProbe(lambda _event: AuthorizerResult("alice", PolicyDocument(policy)))
    gateway = await serve({}, authorizer=AuthorizerConfig(authorizer))
    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake())
        response = await wire.response()

    assert (403, message) == (response.status, msgspec.json.decode(response.body)["message"])


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("arn:aws:execute-api:us-east-1:000000000000:talkroom00/prod/$connect", 101),
        ("arn:aws:execute-api:us-east-1:000000000000:talkroom00/prod/*", 101),
        ("arn:aws:execute-api:us-east-1:000000000000:*", 101),
        ("arn:aws:execute-api:us-east-1:000000000000:talkroom0?/prod/$connect", 101),
        ("arn:aws:execute-api:us-east-1:000000000000:talkroom00/prod/*/*", 403),
        ("arn:aws:execute-api:us-east-1:000000000000:talkroom00/dev/*", 403),
        ("arn:aws:execute-api:us-east-1:000000000000:talkroom00/prod/sendmessage", 403),
    ],
)
async def test_the_resource_must_match_the_method_arn(serve: Serve, resource: str, expected: int) -> None:
    """B.31, B.33: which ends in `/{stage}/$connect` and names no HTTP method."""
    gateway = await serve({}, authorizer=AuthorizerConfig(allowing(resource)))

    assert expected == await status_of(gateway.port, handshake())


async def test_statements_for_other_routes_do_nothing(serve: Serve) -> None:
    """B.41: only `$connect` is authorized."""
    arn = "arn:aws:execute-api:us-east-1:000000000000:talkroom00/prod"
    policy = PolicyDocument([Statement("*", "Allow", f"{arn}/$connect"), Statement("*", "Deny", f"{arn}/sendmessage")])
    custom = Probe()
    authorizer = AuthorizerProbe(lambda _event: AuthorizerResult("alice", policy))
    gateway = await serve({"sendmessage": custom}, authorizer=AuthorizerConfig(authorizer))
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text('{"action":"sendmessage"}')

        assert "sendmessage" == (await custom.arrival()).request_context.route_key


async def test_the_authorizers_event_shows_the_handshake_whole(serve: Serve) -> None:
    """B.34: with what CONNECT leaves out."""
    authorizer = AuthorizerProbe()
    gateway = await serve({}, authorizer=AuthorizerConfig(authorizer), stage_variables={"key": "value"})
    async with await Wire.upgrade(gateway.port, "/prod?a=1"):
        event = msgspec.json.decode(msgspec.json.encode(authorizer.events[0]))

    assert {
        "type",
        "methodArn",
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "stageVariables",
        "requestContext",
    } == set(event)
    assert "REQUEST" == event["type"]
    assert {"key": "value"} == event["stageVariables"]
    assert ("Upgrade", "websocket", "0") == tuple(
        event["headers"][name] for name in ("Connection", "Upgrade", "content-length")
    )


async def test_ids_of_the_authorizers_event_are_those_of_connect(serve: Serve) -> None:
    """B.35."""
    authorizer, connected = AuthorizerProbe(), Probe()
    gateway = await serve({"$connect": connected}, authorizer=AuthorizerConfig(authorizer))
    async with await Wire.upgrade(gateway.port):
        before, after = authorizer.events[0].request_context, connected.events[0].request_context

    assert (before.connection_id, before.request_id, before.connected_at_ms) == (
        after.connection_id,
        after.request_id,
        after.connected_at_ms,
    )


async def test_context_and_principal_go_with_every_event_as_text(serve: Serve) -> None:
    """B.36, B.38; only CONNECT has the latency too, as a number (B.37)."""
    authorizer = AuthorizerProbe(context={"number": 7, "yes": True, "no": False, "text": "t", "none": None})
    connected, default, disconnected = Probe(), Probe(echo), Probe()
    gateway = await serve(
        {"$connect": connected, "$default": default, "$disconnect": disconnected},
        authorizer=AuthorizerConfig(authorizer),
    )
    async with await Wire.upgrade(gateway.port) as wire:
        wire.send_text("hello")
        events = [await connected.arrival(), await default.arrival()]
    events.append(await disconnected.arrival())
    maps = [as_json(event)["requestContext"]["authorizer"] for event in events]

    latency = maps[0].pop("integrationLatency")
    expected = {"number": "7", "yes": "true", "no": "false", "text": "t", "principalId": "alice"}
    assert [expected, expected, expected] == maps
    assert isinstance(latency, int)
    assert 0 <= latency < 10_000


async def test_a_nested_context_is_500(serve: Serve) -> None:
    """B.40: values are text, numbers and booleans, which the reader of an authorizer function's JSON checks."""
    allowing_all = {"Version": "2012-10-17", "Statement": [{"Action": "*", "Effect": "Allow", "Resource": "*"}]}
    answer = {"principalId": "alice", "policyDocument": allowing_all, "context": {"nested": {"a": 1}}}
    authorizer = AuthorizerProbe(lambda _event: decode_result(answer))
    gateway = await serve({}, authorizer=AuthorizerConfig(authorizer))

    assert 500 == await status_of(gateway.port, handshake())


async def test_an_authorizer_that_takes_too_long_is_500(serve: Serve) -> None:
    """And `$connect` is never invoked, even when it answers after all."""
    asked, go_on = asyncio.Event(), asyncio.Event()
    probe, quick = Probe(), AuthorizerProbe()

    async def slow(event: AuthorizerEvent) -> AuthorizerResult:
        asked.set()
        await go_on.wait()
        return await quick(event)

    gateway = await serve({"$connect": probe, "$disconnect": probe}, authorizer=AuthorizerConfig(slow))
    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake())
        await asked.wait()
        await gateway.skip(30)
        status = (await wire.response()).status
        go_on.set()
        await gateway.stop()

    assert 500 == status
    assert [] == probe.events


async def test_a_client_that_leaves_during_its_authorizer_causes_no_events(serve: Serve) -> None:
    """`$connect` was never invoked, so there is nothing to undo."""
    asked, go_on = asyncio.Event(), asyncio.Event()
    probe, quick = Probe(), AuthorizerProbe()

    async def slow(event: AuthorizerEvent) -> AuthorizerResult:
        asked.set()
        await go_on.wait()
        return await quick(event)

    gateway = await serve({"$connect": probe, "$disconnect": probe}, authorizer=AuthorizerConfig(slow))
    async with await Wire.connect(gateway.port) as wire:
        wire.send(handshake())
        await asked.wait()
    await gateway.no_sockets()
    go_on.set()
    await gateway.stop()

    assert [] == probe.events
