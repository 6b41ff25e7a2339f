"""When a request came, as its events tell."""

import asyncio

from talkroom.contract.authorizer import AuthorizerEvent, AuthorizerResult
from talkroom.gateway.api import AuthorizerConfig
from tests.gateway.kit import AuthorizerProbe, Probe, Serve, opened


async def test_a_handshakes_time_is_when_it_came(serve: Serve) -> None:
    """C.57: however long the authorizer takes; in AWS's captures it is `connectedAt`, or some milliseconds later."""
    asked, go_on = asyncio.Event(), asyncio.Event()
    probe, connected = AuthorizerProbe(), Probe()

    async def slow(event: AuthorizerEvent) -> AuthorizerResult:
        asked.set()
        await go_on.wait()
        return await probe(event)

    gateway = await serve({"$connect": connected}, authorizer=AuthorizerConfig(slow))
    opening = asyncio.create_task(opened(gateway, connected))
    await asyncio.wait_for(asked.wait(), 10)
    gateway.clock.skipped_s += 3
    go_on.set()
    wire, _ = await opening
    await wire.drop()
    (before,), (after,) = probe.events, connected.events

    assert before.request_context.request_at_ms == after.request_context.request_at_ms
    assert after.request_context.connected_at_ms == after.request_context.request_at_ms
    assert after.request_context.authorizer["integrationLatency"] >= 3000
