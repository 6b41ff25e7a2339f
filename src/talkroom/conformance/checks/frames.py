"""Section D, 81 to 85: what a message may be made of, and what closes the connection."""

from hashlib import sha256

from talkroom.conformance.expectations import expect
from talkroom.conformance.suite import check
from talkroom.conformance.target import Target
from talkroom.conformance.wire import BINARY, CONTINUATION, TEXT, frame

KIB = 1024
FRAME_BYTES_MAX = 32 * KIB
MESSAGE_BYTES_MAX = 128 * KIB


def fragments(text: str) -> bytes:
    """A text message in frames of at most 32 KiB."""
    data = text.encode()
    pieces = [data[start : start + FRAME_BYTES_MAX] for start in range(0, len(data), FRAME_BYTES_MAX)]
    return b"".join(
        frame(CONTINUATION if index else TEXT, piece, fin=index == len(pieces) - 1)
        for index, piece in enumerate(pieces)
    )


async def arrives(target: Target, size: int) -> None:
    """A message of so many bytes, in frames of at most 32 KiB, is one MESSAGE with all of them."""
    connection = await target.connect()
    case = target.new_case()
    head = connection.message_to("perform", case=case, padding="")
    text = head.replace('"padding": ""', f'"padding": "{"x" * (size - len(head))}"')
    expect(size, len(text), "the suite's own message")
    connection.send(fragments(text))
    record = await target.event(case=case, kind="MESSAGE")
    digest = record.body_sha256 or sha256(record.event["body"].encode()).hexdigest()
    expect(sha256(text.encode()).hexdigest(), digest, "digest of the body that the handler got")
    await connection.is_open()


@check(81)
async def a_binary_frame_closes(target: Target) -> None:
    """No handler sees it."""
    connection = await target.connect()
    connection.send(frame(BINARY, b"\x00\x01\x02"))
    expect(1003, (await connection.closed()).code, "close code after a binary frame")
    await target.no_event(connection_id=await connection.connection_id(), kind="MESSAGE")


@check(82)
async def a_frame_over_32_kib_closes(target: Target) -> None:
    """By one byte."""
    connection = await target.connect()
    connection.send(frame(TEXT, "x" * (FRAME_BYTES_MAX + 1)))
    expect(1009, (await connection.closed()).code, "close code after a frame of 32769 bytes")
    await target.no_event(connection_id=await connection.connection_id(), kind="MESSAGE")


@check(83)
async def fragments_are_one_message(target: Target) -> None:
    """100 KiB in four frames."""
    await arrives(target, 100 * KIB)


@check(84)
async def a_message_over_128_kib_closes(target: Target) -> None:
    """By one byte, each frame being small enough."""
    connection = await target.connect()
    connection.send(fragments("x" * (MESSAGE_BYTES_MAX + 1)))
    expect(1009, (await connection.closed()).code, "close code after a message of 131073 bytes")
    await target.no_event(connection_id=await connection.connection_id(), kind="MESSAGE")


@check(85)
async def a_frame_of_32_kib_is_accepted(target: Target) -> None:
    """And so is a message of 128 KiB in frames of that size."""
    await arrives(target, FRAME_BYTES_MAX)
    await arrives(target, MESSAGE_BYTES_MAX)
