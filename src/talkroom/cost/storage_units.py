"""Units of DynamoDB of each access, as docs/topics/dynamodb.md has them; a test compares the two.

An item's size is its text and what else is in it: storage/dynamodb/schema.py has the attributes.
"""

from typing import Final

from talkroom.cost.usage import Usage, read_units, write_units

ENTRY_BYTES: Final = 255
"""An entry of the message log without its text, with names and ids of ten to thirty characters."""
KEY_BYTES: Final = 75
"""Its entry in messageKey-index, which holds keys only."""
SUBSCRIPTION_BYTES: Final = 151
"""A row of the connections table, in the table and in roomId-index alike."""
QUERY_BYTES_MAX: Final = 1024 * 1024
"""A Query answers at most 1 MB; what is beyond is another one."""
OVERHEAD_BYTES: Final = 100
"""What DynamoDB adds to every item, and to every entry of an index, when it charges for storage."""


def append(text_bytes: int) -> Usage:
    """A message to a room whose tail this process knows: look for an earlier attempt, then one conditional put."""
    writes = write_units(ENTRY_BYTES + text_bytes) + write_units(KEY_BYTES)
    return Usage(dynamodb_writes=writes, dynamodb_reads=1)


def learn_tail() -> Usage:
    """What an append costs more when the process has not appended to this room in the last minute."""
    return Usage(dynamodb_reads=1)


def conflict(text_bytes: int) -> Usage:
    """What an append costs more when another process came first: the refused put. It says what is there, so nothing is read."""
    return Usage(dynamodb_writes=write_units(ENTRY_BYTES + text_bytes))


def recipients(members: int) -> Usage:
    """All subscriptions of a room, by its index, which is eventually consistent."""
    total_bytes = members * SUBSCRIPTION_BYTES
    full, rest = divmod(total_bytes, QUERY_BYTES_MAX)
    reads = full * read_units(QUERY_BYTES_MAX, consistent=False)
    if rest or not full:
        reads += read_units(rest, consistent=False)
    return Usage(dynamodb_reads=reads)


def subscribe() -> Usage:
    """One row, in the table and in its index, and one look whether the index shows it."""
    return Usage(dynamodb_writes=2, dynamodb_reads=0.5)


def of_connection() -> Usage:
    """The subscriptions of one connection, before it joins one more."""
    return Usage(dynamodb_reads=1)


def find_grant() -> Usage:
    """The grant that a connection refreshed, which mostly is not there."""
    return Usage(dynamodb_reads=1)


def position() -> Usage:
    """Where a room's log stands: its newest entry."""
    return Usage(dynamodb_reads=1)


def history(messages: int, text_bytes: int) -> Usage:
    """The newest page of a room's log, which has the position in it."""
    return Usage(dynamodb_reads=read_units(messages * (ENTRY_BYTES + text_bytes), consistent=True))


def end(rooms: int) -> Usage:
    """Forget a connection: its rows are looked up, then deleted, as is the grant that it may have refreshed."""
    return Usage(dynamodb_writes=2 * rooms + 1, dynamodb_reads=1)


def kept_bytes(text_bytes: int) -> int:
    """What one message takes in storage, in the table and in its index."""
    return ENTRY_BYTES + text_bytes + KEY_BYTES + 2 * OVERHEAD_BYTES
