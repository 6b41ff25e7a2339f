"""Checks of `@connections` bite: gateways that do what other emulators do, or what one might think, depart from them."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from talkroom.contract.close_codes import Closure
from talkroom.contract.errors import Gone
from talkroom.contract.management import Deliveries
from talkroom.gateway import management, registry
from talkroom.gateway.api import Api
from talkroom.gateway.management import InProcessManagement
from talkroom.gateway.management_http import ManagementHttp
from talkroom.gateway.signing_keys import ManagementKey
from talkroom.gateway.throttle import Throttle
from tests.conformance.wrong_gateway import EventAsJson, Make, departures, departures_of, distort, gateway_here

POST_MANY = InProcessManagement.post_many
OFFER_TO_ALL = registry.offer_to_all
FIND_ROUTE = ManagementHttp._find_route
INVOKE = ManagementHttp._invoke


def ministack(wrong: pytest.MonkeyPatch) -> None:
    """Believes everybody, knows no malformed id and no payload too large, and describes connections in names of its own."""

    async def believe(self: Any, request: web.Request) -> tuple[ManagementKey, bytes]:
        return ManagementKey("", ""), (await request.read())[:131_072]

    async def answer(self: Any, method: str, connection_id: str, payload: bytes) -> web.Response:
        if method != "GET":
            return await INVOKE(self, method, connection_id, payload)
        await self._management.get_connection(connection_id)
        return web.json_response(
            {
                "ConnectedAt": 1764072000,
                "LastActiveAt": 1764072000,
                "Identity": {"SourceIp": "127.0.0.1", "UserAgent": ""},
            }
        )

    def gone(self: Any, connection_id: str) -> None:
        raise Gone

    def forget(event: EventAsJson) -> EventAsJson:
        if "disconnectReason" in event["requestContext"]:
            event["requestContext"] |= {"disconnectStatusCode": 1005, "disconnectReason": ""}
        return event

    wrong.setattr(ManagementHttp, "_authenticate", believe)
    wrong.setattr(ManagementHttp, "_invoke", answer)
    wrong.setattr(InProcessManagement, "_raise_missing", gone)
    distort(wrong, forget)


def serverless_offline(wrong: pytest.MonkeyPatch) -> None:
    """There is no GET, and DELETE is 200."""

    async def answer(self: Any, method: str, connection_id: str, payload: bytes) -> web.Response:
        if method == "GET":
            return web.json_response({"message": "Not Found"}, status=404)
        response = await INVOKE(self, method, connection_id, payload)
        return response if method == "POST" else web.json_response({"nSent": 1})

    wrong.setattr(ManagementHttp, "_invoke", answer)


def bytes_as_they_are(wrong: pytest.MonkeyPatch) -> None:
    """A post of bytes is a binary message."""
    wrong.setattr(
        management,
        "encode_text",
        lambda payload, _frame_bytes_max: b"\x82\x7f" + len(payload).to_bytes(8, "big") + payload,
    )
    wrong.setattr(management, "as_text", lambda payload: payload)


def as_python_replaces(wrong: pytest.MonkeyPatch) -> None:
    """Three for a surrogate."""
    wrong.setattr(management, "as_text", lambda payload: payload.decode("utf-8", "replace").encode())


def gone_is_silent(wrong: pytest.MonkeyPatch) -> None:
    """A post to nobody is thrown away."""

    async def swallow(self: Any, connection_ids: Any, payload: bytes) -> Deliveries:
        return msgspec.structs.replace(await POST_MANY(self, connection_ids, payload), gone=[])

    wrong.setattr(InProcessManagement, "post_many", swallow)


def one_spelling(wrong: pytest.MonkeyPatch) -> None:
    """The percent-encoded one."""
    wrong.setattr(
        ManagementHttp,
        "_find_route",
        lambda self, request: None if "@" in request.raw_path else FIND_ROUTE(self, request),
    )


def a_message_per_frame(wrong: pytest.MonkeyPatch) -> None:
    """Large posts are cut."""

    async def cut(self: Any, connection_ids: Any, payload: bytes) -> Deliveries:
        for start in range(0, len(payload), 32_768):
            deliveries = await POST_MANY(self, connection_ids, payload[start : start + 32_768])
        return deliveries

    wrong.setattr(InProcessManagement, "post_many", cut)


def delete_goes_away(wrong: pytest.MonkeyPatch) -> None:
    """As a server that stops."""
    wrong.setattr(management, "DELETED", Closure(1001, "Going away"))


def active_when_asked(wrong: pytest.MonkeyPatch) -> None:
    """Who asks is told the time."""
    wrong.setattr(InProcessManagement, "_wall_ms", lambda self, _at_s: self._registry.clock())


def everything_allowed(wrong: pytest.MonkeyPatch) -> None:
    """Policies are not looked at."""
    wrong.setattr(ManagementHttp, "_check_permission", lambda *_: None)


def endless_buffers(wrong: pytest.MonkeyPatch) -> None:
    """Whatever is posted is kept."""
    wrong.setattr(
        registry, "offer_to_all", lambda connections, frame, _bytes_max: OFFER_TO_ALL(connections, frame, 2**40)
    )


def no_throttle(wrong: pytest.MonkeyPatch) -> None:
    """The stage takes what comes."""
    wrong.setattr(Throttle, "take", lambda _self: True)


def stage_in_every_path(wrong: pytest.MonkeyPatch) -> None:
    """A domain is another name of the host."""
    wrong.setattr(Api, "base_path", lambda self, _host: f"/{self.stage}")


def every_other_post_late(wrong: pytest.MonkeyPatch) -> None:
    """They are 200 before they are sent."""
    numbers = iter(range(1_000_000))

    async def hurry(self: Any, connection_ids: Any, payload: bytes) -> Deliveries:
        if next(numbers) % 2:
            return await POST_MANY(self, connection_ids, payload)
        late = POST_MANY(self, connection_ids, payload)
        asyncio.get_running_loop().call_later(0.2, lambda: asyncio.ensure_future(late))
        return Deliveries(1)

    wrong.setattr(InProcessManagement, "post_many", hurry)


WRONG: dict[Make, dict[int, str]] = {
    ministack: {
        93: "400, 'BadRequestException'",
        95: "413",
        97: "identity of GET",
        98: "a time of GET is not in ISO 8601",
        99: "userAgent of a client that sent none is not null",
        101: "this is (1005, '')",
        103: "an unsigned POST",
        104: "signed for the service apigateway",
    },
    serverless_offline: {97: "status of GET", 100: "status and body of DELETE", 102: "GET of an id"},
    bytes_as_they_are: {88: "opcode", 89: "opcode", 90: "opcode", 96: "opcode"},
    as_python_replaces: {90: "a post of the bytes eda080"},
    gone_is_silent: {91: "this is (200, None)", 92: "this is (200, None)", 93: "this is (200, None, '')"},
    one_spelling: {94: "status of POST /@connections/"},
    a_message_per_frame: {96: "came as 32768 bytes", 109: "posts"},
    delete_goes_away: {100: "API Gateway's is 1000, this is 1001", 101: "this is (1001, 'Going away')"},
    active_when_asked: {98: "and the last message came at"},
    everything_allowed: {103: "POST with a key that may not"},
    endless_buffers: {105: "this is (200, None)"},
    no_throttle: {106: "none was 429"},
    stage_in_every_path: {107: "was answered with 403"},
    every_other_post_late: {109: "the order of posts"},
}


async def test_wrong_gateways_depart(tmp_path: Path) -> None:
    """Each from the checks that are about what it does wrong, for that reason; and nothing else is wrong with it."""
    async with gateway_here(tmp_path) as options:
        right = await departures(options, range(88, 110))
        seen = {make.__name__: await departures_of(make, expected, options) for make, expected in WRONG.items()}

    assert {} == right
    assert {make.__name__: expected for make, expected in WRONG.items()} == seen
