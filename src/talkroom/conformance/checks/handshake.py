"""Section A: the endpoint and the handshake."""

import asyncio
import json
from base64 import b64encode
from hashlib import sha1

from talkroom.conformance.expectations import expect, require, show
from talkroom.conformance.suite import check
from talkroom.conformance.target import Target
from talkroom.conformance.wire import KEY, request

SUBPROTOCOL = "sec-websocket-protocol"
STATUS = "status of the handshake"


async def connect_answers(target: Target, do: str, status: int, api: str = "main") -> str:
    """A handshake whose `$connect` does so is refused with this status; returns its case."""
    case = target.new_case()
    response = await target.refused(api, case=case, do=do)
    expect(status, response.status, f"{STATUS} whose $connect was told {do!r}")
    return case


async def refused_id(target: Target, do: str) -> str:
    """The connection id of a handshake whose `$connect` does so, however it is refused."""
    case = target.new_case()
    await target.refused(case=case, do=do)
    return (await target.event(case=case, kind="CONNECT")).connection_id


async def is_gone(target: Target, connection_id: str) -> None:
    """The management API has never heard of it."""
    management = await target.management()
    expect(410, (await management.get(connection_id)).status, "status of GetConnection after a refused $connect")
    expect(410, (await management.post(connection_id, b"x")).status, "status of a post after a refused $connect")


@check(1)
async def an_api_without_connect_opens(target: Target) -> None:
    """`$connect` is optional."""
    connection = await target.connect("bare")
    await connection.is_open()


@check(2)
async def a_slash_after_the_stage_is_the_same(target: Target) -> None:
    """As in the guide's own wscat example."""
    endpoint = await target.endpoint()
    connection = await target.connect(path=f"{endpoint.path}/")
    await connection.event("CONNECT")


@check(3)
async def an_unknown_stage_is_forbidden(target: Target) -> None:
    """Whatever the stage is called; nothing is invoked for it."""
    endpoint = await target.endpoint()
    case = target.new_case()
    response = await target.refused(case=case, path=f"{endpoint.path.rpartition('/')[0]}/nosuchstage")
    expect(403, response.status, STATUS)
    expect({"message": "Forbidden"}, json.loads(response.body), "body of the refusal")
    await target.no_event(case=case)


@check(4)
async def a_get_without_upgrade_is_426(target: Target) -> None:
    """The path is that of handshakes."""
    endpoint = await target.endpoint()
    wire = await target.wire(endpoint)
    wire.send(request(endpoint.path or "/", [("Host", endpoint.netloc)]))
    expect(426, (await wire.response()).status, "status of a GET without Upgrade")


@check(5)
async def the_handshake_is_that_of_the_rfc(target: Target) -> None:
    """RFC 6455 sections 4.2.1 and 4.2.2."""
    accepted = (await target.connect()).accepted
    digest = sha1(f"{KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode(), usedforsecurity=False).digest()
    expect(b64encode(digest).decode(), accepted.headers.get("sec-websocket-accept"), "sec-websocket-accept")
    expect("websocket", accepted.headers.get("upgrade", "").lower(), "upgrade of the 101")
    other = await target.refused(headers=[("Sec-WebSocket-Version", "8")])
    missing = await target.refused(without=["Sec-WebSocket-Version"])
    require(400 <= other.status < 500, f"version 8 is answered {other.status}, not with an error of the client")
    require(400 <= missing.status < 500, f"no version is answered {missing.status}, not with an error of the client")


@check(6)
async def the_101_waits_for_connect(target: Target) -> None:
    """ "Until execution of the integration … is completed, the upgrade request is pending"."""
    connection = await target.connect(do="sleep:2")
    require(connection.waited_s >= 2, f"$connect takes 2 s, and the 101 came after {connection.waited_s:.1f} s")


@check(7)
async def connect_may_return_200_or_201(target: Target) -> None:
    """Both open the connection."""
    await target.connect(do="status:200")
    await target.connect(do="status:201")


@check(8)
async def connect_that_returns_400_refuses(target: Target) -> None:
    """As in the guide's sample for subprotocols."""
    await connect_answers(target, "status:400", 400)


@check(9)
async def the_status_of_connect_is_the_clients(target: Target) -> None:
    """Errors of the client and of the server."""
    for status in (401, 403, 501):
        await connect_answers(target, f"status:{status}", status)


@check(10)
async def connect_that_returns_301_refuses(target: Target) -> None:
    """Only 2xx opens."""
    case = await connect_answers(target, "status:301", 301)
    await is_gone(target, (await target.event(case=case, kind="CONNECT")).connection_id)


@check(11)
async def connect_that_raises_is_502(target: Target) -> None:
    """The exception is an answer of the integration that makes no sense."""
    await connect_answers(target, "raise:a bug in a handler", 502)


@check(12)
async def connect_without_status_is_502(target: Target) -> None:
    """Nothing at all, an object without `statusCode`, and no object."""
    for result in ("null", '{"body":"hello"}', '"hello"'):
        await connect_answers(target, f"return:{result}", 502)


@check(13)
async def connect_that_takes_too_long_is_504(target: Target) -> None:
    """The integration's `TimeoutInMillis` is 500."""
    await connect_answers(target, "sleep:3", 504, "slow")


@check(14)
async def a_refused_connection_is_gone(target: Target) -> None:
    """Its id was seen by `$connect`, and was never a connection's."""
    await is_gone(target, await refused_id(target, "status:403"))
    await is_gone(target, await refused_id(target, "raise"))


@check(15)
async def a_refused_connection_has_no_disconnect(target: Target) -> None:
    """ "The connection will not be made", so there is none to end."""
    for do in ("status:403", "raise"):
        await target.no_event(connection_id=await refused_id(target, do), kind="DISCONNECT")


@check(16)
async def a_post_inside_connect_is_gone(target: Target) -> None:
    """The connection does not exist before the 101."""
    connection = await target.connect(do="post:too early")
    record = await target.event(case=connection.case, kind="CONNECT", ended=True)
    post = record.notes.get("post", {})
    expect((410, "GoneException"), (post.get("status"), post.get("error")), "a post inside $connect")
    await connection.nothing_came()


@check(17)
async def a_post_right_after_the_101_arrives(target: Target) -> None:
    """The id is known from `$connect`, which is still at work then."""
    management = await target.management()
    case = target.new_case()
    record, connection = await asyncio.gather(
        target.event(case=case, kind="CONNECT"), target.connect(case=case, do="sleep:1")
    )
    expect(200, (await management.post(record.connection_id, b"hello")).status, "status of a post right after the 101")
    expect(b"hello", (await connection.message()).payload, "the post")


@check(18)
async def the_rest_of_connects_result_stays(target: Target) -> None:
    """No header but Sec-WebSocket-Protocol, and no body, neither in the 101 nor as a message."""
    connection = await target.connect(do="header:Set-Cookie=probe=1;header:X-Probe=1;body:hello")
    leaked = {"set-cookie", "x-probe", "content-length"} & connection.accepted.headers.keys()
    require(not leaked, f"the 101 has headers of the result of $connect: {', '.join(sorted(leaked))}")
    await connection.nothing_came()


@check(19)
async def connect_chooses_the_subprotocol(target: Target) -> None:
    """The only header of its result that is the client's."""
    connection = await target.connect(do="subprotocol:myprotocol", protocols="other, myprotocol")
    expect("myprotocol", connection.accepted.headers.get(SUBPROTOCOL), "subprotocol of the 101")


@check(20)
async def a_subprotocol_that_connect_ignores_is_ignored(target: Target) -> None:
    """A browser fails the connection then; a client that does not mind stays."""
    connection = await target.connect(protocols="chat")
    expect(None, connection.accepted.headers.get(SUBPROTOCOL), "subprotocol of the 101")
    await connection.is_open()


@check(21)
async def no_subprotocol_is_chosen_unasked(target: Target) -> None:
    """Nor the one that an API without `$connect` could take."""
    for api in ("main", "bare"):
        connection = await target.connect(api, protocols="chat, superchat")
        expect(None, connection.accepted.headers.get(SUBPROTOCOL), f"subprotocol of the 101 of the API {api!r}")


@check(22)
async def connect_sees_the_offered_list(target: Target) -> None:
    """Raw, under the name that browsers and wscat use."""
    connection = await target.connect(protocols="chat, superchat")
    headers = (await connection.event("CONNECT")).event["headers"]
    require("Sec-WebSocket-Protocol" in headers, f"no Sec-WebSocket-Protocol among {show(sorted(headers))}")
    expect("chat, superchat", headers["Sec-WebSocket-Protocol"], "the header in the event")


@check(23)
async def offering_compression_breaks_nothing(target: Target) -> None:
    """As browsers offer it, and plainly; accepted or declined, messages can be read."""
    for offer in ("permessage-deflate; client_max_window_bits", "permessage-deflate"):
        connection = await target.connect(headers=[("Sec-WebSocket-Extensions", offer)])
        await connection.is_open()


@check(24)
async def a_handshake_is_no_message(target: Target) -> None:
    """It is for `$connect` whatever a route selection would say, and for nobody where there is no `$connect`."""
    routed = await target.connect(query=[("action", "perform")])
    record = await routed.event("CONNECT")
    expect(
        ("connect", "$connect"), (record.function, record.context.get("routeKey")), "function and route of a handshake"
    )
    unrouted = await target.connect("nested")
    await target.no_event(case=unrouted.case)
