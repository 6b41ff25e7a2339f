"""What every message log decides in the same way. Pure.

The adapters differ in how they find a message and how they store one; what they answer is written here once.
"""

from talkroom.chat.model.errors import ClientError, ErrorCode
from talkroom.chat.model.message import Draft, Message, Position
from talkroom.chat.model.room import RoomId


def check_draft(draft: Draft) -> None:
    """Raises ClientError (`invalidCommand`) for text that no store can keep.

    The protocol refuses unpaired surrogates before a draft is made. Should one come through, it is refused here, on the
    caller's side, and not by the database in the middle of other people's messages.
    """
    for field, text in (
        ("roomId", draft.room),
        ("sender", draft.sender),
        ("id", draft.id),
        ("name", draft.name),
        ("message", draft.text),
    ):
        _check_encodable(field, text)


def check_room(room: RoomId) -> None:
    """Raises ClientError (`invalidCommand`), as `check_draft` does."""
    _check_encodable("roomId", room)


def accept(draft: Draft, epoch: str, sequence: int) -> Message:
    """The message that a draft becomes."""
    return Message(
        room=draft.room,
        epoch=epoch,
        sequence=sequence,
        id=draft.id,
        sender=draft.sender,
        name=draft.name,
        sent_at_ms=draft.sent_at_ms,
        text=draft.text,
    )


def find_refusal(draft: Draft, position: Position) -> ClientError | None:
    """Why a draft that was not found must not be stored, or None.

    A retry was sent first when the client had seen `retry_after`, so if it was stored, it was stored after that. Three
    things make the search inconclusive: the client speaks of another epoch, of which nothing is left; it has seen more than
    this log ever held, which is the same without saying so; or retention has removed some of what came after `retry_after`.
    """
    if draft.retry_after is None:
        return None
    other_epoch = draft.retry_epoch is not None and draft.retry_epoch != position.epoch
    if other_epoch or draft.retry_after > position.last or draft.retry_after + 1 < position.oldest:
        return ClientError(ErrorCode.RETRY_TOO_LATE)
    return None


def span_after(position: Position, sequence: int, limit: int) -> range:
    """The sequences of the oldest `limit` messages after one; a gap at the beginning is skipped."""
    start = max(sequence + 1, position.oldest)
    return range(start, min(start + max(limit, 0), position.last + 1))


def span_before(position: Position, sequence: int | None, limit: int) -> range:
    """The sequences of the newest `limit` messages before one, or of the newest of all."""
    stop = position.last + 1 if sequence is None else min(sequence, position.last + 1)
    return range(max(stop - max(limit, 0), position.oldest), stop)


def _check_encodable(field: str, text: str) -> None:
    # Python knows of each string whether it is ASCII, so that the common one costs no pass over it.
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ClientError(ErrorCode.INVALID_COMMAND, f"{field} holds an unpaired surrogate.") from None
