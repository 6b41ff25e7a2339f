"""`talkroom gateway`: one process that serves a template until it is stopped."""

import asyncio
import signal
from collections.abc import Callable

import uvloop

from talkroom import __version__
from talkroom.template_gateway.greeting import greeting
from talkroom.template_gateway.local_gateway import LocalGateway
from talkroom.template_gateway.options import GatewayOptions


def run_gateway(options: GatewayOptions, echo: Callable[[str], None], *, shows_secret: bool) -> None:
    """Serve until SIGTERM or SIGINT, then drain.

    Raises TemplateUnusable, LocalTlsError, and CannotListen.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(options, echo, shows_secret))


async def _serve(options: GatewayOptions, echo: Callable[[str], None], shows_secret: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    gateway = LocalGateway(options)
    try:
        await gateway.start()
        key = options.keys[0] if options.keys else None
        echo(greeting(__version__, gateway.stack, gateway.addresses, key, shows_secret=shows_secret))
        await stop.wait()
    finally:
        await gateway.stop()
