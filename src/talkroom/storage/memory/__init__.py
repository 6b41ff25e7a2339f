"""Adapters that keep things in this process.

The message log here is the definition of correct that the others are tested against. Subscriptions and grants are also what
one machine uses in production: they die with the process, as its connections do.
"""

from talkroom.storage.memory.grants import MemoryGrants
from talkroom.storage.memory.message_log import MemoryMessageLog
from talkroom.storage.memory.subscriptions import MemorySubscriptions

__all__ = ["MemoryGrants", "MemoryMessageLog", "MemorySubscriptions"]
