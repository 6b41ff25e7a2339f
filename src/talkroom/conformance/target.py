"""What a check is given: the verbs with which it drives the probe application and looks at what became of it."""

import asyncio
import os
from collections.abc import Sequence
from itertools import chain, repeat
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote
from uuid import uuid4

from talkroom.conformance.connection import Connection
from talkroom.conformance.deployment import Deployment
from talkroom.conformance.endpoint import Endpoint
from talkroom.conformance.errors import Departure, NotRun
from talkroom.conformance.management import Management
from talkroom.conformance.options import Limits, Options
from talkroom.conformance.recall import POLL_S, Record
from talkroom.conformance.wire import Response, Wire, close, handshake

Pairs = Sequence[tuple[str, str]]

CASE, DO, BYE, AUTH = "case", "do", "bye", "auth"
"""Names of the query parameters that the probe's functions read."""
HEADERS: Final = {CASE: "X-Probe-Case", DO: "X-Probe-Do", BYE: "X-Probe-Bye", AUTH: "X-Probe-Auth"}
"""The headers that say the same, where a check wants no query."""

COMMAND_TIMEOUT_S: Final = 600.0


class Target:
    """The gateway under test as one check sees it: its own connections and cases, dropped when the check ends."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self._recall = deployment.recall()
        self._wires: list[Wire] = []

    @property
    def options(self) -> Options:
        """What the run was given."""
        return self.deployment.options

    @property
    def limits(self) -> Limits:
        """What the target was configured to."""
        return self.deployment.options.limits

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._recall.close()
        await asyncio.gather(*(wire.drop() for wire in self._wires), return_exceptions=True)

    def new_case(self) -> str:
        """A word that nobody has used: functions record under it."""
        return uuid4().hex

    # Handshakes.

    async def endpoint(self, api: str = "main") -> Endpoint:
        """Where clients connect to this API."""
        return await self.deployment.endpoint(api)

    async def wire(self, endpoint: Endpoint) -> Wire:
        """A TCP connection on which nothing was sent yet, for what no other verb does."""
        wire = await self.deployment.connect(endpoint)
        self._wires.append(wire)
        return wire

    async def connect(self, api: str = "main", *, case: str | None = None, **options: Any) -> Connection:
        """An open connection; options are those of `handshake`. Raises Departure when the answer is not 101."""
        case = case or self.new_case()
        wire, response, waited_s = await self._shake_hands(api, case, **options)
        if response.status != 101:
            raise Departure(
                f"a handshake that API Gateway accepts was answered with {response.status} {response.body!r}"
            )
        connection = Connection.of(wire, self, api, case, response)
        connection.waited_s = waited_s
        self._wires[self._wires.index(wire)] = connection
        return connection

    async def refused(self, api: str = "main", *, case: str | None = None, **options: Any) -> Response:
        """The answer to a handshake that is not accepted; options are those of `handshake`. Raises Departure for a 101."""
        response = await self.handshake(api, case=case, **options)
        if response.status == 101:
            raise Departure("a handshake that API Gateway refuses was answered with 101")
        return response

    async def handshake(self, api: str = "main", *, case: str | None = None, **options: Any) -> Response:
        """The answer to a handshake, whichever it is.

        `do`, `bye`, `auth`     instructions to the functions: `probe/handlers/__init__.py`
        `by`                    how they are told `do` and the case: `query`, or `header` for a handshake without query
        `query`                 more parameters, as pairs, percent-encoded here; or the whole query string as it is sent
        `headers`, `without`    more headers, which replace the usual ones of the same name; usual ones to leave out
        `protocols`             the value of Sec-WebSocket-Protocol
        `path`                  another one than the API's own
        `at`                    another endpoint of the API: that of its custom domain
        `signed`                by `headers` or in the `query`, for AWS_IAM; the case then goes by header
        """
        _, response, _ = await self._shake_hands(api, case or self.new_case(), **options)
        return response

    async def _shake_hands(self, api: str, case: str, **options: Any) -> tuple[Wire, Response, float]:
        place = options.pop("at", None) or await self.endpoint(api)
        if (signed := options.pop("signed", None)) is not None:
            signature = (await self.management(api)).sign_handshake(place, in_query=signed == "query")
            options |= {"by": "header"} if signed == "headers" else {"query": encode_query(signature)}
            options["headers"] = [*options.get("headers", ()), *(signature if signed == "headers" else ())]
        head = make_head(place, case, **options)
        wire = await self.wire(place)
        # A slow `$connect` may use all of its time.
        wire.patience_s = self.options.patience_s + self.limits.integration_timeout_s
        sent_s = asyncio.get_running_loop().time()
        wire.send(head)
        response = await wire.response()
        wire.patience_s = self.options.patience_s
        return wire, response, asyncio.get_running_loop().time() - sent_s

    async def run_inside_connect(self, do: str, api: str = "main") -> Record:
        """What `$connect` recorded when it followed these instructions, and the handshake had been accepted."""
        connection = await self.connect(api, do=do)
        return await self.event(case=connection.case, kind="CONNECT", ended=True)

    # What the functions recorded.

    async def events(
        self,
        *,
        case: str | None = None,
        connection_id: str | None = None,
        kind: str | None = None,
        at_least: int = 1,
        ended: bool = False,
        patience_s: float | None = None,
    ) -> list[Record]:
        """Records of a case or a connection, in the order in which they began, once so many are there. Raises Departure."""
        what = {CASE: case} if case is not None else {"connection_id": connection_id or ""}
        deadline_s = asyncio.get_running_loop().time() + (patience_s or self.options.patience_s)
        for pause_s in chain(POLL_S, repeat(POLL_S[-1])):
            found = [
                record
                for record in await self._recall.records(**what)
                if kind in (None, record.kind) and not (ended and record.ended_at_ms is None)
            ]
            if len(found) >= at_least:
                return found
            if asyncio.get_running_loop().time() > deadline_s:
                break
            await asyncio.sleep(pause_s)
        what_came = f"{len(found)} invocations {'ended' if ended else 'began'}"
        raise Departure(f"{at_least} of kind {kind or 'any'} were due at the functions, and {what_came}")

    async def event(self, *, kind: str, **options: Any) -> Record:
        """The one record of this kind; options are those of `events`. Raises Departure for none and for several."""
        found = await self.events(kind=kind, **options)
        if len(found) > 1:
            raise Departure(f"one of kind {kind} was due at the functions, and {len(found)} invocations began")
        return found[0]

    async def no_event(
        self, *, case: str | None = None, connection_id: str | None = None, kind: str | None = None
    ) -> None:
        """Nothing of this kind was recorded, although all of a connection that lived later was. Raises Departure."""
        await self.a_later_life()
        found = await self.events(case=case, connection_id=connection_id, kind=kind, at_least=0)
        if found:
            raise Departure(f"no function was to be invoked, and {found[0].function!r} got a {found[0].kind} event")

    async def a_later_life(self) -> None:
        """All of a connection that begins and ends now is recorded: what was due before it should be there too."""
        later = await self.connect("main")
        await later.performed()
        later.send(close(1000))
        await later.event("DISCONNECT")

    # The rest.

    async def management(self, api: str = "main", *, denied: bool = False) -> Management:
        """`@connections` of this API; `denied` is with the key that may not use it. Raises NotRun without a key."""
        return await self.deployment.management(api, denied=denied)

    async def command(self, name: str, text: str | None, **environment: str) -> int:
        """Run a command that the run was given, in a shell, and return its status. Raises NotRun when it was not given."""
        if text is None:
            raise NotRun(f"no command: give --{name}")
        process = await asyncio.create_subprocess_shell(
            text,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, **environment},
        )
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT_S):
                return await process.wait()
        except (TimeoutError, asyncio.CancelledError):
            process.kill()
            raise


def make_head(
    place: Endpoint,
    case: str,
    *,
    do: str = "",
    bye: str = "",
    auth: str = "",
    by: str = "query",
    query: Pairs | str = (),
    headers: Pairs = (),
    without: Sequence[str] = (),
    protocols: str | None = None,
    path: str | None = None,
) -> bytes:
    """The head of a handshake, with the options of `Target.handshake`."""
    told = [(name, value) for name, value in ((CASE, case), (DO, do), (BYE, bye), (AUTH, auth)) if value]
    sent = [*headers]
    if by == "header" or isinstance(query, str):
        sent += [(HEADERS[name], value) for name, value in told]
        told = []
    if "host" not in {name.lower() for name, _ in headers}:
        sent.insert(0, ("Host", place.netloc))
    text = query if isinstance(query, str) else encode_query([*told, *query])
    path = path or place.path or "/"
    return handshake(f"{path}?{text}" if text else path, sent, without=without, protocols=protocols)


def encode_query(pairs: Pairs) -> str:
    """Everything but unreserved characters percent-encoded, so that no server reads it otherwise."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
