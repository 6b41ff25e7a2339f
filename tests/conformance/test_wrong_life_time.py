"""Checks of life times and endings bite: gateways that do what other emulators do, or what one might think, depart from them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from talkroom.contract.close_codes import Closure
from talkroom.contract.routes import DEFAULT, DISCONNECT
from talkroom.gateway.api import GatewayLimits
from talkroom.gateway.codec import Ping
from talkroom.gateway.connection import State
from talkroom.gateway.gateway import Gateway
from talkroom.gateway.live_connection import LiveConnection
from talkroom.template_gateway.hosts import Hosts
from tests.conformance import emulators
from tests.conformance.wrong_gateway import Make, departures, departures_of, distort, gateway_here

LIMITS = GatewayLimits(idle_timeout_s=3, connection_duration_s=7)
"""Short, because what a check waits for in vain costs the most; none of these gateways is asked for what it does right."""
PATIENCE_S = 3.0
PING = b"\x89\x00"

ANSWER_PING = LiveConnection._answer_ping
CLOSED = Gateway.closed
CODE_CHANGED = Hosts.code_changed
DEADLINE_ELAPSED = LiveConnection.deadline_elapsed
DISCONNECTED = Gateway._disconnect
OPENED = Gateway.opened


def no_timers(wrong: pytest.MonkeyPatch) -> None:
    """Connections last, and nobody is told when a client is gone."""

    def elapse(self: LiveConnection, now_s: float) -> None:
        if self.state is not State.OPEN:
            DEADLINE_ELAPSED(self, now_s)

    def forget(self: LiveConnection, _error: Exception | None) -> None:
        self._gateway.wheel.remove(self, self._tick)
        self._gateway.registry.open.pop(self.facts.connection_id, None)
        self._gateway.registry.release(self)

    wrong.setattr(LiveConnection, "deadline_elapsed", elapse)
    wrong.setattr(LiveConnection, "connection_lost", forget)


def nothing_counts(wrong: pytest.MonkeyPatch) -> None:
    """A connection idles from its handshake on."""

    def without_counting(name: str) -> None:
        right = getattr(LiveConnection, name)

        def act(self: LiveConnection, *arguments: Any) -> Any:
            before_s = self.last_active_s
            done = right(self, *arguments)
            self.last_active_s = before_s
            return done

        wrong.setattr(LiveConnection, name, act)

    for name in ("flush", "write_through", "_receive"):
        without_counting(name)


def no_pongs(wrong: pytest.MonkeyPatch) -> None:
    """Pings are ignored."""
    wrong.setattr(LiveConnection, "_answer_ping", lambda *_: None)


def pings_are_messages(wrong: pytest.MonkeyPatch) -> None:
    """They are answered, and routed."""

    def route(self: LiveConnection, ping: Ping) -> None:
        ANSWER_PING(self, ping)
        self._gateway.message_received(self, ping.payload.decode())

    wrong.setattr(LiveConnection, "_answer_ping", route)


def the_server_pings(wrong: pytest.MonkeyPatch) -> None:
    """A second after the handshake."""

    def ping_later(self: Gateway, connection: LiveConnection) -> None:
        OPENED(self, connection)
        asyncio.get_running_loop().call_later(1, connection._transport.write, PING)

    wrong.setattr(Gateway, "opened", ping_later)


def endings_of_the_sandbox(wrong: pytest.MonkeyPatch) -> None:
    """No code, and no reason."""
    distort(wrong, emulators.sandbox)


def disconnect_twice(wrong: pytest.MonkeyPatch) -> None:
    """Once more, to be sure."""

    def close(self: Gateway, connection: LiveConnection, closure: Closure) -> None:
        CLOSED(self, connection, closure)
        CLOSED(self, connection, closure)

    wrong.setattr(Gateway, "closed", close)


def errors_for_everybody(wrong: pytest.MonkeyPatch) -> None:
    """Whoever is connected hears of a `$disconnect`."""

    async def disconnect(self: Gateway, *arguments: Any) -> None:
        await DISCONNECTED(self, *arguments)
        for connection in self.registry.open.values():
            self.send_text(connection, "Internal server error")

    wrong.setattr(Gateway, "_disconnect", disconnect)


def disconnect_by_default(wrong: pytest.MonkeyPatch) -> None:
    """As MiniStack does."""

    def close(self: Gateway, connection: LiveConnection, closure: Closure) -> None:
        CLOSED(self, connection, closure)
        if DISCONNECT not in self.api.routes and DEFAULT in self.api.routes:
            self.spawn(self._disconnect(self.api.routes[DEFAULT], connection, closure))

    wrong.setattr(Gateway, "closed", close)


def a_deployment_is_a_new_start(wrong: pytest.MonkeyPatch) -> None:
    """Whoever is connected must come again."""
    connected: list[LiveConnection] = []

    def remember(self: Gateway, connection: LiveConnection) -> None:
        OPENED(self, connection)
        connected.append(connection)

    async def begin_anew(self: Hosts, paths: Any) -> list[str]:
        for connection in connected:
            connection.abandon()
        return await CODE_CHANGED(self, paths)

    wrong.setattr(Gateway, "opened", remember)
    wrong.setattr(Hosts, "code_changed", begin_anew)


WRONG: dict[Make, dict[int, str]] = {
    no_timers: {
        110: "the limit is 3 s after the handshake, and the connection is open after it",
        111: "nothing came",
        118: "the limit is 7 s after the handshake, and the connection is open after it",
        122: "0 invocations began",
    },
    nothing_counts: {
        112: "the limit is 3 s after a post, and the end came",
        113: "the limit is 3 s after a message of the client, and the end came",
        115: "the limit is 3 s after a ping, and the end came",
        118: "the limit is 7 s after the handshake, and the end came",
    },
    no_pongs: {114: "the answer to a ping"},
    pings_are_messages: {116: "this is ['CONNECT', 'MESSAGE']"},
    the_server_pings: {117: "the server sent a ping"},
    endings_of_the_sandbox: {119: "this is (None, '')", 120: "(None, '')", 121: "(None, '')", 122: "is told None"},
    disconnect_twice: {123: "invocations"},
    errors_for_everybody: {123: "b'Internal server error'"},
    disconnect_by_default: {124: "this is ['MESSAGE', 'DISCONNECT']"},
}


async def test_wrong_gateways_depart(tmp_path: Path) -> None:
    """Each from the checks that are about what it does wrong, and for that reason."""
    async with gateway_here(tmp_path, limits=LIMITS) as options:
        seen = {
            make.__name__: await departures_of(make, expected, options, patience_s=PATIENCE_S)
            for make, expected in WRONG.items()
        }

    assert {make.__name__: expected for make, expected in WRONG.items()} == seen


async def test_a_gateway_that_starts_anew_with_a_deployment_departs(tmp_path: Path) -> None:
    """As all that are started again for it."""
    command = f"echo '# again' >> {tmp_path / 'probe' / 'handlers' / 'app.py'}"
    expected = {125: "were due at the functions"}
    async with gateway_here(tmp_path, reload=True) as options:
        seen = await departures_of(a_deployment_is_a_new_start, expected, options, redeploy=command)

    assert expected == seen


async def test_a_gateway_that_does_not_freeze_departs(tmp_path: Path) -> None:
    """As all others do, and ours when it is not told to."""
    async with gateway_here(tmp_path) as options:
        said = await departures(options, [126], freezes=True)

    assert {126: "departed: no function was to be invoked, and 'linger' got a LINGER event"} == said
