"""Epochs as callers see them: with the name that the operator gave the table's contents. Pure.

A table that was restored from a backup has lost its last messages, and gives their sequences to others. Nothing in the table
shows that, so whoever restores it gives it another name, and every epoch is another one.
"""

import msgspec

from talkroom.chat.model.message import Appended, Draft, Message
from talkroom.storage.dynamodb.reader import Reading

OF_ANOTHER_INCARNATION = ""
"""An epoch that no log has."""


class Incarnation:
    """Translates between the epochs that are stored and those that callers see. Without a name they are the same."""

    def __init__(self, name: str) -> None:
        self._suffix = f"~{name}" if name else ""

    def inner(self, draft: Draft) -> Draft:
        """The draft with the epoch that is stored."""
        epoch = draft.retry_epoch
        if not self._suffix or epoch is None:
            return draft
        known = epoch.removesuffix(self._suffix) if epoch.endswith(self._suffix) else OF_ANOTHER_INCARNATION
        return msgspec.structs.replace(draft, retry_epoch=known)

    def appended(self, appended: Appended) -> Appended:
        """What the caller sees of it."""
        if not self._suffix:
            return appended
        return Appended(self._message(appended.message), appended.duplicate)

    def reading(self, reading: Reading) -> Reading:
        """What the caller sees of it."""
        if not self._suffix:
            return reading
        position = msgspec.structs.replace(reading.position, epoch=reading.position.epoch + self._suffix)
        return Reading(position, reading.span, tuple(self._message(message) for message in reading.messages))

    def _message(self, message: Message) -> Message:
        return msgspec.structs.replace(message, epoch=message.epoch + self._suffix)
