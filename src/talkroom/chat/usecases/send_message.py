"""Send a message to a room: check, store, reply, fan out."""

from talkroom.chat.access import Access, Caller
from talkroom.chat.fan_out import FanOut
from talkroom.chat.model.limits import Limits
from talkroom.chat.model.message import Draft, check_text
from talkroom.chat.model.policy import Capability
from talkroom.chat.model.room import parse_room_id
from talkroom.chat.ports import MessageLog
from talkroom.chat.protocol.commands import SendMessage, check_message_id
from talkroom.chat.protocol.frames import Accepted


class SendMessageUseCase:
    """`sendmessage`.

    The message is acknowledged and fanned out only after the log has stored it. A duplicate is acknowledged with the first result
    and fanned out again to nobody: whoever missed it finds it in the log.
    """

    def __init__(self, log: MessageLog, fan_out: FanOut, access: Access, limits: Limits) -> None:
        self._log = log
        self._fan_out = fan_out
        self._access = access
        self._limits = limits

    async def run(self, caller: Caller, command: SendMessage) -> Accepted:
        """Raises ClientError, Unavailable."""
        room = parse_room_id(command.room_id, self._limits.room_id_bytes_max)
        grant = await self._access.require(caller, Capability.SEND, room)
        appended = await self._log.append(
            Draft(
                room=room,
                sender=grant.principal_id,
                name=grant.name,
                # A frame that the gateway hands over twice is one message, also when its client named none.
                id=caller.message_id if command.id is None else check_message_id(command.id),
                text=check_text(command.message, self._limits.text_characters_max),
                sent_at_ms=caller.now_ms,
                retry_after=command.retry_after,
                retry_epoch=command.epoch,
            )
        )
        message = appended.message
        if not appended.duplicate:
            await self._fan_out.broadcast_message(message, caller.connection_id, caller.now_ms)
        return Accepted(
            message.room, message.epoch, message.sequence, message.id, message.sent_at_ms, appended.duplicate
        )
