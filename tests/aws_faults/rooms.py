"""What a client keeps of a room, as section 7 of docs/protocol.md asks: one message for each sequence, and its gaps. Pure."""

from dataclasses import dataclass, field
from typing import Any

FIELDS = ("sequence", "id", "sender", "sentAt", "message")
"""Of a message, wherever it comes from."""


class ProtocolBroken(AssertionError):
    """The server said what docs/protocol.md rules out."""


@dataclass
class Room:
    """One client's view of one room."""

    name: str
    epoch: str | None = None
    base: int = 0
    """The last sequence before the first message that the client wants to have."""
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    is_joined: bool = False
    """Whether the client has asked for pushes, and the server has not ended them."""

    def enter(self, epoch: str, last: int) -> None:
        """The first reply to `join`: from here on everything is wanted."""
        if self.epoch is None:
            self._meet(epoch)
            self.base = last
        self._check(epoch)

    def take(self, message: dict[str, Any], epoch: str) -> None:
        """A message, from a push or from a page. Raises ProtocolBroken when its sequence was another message's."""
        self._check(epoch)
        kept = {name: message[name] for name in FIELDS}
        if self.messages.setdefault(kept["sequence"], kept) != kept:
            raise ProtocolBroken(f"{self.name}: sequence {kept['sequence']} is two messages")

    @property
    def last_seen(self) -> int:
        """The highest sequence that the client knows of."""
        return max(self.messages, default=self.base)

    @property
    def complete_to(self) -> int:
        """The last sequence below which it has everything that it wants."""
        sequence = self.base
        while sequence + 1 in self.messages:
            sequence += 1
        return sequence

    @property
    def has_gap(self) -> bool:
        """Whether a message before the last one is missing."""
        return self.complete_to < self.last_seen

    def said(self) -> list[str]:
        """The texts from where the client joined, in order."""
        return [self.messages[sequence]["message"] for sequence in sorted(self.messages) if sequence > self.base]

    def _meet(self, epoch: str) -> None:
        self._check(epoch)
        self.epoch = epoch

    def _check(self, epoch: str) -> None:
        """Nothing is ever removed here, so that no log may begin again."""
        if self.epoch not in (None, epoch):
            raise ProtocolBroken(f"{self.name}: the epoch was {self.epoch} and is {epoch}")
