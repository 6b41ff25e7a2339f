"""Logs are read by operators, who may not read the chat and must not find a key in them."""

import asyncio
import json

import pytest

from talkroom.conformance.wire import Wire, handshake, text
from tests.e2e.client import Client
from tests.e2e.conftest import Serve
from tests.e2e.server import SECRET, issue

TEXT = "a very private sentence"


async def a_busy_session(port: int, tokens: dict[str, str]) -> None:
    """Everything that a client may do, rightly and wrongly."""
    async with (
        await Client.open(port, tokens["alice"], "lobby") as alice,
        await Client.open(port, tokens["bob"], "lobby") as bob,
    ):
        await alice.do("sendmessage", roomId="lobby", message=TEXT, id="m-1")
        assert await bob.said() == TEXT
        await alice.do("sendmessage", roomId="lobby", message=TEXT, id="m-1", retryAfter=0)
        await alice.do("history", roomId="lobby")
        await alice.do("members", roomId="lobby")
        await alice.do("refresh", token=tokens["fresh"])
        await alice.ask("refresh", token=tokens["forged"])
        await alice.ask("sendmessage", roomId="lobby", message=TEXT * 1000)
        await alice.ask("sendmessage", roomId="\u0000", message=TEXT)
        await alice.connection.send(f'{{"action":"sendmessage","data":{{"message":"{TEXT}"}}}}')
        await alice.frame()
        await alice.connection.send(TEXT)
        await alice.frame()
        for _ in range(40):
            await alice.send("sendmessage", roomId="lobby", message=TEXT)
        await alice.closed()
    for offered in (f"talkroom.v1, {tokens['forged']}", f"{tokens['alice']}, %00", tokens["expired"], tokens["alice"]):
        async with await Wire.connect(port) as wire:
            wire.send(handshake(protocols=offered))
            assert (await wire.response()).status >= 400
    async with await Wire.connect(port) as wire:
        wire.send(handshake(f"/prod?token={tokens['alice']}", headers=[("Authorization", f"Bearer {tokens['alice']}")]))
        await wire.response()
    async with await Wire.upgrade(port, protocols=f"{tokens['alice']}, lobby") as wire:
        wire.send(text(TEXT) + b"\x82" + text(TEXT)[1:])
        await wire.rest()
    async with await Wire.connect(port) as wire:
        wire.send(f"GET /prod?token={tokens['alice']} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        await wire.response()
    call = f"POST /prod/@connections/AAAAAAAAAAAAAAA= HTTP/1.1\r\nHost: a\r\nContent-Length: {len(TEXT)}\r\n\r\n{TEXT}"
    async with await Wire.connect(port) as wire:
        wire.send(call.encode())
        await wire.response()


@pytest.mark.parametrize("log_format", ["text", "json"])
async def test_no_token_no_secret_and_no_text_in_the_log(serve: Serve, log_format: str) -> None:
    """At the lowest level, with everything that a client may do, rightly and wrongly, and a drain at the end."""
    server = serve(
        *("--log-level", "debug", "--log-format", log_format),
        *("--commands-per-s", "0.01", "--commands-burst", "20", "--refused-commands-max", "10"),
        *(
            "--management-access-key-id",
            "AKIDTEST",
            "--management-secret-access-key",
            "a management secret of the tests",
        ),
    )
    tokens = {
        "alice": issue("alice"),
        "bob": issue("bob"),
        "fresh": issue("alice", ttl_s=7200),
        "forged": issue("alice", secret="another secret that is long enough"),
        "expired": issue("alice", at_s=1_700_000_000),
    }
    await a_busy_session(server.port, tokens)
    assert 0 == await asyncio.to_thread(server.stop)

    log = server.log
    assert "handshake refused with 401" in log
    assert "disconnected: too many commands" in log
    secrets = {TEXT, SECRET, "a management secret of the tests", "Bearer"}
    secrets |= {part for token in tokens.values() for part in token.split(".")[1:]}
    assert [] == [secret for secret in secrets if secret in log]
    assert "Traceback" not in log


async def test_json_logs_are_one_object_a_line(serve: Serve) -> None:
    """With the fields that docs/operations.md names."""
    server = serve("--log-format", "json")
    async with await Client.open(server.port, issue("alice"), "lobby") as client:
        await client.do("ping")
    server.stop()
    records = [json.loads(line) for line in server.log.splitlines()]

    assert all({"at", "level", "logger", "message"} <= set(record) for record in records)
    (opened,) = [record for record in records if record["message"] == "connection opened"]
    (closed,) = [record for record in records if record["message"] == "connection closed"]
    assert opened["connection_id"] == closed["connection_id"]
    assert ("talkroom.gateway", "info", 1000) == (closed["logger"], closed["level"], closed["code"])


async def test_an_ordinary_session_is_two_lines(serve: Serve) -> None:
    """One when the connection opens and one when it closes; none for a message."""
    server = serve()
    async with await Client.open(server.port, issue("alice"), "lobby") as client:
        for number in range(20):
            await client.do("sendmessage", roomId="lobby", message=f"{number}")
    server.stop()

    lines = [line for line in server.log.splitlines() if "connection_id=" in line]
    assert ["connection opened", "connection closed"] == [
        line.split(": ")[1].split(" connection_id")[0] for line in lines
    ]
