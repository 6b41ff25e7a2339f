"""A gateway whose port answers with TLS and without, and the authority that its clients trust."""

import ssl
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from aiohttp import web

from talkroom.gateway.api import Api, GatewayLimits, Route
from talkroom.gateway.management_http import ManagementHttp
from talkroom.gateway.signatures import ManagementKey, SignatureVerifier
from talkroom.local_tls import LocalAuthority
from tests.gateway.kit import GatewayUnderTest, Probe, echo

KEY = ManagementKey("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")

ServeMixed = Callable[..., Awaitable["MixedGateway"]]


class MixedGateway(GatewayUnderTest):
    """It echoes every message's event, and serves `@connections` and `/healthz` by HTTP."""

    def __init__(self, authority: LocalAuthority, limits: GatewayLimits | None = None) -> None:
        self.connected = Probe()
        routes = {"$connect": Route(self.connected), "$default": Route(Probe(echo), route_response=True)}
        super().__init__(Api(routes=routes), limits or GatewayLimits())
        self.authority = authority
        self.trust = trusting(authority)
        application = web.Application()
        verifier = SignatureVerifier([KEY], self.clock.wall_ms)
        ManagementHttp(self.management, verifier, lambda: self.gateway.api).add_to(application)
        application.router.add_get("/healthz", _healthz)
        self._runner = web.AppRunner(application, access_log=None)

    async def start(self) -> None:
        """Listen on a free port, with TLS and without."""
        await self._runner.setup()
        assert self._runner.server is not None
        self.gateway.start()
        tls = self.authority.server_context()
        ((_host, self.port),) = await self.server.listen("127.0.0.1", 0, self._runner.server, tls=tls, plain_too=True)

    async def stop(self, timeout_s: float = 10) -> None:
        """Drain."""
        await super().stop(timeout_s)
        await self._runner.cleanup()


def trusting(authority: LocalAuthority) -> ssl.SSLContext:
    """A client that trusts this authority and no other."""
    return ssl.create_default_context(cafile=authority.certificate_file)


def make_authority(folder: Path, inherited: Mapping[str, str] | None = None) -> LocalAuthority:
    """In a folder of its own."""
    return LocalAuthority.load_or_create(folder / "tls", inherited=inherited)


async def _healthz(_request: web.Request) -> web.Response:
    return web.json_response({"status": "alive"})
