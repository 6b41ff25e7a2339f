"""A gateway that may open few files. Arguments: the event loop's module, the authority's folder. It prints its port."""

import asyncio
import importlib
import logging
import resource
import sys
from pathlib import Path

from talkroom.gateway.api import GatewayLimits
from tests.gateway.tls.kit import MixedGateway, make_authority

FILES_MAX = 64


async def main() -> None:
    """Serve until the end of the input."""
    gateway = MixedGateway(make_authority(Path(sys.argv[2])), GatewayLimits(head_timeout_s=3600))
    await gateway.start()
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(sys.stdin, ended.set)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES_MAX, FILES_MAX))
    print(gateway.port, flush=True)
    await ended.wait()
    loop.remove_reader(sys.stdin)
    await gateway.stop()


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s")
    with asyncio.Runner(loop_factory=importlib.import_module(sys.argv[1]).new_event_loop) as runner:
        runner.run(main())
