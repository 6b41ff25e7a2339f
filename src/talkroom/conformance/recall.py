"""What the probe's functions recorded, asked through the route `recall` of Main.

The answer is the route response. A target that has none is asked again for an answer through `@connections`, once and for all.
"""

import asyncio
import json
from itertools import count
from typing import Any, Final

import msgspec

from talkroom.conformance.endpoint import Endpoint
from talkroom.conformance.errors import Departure
from talkroom.conformance.wire import Wire, handshake

RESPONSE_WAIT_S: Final = 5.0
"""How long the first answer may take before it is asked for by the other way; a function's cold start is shorter."""
POLL_S: Final = (0.02, 0.05, 0.1, 0.2, 0.5)
"""Between questions, while what is awaited is not there; the last is repeated."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One invocation of a function of the probe."""

    id: str
    kind: str
    """CONNECT, MESSAGE, DISCONNECT, AUTHORIZER, or LINGER: what a thread did after its handler had returned."""
    function: str
    """Name of the handler: connect, message, disconnect, authorize."""
    case: str
    connection_id: str
    event: dict[str, Any]
    """As the function got it. A `body` of more than 4096 characters is cut; `body_length` and `body_sha256` are of all of it."""
    body_length: int | None = None
    """Characters."""
    body_sha256: str | None = None
    """Of its UTF-8, in hexadecimal digits."""
    code: str = ""
    """Digest of the function's own code: another one after a deployment that changed it."""
    started_at_ms: float
    ended_at_ms: float | None = None
    """None while the handler is at work, and for ever when its process was killed."""
    notes: dict[str, Any] = msgspec.field(default_factory=dict)
    """What instructions left: `post`, `get`, `delete` (status, error, message), `note`, `raised`."""

    @property
    def context(self) -> dict[str, Any]:
        """The event's `requestContext`."""
        context: dict[str, Any] = self.event["requestContext"]
        return context


class Way:
    """How answers come: shared by all channels of a run, so that the wait for the first way is paid once."""

    def __init__(self) -> None:
        self.is_known = False
        self.via = "response"


class Recall:
    """One WebSocket to Main on which questions are asked, one after the other; opened when it is needed."""

    def __init__(self, endpoint: Endpoint, connect: Any, way: Way, patience_s: float) -> None:
        self._endpoint = endpoint
        self._connect = connect
        self._way = way
        self._patience_s = patience_s
        self._wire: Wire | None = None
        self._refs = count(1)
        self._lock = asyncio.Lock()

    async def close(self) -> None:
        """Drop the connection."""
        if self._wire is not None:
            await self._wire.drop()
            self._wire = None

    async def records(self, **what: str) -> list[Record]:
        """All records of `case=` or of `connection_id=`, in the order in which they began."""
        found: list[Record] = []
        after: int | None = 0
        while after is not None:
            answer = await self.ask({"action": "recall", "after": after, **what})
            found += msgspec.convert(answer["records"], list[Record])
            after = answer["next"]
        return sorted(found, key=lambda record: record.started_at_ms)

    async def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """The probe's answer. Raises Departure when there is none."""
        async with self._lock:
            try:
                return await self._ask(question)
            except (OSError, EOFError, Departure):
                # The connection may have idled too long, or lasted too long; a new one tells.
                await self.close()
            try:
                return await self._ask(question)
            except (OSError, EOFError, Departure, TimeoutError) as error:
                await self.close()
                raise Departure(
                    f"the probe application does not answer the route {question['action']!r} of Main"
                    f" ({self._endpoint.url}): {type(error).__name__} {error}"
                ) from error

    async def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        way = self._way
        if not way.is_known:
            try:
                answer = await self._exchange(question, "response", min(RESPONSE_WAIT_S, self._patience_s))
            except TimeoutError:
                answer = await self._exchange(question, "post", self._patience_s)
                way.via = "post"
            way.is_known = True
            return answer
        return await self._exchange(question, way.via, self._patience_s)

    async def _exchange(self, question: dict[str, Any], via: str, patience_s: float) -> dict[str, Any]:
        if self._wire is None:
            self._wire = await self._open()
        ref = str(next(self._refs))
        self._wire.send_text(json.dumps({**question, "via": via, "ref": ref}))
        async with asyncio.timeout(patience_s):
            while True:
                # Anything else is an answer that came by both ways, or an error frame.
                answer = _find_object(await self._wire.text())
                if answer.get("ref") == ref:
                    return answer

    async def _open(self) -> Wire:
        wire: Wire = await self._connect(self._endpoint)
        try:
            wire.send(handshake(self._endpoint.path or "/", [("Host", self._endpoint.netloc)]))
            response = await wire.response()
            if response.status != 101:
                raise Departure(f"the handshake was answered with {response.status}")
        except BaseException:  # the time may be over while the answer is awaited: nobody else knows this connection
            await wire.drop()
            raise
        return wire


def _find_object(text: str) -> dict[str, Any]:
    try:
        answer = json.loads(text)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
