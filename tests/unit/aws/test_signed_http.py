"""One signed call: what is sent, what is read, what is logged."""

import asyncio
import logging

import pytest

from talkroom.aws.signed_http import RESPONSE_BYTES_MAX, NoAnswer, NotSent, open_session
from tests.adapters.scripted_http import Connection, Deed, after, hang, raw, reset, scripted, signed, status


async def test_an_answer_has_its_parts() -> None:
    """Names of headers in any case."""
    async with scripted() as server, signed() as http:
        server.otherwise = status(418, "TeapotException", b"short and stout")
        response = await http.request("POST", f"{server.origin}/a%2Fb", service="tea", timeout_s=30, body=b"hot")

    assert (418, b"short and stout", True) == (response.status, response.body, response.is_whole)
    assert "TeapotException" == response.headers["X-AMZN-ERRORTYPE"]
    assert ("/a%2Fb", b"hot") == (server.received[0].target, server.received[0].body)


async def test_a_redirect_is_an_answer() -> None:
    """A signature is for one address."""
    async with scripted() as server, signed() as http:
        server.otherwise = raw(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
        response = await http.request("GET", f"{server.origin}/x", service="tea", timeout_s=30)

    assert (302, 1) == (response.status, len(server.received))


async def test_an_answer_that_is_too_long_is_not_whole() -> None:
    """And is not kept."""
    async with scripted() as server, signed() as http:
        server.otherwise = status(200, body=bytes(RESPONSE_BYTES_MAX + 1))
        response = await http.request("GET", f"{server.origin}/x", service="tea", timeout_s=30)

    assert (200, b"", False) == (response.status, response.body, response.is_whole)


async def test_a_body_that_does_not_come_in_time_is_not_whole() -> None:
    """The status came."""

    async def stall(connection: Connection) -> None:
        connection.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal")
        await hang(connection)

    async with scripted() as server, signed() as http:
        server.otherwise = stall
        response = await http.request("GET", f"{server.origin}/x", service="tea", timeout_s=0.5)

    assert (200, False) == (response.status, response.is_whole)


async def test_a_full_pool_is_waited_for_within_the_timeout() -> None:
    """And then nothing was sent."""
    gate = asyncio.Event()
    async with scripted() as server, signed(connections_max=1) as http:
        server.tell("one", after(gate, status(200)))
        first = asyncio.create_task(http.request("POST", f"{server.origin}/one", service="tea", timeout_s=30))
        await server.arrived(1)
        with pytest.raises(NotSent, match="TimeoutError in a call to 127"):
            await http.request("POST", f"{server.origin}/two", service="tea", timeout_s=0.2)
        gate.set()
        assert 200 == (await first).status

    assert ["one"] == server.names()


@pytest.mark.parametrize("fault", [hang, reset, raw(b""), raw(b"HTTP/1.1 200"), raw(b"no HTTP\r\n\r\n")])
async def test_without_an_answer_nobody_knows(fault: Deed) -> None:
    """On a new connection."""
    async with scripted() as server, signed() as http:
        server.otherwise = fault
        with pytest.raises(NoAnswer):
            await http.request("POST", f"{server.origin}/x", service="tea", timeout_s=0.5)


async def test_nothing_of_a_call_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """At any level: botocore would log the token."""
    caplog.set_level(logging.DEBUG)
    async with scripted() as server, signed() as http:
        await http.request("POST", f"{server.origin}/x", service="tea", timeout_s=30, body=b"a word")

    for hidden in ("a word", "a key of the tests", "a token of the tests", server.received[0].headers["authorization"]):
        assert hidden not in caplog.text


async def test_a_session_follows_no_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls go where the endpoint says."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with scripted() as server, open_session(1) as session, session.get(server.origin) as answer:
        assert 200 == answer.status
