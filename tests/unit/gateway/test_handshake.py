"""The opening handshake: what is accepted, how each mistake is refused, and what is answered."""

import json
from collections.abc import Iterable

import msgspec
import pytest
from websockets.client import ClientProtocol
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from talkroom.contract.quotas import URL_CHARACTERS_MAX
from talkroom.gateway.handshake import RULES, Refusal, Upgrade, check_upgrade, encode_accept, encode_refusal
from talkroom.gateway.request_head import HeadReader, RequestHead

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""RFC 6455 section 1.3."""
HEADERS = {
    "Host": "chat.example:8080",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}
HEAD = RequestHead("GET", "/prod", "1.1", tuple(HEADERS.items()))


def with_headers(*extra: tuple[str, str], **changed: str | None) -> RequestHead:
    """A correct handshake but for these headers; None removes one."""
    headers = HEADERS | {name.replace("_", "-"): value for name, value in changed.items()}
    kept = tuple((name, value) for name, value in headers.items() if value is not None)
    return RequestHead("GET", "/prod", "1.1", kept + extra)


def with_line(**changed: str) -> RequestHead:
    """A correct handshake but for the request line."""
    return msgspec.structs.replace(HEAD, **changed)


def upgrade_of(head: RequestHead) -> Upgrade:
    """What is asked for by a handshake that must be accepted."""
    upgrade = check_upgrade(head)
    assert isinstance(upgrade, Upgrade)
    return upgrade


def test_a_handshake_is_understood() -> None:
    """RFC 6455 section 4.2.1: the request as others will want to see it."""
    offer = ("Sec-WebSocket-Protocol", "talkroom.v1, token")

    assert check_upgrade(with_headers(offer)) == Upgrade(
        target="/prod",
        path="/prod",
        query=(),
        headers=(*HEADERS.items(), offer),
        host="chat.example:8080",
        key=KEY,
        subprotocols=("talkroom.v1", "token"),
    )


@pytest.mark.parametrize(
    ("head", "status"),
    [
        pytest.param(with_line(target="/" + "a" * URL_CHARACTERS_MAX), 414, id="URL too long"),
        pytest.param(with_line(method="POST"), 405, id="POST"),
        pytest.param(with_line(version="1.0"), 400, id="HTTP/1.0"),
        pytest.param(with_line(version="2.0"), 400, id="HTTP/2.0"),
        pytest.param(with_line(target="*"), 400, id="target is an asterisk"),
        pytest.param(with_line(target="ftp://chat.example/"), 400, id="target of another scheme"),
        pytest.param(with_line(target="ws://me:secret@chat.example/"), 400, id="target with a user"),
        pytest.param(with_line(target="/prod#top"), 400, id="target with a fragment"),
        pytest.param(with_headers(Host=None), 400, id="no Host"),
        pytest.param(with_headers(Host=""), 400, id="empty Host"),
        pytest.param(with_headers(Host="a b"), 400, id="Host that is none"),
        pytest.param(with_headers(("host", "other.example")), 400, id="two Hosts"),
        pytest.param(with_headers(Upgrade=None), 400, id="no Upgrade"),
        pytest.param(with_headers(Upgrade="h2c"), 400, id="Upgrade to something else"),
        pytest.param(with_headers(Upgrade="websockets"), 400, id="Upgrade to something similar"),
        pytest.param(with_headers(Connection=None), 400, id="no Connection"),
        pytest.param(with_headers(Connection="keep-alive"), 400, id="Connection without Upgrade"),
        pytest.param(with_headers(Sec_WebSocket_Version=None), 426, id="no version"),
        pytest.param(with_headers(Sec_WebSocket_Version="8"), 426, id="old version"),
        pytest.param(with_headers(Sec_WebSocket_Version="13, 8"), 426, id="list of versions"),
        pytest.param(with_headers(("sec-websocket-version", "13")), 426, id="two versions"),
        pytest.param(with_headers(Sec_WebSocket_Key=None), 400, id="no key"),
        pytest.param(with_headers(Sec_WebSocket_Key="AAAA"), 400, id="short key"),
        pytest.param(with_headers(Sec_WebSocket_Key="A" * 24), 400, id="key of 18 bytes"),
        pytest.param(with_headers(Sec_WebSocket_Key="A" * 21 + "-=="), 400, id="key in another alphabet"),
        pytest.param(with_headers(("sec-websocket-key", KEY)), 400, id="two keys"),
        pytest.param(with_headers(Sec_WebSocket_Protocol="a b"), 400, id="subprotocol that is no token"),
        pytest.param(with_headers(Sec_WebSocket_Protocol="ok, caf\xe9"), 400, id="subprotocol beyond ASCII"),
        pytest.param(with_headers(Content_Length="1"), 400, id="a body"),
        pytest.param(with_headers(Transfer_Encoding="chunked"), 400, id="a body in chunks"),
    ],
)
def test_a_mistake_is_refused(head: RequestHead, status: int) -> None:
    """RFC 6455 section 4.2.1: an appropriate error code, and a sentence."""
    refusal = check_upgrade(head)

    assert isinstance(refusal, Refusal)
    assert (refusal.status, bool(refusal.message)) == (status, True)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(with_line(target="/" + "a" * (URL_CHARACTERS_MAX - 1)), id="URL of the limit"),
        pytest.param(with_headers(Connection="keep-alive, Upgrade"), id="Firefox"),
        pytest.param(with_headers(("connection", "upgrade"), Connection="keep-alive"), id="Connection in two lines"),
        pytest.param(with_headers(Upgrade="h2c, WebSocket"), id="list of upgrades, in another case"),
        pytest.param(with_headers(Content_Length="0"), id="a body without bytes"),
        pytest.param(with_headers(Sec_WebSocket_Protocol=""), id="empty list of subprotocols"),
        pytest.param(with_headers(Sec_WebSocket_Extensions="permessage-deflate"), id="an extension"),
        pytest.param(with_headers(Host="[::1]:8080"), id="Host with an IPv6 address"),
    ],
)
def test_a_correct_handshake_is_not_refused(head: RequestHead) -> None:
    """RFC 6455 section 4.2.1 and RFC 9110 section 5.6.1 allow more than one way of writing it."""
    assert isinstance(check_upgrade(head), Upgrade)


def test_every_rule_can_be_broken_alone() -> None:
    """No rule is a part of another, or its sentence would never be read."""
    broken = {
        with_line(target="/" + "a" * URL_CHARACTERS_MAX),
        with_line(method="PUT"),
        with_line(version="1.0"),
        with_line(target="*"),
        with_headers(Host=None),
        with_headers(Upgrade="h2c"),
        with_headers(Connection="close"),
        with_headers(Sec_WebSocket_Version="12"),
        with_headers(Sec_WebSocket_Key="AAAA"),
        with_headers(Sec_WebSocket_Protocol="a b"),
        with_headers(Content_Length="1"),
    }

    answers = [check_upgrade(head) for head in broken]

    assert sorted(answers, key=repr) == sorted((rule.refusal for rule in RULES), key=repr)


def test_a_client_of_another_version_learns_ours() -> None:
    """RFC 6455 section 4.4 and RFC 9110 section 15.5.22."""
    refusal = check_upgrade(with_headers(Sec_WebSocket_Version="12"))

    assert isinstance(refusal, Refusal)
    assert dict(refusal.headers) == {"Sec-WebSocket-Version": "13", "Upgrade": "websocket"}


def test_subprotocols_of_several_lines_are_one_list() -> None:
    """RFC 6455 section 11.3.4, with or without spaces, and empty elements do not count."""
    lines = [("Sec-WebSocket-Protocol", "a,b ,"), ("sec-websocket-protocol", "\tc")]

    assert upgrade_of(with_headers(*lines)).subprotocols == ("a", "b", "c")


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/", "/", ()),
        ("/prod/", "/prod/", ()),
        ("/prod?", "/prod", ()),
        ("/prod?room=a&room=b&x=", "/prod", (("room", "a"), ("room", "b"), ("x", ""))),
        ("/prod?flag&=v", "/prod", (("flag", ""), ("", "v"))),
        ("/prod?q=%C3%A9+%2B%26?/", "/prod", (("q", "é +&?/"),)),
        ("/prod?q=%FF", "/prod", (("q", "\ufffd"),)),
        ("/a%2Fb", "/a%2Fb", ()),
    ],
)
def test_the_target_is_taken_apart(target: str, path: str, query: tuple[tuple[str, str], ...]) -> None:
    """The query is decoded as forms are; the path is not, because %2F is not a slash."""
    upgrade = upgrade_of(with_line(target=target))

    assert (upgrade.path, upgrade.query) == (path, query)


@pytest.mark.parametrize("scheme", ["ws", "wss", "http", "HTTPS"])
def test_a_target_in_absolute_form_names_the_host(scheme: str) -> None:
    """RFC 9112 section 3.2.2: what a client of a proxy sends, and Host does not count then."""
    upgrade = upgrade_of(with_line(target=f"{scheme}://real.example?a=b"))

    assert (upgrade.host, upgrade.path, upgrade.query) == ("real.example", "/", (("a", "b"),))


def test_the_accept_of_the_rfc() -> None:
    """RFC 6455 section 1.3."""
    assert encode_accept(KEY, None) == (
        b"HTTP/1.1 101 Switching Protocols\r\n"
        b"Upgrade: websocket\r\n"
        b"Connection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
        b"\r\n"
    )


def test_the_accept_names_the_subprotocol() -> None:
    """RFC 6455 section 4.2.2 item 5."""
    assert encode_accept(KEY, "talkroom.v1").endswith(b"\r\nSec-WebSocket-Protocol: talkroom.v1\r\n\r\n")


@pytest.mark.parametrize("subprotocol", ["", "a b", "a\r\nSet-Cookie: b", "a\n", "a,b", "é", "a\0"])
def test_a_subprotocol_that_is_no_token_is_not_sent(subprotocol: str) -> None:
    """It comes from an integration, and could hold headers of its own."""
    with pytest.raises(ValueError, match="token"):
        encode_accept(KEY, subprotocol)


def test_the_websockets_client_accepts_the_handshake() -> None:
    """An independent client writes the request and judges the answer; its offer of compression is declined."""
    client = ClientProtocol(parse_uri("ws://chat.example/prod?room=a"), subprotocols=[Subprotocol("talkroom.v1")])
    client.send_request(client.connect())
    head = HeadReader(4096).feed(b"".join(client.data_to_send()))
    assert head is not None
    upgrade = upgrade_of(head)

    client.receive_data(encode_accept(upgrade.key, upgrade.subprotocols[0]))

    assert (client.state, client.subprotocol, client.extensions) == (State.OPEN, "talkroom.v1", [])


def answer(status: int, body: str, headers: Iterable[tuple[str, str]] = ()) -> tuple[bytes, dict[bytes, bytes], bytes]:
    """Status line, headers and body of a refusal."""
    head, _, content = encode_refusal(status, body, headers).partition(b"\r\n\r\n")
    line, *fields = head.split(b"\r\n")
    return line, {name: value for name, _, value in (field.partition(b": ") for field in fields)}, content


def test_a_refusal_is_a_whole_response() -> None:
    """Status line, length in bytes, and the end of the connection."""
    body = json.dumps({"message": "non trouvé"}, ensure_ascii=False)

    assert answer(403, body) == (
        b"HTTP/1.1 403 Forbidden",
        {
            b"Connection": b"close",
            b"Content-Type": b"application/json",
            b"Content-Length": str(len(body.encode())).encode(),
        },
        body.encode(),
    )


def test_a_refusal_has_the_headers_it_was_given() -> None:
    """In their spelling, after the others."""
    assert answer(405, "{}", [("Allow", "GET"), ("X-Name", "caf\xe9")])[1] == {
        b"Connection": b"close",
        b"Content-Type": b"application/json",
        b"Content-Length": b"2",
        b"Allow": b"GET",
        b"X-Name": b"caf\xe9",
    }


def test_an_upgrade_header_is_named_in_connection() -> None:
    """RFC 9110 section 7.8: a 426 must have one."""
    assert answer(426, "{}", [("Upgrade", "websocket")])[1][b"Connection"] == b"close, Upgrade"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (101, "Switching Protocols"),
        (301, "Moved Permanently"),
        (401, "Unauthorized"),
        (426, "Upgrade Required"),
        (429, "Too Many Requests"),
        (431, "Request Header Fields Too Large"),
        (502, "Bad Gateway"),
        (504, "Gateway Timeout"),
        (199, "Informational"),
        (299, "Success"),
        (399, "Redirection"),
        (499, "Client Error"),
        (599, "Server Error"),
    ],
)
def test_every_status_has_a_reason(status: int, reason: str) -> None:
    """An integration may refuse with any; unknown ones are called by their class (RFC 9110 section 15)."""
    assert answer(status, "{}")[0] == f"HTTP/1.1 {status} {reason}".encode()


@pytest.mark.parametrize("status", [100, 101, 204, 304])
def test_a_status_without_content_has_no_body(status: int) -> None:
    """RFC 9110 sections 6.4.1 and 8.6: neither the body nor its length."""
    assert answer(status, '{"message":"x"}')[1:] == ({b"Connection": b"close"}, b"")


@pytest.mark.parametrize("status", [-1, 0, 99, 600, 1000])
def test_what_is_no_status_is_not_sent(status: int) -> None:
    """The gateway has to choose another one."""
    with pytest.raises(ValueError, match=str(status)):
        encode_refusal(status, "{}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "a\r\nX-B: b"),
        ("X-A", "a\nb"),
        ("X-A", "a\rb"),
        ("X-A", "a\0b"),
        ("X-A", "本"),
        ("X A", "a"),
        ("X-A:", "a"),
        ("X-A\r\nX-B", "a"),
        ("", "a"),
        ("content-length", "0"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "keep-alive"),
        ("Content-Type", "text/html"),
    ],
)
def test_a_header_cannot_be_smuggled_into_a_refusal(name: str, value: str) -> None:
    """Neither by its value nor by its name, nor a second one of those that say where the response ends."""
    with pytest.raises(ValueError, match="header"):
        encode_refusal(400, "{}", [(name, value)])


def test_a_body_that_is_not_unicode_can_be_sent() -> None:
    """A lone surrogate, which JSON may hold, becomes a question mark."""
    assert answer(400, '"\ud800"')[2] == b'"?"'
