-- Every statement that the message log runs, by name. sqlite/queries.py reads this file.
--
-- Python gives up its global lock around every step of a statement and may wait milliseconds to get it back while the event
-- loop is busy. So a statement here does the work of a whole group of drafts, and what it finds comes back as one row of
-- JSON. A parenthesised list of question marks after VALUES is repeated for as many rows as there are, and filled up
-- with rows of NULL, which select nothing.
--
-- `cutoff_ms` and `count_max` are retention's two limits: a message is kept while stored_at_ms > cutoff_ms and
-- sequence > last - count_max.

-- name: append
-- Entries: log, sequence, sender, id, name, text, sent_at_ms, stored_at_ms. All of them, or none with a constraint error.
INSERT INTO messages (log, sequence, sender, id, name, text, sent_at_ms, stored_at_ms)
SELECT * FROM (VALUES (?, ?, ?, ?, ?, ?, ?, ?)) WHERE column1 IS NOT NULL;

-- name: find_logs
-- Rooms; then count_max, cutoff_ms. One row: the epoch of logs that begin now, and the logs of those rooms that have one.
-- `oldest` is NULL when retention has removed all of a log.
WITH
    rooms (room) AS (VALUES (?)),
    ends AS (
        SELECT l.log, l.room, l.epoch, (SELECT max(sequence) FROM messages m WHERE m.log = l.log) AS last
        FROM rooms JOIN logs l ON l.room = rooms.room
    )
SELECT
    (SELECT epoch FROM next_epoch),
    json_group_array(json_object(
        'log', log,
        'room', room,
        'epoch', epoch,
        'last', last,
        'oldest', (
            SELECT sequence FROM messages m
            WHERE m.log = ends.log AND m.sequence > ends.last - ? AND m.stored_at_ms > ?
            ORDER BY sequence LIMIT 1
        ),
        'stored_at_ms', (SELECT stored_at_ms FROM messages m WHERE m.log = ends.log AND m.sequence = ends.last)
    ))
FROM ends;

-- name: find_messages
-- Drafts: room, sender, id. One row: the messages stored under those names, removed by retention or not.
WITH drafts (room, sender, id) AS (VALUES (?, ?, ?))
SELECT json_group_array(json_object(
    'room', l.room, 'epoch', l.epoch, 'sequence', m.sequence, 'id', m.id, 'sender', m.sender, 'name', m.name,
    'sent_at_ms', m.sent_at_ms, 'text', m.text
))
FROM drafts d JOIN logs l ON l.room = d.room JOIN messages m ON m.log = l.log AND m.sender = d.sender AND m.id = d.id;

-- name: begin_logs
-- Logs: room, epoch.
INSERT INTO logs (room, epoch) SELECT * FROM (VALUES (?, ?)) WHERE column1 IS NOT NULL;

-- name: number_logs
-- Rooms. One row: their logs' numbers by room.
SELECT json_group_object(room, log) FROM logs WHERE room IN (VALUES (?));

-- name: forget_message
-- A log and a sequence, which retention has removed from sight: its name may be used again.
DELETE FROM messages WHERE log = ? AND sequence = ?;

-- name: read_span
-- A log, the first sequence, the sequence after the last. One row: the messages.
SELECT json_group_array(json_object(
    'room', l.room, 'epoch', l.epoch, 'sequence', m.sequence, 'id', m.id, 'sender', m.sender, 'name', m.name,
    'sent_at_ms', m.sent_at_ms, 'text', m.text
))
FROM logs l JOIN messages m ON m.log = l.log
WHERE l.log = ? AND m.sequence >= ? AND m.sequence < ?;

-- name: spans
-- Rows_max, cutoff_ms, the log after which to begin, and how many logs to look at. One row: what the next logs by number
-- hold. `fresh` is the oldest message within its age, or NULL when none of the first rows_max is; no more is looked at, so
-- that a large expired log costs each step the same.
SELECT json_group_array(json_object(
    'log', log, 'room', room, 'first', first, 'last', last, 'fresh', fresh, 'newest_at_ms', newest_at_ms
))
FROM (
    SELECT
        l.log,
        l.room,
        (SELECT min(sequence) FROM messages m WHERE m.log = l.log) AS first,
        (SELECT max(sequence) FROM messages m WHERE m.log = l.log) AS last,
        (
            SELECT sequence FROM (
                SELECT sequence, stored_at_ms FROM messages m WHERE m.log = l.log ORDER BY sequence LIMIT ?
            ) WHERE stored_at_ms > ? ORDER BY sequence LIMIT 1
        ) AS fresh,
        (SELECT stored_at_ms FROM messages m WHERE m.log = l.log ORDER BY sequence DESC LIMIT 1) AS newest_at_ms
    FROM logs l WHERE l.log > ? ORDER BY l.log LIMIT ?
);

-- name: detach
-- Logs, which lose their rooms.
UPDATE logs SET room = NULL WHERE log IN (VALUES (?));

-- name: replace_next_epoch
-- In the same transaction as detach.
UPDATE next_epoch SET epoch = ?;

-- name: remove
-- Logs, each with the sequence before which all is removed.
DELETE FROM messages WHERE (log, sequence) IN (
    SELECT m.log, m.sequence FROM (VALUES (?, ?)) AS below JOIN messages m ON m.log = below.column1 AND m.sequence < below.column2
);

-- name: remove_empty_logs
-- Logs, which have lost their rooms. Those go that have lost the last of their messages too.
DELETE FROM logs
WHERE log IN (VALUES (?)) AND room IS NULL AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.log = logs.log);

-- name: session_in_doubt
-- A boot id. Whether the last session may have lost messages with the power: it synced nothing, did not end, and the machine has
-- been started again since.
SELECT EXISTS (SELECT 1 FROM last_session WHERE durability = 'os' AND NOT ended AND boot_id != ?);

-- name: begin_session
-- A boot id and a durability.
INSERT OR REPLACE INTO last_session (only, boot_id, durability, ended) VALUES (1, ?, ?, 0);

-- name: end_session
-- With everything on disk.
UPDATE last_session SET ended = 1;

-- name: all_logs
-- Their numbers, those of logs that have lost their room too.
SELECT log FROM logs;

-- name: renew_log
-- An epoch and a log.
UPDATE logs SET epoch = ? WHERE log = ?;

-- name: renew_next_epoch
-- An epoch.
UPDATE next_epoch SET epoch = ?;
