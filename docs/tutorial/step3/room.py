"""What a client remembers of a room, and what it does with what it receives. No network in here."""

import uuid
from typing import Any

Frame = dict[str, Any]


class Room:
    """One room's position, and the messages that are not known to be stored."""

    def __init__(self, room_id: str) -> None:
        self.room_id = room_id
        self.epoch: str | None = None
        self.last = 0  # Everything up to this sequence is here.
        self.unsent: list[Frame] = []
        self._above: dict[int, Frame] = {}  # Messages above a gap.

    def join(self) -> Frame:
        """The command after every connect: with a position it asks for what was missed."""
        position = {} if self.epoch is None else {"after": self.last, "epoch": self.epoch}
        return {"action": "join", "ref": "join", "data": {"roomId": self.room_id, **position}}

    def say(self, text: str) -> None:
        """Queue a message. Its id never changes, so that it is stored once however often it is sent."""
        self.unsent.append({"roomId": self.room_id, "message": text, "id": str(uuid.uuid4())})

    def send_next(self) -> Frame | None:
        """The oldest message that is not known to be stored."""
        if not self.unsent:
            return None
        data = self.unsent[0]
        command = {"action": "sendmessage", "ref": data["id"], "data": dict(data)}
        # From the second time on it is a repetition, and says what was seen before the first.
        data.setdefault("retryAfter", self.last)
        data.setdefault("epoch", self.epoch)
        return command

    def joined(self, data: Frame) -> Frame | None:
        """The reply to `join`; the next command, if there is more to read."""
        is_first, resumed = self.epoch is None, data.get("resumed", True)
        self.epoch = data["epoch"]
        if is_first:
            self.last = data["lastSequence"]  # Start from now.
        elif not resumed:
            self._skip_to(data, data["reason"])
        self._above = {n: one for n, one in self._above.items() if n > self.last and one["epoch"] == self.epoch}
        return self._read_on(data) if resumed else self._history({"after": self.last})

    def page(self, data: Frame) -> Frame | None:
        """The reply to `history`; the next command, if there is more to read."""
        if data["epoch"] != self.epoch:
            return self.join()
        if data["oldestSequence"] > self.last + 1:
            self._skip_to(data, "expired")
        return self._read_on(data)

    def pushed(self, message: Frame) -> Frame | None:
        """A push; the command that fills the gap, if it leaves one."""
        if self.epoch is None or message["epoch"] != self.epoch:
            self._above[message["sequence"]] = message
            return None if self.epoch is None else self.join()
        return None if self._keep([message]) else self._history({"after": self.last, "epoch": self.epoch})

    def stored(self, message_id: str) -> None:
        """The reply to `sendmessage`, or an error that repeating will not mend."""
        self.unsent = [one for one in self.unsent if one["id"] != message_id]

    def _read_on(self, data: Frame) -> Frame | None:
        self._keep(data.get("messages", []))
        return self._history({"cursor": data["cursor"]}) if "cursor" in data else None

    def _skip_to(self, data: Frame, reason: str) -> None:
        print(f"(messages may be missing: {reason})", flush=True)
        self.last = data["oldestSequence"] - 1

    def _history(self, start: Frame) -> Frame:
        return {"action": "history", "ref": "page", "data": {"roomId": self.room_id, **start}}

    def _keep(self, messages: list[Frame]) -> bool:
        """Show what follows on what was shown, each once; whether nothing is left above a gap."""
        self._above |= {one["sequence"]: one for one in messages if one["sequence"] > self.last}
        while message := self._above.pop(self.last + 1, None):
            print(message["sequence"], message["name"], message["message"], flush=True)
            self.last += 1
        return not self._above
