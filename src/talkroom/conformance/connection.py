"""An open WebSocket to an API of the probe application, and what its functions recorded of it."""

import json
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from talkroom.conformance.apis import APIS
from talkroom.conformance.expectations import expect
from talkroom.conformance.recall import Record
from talkroom.conformance.wire import Response, Wire

if TYPE_CHECKING:
    from talkroom.conformance.target import Target


class Connection(Wire):
    """A wire whose handshake was answered with 101. It is dropped when the check ends."""

    target: "Target"
    api: str
    case: str
    """Of its handshake: what `$connect` and the authorizer recorded is found by it."""
    accepted: Response
    """The 101."""
    waited_s: float
    """From the request to it."""
    _connection_id: str | None = None

    @classmethod
    def of(cls, wire: Wire, target: "Target", api: str, case: str, response: Response) -> Self:
        """The same TCP connection."""
        connection = cls(wire.reader, wire.writer, patience_s=wire.patience_s)
        connection.take_compression(response)
        connection.target, connection.api, connection.case, connection.accepted = target, api, case, response
        return connection

    async def connection_id(self) -> str:
        """As the functions know it: from the CONNECT event, or where no function gets one, from that of a message."""
        if self._connection_id is None:
            if APIS[self.api].has_connect:
                record = await self.target.event(case=self.case, kind="CONNECT")
            else:
                record = await self.target.event(case=self.perform(), kind="MESSAGE")
            self._connection_id = record.connection_id
        return self._connection_id

    def send_to(self, route: str, **fields: object) -> None:
        """A JSON message to a route, with these fields beside what selects it."""
        self.send_text(self.message_to(route, **fields))

    def message_to(self, route: str, **fields: object) -> str:
        """The text of such a message, for frames made by hand."""
        return json.dumps({**APIS[self.api].select(route), **fields}, ensure_ascii=False)

    def perform(self, do: str = "", *, route: str | None = None, **fields: object) -> str:
        """Send a message whose handler follows these instructions, to a route without route response; returns its case."""
        case = self.target.new_case()
        self.send_to(route or APIS[self.api].perform, case=case, do=do, **fields)
        return case

    async def performed(self, do: str = "", *, route: str | None = None, **fields: object) -> Record:
        """The same, and what the handler recorded, once it has ended."""
        return await self.target.event(case=self.perform(do, route=route, **fields), kind="MESSAGE", ended=True)

    async def reply(self, do: str, *, route: str | None = None, **fields: object) -> str:
        """Send a message to the route with a route response; returns the next text that comes."""
        self.perform(do, route=route or APIS[self.api].reply, **fields)
        return await self.text()

    async def events(self, kind: str | None = None, *, at_least: int = 1, ended: bool = False) -> list[Record]:
        """What the functions recorded of this connection, once so many are there."""
        return await self.target.events(
            connection_id=await self.connection_id(), kind=kind, at_least=at_least, ended=ended
        )

    async def event(self, kind: str, *, ended: bool = False) -> Record:
        """The one record of this kind; two are a Departure."""
        return await self.target.event(connection_id=await self.connection_id(), kind=kind, ended=ended)

    async def nothing_came(self) -> None:
        """No frame is on its way before one that is posted now through `@connections`."""
        marker = f"marker {uuid4().hex}".encode()
        management = await self.target.management(self.api)
        answer = await management.post(await self.connection_id(), marker)
        expect(200, answer.status, "status of a post")
        expect(marker, (await self.message()).payload, "what came next, where only a post of now was due")

    async def is_open(self) -> None:
        """The connection still works in both directions: a message is handled, and a post arrives next."""
        await self.performed()
        await self.nothing_came()

    async def json(self) -> Any:
        """The next text message, as JSON. Raises ValueError."""
        return json.loads(await self.text())
