"""What is still to be posted, and when. Pure: it is told what time it is."""

from collections.abc import Iterable
from heapq import heappop, heappush
from typing import NamedTuple


class Post(NamedTuple):
    """A post to be made to one connection, and how often that was tried already."""

    connection_id: str
    attempts: int = 0


class Backlog:
    """The posts of one payload.

    A post that has to be repeated waits here and not in the hands of whoever posts, so that no receiver keeps another one waiting.
    """

    def __init__(self, connection_ids: Iterable[str]) -> None:
        self._fresh = iter(connection_ids)
        self._waiting: list[tuple[float, int, Post]] = []
        self._repeated = 0

    def find_due(self, now_s: float) -> Post | None:
        """The next post to make: one whose wait is over, otherwise one that was not tried yet."""
        if self._waiting and self._waiting[0][0] <= now_s:
            return heappop(self._waiting)[2]
        connection_id = next(self._fresh, None)
        return None if connection_id is None else Post(connection_id)

    def find_next_due_s(self) -> float | None:
        """When the first of those that wait is due; asked after `find_due` has found nothing. None when nothing waits."""
        return self._waiting[0][0] if self._waiting else None

    def repeat(self, post: Post, due_s: float) -> None:
        """Try it once more, not before the given time."""
        self._repeated += 1
        # The number keeps two of one time apart, in their order.
        heappush(self._waiting, (due_s, self._repeated, post))

    def rest(self) -> list[str]:
        """The connections to which there is still something to post; the backlog is empty afterwards."""
        waiting, self._waiting = self._waiting, []
        return [post.connection_id for _, _, post in waiting] + list(self._fresh)
