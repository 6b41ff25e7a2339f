"""A connection from its handshake to its end, and the three events of it."""

from typing import NamedTuple

from talkroom.conformance.connection import Connection
from talkroom.conformance.recall import Record
from talkroom.conformance.wire import close


class Life(NamedTuple):
    """What the functions recorded."""

    connect: Record
    message: Record
    disconnect: Record


async def live(connection: Connection) -> Life:
    """Send a message and close, with a code and a reason; give all that the functions recorded of it."""
    message = await connection.performed()
    connection.send(close(1000, "done"))
    return Life(await connection.event("CONNECT"), message, await connection.event("DISCONNECT"))
