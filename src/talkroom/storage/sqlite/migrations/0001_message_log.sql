-- The message log: rooms, their logs, and what was said in them.

-- "Talk": tells this file from another program's.
PRAGMA application_id = 0x54616C6B;

-- One incarnation of a room's log. A log that retention has emptied loses its room at once and its messages step by step;
-- the room's next message begins another log. Numbers are never used again, so that a writer which remembers one cannot
-- mistake a later log for it.
CREATE TABLE logs (
    log INTEGER PRIMARY KEY AUTOINCREMENT,
    room TEXT UNIQUE,
    epoch TEXT NOT NULL
) STRICT;

-- The epoch of every log that begins from now on. Replaced whenever a log loses its room, so that none begins twice
-- under one name.
CREATE TABLE next_epoch (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    epoch TEXT NOT NULL
) STRICT;

-- Clustered by room and sequence: a page of history is one range. stored_at_ms never decreases within a log.
CREATE TABLE messages (
    log INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    sender TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    sent_at_ms INTEGER NOT NULL,
    stored_at_ms INTEGER NOT NULL,
    PRIMARY KEY (log, sequence)
) STRICT, WITHOUT ROWID;

-- The same sender and id is stored once.
CREATE UNIQUE INDEX messages_by_id ON messages (log, sender, id);

-- A hole, a sequence used twice and an entry of a log that has lost its room cannot be stored, whatever a writer believes.
CREATE TRIGGER messages_follow BEFORE INSERT ON messages
WHEN new.sequence IS NOT (SELECT 1 + ifnull(max(sequence), 0) FROM messages WHERE log = new.log)
    OR NOT EXISTS (SELECT 1 FROM logs WHERE log = new.log AND room IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'the message does not follow the last one of a log that has a room');
END;

-- The last time that the file was opened; sqlite/sessions.py says what for.
CREATE TABLE last_session (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    boot_id TEXT NOT NULL,
    durability TEXT NOT NULL,
    ended INTEGER NOT NULL
) STRICT;
