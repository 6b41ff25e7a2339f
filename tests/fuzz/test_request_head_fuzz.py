"""Request heads and handshakes from bytes that nobody should send."""

from hypothesis import given, settings
from hypothesis import strategies as st

from talkroom.gateway.handshake import Refusal, Upgrade, check_upgrade, encode_accept, encode_refusal
from talkroom.gateway.request_head import HeadError, HeadReader, RequestHead

BYTES_MAX = 400

names = st.sampled_from(
    ["Host", "Upgrade", "connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "X-Any", "Origin"]
)
values = st.one_of(
    st.sampled_from(["websocket", "keep-alive, Upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ==", "chat.example", ""]),
    st.text(st.characters(max_codepoint=255), max_size=20),
)
requests = st.builds(
    lambda line, headers, rest: (
        line + b"\r\n" + b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in headers) + b"\r\n" + rest
    ),
    st.sampled_from([b"GET / HTTP/1.1", b"GET /prod?a=%ff HTTP/1.1", b"POST * HTTP/1.0", b"GET / HTTP/9.9", b""]),
    st.lists(st.tuples(names, values), max_size=8),
    st.binary(max_size=30),
)
streams = requests | st.binary(max_size=60)


def read(chunks: list[bytes]) -> tuple[RequestHead | type[HeadError] | None, bytes]:
    """The head or the error that the chunks lead to, and all that follows the head."""
    reader = HeadReader(BYTES_MAX)
    for index, chunk in enumerate(chunks):
        try:
            head = reader.feed(chunk)
        except HeadError as error:
            return type(error), b""
        if head is not None:
            return head, reader.rest + b"".join(chunks[index + 1 :])
    return None, b""


@given(streams)
@settings(max_examples=300, deadline=None, database=None)
def test_a_cut_at_any_byte_changes_nothing(stream: bytes) -> None:
    """In two at every byte, and into single bytes: the same head and rest, or the same error."""
    whole = read([stream])

    assert all(read([stream[:cut], stream[cut:]]) == whole for cut in range(1, len(stream)))
    assert read([stream[index : index + 1] for index in range(len(stream))]) == whole


heads = st.builds(
    RequestHead,
    st.sampled_from(["GET", "POST", "CONNECT"]),
    st.sampled_from(["/", "/prod?a=%ff&&=b", "*", "", "ws://[::1/?", "//", "/" * 5000]),
    st.sampled_from(["1.0", "1.1", "2.0"]),
    st.lists(st.tuples(names, values), max_size=12).map(tuple),
)


@given(heads)
@settings(max_examples=500, deadline=None, database=None)
def test_every_head_is_an_upgrade_or_refused(head: RequestHead) -> None:
    """Never an exception, and either can be answered."""
    checked = check_upgrade(head)

    if isinstance(checked, Upgrade):
        assert encode_accept(checked.key, None).startswith(b"HTTP/1.1 101 ")
    else:
        assert isinstance(checked, Refusal)
        assert encode_refusal(checked.status, checked.message, checked.headers).startswith(b"HTTP/1.1 4")


@given(st.integers(100, 599), st.text(max_size=30), st.lists(st.tuples(st.text(max_size=5), st.text(max_size=10))))
@settings(max_examples=300, deadline=None, database=None)
def test_a_refusal_has_the_headers_it_was_given_and_no_others(
    status: int, body: str, headers: list[tuple[str, str]]
) -> None:
    """Or it is not written at all: every line of the head is one that was meant."""
    try:
        written = encode_refusal(status, body, headers)
    except ValueError:
        return
    lines = written.partition(b"\r\n\r\n")[0].split(b"\r\n")

    assert lines[len(lines) - len(headers) :] == [f"{name}: {value}".encode("latin-1") for name, value in headers]
    assert len(lines) - len(headers) in (2, 4)
