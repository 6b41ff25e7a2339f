"""Frees the space of what retention has removed, a little at a time.

Theory. Nothing here changes what anybody reads: the limits are applied by every read and append. A sweep walks through the
logs by number, in steps. Each step looks at `LOGS_PER_STEP` logs, removes at most `ROWS_PER_STEP` messages and commits, so
that an append which arrives meanwhile waits for one step only, however much there is to remove. A log that has expired
whole is detached: it loses its room in one update, however large it is, and the epoch of logs to come is replaced in the
same transaction; its messages go step by step, and then the log itself. What `plan` returns is decided without the
database.
"""

import sqlite3
from collections.abc import Callable
from typing import Final

import msgspec

from talkroom.chat.ports import Clock
from talkroom.storage.retention import Retention
from talkroom.storage.sqlite.appender import detach
from talkroom.storage.sqlite.connections import transaction
from talkroom.storage.sqlite.queries import statement, statement_for_rows
from talkroom.storage.sqlite.sweep_plan import LOGS_PER_STEP, ROWS_PER_STEP, Span, plan

_decode_spans: Final = msgspec.json.Decoder(tuple[Span, ...]).decode


class Sweeper:
    """Belongs to the writer thread, as the connection does while it is in use."""

    def __init__(
        self, connection: sqlite3.Connection, retention: Retention, clock: Clock, new_epoch: Callable[[], str]
    ) -> None:
        self._connection = connection
        self._retention = retention
        self._clock = clock
        self._new_epoch = new_epoch
        self._cursor = 0

    @property
    def unlimited(self) -> bool:
        """Whether one sweep is enough: it frees what an earlier configuration has detached."""
        return self._retention.unlimited

    def step(self) -> bool:
        """Do the next step; whether it was the last of its sweep. Raises sqlite3.Error: then the step is done again."""
        now_ms = self._clock()
        with transaction(self._connection):
            limits = (ROWS_PER_STEP, self._retention.cutoff_ms(now_ms))
            row = self._connection.execute(statement("spans"), (*limits, self._cursor, LOGS_PER_STEP)).fetchone()
            step = plan(_decode_spans(row[0]), self._retention, now_ms, self._cursor)
            if step.detach:
                detach(self._connection, step.detach, self._new_epoch())
            if step.remove:
                self._connection.execute(*statement_for_rows("remove", step.remove))
            if step.dead:
                self._connection.execute(*statement_for_rows("remove_empty_logs", [(log,) for log in step.dead]))
        self._cursor = 0 if step.finished else step.cursor
        return step.finished
