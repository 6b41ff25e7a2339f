"""The opening handshake of RFC 6455 section 4.2, and the HTTP answers that end it.

What a handshake must have is a table of rules in the order in which they are looked at; the first that is broken is
what the client is told. Extensions are declined by silence (9.1). Nothing that reaches an answer can end a header
early: subprotocols are HTTP tokens, and header names and values are checked.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha1
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from talkroom.contract.quotas import URL_CHARACTERS_MAX
from talkroom.gateway.request_head import RequestHead

Headers = tuple[tuple[str, str], ...]
_Fields = Mapping[str, Sequence[str]]
"""Values of headers, in order, by name in lower case."""


class Upgrade(msgspec.Struct, frozen=True, kw_only=True):
    """A handshake that keeps the RFC's rules; whether it is welcome is for others to say."""

    target: str
    """Path and query as sent, which is what a signature covers."""
    path: str
    """As sent: not percent-decoded."""
    query: Headers
    """Names and values, percent-decoded, in the order sent."""
    headers: Headers
    host: str
    key: str
    subprotocols: tuple[str, ...]
    """Offered by the client, the one it likes best first."""


class Refusal(msgspec.Struct, frozen=True):
    """A handshake that breaks a rule, and how to answer it."""

    status: int
    message: str
    headers: Headers = ()


class HandshakeRule(msgspec.Struct, frozen=True):
    """Something that a handshake must have."""

    source: str
    is_kept: Callable[[RequestHead, _Fields], bool]
    refusal: Refusal


_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""RFC 9110 section 5.6.2."""
_FIELD_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
"""RFC 9110 section 5.5, as latin-1."""
_HOST: Final = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=%:\[\]]+")
"""RFC 3986 section 3.2.2 and a port, not taken apart."""
_TARGET: Final = re.compile(rf"(?:(?:https?|wss?)://({_HOST.pattern})|(?=/))(/[^?#]*)?(?:\?([^#]*))?", re.IGNORECASE)
"""Absolute form, which a server must understand, or origin form (RFC 9112 sections 3.2.1 and 3.2.2)."""
_KEY: Final = re.compile(r"[A-Za-z0-9+/]{22}==")
"""Sixteen bytes in base64."""


def check_upgrade(head: RequestHead) -> Upgrade | Refusal:
    """What a request for a WebSocket asks for, or why it cannot have it."""
    fields: dict[str, list[str]] = {}
    for name, value in head.headers:
        fields.setdefault(name.lower(), []).append(value)
    for rule in RULES:
        if not rule.is_kept(head, fields):
            return rule.refusal
    target = _TARGET.fullmatch(head.target)
    assert target is not None, "a rule has matched it"
    return Upgrade(
        target=(target[2] or "/") + (f"?{target[3]}" if target[3] is not None else ""),
        path=target[2] or "/",
        query=tuple(parse_qsl(target[3] or "", keep_blank_values=True)),
        headers=head.headers,
        # Of two hosts the one in the target counts (RFC 9112 section 3.2.2).
        host=target[1] or fields["host"][0],
        key=fields["sec-websocket-key"][0],
        subprotocols=tuple(_list(fields, "sec-websocket-protocol")),
    )


RULES: Final = (
    HandshakeRule(
        "API Gateway's quota",
        lambda head, _: len(head.target) <= URL_CHARACTERS_MAX,
        Refusal(414, f"The URL is longer than {URL_CHARACTERS_MAX} characters"),
    ),
    HandshakeRule(
        "RFC 6455 section 4.2.1 item 1",
        lambda head, _: head.method == "GET",
        Refusal(405, "A WebSocket handshake is a GET request", (("Allow", "GET"),)),
    ),
    # llhttp knows no version between 1.1 and 2.0, and 2.0 is not written like this.
    HandshakeRule(
        "RFC 6455 section 4.2.1 item 1",
        lambda head, _: head.version == "1.1",
        Refusal(400, "A WebSocket handshake needs HTTP/1.1"),
    ),
    HandshakeRule(
        "RFC 6455 section 4.2.1 item 1",
        lambda head, _: _TARGET.fullmatch(head.target) is not None,
        Refusal(400, "The request target is not a path"),
    ),
    HandshakeRule(
        "RFC 6455 section 4.2.1 item 2, RFC 9112 section 3.2",
        lambda _, fields: _HOST.fullmatch(_only(fields, "host")) is not None,
        Refusal(400, "A request needs one Host header, which names a host"),
    ),
    HandshakeRule(
        "RFC 6455 section 4.2.1 item 3",
        lambda _, fields: "websocket" in _lowered(fields, "upgrade"),
        Refusal(400, "The Upgrade header does not name websocket"),
    ),
    HandshakeRule(
        "RFC 6455 section 4.2.1 item 4",
        lambda _, fields: "upgrade" in _lowered(fields, "connection"),
        Refusal(400, "The Connection header does not name Upgrade: does a proxy remove it?"),
    ),
    HandshakeRule(
        "RFC 6455 section 4.2.1 item 6, section 4.4",
        lambda _, fields: _only(fields, "sec-websocket-version") == "13",
        Refusal(
            426,
            "The WebSocket version is not 13",
            (("Sec-WebSocket-Version", "13"), ("Upgrade", "websocket")),
        ),
    ),
    HandshakeRule(
        "RFC 6455 section 4.2.1 item 5",
        lambda _, fields: _KEY.fullmatch(_only(fields, "sec-websocket-key")) is not None,
        Refusal(400, "Sec-WebSocket-Key is not 16 bytes in base64"),
    ),
    HandshakeRule(
        "RFC 6455 section 4.1 item 10",
        lambda _, fields: all(_TOKEN.fullmatch(name) for name in _list(fields, "sec-websocket-protocol")),
        Refusal(400, "Sec-WebSocket-Protocol is not a list of HTTP tokens"),
    ),
    # The bytes of a body would be taken for frames.
    HandshakeRule(
        "RFC 6455 section 4.1",
        lambda _, fields: (
            not fields.get("transfer-encoding") and set("".join(fields.get("content-length", ()))) <= {"0"}
        ),
        Refusal(400, "A WebSocket handshake has no body"),
    ),
)


def _strip(element: str) -> str:
    return element.strip(" \t")


def _only(fields: _Fields, name: str) -> str:
    """The value of a header that may be there once; the empty string when it is missing or repeated."""
    values = fields.get(name, ())
    return values[0] if len(values) == 1 else ""


def _list(fields: _Fields, name: str) -> list[str]:
    """The elements of a comma-separated header; empty ones do not count (RFC 9110 section 5.6.1)."""
    elements = ",".join(fields.get(name, ())).split(",")
    return [element for element in map(_strip, elements) if element]


def _lowered(fields: _Fields, name: str) -> list[str]:
    return [element.lower() for element in _list(fields, name)]


def is_http_token(text: str) -> bool:
    """Whether this could be a subprotocol at all (RFC 9110 section 5.6.2)."""
    return _TOKEN.fullmatch(text) is not None


_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_SWITCHING: Final = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
)

_REASONS: Final = {1: "Informational", 2: "Success", 3: "Redirection", 4: "Client Error", 5: "Server Error"}
"""For a status without a registered phrase: what its class means (RFC 9110 section 15)."""
_OWN: Final = frozenset({"connection", "content-length", "content-type", "transfer-encoding"})
"""Written here: a second one could make the answer end elsewhere."""


def encode_accept(key: str, subprotocol: str | None) -> bytes:
    """The 101 that opens the connection (RFC 6455 section 4.2.2 item 5).

    Raises ValueError for a subprotocol that is not an HTTP token, because it could hold headers of its own.
    """
    accept = b64encode(sha1(key.encode() + _GUID, usedforsecurity=False).digest())
    if subprotocol is None:
        return b"%b%b\r\n\r\n" % (_SWITCHING, accept)
    if _TOKEN.fullmatch(subprotocol) is None:
        raise ValueError("a subprotocol must be an HTTP token")
    return b"%b%b\r\nSec-WebSocket-Protocol: %b\r\n\r\n" % (_SWITCHING, accept, subprotocol.encode())


def encode_refusal(status: int, body: str, headers: Iterable[tuple[str, str]] = ()) -> bytes:
    """A whole response that ends the connection, with a body of JSON where the status allows one.

    Raises ValueError for a status outside 100 to 599, and for a header that is malformed or that is written here.
    """
    if not 100 <= status <= 599:
        raise ValueError(f"{status} is not an HTTP status")
    # RFC 9110 section 6.4.1: these have no content, and what followed would be taken for the next response.
    content = None if status < 200 or status in (204, 304) else body.encode("utf-8", "replace")
    extra = list(headers)
    # RFC 9110 section 7.8: who sends Upgrade, as a 426 must, names it here.
    upgrades = any(name.lower() == "upgrade" for name, _ in extra)
    lines = [f"HTTP/1.1 {status} {_reason(status)}", "Connection: close, Upgrade" if upgrades else "Connection: close"]
    if content is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    lines += (_header_line(name, value) for name, value in extra)
    return "\r\n".join((*lines, "", "")).encode("latin-1") + (content or b"")


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return _REASONS[status // 100]


def _header_line(name: str, value: str) -> str:
    if _TOKEN.fullmatch(name) is None or name.lower() in _OWN or _FIELD_VALUE.fullmatch(value) is None:
        raise ValueError(f"header {name!r} cannot be sent")
    return f"{name}: {value}"
