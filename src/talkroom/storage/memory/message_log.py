"""The message log, in this process: the definition of correct."""

from collections.abc import Callable

from talkroom.chat.model.errors import Unavailable
from talkroom.chat.model.message import BEGINNING, Appended, Draft, Message, Page, Position
from talkroom.chat.model.room import RoomId
from talkroom.chat.ports import Clock
from talkroom.storage import rules
from talkroom.storage.retention import Retention


class MemoryMessageLog:
    """See the port `MessageLog`. Durability: to the end of the process, or to `close`.

    Nothing here waits, so every call is atomic. Retention is applied to a room whenever it is touched, and each append
    frees the logs that have expired whole, so that rooms which nobody visits again do not stay.
    """

    def __init__(self, clock: Clock, new_epoch: Callable[[], str], retention: Retention) -> None:
        self._clock = clock
        self._new_epoch = new_epoch
        self._retention = retention
        self._next_epoch = new_epoch()
        # The room that was appended to longest ago comes first: it is the first whose log expires whole.
        self._logs: dict[RoomId, _Log] = {}
        self._closed = False

    async def append(self, draft: Draft) -> Appended:
        """See `MessageLog.append`."""
        rules.check_draft(draft)
        now_ms = self._now()
        log = self._find(draft.room, now_ms)
        if log is not None and (found := log.find(draft)):
            return Appended(found, duplicate=True)
        refusal = rules.find_refusal(draft, self._position(log))
        if refusal is not None:
            raise refusal
        log = self._logs.pop(draft.room, None) or _Log(self._next_epoch)
        self._logs[draft.room] = log
        message = log.add(draft, now_ms)
        log.trim(self._retention, now_ms)
        self._drop_expired(now_ms)
        return Appended(message, duplicate=False)

    async def read_after(self, room: RoomId, sequence: int, limit: int) -> Page:
        """See `MessageLog.read_after`."""
        log, position = self._look(room)
        span = rules.span_after(position, sequence, limit)
        return _page(log, position, span, more=span.stop <= position.last)

    async def read_before(self, room: RoomId, sequence: int | None, limit: int) -> Page:
        """See `MessageLog.read_before`."""
        log, position = self._look(room)
        span = rules.span_before(position, sequence, limit)
        return _page(log, position, span, more=span.start > position.oldest)

    async def position(self, room: RoomId) -> Position:
        """See `MessageLog.position`."""
        return self._look(room)[1]

    async def purge(self) -> None:
        """Free what retention has removed, in every room, now."""
        now_ms = self._now()
        for room in list(self._logs):
            self._find(room, now_ms)

    async def close(self) -> None:
        """See `MessageLog.close`."""
        self._closed = True
        self._logs.clear()

    def _now(self) -> int:
        if self._closed:
            raise Unavailable("The message log is closed.")
        return self._clock()

    def _look(self, room: RoomId) -> "tuple[_Log | None, Position]":
        rules.check_room(room)
        log = self._find(room, self._now())
        return log, self._position(log)

    def _position(self, log: "_Log | None") -> Position:
        return Position(self._next_epoch, last=BEGINNING, oldest=BEGINNING + 1) if log is None else log.position

    def _find(self, room: RoomId, now_ms: int) -> "_Log | None":
        """The room's log with nothing in it that retention has removed, or None when that was all of it."""
        log = self._logs.get(room)
        if log is None or log.trim(self._retention, now_ms):
            return log
        del self._logs[room]
        self._next_epoch = self._new_epoch()
        return None

    def _drop_expired(self, now_ms: int) -> None:
        while self._find(next(iter(self._logs)), now_ms) is None:
            pass


class _Log:
    """One room's messages by sequence; the kept sequences are consecutive, so that a page is a range."""

    __slots__ = ("_epoch", "_last", "_messages", "_oldest", "_sequences", "_stored_at_ms")

    def __init__(self, epoch: str) -> None:
        self._epoch = epoch
        self._messages: dict[int, Message] = {}
        self._stored_at_ms: dict[int, int] = {}
        self._sequences: dict[tuple[str, str], int] = {}
        self._last = BEGINNING
        self._oldest = BEGINNING + 1

    @property
    def position(self) -> Position:
        return Position(self._epoch, self._last, self._oldest)

    def read(self, span: range) -> tuple[Message, ...]:
        return tuple(self._messages[sequence] for sequence in span)

    def find(self, draft: Draft) -> Message | None:
        sequence = self._sequences.get((draft.sender, draft.id))
        return None if sequence is None else self._messages[sequence]

    def add(self, draft: Draft, now_ms: int) -> Message:
        # A message counts as stored no earlier than the one before it, even if the clock has stepped back and that one is gone.
        stored_at_ms = max(now_ms, self._stored_at_ms.get(self._last, now_ms))
        self._last += 1
        message = rules.accept(draft, self._epoch, self._last)
        self._messages[self._last] = message
        self._stored_at_ms[self._last] = stored_at_ms
        self._sequences[draft.sender, draft.id] = self._last
        return message

    def trim(self, retention: Retention, now_ms: int) -> bool:
        """Remove what is past retention; whether anything is left."""
        cutoff_ms, floor = retention.cutoff_ms(now_ms), retention.floor(self._last)
        while self._oldest <= self._last and (self._oldest < floor or self._stored_at_ms[self._oldest] <= cutoff_ms):
            message = self._messages.pop(self._oldest)
            del self._stored_at_ms[self._oldest], self._sequences[message.sender, message.id]
            self._oldest += 1
        return self._oldest <= self._last


def _page(log: _Log | None, position: Position, span: range, *, more: bool) -> Page:
    return Page(position, () if log is None else log.read(span), more)
