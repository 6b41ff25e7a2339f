"""The thread that alone writes to the database.

Theory. The event loop puts drafts into a queue and goes on; the thread takes whatever has come together meanwhile as one
group, commits it, and hands all results back with one call into the loop, which resolves the futures in order of sequence:
callers fan out in that order. While a commit waits for the disk the next group gathers, so that groups grow with the load
and a lone draft waits for nobody. A group that fails, fails alone: the thread answers its drafts and goes on. Only the
loop's thread touches futures and counters; only this one uses the connection.
"""

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import msgspec

from talkroom.chat.model.errors import ClientError, Unavailable
from talkroom.chat.model.message import Appended, Draft
from talkroom.storage.sqlite.appender import Appender
from talkroom.storage.sqlite.sessions import end_session
from talkroom.storage.sqlite.settling import Outcome
from talkroom.storage.sqlite.sweeper import Sweeper

DRAFTS_QUEUED_MAX: Final = 10_000
"""Drafts under way at once, several seconds' worth; one more is refused with Unavailable, which the client may retry."""

DRAFTS_PER_GROUP_MAX: Final = 512
"""Drafts of one commit: enough to make the cost of a commit small, and few enough to keep the lock and the wait short."""

SWEEP_INTERVAL_S: Final = 30
"""From the end of one sweep to the beginning of the next: for about as long a removed message may still take space."""

_logger = logging.getLogger("talkroom.storage")

_DRAFT_ERRORS: Final = (
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    ArithmeticError,
    LookupError,
    TypeError,
    ValueError,
)
"""What a value of the wrong kind in one draft comes to; any other error is the database's."""

_Waiting = tuple[Draft, asyncio.Future[Appended]]

_T = TypeVar("_T")


class LogCounters(msgspec.Struct):
    """What the writer has done since it was opened, for metrics. Read them on the event loop; do not write."""

    groups_committed: int = 0
    messages_appended: int = 0
    duplicates: int = 0
    """Appends that were answered with a message stored earlier."""
    drafts_refused: int = 0
    drafts_failed: int = 0
    """Appends that ended with Unavailable because their group did."""
    queue_length: int = 0
    """Drafts under way: waiting, or in the group that is being committed."""
    last_commit_s: float = 0.0
    """Seconds from taking the last group out of the queue to having it committed."""


class _Order(msgspec.Struct, frozen=True):
    """Something else that the thread does in its turn."""

    run: Callable[[], Any]
    result: asyncio.Future[Any]


class Writer:
    """Owns the thread, the queue and the connection that it is given."""

    def __init__(self, connection: sqlite3.Connection, appender: Appender, sweeper: Sweeper) -> None:
        self._connection = connection
        self._appender = appender
        self._sweeper = sweeper
        self._loop = asyncio.get_running_loop()
        # Our own bound is checked before putting, so the queue itself needs none; this kind is written in C.
        self._queue: queue.SimpleQueue[_Waiting | _Order] = queue.SimpleQueue()
        self._closed = self._stopped = False
        self._sweep_at: float | None = time.monotonic()
        self.counters = LogCounters()
        # A daemon, so that a process which fails to close the log can still end; what was acknowledged is stored by then.
        self._thread = threading.Thread(target=self._run, name="talkroom-log-writer", daemon=True)
        self._thread.start()

    def append(self, draft: Draft) -> asyncio.Future[Appended]:
        """The future of a draft, which is now in the queue. Raises Unavailable when the queue is full or the writer
        closed."""
        if self._closed:
            raise Unavailable("The message log is closed.")
        if self.counters.queue_length >= DRAFTS_QUEUED_MAX:
            raise Unavailable(f"The message log has {DRAFTS_QUEUED_MAX} drafts to store already; try again later.")
        future: asyncio.Future[Appended] = self._loop.create_future()
        self.counters.queue_length += 1
        self._queue.put((draft, future))
        return future

    async def order(self, run: Callable[[], _T]) -> _T:
        """Have the thread call something between two groups. Raises what that raises; Unavailable when the writer is
        closed."""
        if self._closed:
            raise Unavailable("The message log is closed.")
        result: asyncio.Future[_T] = self._loop.create_future()
        self._queue.put(_Order(run, result))
        return await result

    async def close(self) -> None:
        """Let the thread finish what is in the queue and close the connection; returns when it has ended."""
        if not self._closed:
            self._closed = True
            self._queue.put(_Order(self._stop, self._loop.create_future()))
        await asyncio.to_thread(self._thread.join)

    # From here on, the thread.

    def _run(self) -> None:
        while not self._stopped:
            self._sweep_if_due()
            group, order = self._gather()
            if group:
                self._commit(group)
            if order is not None:
                self._carry_out(order)

    def _stop(self) -> None:
        self._stopped = True
        try:
            end_session(self._connection)
        except sqlite3.Error as error:
            # Then the next opening takes the session for one that did not end, and at worst begins new epochs needlessly.
            _logger.warning("the end of the session could not be recorded: %s", error)
        self._connection.close()

    def _gather(self) -> tuple[list[_Waiting], _Order | None]:
        """The drafts that have come together and the order that came after them, or neither when it is time to sweep."""
        group: list[_Waiting] = []
        try:
            item = self._queue.get(timeout=self._idle_s())
            while not isinstance(item, _Order):
                group.append(item)
                if len(group) == DRAFTS_PER_GROUP_MAX:
                    return group, None
                item = self._queue.get_nowait()
        except queue.Empty:
            return group, None
        return group, item

    def _commit(self, group: Sequence[_Waiting]) -> None:
        began = time.perf_counter()
        outcomes = self._settle([draft for draft, _ in group])
        self._post(self._resolve, group, outcomes, time.perf_counter() - began)

    def _settle(self, drafts: Sequence[Draft]) -> Sequence[Outcome | Exception]:
        try:
            return self._appender.append(drafts)
        except _DRAFT_ERRORS as error:
            # A draft that is not what its type says must not fail those that happen to be beside it.
            if len(drafts) == 1:
                return [error]
            return [outcome for draft in drafts for outcome in self._settle([draft])]
        except Exception as error:
            _logger.error("A group of %d drafts could not be stored: %s", len(drafts), error)
            return [_unavailable(error) for _ in drafts]

    def _carry_out(self, order: _Order) -> None:
        try:
            self._post(_set_result, order.result, order.run())
        except Exception as error:
            self._post(_set_exception, order.result, error)

    def _idle_s(self) -> float | None:
        return None if self._sweep_at is None else max(0.0, self._sweep_at - time.monotonic())

    def _sweep_if_due(self) -> None:
        if self._idle_s() != 0.0:
            return
        try:
            finished = self._sweeper.step()
        except Exception as error:
            _logger.warning("What retention removed could not be freed, and will be later: %s", error)
            finished = True
        if finished:
            self._sweep_at = None if self._sweeper.unlimited else time.monotonic() + SWEEP_INTERVAL_S

    def _post(self, callback: Callable[..., None], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *arguments)
        except RuntimeError:
            _logger.warning("The event loop ended before the message log was closed.")

    # Back on the event loop.

    def _resolve(self, group: Sequence[_Waiting], outcomes: Sequence[Outcome | Exception], seconds: float) -> None:
        counters = self.counters
        counters.queue_length -= len(group)
        counters.last_commit_s = seconds
        counters.groups_committed += not isinstance(outcomes[0], Unavailable)
        for (_, future), outcome in zip(group, outcomes, strict=True):
            if isinstance(outcome, Appended):
                counters.duplicates += outcome.duplicate
                counters.messages_appended += not outcome.duplicate
                _set_result(future, outcome)
            else:
                counters.drafts_refused += isinstance(outcome, ClientError)
                counters.drafts_failed += not isinstance(outcome, ClientError)
                _set_exception(future, outcome)


def _set_result(future: asyncio.Future[_T], result: _T) -> None:
    # A task that was cancelled while it waited has cancelled its future, and the message is stored all the same.
    if not future.done():
        future.set_result(result)


def _set_exception(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


def _unavailable(cause: Exception) -> Unavailable:
    error = Unavailable(f"The message log could not store the message: {cause}")
    error.__cause__ = cause
    return error
