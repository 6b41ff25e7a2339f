"""The APIs of a template on their ports, from start to stop."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from talkroom.functions.host import FunctionHost
from talkroom.functions.specs import FunctionSpec, Stack
from talkroom.functions.template import TemplateUnusable, read_template
from talkroom.local_tls.authority import LocalAuthority
from talkroom.template_gateway.addresses import Address, localize
from talkroom.template_gateway.hosts import Hosts
from talkroom.template_gateway.options import FOR_ALL_FUNCTIONS, GatewayOptions, TemplateSource
from talkroom.template_gateway.site import Site
from talkroom.template_gateway.watcher import changes

logger = logging.getLogger("talkroom.gateway")

AUTHORITY_FOLDER: Final = "authority"

DRAIN_TIMEOUT_S: Final = 5.0
"""Seconds from a stop signal to the end: who develops does not wait longer."""


def read_stack(source: TemplateSource) -> Stack:
    """The template's file as a stack. Raises TemplateUnusable."""
    try:
        text = source.template.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateUnusable(f"{source.template} cannot be read: {error}") from error
    return read_template(
        text,
        folder=source.template.resolve().parent,
        parameters=source.parameters,
        region=source.region,
        account_id=source.account_id,
        stage=source.stage,
    )


class LocalGateway:
    """Every WebSocket API of a template, the functions behind them, and the watch over both."""

    def __init__(self, options: GatewayOptions) -> None:
        """Reads the template. Raises TemplateUnusable."""
        self.stack = read_stack(options.source)
        self.addresses: Sequence[Address] = ()
        self._options = options
        self._hosts = Hosts(self._make_host)
        self._sites = [Site(spec, self.stack, self._hosts, options) for spec in self.stack.apis]
        self._trust: Mapping[str, str] = {}
        self._folders_changed = asyncio.Event()
        self._watches: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Listen, and start the functions. Raises CannotListen, and LocalTlsError when certificates cannot be kept."""
        options = self._options
        names = [domain for spec in self.stack.apis for domain in spec.custom_domains]
        authority = LocalAuthority.load_or_create(
            options.state / AUTHORITY_FOLDER, [options.host, *names], inherited=options.hosts.environment
        )
        self._trust = authority.environment()
        addresses = []
        for index, site in enumerate(self._sites):
            port = options.port + index if options.port else 0
            addresses.append(await site.start(port, authority.server_context()))
        self.addresses = addresses
        await self._hosts.apply(self._localized(self.stack))
        if options.reload:
            self._watches = [asyncio.create_task(self._watch(one)) for one in (self._watch_template, self._watch_code)]

    async def stop(self) -> None:
        """Drain the gateways, then end the functions."""
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)
        try:
            await asyncio.gather(*(site.stop(DRAIN_TIMEOUT_S) for site in self._sites))
        finally:  # whatever is wrong with one of them, no process stays behind
            await self._hosts.stop()

    # Functions.

    def _make_host(self, spec: FunctionSpec) -> FunctionHost:
        settings = self._options.hosts
        overrides = {**settings.overrides.get(FOR_ALL_FUNCTIONS, {}), **settings.overrides.get(spec.logical_id, {})}
        # The trust comes last: a developer's own bundle is part of it.
        environment = {**settings.environment, **self._trust}
        return FunctionHost(spec, replace(settings, environment=environment, overrides={spec.logical_id: overrides}))

    def _localized(self, stack: Stack) -> Mapping[str, FunctionSpec]:
        addresses = {spec.api_id: address for spec, address in zip(stack.apis, self.addresses, strict=True)}
        return {logical_id: localize(spec, addresses) for logical_id, spec in stack.functions.items()}

    # Changes.

    async def _watch(self, notice: Callable[[], Awaitable[None]]) -> None:
        try:
            await notice()
        except Exception:  # the system may refuse to watch so many folders; what runs goes on
            logger.exception(
                "changes are no longer noticed: start `talkroom gateway` again after them, or with --no-reload"
            )

    async def _watch_template(self) -> None:
        template = self._options.source.template.resolve()
        async for paths in changes([template.parent], asyncio.Event(), recursive=False):
            if template in paths:
                await self._template_changed()

    async def _watch_code(self) -> None:
        while True:
            self._folders_changed.clear()
            async for paths in changes(self._hosts.folders(), self._folders_changed):
                for name in await self._hosts.code_changed(paths):
                    logger.info("code of %s has changed: it begins anew", name)

    async def _template_changed(self) -> None:
        """Deploy the new version, or say why not and go on with the old one."""
        try:
            stack = read_stack(self._options.source)
            if _outline(stack) != _outline(self.stack):
                raise TemplateUnusable(
                    "The template has other APIs or stages than before: start `talkroom gateway` again."
                )
            apis = [site.make_api(spec, stack) for site, spec in zip(self._sites, stack.apis, strict=True)]
        except TemplateUnusable as error:
            logger.error("the changed template is not served: %s", error)
            return
        for site, api in zip(self._sites, apis, strict=True):
            site.deploy(api)
        self.stack = stack
        await self._hosts.apply(self._localized(stack))
        self._folders_changed.set()
        logger.info("the changed template is served")


def _outline(stack: Stack) -> list[tuple[str, str]]:
    """What addresses depend on."""
    return [(spec.api_id, spec.stage) for spec in stack.apis]
