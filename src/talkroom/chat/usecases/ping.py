"""Answer a client that keeps its connection from being idle."""

from talkroom.chat.access import Caller
from talkroom.chat.protocol.commands import Ping
from talkroom.chat.protocol.frames import Pong


class PingUseCase:
    """`ping`: the server's time in the reply lets a client measure its own clock's error."""

    async def run(self, caller: Caller, _command: Ping) -> Pong:
        """Raises nothing."""
        return Pong(caller.now_ms)
