"""The management API over HTTP: bodies that are too large, too slow, broken or compressed."""

import gzip

from tests.unit.gateway.management_served import (
    OPEN,
    PATH,
    PAYLOAD_BYTES_MAX,
    Served,
    head_of,
    raw,
    read_status,
    serve,
    talk,
)


async def test_an_announced_body_over_the_limit_is_refused_unread(served: Served) -> None:
    """The answer comes though no byte of the body was sent."""
    headers = served.sign("POST", PATH) | {"Content-Length": "1000000000"}
    assert await raw(served, head_of("POST", PATH, headers)) == 413


async def test_a_chunked_body_over_the_limit_is_refused_before_its_end(served: Served) -> None:
    """The answer comes though the body does not end."""
    headers = served.sign("POST", PATH) | {"Transfer-Encoding": "chunked"}
    chunk = b"%x\r\n%b\r\n" % (PAYLOAD_BYTES_MAX + 1, b"x" * (PAYLOAD_BYTES_MAX + 1))
    assert await raw(served, head_of("POST", PATH, headers), chunk) == 413


async def test_a_chunked_body_is_verified(served: Served) -> None:
    """A body need not announce its size."""
    headers = served.sign("POST", PATH, b"hello") | {"Transfer-Encoding": "chunked"}
    body = b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
    assert await raw(served, head_of("POST", PATH, headers), body) == 200
    assert served.management.posts == [(OPEN, b"hello")]


async def test_a_body_that_waits_for_100_continue_is_asked_for_and_verified(served: Served) -> None:
    """As botocore sends some."""
    headers = served.sign("POST", PATH, b"hello") | {"Content-Length": "5", "Expect": "100-continue"}
    async with talk(served, head_of("POST", PATH, headers)) as (reader, writer):
        assert 100 == await read_status(reader)
        writer.write(b"hello")
        assert 200 == await read_status(reader)
    assert [(OPEN, b"hello")] == served.management.posts


async def test_an_empty_body_is_posted(served: Served) -> None:
    """What AWS does is unknown; nothing forbids it."""
    async with served.request("POST", PATH) as answer:
        assert 200 == answer.status
    assert [(OPEN, b"")] == served.management.posts


async def test_a_malformed_body_is_the_caller_s_error() -> None:
    """400, or 408 when aiohttp's parser only stops reading; `100 Continue` tells that the body is being waited for."""
    async with serve(body_timeout_s=0.05) as served:
        headers = served.sign("POST", PATH) | {"Transfer-Encoding": "chunked", "Expect": "100-continue"}
        async with talk(served, head_of("POST", PATH, headers)) as (reader, writer):
            assert await read_status(reader) == 100
            writer.write(b"nonsense\r\n")
            assert await read_status(reader) in (400, 408)


async def test_a_body_that_is_not_of_its_encoding_is_the_caller_s_error(served: Served) -> None:
    """aiohttp decompresses; what it cannot decompress is no fault of ours either."""
    headers = served.sign("POST", PATH, b"hello") | {"Content-Length": "5", "Content-Encoding": "gzip"}
    assert await raw(served, head_of("POST", PATH, headers), b"hello") == 400


async def test_a_body_is_bounded_after_decompression(served: Served) -> None:
    """A kilobyte that becomes a megabyte is too large."""
    bomb = gzip.compress(b"\0" * 1_000_000)
    headers = served.sign("POST", PATH, bomb) | {"Content-Length": str(len(bomb)), "Content-Encoding": "gzip"}
    assert await raw(served, head_of("POST", PATH, headers), bomb) == 413


async def test_a_body_that_breaks_off_is_the_caller_s_error(served: Served) -> None:
    """Nobody is there to read the answer, and nothing is logged as a fault of ours."""
    headers = served.sign("POST", PATH) | {"Content-Length": "5", "Expect": "100-continue"}
    async with talk(served, head_of("POST", PATH, headers)) as (reader, _):
        assert await read_status(reader) == 100
    assert await served.statuses.get() == 400


async def test_a_body_that_does_not_come_times_out() -> None:
    """A slow caller holds nothing for longer than the limit."""
    async with serve(body_timeout_s=0.01) as served:
        headers = served.sign("POST", PATH) | {"Content-Length": "5"}
        assert await raw(served, head_of("POST", PATH, headers), b"hell") == 408


async def test_a_stranger_s_body_is_not_waited_for(served: Served) -> None:
    """Who did not sign is refused on the head alone."""
    head = head_of("POST", PATH, {"Host": "x", "Content-Length": "5"})
    assert await raw(served, head) == 403
