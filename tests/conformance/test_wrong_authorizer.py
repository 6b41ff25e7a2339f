"""Checks of the authorizer bite: our gateway with one behaviour of it broken departs from them."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve

from talkroom.conformance.apis import APIS
from talkroom.conformance.options import Options
from talkroom.contract.authorizer import AuthorizerEvent, AuthorizerResult, PolicyDocument
from talkroom.contract.authorizer import decode_result as decode_authorizer_result
from talkroom.contract.errors import AuthorizerFailed, Unauthorized
from talkroom.contract.events import Event
from talkroom.contract.routes import CONNECT
from talkroom.functions import integration
from talkroom.functions.integration import FunctionAuthorizer
from talkroom.gateway import gateway as gateway_module
from talkroom.gateway.api import Route
from talkroom.gateway.connection import Integrated
from talkroom.gateway.event_factory import HandshakeRequest
from talkroom.gateway.gateway import Gateway
from talkroom.gateway.iam import IamAuthorization
from talkroom.gateway.live_connection import LiveConnection
from tests.conformance.wrong_gateway import EventAsJson, Make, departures, departures_of, distort, gateway_here

Patch = pytest.MonkeyPatch


def without_identity_sources(patch: Patch) -> None:
    """serverless-offline: every handshake is the authorizer's to decide."""
    patch.setattr(gateway_module, "_has_identity", lambda _config, _maps, _api: True)


def of_any_identity_source(patch: Patch) -> None:
    """One that is there is enough, and may be empty."""
    patch.setattr(
        gateway_module,
        "_has_identity",
        lambda _config, maps, _api: "key" in maps.query or "Authorization" in maps.connect_headers,
    )


def failing_with_500_only(patch: Patch) -> None:
    """floci, ministack: a thrown Unauthorized is like any other exception."""
    right = FunctionAuthorizer.__call__

    async def wrong(self: FunctionAuthorizer, event: AuthorizerEvent) -> AuthorizerResult:
        try:
            return await right(self, event)
        except Unauthorized as error:
            raise AuthorizerFailed(str(error)) from error

    patch.setattr(FunctionAuthorizer, "__call__", wrong)


def failing_with_401_only(patch: Patch) -> None:
    """Whatever goes wrong, the client is to blame."""
    right = FunctionAuthorizer.__call__

    async def wrong(self: FunctionAuthorizer, event: AuthorizerEvent) -> AuthorizerResult:
        try:
            return await right(self, event)
        except AuthorizerFailed as error:
            raise Unauthorized from error

    patch.setattr(FunctionAuthorizer, "__call__", wrong)


def reading_the_first_effect(patch: Patch) -> None:
    """floci: the first statement counts, whatever resource it is about."""

    def wrong(policy: PolicyDocument, _method_arn: str) -> str | None:
        return None if policy.statement and policy.statement[0].effect == "Allow" else "Forbidden"

    patch.setattr(gateway_module, "find_refusal", wrong)


def with_slashes_ignored(patch: Patch) -> None:
    """A wildcard that matches nothing at all, as a path's would."""
    right = gateway_module.find_refusal

    def wrong(policy: PolicyDocument, method_arn: str) -> str | None:
        return right(policy, method_arn) and right(policy, method_arn.replace("/$", "//$"))

    patch.setattr(gateway_module, "find_refusal", wrong)


def with_a_cache(patch: Patch) -> None:
    """As for HTTP APIs: by identity sources."""
    right = FunctionAuthorizer.__call__
    known: dict[str, AuthorizerResult] = {}

    async def wrong(self: FunctionAuthorizer, event: AuthorizerEvent) -> AuthorizerResult:
        key = event.headers["Authorization"]
        if key not in known:
            known[key] = await right(self, event)
        return known[key]

    patch.setattr(FunctionAuthorizer, "__call__", wrong)


def asking_again_at_the_end(patch: Patch) -> None:
    """LocalStack, once: the authorizer was called for `$disconnect` too."""
    right = Gateway._disconnect

    async def wrong(self: Gateway, route: Any, connection: LiveConnection, closure: Any) -> None:
        if self.api.authorizer is not None:
            maps = self.events.handshake(_HANDSHAKE, self.clock())
            await self.api.authorizer.authorizer(self.events.authorizer(connection.facts, maps, "again", self.clock()))
        await right(self, route, connection, closure)

    patch.setattr(Gateway, "_disconnect", wrong)


_HANDSHAKE = HandshakeRequest(target="/prod", headers=(), query=(), source_ip="127.0.0.1", scheme="http", port=1)


def connecting_first(patch: Patch) -> None:
    """`$connect` does not wait for what the authorizer says."""
    right = Gateway.handshake

    async def wrong(self: Gateway, connection: LiveConnection) -> None:
        route, handshake = self.api.routes.get(CONNECT), connection.handshake
        assert handshake is not None
        if route is not None:
            maps = self.events.handshake(handshake.request, self.clock())
            event = self.events.connect(connection.facts, maps, handshake.request_id, msgspec.UNSET, self.clock())
            self.spawn(_invoke(route, event))
        await right(self, connection)

    async def connected(_self: Gateway, connection: LiveConnection) -> None:
        connection.happen(Integrated(None))

    patch.setattr(Gateway, "handshake", wrong)
    patch.setattr(Gateway, "_connect", connected)


async def _invoke(route: Route, event: Event) -> None:
    await route.integration.invoke(event)


def with_the_context_as_it_is(patch: Patch) -> None:
    """Numbers are numbers; and what is nested stays nested."""

    def lenient(answer: Any) -> AuthorizerResult:
        context = answer.get("context", {}) if isinstance(answer, dict) else {}
        flat = {**answer, "context": {}} if context else answer
        return msgspec.structs.replace(decode_authorizer_result(flat), context=context)

    patch.setattr(integration, "decode_authorizer_result", lenient)
    patch.setattr(
        gateway_module, "context_for_events", lambda result: {**result.context, "principalId": result.principal_id}
    )


def with_latency_everywhere(patch: Patch) -> None:
    """serverless-offline: a text, in every event."""

    def wrong(event: EventAsJson) -> EventAsJson:
        if "authorizer" in event["requestContext"]:
            event["requestContext"]["authorizer"]["integrationLatency"] = "42"
        return event

    distort(patch, wrong)


def forgetting_the_authorizer(patch: Patch) -> None:
    """What the authorizer said is for `$connect` alone."""

    def wrong(event: EventAsJson) -> EventAsJson:
        if event["requestContext"]["eventType"] != "CONNECT":
            event["requestContext"].pop("authorizer", None)
        return event

    distort(patch, wrong)


def with_a_method_in_the_arn(patch: Patch) -> None:
    """As for REST APIs."""

    def wrong(event: EventAsJson) -> EventAsJson:
        if "methodArn" in event:
            event["methodArn"] = event["methodArn"].replace("$connect", "GET/$connect")
        return event

    distort(patch, wrong)
    patch.setattr(gateway_module, "find_refusal", lambda _policy, _method_arn: None)


def enforcing_the_policy(patch: Patch) -> None:
    """Routes that the policy denies are closed after the handshake too."""
    right, denied = Gateway.message_received, {"perform", "reply"}

    def wrong(self: Gateway, connection: LiveConnection, text: str) -> None:
        if self.api.authorizer is not None and json.loads(text).get("action") in denied:
            self.send_text(connection, '{"message": "Forbidden"}')
        else:
            right(self, connection, text)

    patch.setattr(Gateway, "message_received", wrong)


def believing_any_signature(patch: Patch) -> None:
    """An Authorization header is taken for a right one."""
    right = IamAuthorization.__call__

    def wrong(self: IamAuthorization, handshake: Any) -> tuple[int, str] | None:
        return None if any(name == "Authorization" for name, _ in handshake.headers) else right(self, handshake)

    patch.setattr(IamAuthorization, "__call__", wrong)


WRONG: dict[Make, dict[int, str]] = {
    without_identity_sources: {
        26: "a handshake that API Gateway refuses was answered with 101",
        27: "answered with 101",
        28: "answered with 101",
        43: "answered with 101",
    },
    of_any_identity_source: {26: "answered with 101", 27: "answered with 101", 28: "answered with 101"},
    failing_with_500_only: {25: "this is 500", 29: "API Gateway's is 401, this is 500", 43: "this is 500"},
    failing_with_401_only: {25: "this is 401", 32: "API Gateway's is 500, this is 401", 40: "this is 401"},
    reading_the_first_effect: {30: "answered with 101", 31: "answered with 101"},
    with_slashes_ignored: {31: "answered with 101"},
    with_a_cache: {39: "what the authorizer has said of this connection and of no other"},
    asking_again_at_the_end: {39: "the authorizer was invoked 2 times for one connection"},
    connecting_first: {25: "$connect was invoked before the authorizer had ended"},
    with_the_context_as_it_is: {36: "'n': 7", 40: "answered with 101"},
    with_latency_everywhere: {
        37: "integrationLatency of CONNECT is a number, and this is '42'",
        38: "authorizer of MESSAGE",
    },
    forgetting_the_authorizer: {36: "in MESSAGE", 37: "MESSAGE has no authorizer", 38: "authorizer of MESSAGE"},
    with_a_method_in_the_arn: {33: "/prod/GET/$connect"},
    enforcing_the_policy: {41: "the reply of a route that the policy denies"},
    believing_any_signature: {44: "a handshake that API Gateway refuses was answered with 101"},
}


async def test_wrong_authorizers_depart(tmp_path: Path) -> None:
    """Each from the checks that are about what it does wrong, for that reason; and nothing else is wrong with it."""
    async with gateway_here(tmp_path) as options:
        right = await departures(options, [*range(25, 42), 43, 44])
        seen = {make.__name__: await departures_of(make, expected, options) for make, expected in WRONG.items()}

    assert {} == right
    assert {make.__name__: expected for make, expected in WRONG.items()} == seen


@asynccontextmanager
async def serving(handle: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[Options]:
    """A WebSocket server for any path, and the options of a run on it."""
    async with serve(handle, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield Options(
            ws=f"ws://127.0.0.1:{port}/prod", access_key_id="AKID", secret_access_key="secret", patience_s=0.5
        )


async def test_a_server_that_opens_and_closes_departs_from_every_refusal() -> None:
    """cdkd: the upgrade is accepted, and the connection closed with 1008 when the authorizer says no; here for everybody."""
    urls: list[str] = []

    async def close_at_once(connection: ServerConnection) -> None:
        async for message in connection:
            question = json.loads(message)
            if question.get("action") in ("recall", "describe"):
                apis = {name: {"api_id": "", "url": urls[0]} for name in APIS}
                await connection.send(json.dumps({"ref": question["ref"], "apis": apis, "records": [], "next": None}))
            else:
                await connection.close(1008, "Forbidden")

    async with serving(close_at_once) as options:
        urls.append(options.ws)
        found = await departures(options, [*range(25, 42), *range(43, 65)])

    assert {*range(25, 42), *range(43, 65)} == set(found)
    for number in (26, 27, 28, 29, 30, 31, 32, 40, 43, 44):
        assert "a handshake that API Gateway refuses was answered with 101" in found[number]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("true {template}", "departed: a template with an authorizer on the route `perform` was deployed"),
        ("false {template}", "departed: status of deploying a template with an authorizer on $connect"),
        (None, "not run: no command: give --deploy"),
    ],
)
async def test_a_deployment_that_looks_at_nothing_departs(command: str | None, said: str) -> None:
    """Whether it takes everything or nothing; without a command there is no deployment."""
    options = Options(ws="ws://127.0.0.1:9/prod", access_key_id="AKID", secret_access_key="secret", deploy=command)

    assert said in (await departures(options, [42]))[42]
