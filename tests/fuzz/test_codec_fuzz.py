"""The decoder against websockets, garbage and itself cut to pieces; the encoders against websockets."""

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame
from websockets.protocol import State
from websockets.uri import parse_uri

from talkroom.gateway.codec import (
    CodecLimits,
    Decoder,
    Failure,
    Inbound,
    PeerClose,
    Ping,
    Pong,
    encode_close,
    encode_pong,
    encode_text,
)
from tests.fuzz.client_frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, ClientFrame
from tests.fuzz.oracle import DIFFERENCES, Failed, Oracle, Outcome, find_difference, outcome_of

LIMITS = CodecLimits(frame_bytes_max=150, message_bytes_max=320)
"""Small, so that short examples reach them."""

fuzz = settings(max_examples=400, deadline=None, database=None)

texts = st.one_of(
    st.text(max_size=40).map(str.encode),
    st.sampled_from([125, 126, 127, 149, 150, 151]).map(lambda length: b"x" * length),
    st.lists(st.sampled_from([b"\xe2", b"\x82", b"\xac", b"\xf0\x9f", b"\x98\x80", b"\xed\xa0", b"\x80", b"a"])).map(
        b"".join
    ),
    st.binary(max_size=10),
)
closes = st.builds(
    lambda code, reason: code.to_bytes(2, "big") + reason,
    st.one_of(st.sampled_from([999, 1000, 1003, 1004, 1005, 1006, 1007, 1014, 1015, 2999, 3000, 4999, 5000])),
    texts.map(lambda payload: payload[:123]),
) | st.binary(max_size=1)
keys = st.binary(min_size=4, max_size=4)
"""Also keys that leave the payload as it is, and that make it look like a header."""

controls = st.builds(ClientFrame, st.binary(max_size=125), st.sampled_from([PING, PONG]), key=keys)


@st.composite
def messages(draw: st.DrawFn) -> list[ClientFrame]:
    """One message, perhaps in fragments, perhaps with control frames between them; not always valid UTF-8."""
    pieces = draw(st.lists(texts, min_size=1, max_size=4) | chunked(texts))
    frames = []
    for index, piece in enumerate(pieces):
        opcode = CONTINUATION if index else TEXT
        frames += [ClientFrame(piece, opcode, fin=index == len(pieces) - 1, key=draw(keys))]
        frames += draw(st.lists(controls, max_size=1))
    return frames


def chunked(streams: st.SearchStrategy[bytes], cuts_max: int = 3) -> st.SearchStrategy[list[bytes]]:
    """A stream cut anywhere."""
    return st.builds(_cut, streams, st.lists(st.floats(0, 1), max_size=cuts_max))


def _cut(whole: bytes, cuts: list[float]) -> list[bytes]:
    places = sorted(round(cut * len(whole)) for cut in cuts)
    return [whole[start:stop] for start, stop in zip([0, *places], [*places, len(whole)], strict=True)]


bad_frames = st.one_of(
    st.builds(ClientFrame, closes, st.just(CLOSE), key=keys),
    st.builds(ClientFrame, texts, st.integers(0, 15), st.booleans(), st.integers(0, 7), st.none() | keys),
    st.builds(ClientFrame, texts, st.sampled_from([TEXT, CONTINUATION, PING]), length_bytes=st.sampled_from([2, 8])),
    st.builds(ClientFrame, opcode=st.integers(0, 15), announced=st.sampled_from([151, 1 << 16, 1 << 62, 1 << 63])),
    st.builds(ClientFrame, texts, st.just(BINARY), st.booleans()),
)


@st.composite
def conversations(draw: st.DrawFn) -> list[ClientFrame]:
    """Some messages, and perhaps a frame that is out of place or should never be."""
    frames = [frame for message in draw(st.lists(messages(), max_size=4)) for frame in message]
    for bad in draw(st.lists(bad_frames, max_size=2)):
        frames.insert(draw(st.integers(0, len(frames))), bad)
    return frames


def decode(chunks: list[bytes]) -> list[Inbound]:
    """What a new decoder makes of these reads."""
    decoder = Decoder(LIMITS)
    return [inbound for chunk in chunks for inbound in decoder.receive(chunk)]


def judge(frames: list[ClientFrame]) -> tuple[list[ClientFrame], list[Outcome]]:
    """The frames up to the end of the conversation, and what the decoder should say of them."""
    oracle = Oracle(LIMITS)
    outcomes: list[Outcome] = []
    for index, frame in enumerate(frames):
        difference = find_difference(frame, oracle)
        if difference is not None:
            event(difference.why)
            return frames[: index + 1], [*outcomes, difference.ours(frame)]
        outcomes += oracle.receive(frame.encode())
        if outcomes and isinstance(outcomes[-1], PeerClose | Failed):
            event(f"ends: {outcomes[-1]}" if isinstance(outcomes[-1], Failed) else "ends: PeerClose")
            return frames[: index + 1], outcomes
    return frames, outcomes


@given(conversations(), st.lists(st.floats(0, 1), max_size=20))
@fuzz
def test_websockets_hears_the_same(frames: list[ClientFrame], cuts: list[float]) -> None:
    """The same messages, control frames and close code but for DIFFERENCES, frame by frame and cut anywhere."""
    judged, expected = judge(frames)
    reads = [frame.encode() for frame in judged]

    assert [outcome_of(inbound) for inbound in decode(reads)] == expected
    assert [outcome_of(inbound) for inbound in decode(_cut(b"".join(reads), cuts))] == expected


EXAMPLES: dict[str, list[ClientFrame]] = {
    "A header is judged before": [ClientFrame(reserved=1, announced=151)],
    "Binary messages": [ClientFrame(b"", BINARY)],
    "5.2: the most significant bit": [ClientFrame(announced=1 << 63)],
    "5.2: the minimal number": [ClientFrame(b"", length_bytes=8)],
    "Control frames do not count": [
        ClientFrame(b"x" * 150, fin=False),
        ClientFrame(b"x" * 150, CONTINUATION, fin=False),
        ClientFrame(b"x" * 21, PING),
    ],
    "5.4: a close frame": [ClientFrame(fin=False), ClientFrame(b"\x03\xe8", CLOSE)],
    "8.1: text fails": [ClientFrame(b"\xff", fin=False)],
}
"""One conversation for each difference, by the beginning of its reason."""


def test_every_difference_is_one() -> None:
    """A row that websockets agrees with would hide mistakes."""
    assert [difference.why.startswith(why) for difference, why in zip(DIFFERENCES, EXAMPLES, strict=True)] == [True] * 7
    for difference, frames in zip(DIFFERENCES, EXAMPLES.values(), strict=True):
        oracle = Oracle(LIMITS)
        *before, last = frames
        assert [outcome for frame in before for outcome in oracle.receive(frame.encode())] == []
        assert find_difference(last, oracle) is difference
        assert oracle.receive(last.encode()) != [difference.ours(last)]


garbage = st.one_of(
    st.binary(max_size=300),
    # Much of what is random fails at once; this begins well.
    st.builds(
        lambda frames, tail: b"".join(frame.encode() for frame in frames) + tail,
        conversations(),
        st.binary(max_size=30),
    ),
)


@given(chunked(garbage, cuts_max=20))
@fuzz
def test_garbage_is_parsed_or_fails_with_a_code(chunks: list[bytes]) -> None:
    """Never an exception; at most one end, which is the last word whatever follows."""
    decoder = Decoder(LIMITS)
    inbound = [inbound for chunk in chunks for inbound in decoder.receive(chunk)]

    ends = [index for index, item in enumerate(inbound) if isinstance(item, PeerClose | Failure)]
    assert ends in ([], [len(inbound) - 1])
    assert all(isinstance(item, str | Ping | Pong | PeerClose | Failure) for item in inbound)
    if ends:
        assert decoder.receive(ClientFrame(b"more").encode()) == []


@given(garbage)
@settings(max_examples=150, deadline=None, database=None)
def test_a_cut_at_any_byte_changes_nothing(stream: bytes) -> None:
    """In two at every byte, and into single bytes."""
    whole = decode([stream])

    assert all(decode([stream[:cut], stream[cut:]]) == whole for cut in range(len(stream)))
    assert decode([stream[index : index + 1] for index in range(len(stream))]) == whole


@given(st.text(max_size=300), st.integers(1, 400))
@settings(max_examples=200, deadline=None, database=None)
def test_websockets_reads_the_text_that_we_write(text: str, frame_bytes_max: int) -> None:
    """In frames of the size that was asked for, cut anywhere."""
    frames = read_by_client(encode_text(text.encode(), frame_bytes_max))

    assert b"".join(bytes(frame.data) for frame in frames).decode() == text
    assert all(len(frame.data) <= frame_bytes_max for frame in frames)
    assert [frame.fin for frame in frames] == [False] * (len(frames) - 1) + [True]


@given(st.binary(max_size=125))
@settings(max_examples=50, deadline=None, database=None)
def test_websockets_reads_the_pong_that_we_write(payload: bytes) -> None:
    """With any payload that a ping can have."""
    (frame,) = read_by_client(encode_pong(payload))

    assert (frame.opcode, bytes(frame.data)) == (PONG, payload)


@given(st.none() | st.integers(1000, 4999), st.text(max_size=200))
@settings(max_examples=200, deadline=None, database=None)
def test_websockets_reads_the_close_that_we_write(code: int | None, reason: str) -> None:
    """The code, and as much of the reason as fits."""
    try:
        data = encode_close(code, reason)
    except ValueError:
        assume(False)
    client = ClientProtocol(parse_uri("ws://chat.example/"), state=State.OPEN)
    client.receive_data(data)

    assert client.close_rcvd is not None
    assert client.close_rcvd.code == (1005 if code is None else code)
    assert reason.startswith(client.close_rcvd.reason)


def read_by_client(data: bytes) -> list[Frame]:
    """The frames that a client which checks everything finds."""
    client = ClientProtocol(parse_uri("ws://chat.example/"), state=State.OPEN)
    client.receive_data(data)
    assert client.parser_exc is None
    return [frame for frame in client.events_received() if isinstance(frame, Frame)]
