"""One WebSocket API of a template, on a port of its own."""

import ssl

from aiohttp import web

from talkroom.contract.errors import FORBIDDEN
from talkroom.functions.specs import ApiSpec, Stack
from talkroom.gateway.api import Api
from talkroom.gateway.gateway import Gateway
from talkroom.gateway.management import InProcessManagement
from talkroom.gateway.management_http import ManagementHttp
from talkroom.gateway.plain_http import close_after, upgrade_required
from talkroom.gateway.registry import Registry, wall_clock_ms
from talkroom.gateway.server import Server
from talkroom.gateway.signatures import SignatureVerifier
from talkroom.template_gateway.addresses import Address
from talkroom.template_gateway.deployment import make_api
from talkroom.template_gateway.hosts import Hosts
from talkroom.template_gateway.options import GatewayOptions

TICK_S = 0.05
"""How exactly deadlines are kept: an integration's timeout may be 50 ms, and few connections are open here."""


class CannotListen(Exception):
    """An address is taken, or is not this machine's."""


class Site:
    """A gateway, its management API, and the port of both."""

    def __init__(self, spec: ApiSpec, stack: Stack, hosts: Hosts, options: GatewayOptions) -> None:
        """Raises TemplateUnusable."""
        self._hosts = hosts
        self._options = options
        self._verifier = SignatureVerifier(options.keys, wall_clock_ms)
        registry = Registry(options.limits)
        self._name = spec.logical_id
        self._gateway = Gateway(self.make_api(spec, stack), registry, tick_s=TICK_S)
        self._management = InProcessManagement(registry)
        self._server = Server(self._gateway)
        self._http: web.AppRunner | None = None

    async def start(self, port: int, tls: ssl.SSLContext) -> Address:
        """Listen, with TLS and without. Raises CannotListen."""
        # A signature covers a body as it was sent, so nothing may be decompressed before it is checked.
        self._http = web.AppRunner(self._make_http(), handle_signals=False, access_log=None, auto_decompress=False)
        await self._http.setup()
        assert self._http.server is not None
        self._gateway.start()
        host = self._options.host
        try:
            listening = await self._server.listen(host, port, self._http.server, tls=tls, plain_too=True)
        except OSError as error:
            reason = error.strerror or error
            raise CannotListen(f"cannot listen on {host}:{port} for the API {self._name}: {reason}") from error
        return Address.of(host, listening[0][1])

    def make_api(self, spec: ApiSpec, stack: Stack) -> Api:
        """A version of the API, for `deploy`. Raises TemplateUnusable."""
        return make_api(spec, stack, self._hosts, self._verifier, throttle=self._options.throttle)

    def deploy(self, api: Api) -> None:
        """Serve another version; open connections stay."""
        self._gateway.deploy(api)

    async def stop(self, timeout_s: float) -> None:
        """Drain, and release everything."""
        if self._http is None:
            return
        self._server.stop_accepting()
        await self._gateway.drain(timeout_s)
        await self._http.cleanup()

    def _make_http(self) -> web.Application:
        """Everything but handshakes: `@connections`, and what AWS answers to the rest."""
        application = web.Application()
        application.on_response_prepare.append(close_after)
        management = ManagementHttp(
            self._management,
            self._verifier,
            lambda: self._gateway.api,
            self._options.limits.message_bytes_max,
            throttle=self._gateway.take_request,
        )
        management.add_to(application)
        application.add_routes([web.route("*", "/{path:.*}", self._answer)])
        return application

    async def _answer(self, request: web.Request) -> web.Response:
        if request.path.rstrip("/") == self._gateway.api.base_path(request.headers.get("Host", "")):
            return await upgrade_required(request)
        return web.json_response({"message": FORBIDDEN}, status=403)
