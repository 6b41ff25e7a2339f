"""The first request head: read however it is cut, refused when it is doubtful, and nothing of what follows is lost."""

import pytest

from talkroom.gateway.request_head import HeadError, HeadReader, HeadTooLarge, MalformedHead, RequestHead

HEAD_BYTES_MAX = 4096

FIREFOX = (
    b"GET /prod?room=lobby HTTP/1.1\r\n"
    b"Host: chat.example\r\n"
    b"user-agent: Firefox\r\n"
    b"Connection: keep-alive, Upgrade\r\n"
    b"Upgrade: websocket\r\n"
    b"X-Empty:\r\n"
    b"X-Twice: 1\r\n"
    b"X-Twice: 2\r\n"
    b"\r\n"
)
PLAIN = b"POST /rooms HTTP/1.1\r\nHost: chat.example\r\nContent-Length: 5\r\n\r\nhello"


def read(*chunks: bytes, bytes_max: int = HEAD_BYTES_MAX) -> tuple[RequestHead, HeadReader]:
    """The head, which the last of these reads must complete, and its reader."""
    reader = HeadReader(bytes_max)
    *heads, last = [reader.feed(chunk) for chunk in chunks]
    assert heads == [None] * len(heads)
    assert last is not None
    return last, reader


def head_of(lines: bytes) -> RequestHead:
    """The head of a GET request with these header lines."""
    return read(b"GET / HTTP/1.1\r\n" + lines + b"\r\n")[0]


def test_a_head_is_given_as_the_client_wrote_it() -> None:
    """Order and spelling of the headers matter to whoever compares them with a capture from AWS."""
    head, _ = read(FIREFOX)

    assert head == RequestHead(
        method="GET",
        target="/prod?room=lobby",
        version="1.1",
        headers=(
            ("Host", "chat.example"),
            ("user-agent", "Firefox"),
            ("Connection", "keep-alive, Upgrade"),
            ("Upgrade", "websocket"),
            ("X-Empty", ""),
            ("X-Twice", "1"),
            ("X-Twice", "2"),
        ),
    )


def test_a_head_may_be_cut_anywhere() -> None:
    """In two at every byte, and into single bytes."""
    whole, _ = read(FIREFOX)

    assert all(read(FIREFOX[:cut], FIREFOX[cut:])[0] == whole for cut in range(1, len(FIREFOX)))
    assert read(*(FIREFOX[index : index + 1] for index in range(len(FIREFOX))))[0] == whole


def test_values_are_latin_1_without_the_space_around_them() -> None:
    """RFC 9110 section 5.5: opaque bytes, which latin-1 keeps apart."""
    assert head_of(b"X-Name: \t caf\xe9 au lait \t \r\n").headers == (("X-Name", "café au lait"),)


def test_what_follows_an_upgrade_is_its_rest() -> None:
    """A client may send its first frame together with the head."""
    _, reader = read(FIREFOX + b"\x81\x80abcd")

    assert reader.rest == b"\x81\x80abcd"


def test_the_rest_is_found_when_the_head_is_cut() -> None:
    """Wherever the last read begins, be it inside the empty line that ends the head."""
    rests = {read(FIREFOX[:cut], FIREFOX[cut:] + b"rest")[1].rest for cut in range(1, len(FIREFOX))}

    assert rests == {b"rest"}


def test_an_upgrade_alone_has_no_rest() -> None:
    """Nothing was sent early."""
    _, reader = read(FIREFOX)

    assert reader.rest == b""


def test_a_body_of_an_upgrade_is_not_read() -> None:
    """The handshake will be refused; meanwhile nothing waits for the body."""
    head, reader = read(FIREFOX[:-2] + b"Content-Length: 100\r\n\r\nab")

    assert ("Content-Length", "100") in head.headers
    assert reader.rest == b"ab"


def test_all_bytes_are_kept_for_another_server() -> None:
    """An ordinary request is handed on bytes and all."""
    _, reader = read(PLAIN[:20], PLAIN[20:])

    assert reader.raw == PLAIN


def test_a_head_is_complete_before_its_body() -> None:
    """What follows is another server's to wait for."""
    head, _ = read(PLAIN[: PLAIN.index(b"hello")])

    assert head.method == "POST"
    assert not head.is_upgrade


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(b"\0\0\0", id="garbage"),
        pytest.param(b"DELETE /other HTTP/1.0\r\nX: 1\r\n\r\n", id="another request"),
        pytest.param(b"DELETE /oth", id="half a request"),
    ],
)
def test_what_follows_a_request_does_not_change_its_head(rest: bytes) -> None:
    """Requests may be pipelined; whether the second one is good is another server's to say."""
    request = b"GET /first HTTP/1.1\r\nHost: a\r\n\r\n"
    head, reader = read(request + rest)

    assert head == RequestHead("GET", "/first", "1.1", (("Host", "a"),))
    assert reader.raw == request + rest


def test_trailers_are_not_headers() -> None:
    """RFC 9110 section 6.5: they come after the content."""
    head, _ = read(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nUpgrade: websocket\r\n\r\n")

    assert head.headers == (("Transfer-Encoding", "chunked"),)


@pytest.mark.parametrize(
    ("lines", "is_upgrade"),
    [
        (b"Connection: Upgrade\r\nUpgrade: websocket\r\n", True),
        (b"Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n", True),
        (b"connection: keep-alive\r\nconnection: upgrade\r\nupgrade: h2c, websocket\r\n", True),
        # A mistake that the handshake explains to the client.
        (b"Upgrade: websocket\r\n", True),
        # curl --http2 asks so for an ordinary resource.
        (b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n", False),
        (b"Connection: Upgrade\r\n", False),
        (b"", False),
    ],
    ids=["browser", "Firefox", "several lines", "without Connection", "h2c", "without Upgrade", "ordinary"],
)
def test_an_upgrade_names_websocket(lines: bytes, is_upgrade: bool) -> None:
    """What the gateway answers, and what another server does."""
    assert head_of(lines).is_upgrade is is_upgrade


@pytest.mark.parametrize("value", [b"1, 2", b"-1", b"+1", b"0x1", b"1 1"])
def test_a_doubtful_content_length_is_malformed(value: bytes) -> None:
    """RFC 9112 section 6.3 item 5: two servers could disagree about where the request ends."""
    with pytest.raises(MalformedHead):
        head_of(b"Content-Length: " + value + b"\r\n")


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(b"Content-Length: 1\r\nContent-Length: 1\r\n", id="Content-Length twice"),
        pytest.param(b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", id="Content-Length and Transfer-Encoding"),
        pytest.param(b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", id="Transfer-Encoding and Content-Length"),
        pytest.param(b"Transfer-Encoding: identity\r\n", id="unknown Transfer-Encoding"),
        pytest.param(b"X: a\r\n b\r\n", id="folded with space"),
        pytest.param(b"X: a\r\n\tb\r\n", id="folded with tab"),
        pytest.param(b"X: a\0b\r\n", id="NUL in a value"),
        pytest.param(b"X: a\x7fb\r\n", id="DEL in a value"),
        pytest.param(b"X\0: a\r\n", id="NUL in a name"),
        pytest.param(b"X : a\r\n", id="space after a name"),
        pytest.param(b" X: a\r\n", id="space before a name"),
        pytest.param(b": a\r\n", id="no name"),
        pytest.param(b"X\r\n", id="no colon"),
        pytest.param(b"X\xe9: a\r\n", id="name beyond ASCII"),
        pytest.param(b"X: a\rY: b\r\n", id="CR alone"),
        pytest.param(b"X: a\nY: b\r\n", id="LF alone"),
        pytest.param(b"X: a\r\n\n", id="LF alone at the end"),
    ],
)
def test_a_doubtful_header_is_malformed(lines: bytes) -> None:
    """RFC 9112 sections 2.2, 5.1, 5.2 and 6.1: what lenient servers read in two ways."""
    with pytest.raises(MalformedHead):
        head_of(lines)


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00", id="TLS to a port without it"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
        pytest.param(b"HELO chat\r\n", id="SMTP"),
        pytest.param(b"FOO / HTTP/1.1\r\n\r\n", id="unknown method"),
        pytest.param(b"GET / HTTP/1.2\r\n\r\n", id="unknown version"),
        pytest.param(b"GET /a b HTTP/1.1\r\n\r\n", id="space in the target"),
        pytest.param(b"GET /\xc3\xa9 HTTP/1.1\r\n\r\n", id="target beyond ASCII"),
        pytest.param(b"GET /\x01 HTTP/1.1\r\n\r\n", id="control character in the target"),
        pytest.param(b"GET / HTTP/1.1\n\n", id="LF alone after the version"),
    ],
)
def test_a_doubtful_request_line_is_malformed(request_bytes: bytes) -> None:
    """RFC 9112 section 3."""
    with pytest.raises(MalformedHead):
        HeadReader(HEAD_BYTES_MAX).feed(request_bytes)


def test_a_head_of_the_limit_is_read() -> None:
    """The limit itself is allowed, whatever follows the head."""
    assert read(FIREFOX + b"x" * 100, bytes_max=len(FIREFOX))[1].rest == b"x" * 100


def test_a_larger_head_is_refused() -> None:
    """RFC 6585 section 5, also when it comes in one piece."""
    with pytest.raises(HeadTooLarge):
        HeadReader(len(FIREFOX) - 1).feed(FIREFOX)


def test_a_head_without_end_is_refused() -> None:
    """As soon as there is one byte too many."""
    reader = HeadReader(100)
    assert reader.feed(b"GET /" + b"a" * 95) is None

    with pytest.raises(HeadTooLarge):
        reader.feed(b"a")


def test_blank_lines_before_a_request_count() -> None:
    """RFC 9112 section 2.2 has them ignored; without a limit they would cost memory for ever."""
    reader = HeadReader(100)

    with pytest.raises(HeadTooLarge):
        reader.feed(b"\r\n" * 51)


def test_errors_say_how_to_answer() -> None:
    """A status for each, under one name for both."""
    assert (HeadTooLarge.http_status, MalformedHead.http_status) == (431, 400)
    assert issubclass(HeadTooLarge, HeadError)
    assert issubclass(MalformedHead, HeadError)
