"""The channel to what functions recorded, where nobody answers."""

import asyncio

import pytest

from talkroom.conformance.endpoint import Endpoint
from talkroom.conformance.errors import Departure
from talkroom.conformance.options import Options
from talkroom.conformance.recall import Recall, Way
from talkroom.conformance.wire import PATIENCE_S, Wire


async def test_a_handshake_without_an_answer_leaves_no_connection_behind() -> None:
    """Both tries are over, and both TCP connections."""
    ended: asyncio.Queue[None] = asyncio.Queue()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read(-1)
        except ConnectionError:
            pass
        writer.close()
        ended.put_nowait(None)

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        endpoint = Endpoint.parse(f"ws://127.0.0.1:{port}/prod", "--ws")

        async def connect(_endpoint: Endpoint) -> Wire:
            return await Wire.connect(port, patience_s=0.05)

        recall = Recall(endpoint, connect, Way(), Options(ws=endpoint.url).patience_s)
        with pytest.raises(Departure, match="does not answer the route 'recall'"):
            await recall.ask({"action": "recall", "case": "one"})
        async with asyncio.timeout(PATIENCE_S):
            await ended.get()
            await ended.get()
