"""Section C: the three kinds of events, key for key, and what is theirs alone.

What their contexts say is looked at in `event_context.py`, their types in `event_types.py`.
"""

import ipaddress
import re
from typing import Final

from talkroom.conformance.checks.event_keys import CONTEXT_KEYS, KEYS, QUERY_KEYS, same_keys
from talkroom.conformance.checks.guarded import open_guarded
from talkroom.conformance.checks.whole_life import live
from talkroom.conformance.expectations import expect, require, show
from talkroom.conformance.suite import check
from talkroom.conformance.target import Target
from talkroom.conformance.wire import close

COMPRESSION: Final = ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")
"""What browsers offer."""
CANONICAL: Final = (("User-Agent", "probe/1"), ("Origin", "https://example.com"), ("Cookie", "a=b"), COMPRESSION)
CUSTOM: Final = (("HeaderAuth1", "one"), ("x-lower-case", "two"), ("X-Odd-cAsE", "three"))

TRACE_ID: Final = re.compile(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}")

TEXTS: Final = (
    ' {"action" : "perform",\r\n\t"b":  1.0, "a": 1e3, "a": "again", "escaped": "\\u00e9 \\ud83d\\ude00 \\/", "é": "😀"} \n',
    "\t plain text, with space at both ends  ",
    'é あ 😀 \u2028 \u00a0 \ufeff "quotes" \\ <tags> & \x7f',
)
"""What a gateway that reads a message and writes it again would spell otherwise; the second and third are for `$default`."""


@check(45)
async def connect_has_the_captured_keys(target: Target) -> None:
    """Without query, with query, and with an authorizer; never a `body`."""
    plain = (await (await target.connect(by="header")).event("CONNECT")).event
    queried = (await (await target.connect(query=[("a", "1")])).event("CONNECT")).event
    guarded = (await (await open_guarded(target)).event("CONNECT")).event
    same_keys(KEYS["CONNECT"], plain, "CONNECT")
    same_keys(KEYS["CONNECT"] | QUERY_KEYS, queried, "CONNECT of a handshake with a query")
    same_keys(KEYS["CONNECT"] | QUERY_KEYS, guarded, "CONNECT behind an authorizer")
    for event in (plain, queried):
        same_keys(CONTEXT_KEYS["CONNECT"], event["requestContext"], "requestContext of CONNECT")
    with_authorizer = CONTEXT_KEYS["CONNECT"] | {"authorizer"}
    same_keys(with_authorizer, guarded["requestContext"], "requestContext of CONNECT behind an authorizer")
    for event in (plain, queried, guarded):
        single = {name: [value] for name, value in event["headers"].items()}
        expect(single, event["multiValueHeaders"], "multiValueHeaders of a handshake without repeated headers")


@check(46)
async def without_a_query_there_is_none(target: Target) -> None:
    """Neither map is there, so that `.get()` gives None; with a query both are."""
    plain = (await (await target.connect(by="header")).event("CONNECT")).event
    queried = (await (await target.connect(query=[("a", "1")])).event("CONNECT")).event
    for name in sorted(QUERY_KEYS):
        require(name not in plain, f"CONNECT of a handshake without a query has {name}: {show(plain.get(name))}")
        require(name in queried, f"CONNECT of a handshake with a query has no {name}")


@check(47)
async def repeated_parameters_are_all_there(target: Target) -> None:
    """By the rule of REST APIs (I): names and values are percent-decoded UTF-8, an encoded name is the same name.

    What a plus means, and a parameter without an equals sign, is unknown, and not looked at.
    """
    connection = await target.connect(
        query="a=1&b=x&%61=2&c=%41%20b&c=d%26e%3Df&k%C3%A9y=%C3%A9%F0%9F%98%80&empty=&a=3"
    )
    event = (await connection.event("CONNECT")).event
    single = {"a": "3", "b": "x", "c": "d&e=f", "kéy": "é😀", "empty": ""}
    multi = {"a": ["1", "2", "3"], "b": ["x"], "c": ["A b", "d&e=f"], "kéy": ["é😀"], "empty": [""]}
    expect(single, event.get("queryStringParameters"), "queryStringParameters")
    expect(multi, event.get("multiValueQueryStringParameters"), "multiValueQueryStringParameters")


@check(48)
async def header_names_are_the_clients(target: Target) -> None:
    """Canonical names of clients that write them so, as browsers and wscat do, and custom names as they were written.

    How AWS spells a standard name that a client writes in lower case is unknown: as it came, or as everybody else writes it.
    """
    connection = await target.connect(headers=[*CANONICAL, *CUSTOM], protocols="chat, superchat")
    headers = (await connection.event("CONNECT")).event["headers"]
    sent = {
        **dict(CANONICAL),
        **dict(CUSTOM),
        "Sec-WebSocket-Protocol": "chat, superchat",
        "Sec-WebSocket-Version": "13",
    }
    expect(sent, {name: headers.get(name) for name in sent}, f"what was sent, among {show(sorted(headers))}")
    for name in ("Host", "Sec-WebSocket-Key"):
        require(name in headers, f"no {name} among {show(sorted(headers))}")
    lower = await target.connect(headers=[("user-agent", "probe/2"), ("origin", "https://example.com")])
    headers = (await lower.event("CONNECT")).event["headers"]
    for name, value in (("user-agent", "probe/2"), ("origin", "https://example.com")):
        found = {key: headers[key] for key in headers if key.lower() == name}
        require(found in ({name: value}, {name.title(): value}), f"of {name}: {value} came {show(found)}")


@check(49)
async def hop_by_hop_headers_are_stripped(target: Target) -> None:
    """From both maps; the authorizer sees them, `$connect` does not."""
    connection = await target.connect(headers=[("Content-Length", "0"), ("User-Agent", "probe/1")])
    event = (await connection.event("CONNECT")).event
    for of_event in (event["headers"], event["multiValueHeaders"]):
        require("User-Agent" in of_event, f"no User-Agent among {show(sorted(of_event))}")
        left = {name for name in of_event if name.lower() in ("connection", "upgrade", "content-length")}
        require(not left, f"CONNECT has the headers {', '.join(sorted(left))}")


@check(50)
async def the_gateways_own_headers_are_there(target: Target) -> None:
    """The address of the client, where and how it connected, and a trace id; `Host` is the one that it called."""
    endpoint = await target.endpoint()
    record = await (await target.connect()).event("CONNECT")
    headers = record.event["headers"]
    expect(endpoint.netloc, headers.get("Host"), "Host")
    address = headers.get("X-Forwarded-For", "").split(",")[-1].strip()
    require(
        _is_address(address),
        f"X-Forwarded-For ends with an address, and this is {show(headers.get('X-Forwarded-For'))}",
    )
    expect(record.context.get("identity", {}).get("sourceIp"), address, "X-Forwarded-For, compared with sourceIp")
    port, proto, trace = (
        headers.get(f"X-{name}", "") for name in ("Forwarded-Port", "Forwarded-Proto", "Amzn-Trace-Id")
    )
    require(re.fullmatch(r"[0-9]{1,5}", port), f"X-Forwarded-Port is a port, and this is {show(port)}")
    # AWS has TLS only; a target on this machine may say what is true, or what AWS would say.
    require(proto == "https" or (proto == "http" and not endpoint.is_secure), f"X-Forwarded-Proto is {show(proto)}")
    require(TRACE_ID.fullmatch(trace), f"X-Amzn-Trace-Id is Root=1-…-…, and this is {show(trace)}")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


@check(51)
async def message_has_the_captured_keys(target: Target) -> None:
    """No headers, and no query, although the handshake had both."""
    connection = await target.connect(query=[("a", "1")], headers=[("HeaderAuth1", "one")])
    event = (await connection.performed()).event
    same_keys(KEYS["MESSAGE"], event, "MESSAGE")
    same_keys(CONTEXT_KEYS["MESSAGE"], event["requestContext"], "requestContext of MESSAGE")
    guarded = (await (await open_guarded(target)).performed()).event
    same_keys(KEYS["MESSAGE"], guarded, "MESSAGE behind an authorizer")
    with_authorizer = CONTEXT_KEYS["MESSAGE"] | {"authorizer"}
    same_keys(with_authorizer, guarded["requestContext"], "requestContext of MESSAGE behind an authorizer")


@check(52)
async def body_is_the_text_as_it_was_sent(target: Target) -> None:
    """Space, escapes, order and repeated keys of JSON; and text that is none."""
    connection = await target.connect()
    for count, text in enumerate(TEXTS, 1):
        connection.send_text(text)
        seen = [record.event["body"] for record in await connection.events("MESSAGE", at_least=count)]
        expect(text, seen[-1], "body")


@check(53)
async def disconnect_has_four_headers(target: Target) -> None:
    """And the keys of the captures; nothing of the handshake's headers and query."""
    connection = await target.connect(query=[("a", "1")], headers=[("HeaderAuth1", "one"), ("User-Agent", "probe/1")])
    event = (await live(connection)).disconnect.event
    same_keys(KEYS["DISCONNECT"], event, "DISCONNECT")
    same_keys(CONTEXT_KEYS["DISCONNECT"], event["requestContext"], "requestContext of DISCONNECT")
    headers = {"Host": event["requestContext"]["domainName"], "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
    expect(headers, event["headers"], "headers of DISCONNECT")
    multi = {name: [value] for name, value in headers.items()}
    expect(multi, event["multiValueHeaders"], "multiValueHeaders of DISCONNECT")


@check(54)
async def disconnect_says_code_and_reason(target: Target) -> None:
    """An integer and a text, which may be empty, whoever closes and whatever they say; the values are section F's."""
    said, silent, deleted = [await target.connect() for _ in range(3)]
    said.send(close(1000, "done"))
    silent.send(close())
    await (await target.management()).delete(await deleted.connection_id())
    for connection in (said, silent, deleted):
        context = (await connection.event("DISCONNECT")).context
        code, reason = context.get("disconnectStatusCode"), context.get("disconnectReason")
        require(type(code) is int, f"disconnectStatusCode is an integer, and this is {show(code)}")
        require(isinstance(reason, str), f"disconnectReason is text, and this is {show(reason)}")
