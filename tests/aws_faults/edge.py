"""API Gateway in miniature: our gateway, whose routes and authorizer are functions, and whose management API wants signatures."""

import asyncio
from typing import Final, Protocol

from aiohttp import web

from talkroom.bootstrap import IDENTITY_SOURCE
from talkroom.conformance.wire import PATIENCE_S
from talkroom.contract.authorizer import AuthorizerEvent, AuthorizerResult, encode_authorizer_event
from talkroom.contract.authorizer import decode_result as decode_authorizer_result
from talkroom.contract.events import ConnectEvent, Event, MessageEvent, encode_event
from talkroom.contract.integration import IntegrationResult, decode_result
from talkroom.gateway.api import Api, AuthorizerConfig, GatewayLimits, Route
from talkroom.gateway.management_http import ManagementHttp
from talkroom.gateway.registry import wall_clock_ms
from talkroom.gateway.signatures import SignatureVerifier
from talkroom.gateway.signing_keys import ManagementKey
from tests.aws_faults.functions import AUTHORIZER, CONNECT, DEFAULT, DISCONNECT, MESSAGES, Functions
from tests.gateway.kit import OK, GatewayUnderTest

KEY: Final = ManagementKey("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
STAGE: Final = "prod"


class Delivery(Protocol):
    """Chooses what becomes of an event on its way to a function."""

    def copies(self, event: Event) -> int:
        """How often the function is invoked with it: 0 of a `$disconnect` that nobody hears of."""
        ...


class Edge(GatewayUnderTest):
    """The gateway."""

    functions: Functions
    """Where events go."""

    def __init__(self, limits: GatewayLimits, delivery: Delivery) -> None:
        self.messages: list[MessageEvent] = []
        """Every MESSAGE event, in order."""
        self._delivery = delivery
        silent, answering = False, True
        routes = {
            "$connect": self._route(CONNECT, silent),
            "$disconnect": self._route(DISCONNECT, silent),
            "sendmessage": self._route(MESSAGES, answering),
            "$default": self._route(DEFAULT, answering),
        }
        authorizer = AuthorizerConfig(self._authorize, (IDENTITY_SOURCE,))
        super().__init__(Api(routes=routes, authorizer=authorizer, stage=STAGE), limits)
        application = web.Application()
        # Signatures go by the machine's clock, which no test skips.
        verifier = SignatureVerifier([KEY], wall_clock_ms)
        ManagementHttp(self.management, verifier, lambda: self.gateway.api).add_to(application)
        self._runner = web.AppRunner(application, access_log=None, auto_decompress=False)
        self._in_hand = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._received = asyncio.Event()
        self._ids: dict[str, str] = {}

    async def start(self) -> None:
        """Listen on a free port."""
        await self._runner.setup()
        assert self._runner.server is not None
        self.gateway.start()
        ((_host, self.port),) = await self.server.listen("127.0.0.1", 0, self._runner.server)

    async def release(self) -> None:
        """Stop answering HTTP too; until then the functions may post."""
        await self._runner.cleanup()

    async def settle(self) -> None:
        """Return when no route's invocation is in hand."""
        await self._idle.wait()

    async def until_received(self, messages: int) -> None:
        """Return when so many messages of clients have come."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.messages) < messages:
                self._received.clear()
                await self._received.wait()

    def connection_id(self, user_agent: str) -> str:
        """Of the connection whose client called itself so."""
        return self._ids[user_agent]

    def is_open(self, connection_id: str) -> bool:
        """Whether the gateway thinks so."""
        return connection_id in self.registry.open

    async def until_closed(self, connection_id: str) -> None:
        """Return when the gateway has noticed the end of a connection."""
        async with asyncio.timeout(PATIENCE_S):
            while any(one.facts.connection_id == connection_id for one in self.registry.sockets):
                self.registry.released.clear()
                await self.registry.released.wait()

    async def invoke(self, function: str, event: Event) -> IntegrationResult:
        """As often as chance wants it; the answer of the first that has one. Raises FunctionFailed."""
        self._note(event)
        self._in_hand += 1
        self._idle.clear()
        try:
            return await self._invoke(function, event)
        finally:
            self._in_hand -= 1
            if not self._in_hand:
                self._idle.set()

    def _note(self, event: Event) -> None:
        if isinstance(event, MessageEvent):
            self.messages.append(event)
            self._received.set()
        elif isinstance(event, ConnectEvent):
            self._ids[str(event.request_context.identity.user_agent)] = event.request_context.connection_id

    async def _invoke(self, function: str, event: Event) -> IntegrationResult:
        copies = self._delivery.copies(event)
        encoded = encode_event(event)
        outcomes = await asyncio.gather(
            *(self.functions.invoke(function, encoded) for _ in range(copies)), return_exceptions=True
        )
        answers = [one for one in outcomes if not isinstance(one, BaseException)]
        if outcomes and not answers:
            assert isinstance(outcomes[0], BaseException)
            raise outcomes[0]
        return decode_result(answers[0]) if answers else OK

    def _route(self, function: str, route_response: bool) -> Route:
        return Route(_Integration(self, function), route_response=route_response)

    async def _authorize(self, event: AuthorizerEvent) -> AuthorizerResult:
        return decode_authorizer_result(await self.functions.invoke(AUTHORIZER, encode_authorizer_event(event)))


class _Integration:
    """A route's function, as the gateway's contract has it."""

    def __init__(self, edge: Edge, function: str) -> None:
        self._edge = edge
        self._function = function

    async def invoke(self, event: Event) -> IntegrationResult:
        """As the contract says."""
        return await self._edge.invoke(self._function, event)
