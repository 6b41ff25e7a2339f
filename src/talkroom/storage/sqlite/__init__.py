"""The message log in one SQLite file. docs/topics/log.md says why it is built like this and why its guarantees hold."""

from talkroom.storage.sqlite.connections import DatabaseUnusable, Durability
from talkroom.storage.sqlite.message_log import SqliteMessageLog
from talkroom.storage.sqlite.writer import LogCounters

__all__ = ["DatabaseUnusable", "Durability", "LogCounters", "SqliteMessageLog"]
