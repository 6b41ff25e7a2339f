"""Stands for API Gateway's management API and Lambda's Invoke API: answers each request after the time that it is assumed to take.

    python answering_api.py POST_MS INVOKE_MS

It prints its port, and ends with its standard input. A protocol of its own, because it must not be what is measured.
"""

import asyncio
import sys

DONE = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
QUEUED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


class Api(asyncio.Protocol):
    """One kept connection with one request at a time."""

    def __init__(self, post_s: float, invoke_s: float) -> None:
        self._post_s, self._invoke_s = post_s, invoke_s
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember whom to answer."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer, when the request is whole."""
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator or len(body) < self._length(head):
            return
        self._received = b""
        is_post = b"@connections" in head.partition(b"\r\n")[0].replace(b"%40", b"@")
        delay_s, answer = (self._post_s, DONE) if is_post else (self._invoke_s, QUEUED)
        asyncio.get_running_loop().call_later(delay_s, self._transport.write, answer)

    @staticmethod
    def _length(head: bytes) -> int:
        _, found, rest = head.lower().partition(b"content-length:")
        return int(rest.partition(b"\r\n")[0]) if found else 0


async def main(post_s: float, invoke_s: float) -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Api(post_s, invoke_s), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main(float(sys.argv[1]) / 1000, float(sys.argv[2]) / 1000))
