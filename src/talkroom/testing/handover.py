"""A handover of pages that remembers what it was given."""

from talkroom.chat.protocol.push_page import PushPage


class RecordingHandover:
    """Implements `chat.ports.PageHandover`: takes every page, until it is told to refuse."""

    def __init__(self) -> None:
        self.pages: list[PushPage] = []
        """Those that were taken, in the order of the calls."""
        self._is_refusing = False

    def refuse(self) -> None:
        """Take no page from now on."""
        self._is_refusing = True

    async def hand_over(self, page: PushPage) -> bool:
        """As the port says."""
        if not self._is_refusing:
            self.pages.append(page)
        return not self._is_refusing
