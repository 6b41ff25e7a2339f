"""Checks of messages bite: gateways that do with messages what other emulators do depart from them."""

import asyncio
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec
import pytest

from talkroom.contract.events import MessageEvent
from talkroom.functions.integration import FunctionIntegration
from talkroom.gateway.api import GatewayLimits, Route
from talkroom.gateway.gateway import Gateway
from tests.conformance.wrong_gateway import departures, gateway_here

RIGHT = FunctionIntegration.invoke


async def test_a_gateway_that_sends_every_result_departs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As MiniStack does: functions that are right on AWS leak text."""

    async def answering(self: Any, event: Any) -> Any:
        self._answers = True
        return await RIGHT(self, event)

    monkeypatch.setattr(FunctionIntegration, "invoke", answering)
    deploy = Gateway.deploy

    def respond_everywhere(self: Gateway, api: Any) -> None:
        routes = {key: Route(one.integration, True, one.timeout_s, one.accepts) for key, one in api.routes.items()}
        deploy(self, msgspec.structs.replace(api, routes=routes))

    monkeypatch.setattr(Gateway, "deploy", respond_everywhere)
    async with gateway_here(tmp_path) as options:
        assert {75, 76} == set(await departures(options, [75, 76, 77, 78]))


async def test_a_gateway_that_handles_messages_one_after_the_other_departs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As MiniStack and cdkd do."""
    turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def in_turn(self: Any, event: Any) -> Any:
        if not isinstance(event, MessageEvent):
            return await RIGHT(self, event)
        async with turns[event.request_context.connection_id]:
            return await RIGHT(self, event)

    monkeypatch.setattr(FunctionIntegration, "invoke", in_turn)
    async with gateway_here(tmp_path) as options:
        assert {79, 80} == set(await departures(options, [65, 79, 80]))


async def test_a_gateway_without_quotas_departs(tmp_path: Path) -> None:
    """As all of them do."""
    generous = GatewayLimits(frame_bytes_max=2**20, message_bytes_max=2**22)
    async with gateway_here(tmp_path, limits=generous) as options:
        assert {82, 84} == set(await departures(options, [81, 82, 83, 84, 85]))


async def test_a_gateway_that_closes_after_a_failure_departs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A frame of other words, and the end of the connection."""

    def close(self: Gateway, connection: Any, text: str) -> None:
        connection.overflow()

    async with gateway_here(tmp_path) as options:
        monkeypatch.setattr(Gateway, "send_text", close)
        said = await departures(options, [71, 72, 73, 74, 87], patience_s=3)

    assert {71, 72, 73, 74, 87} == set(said)
