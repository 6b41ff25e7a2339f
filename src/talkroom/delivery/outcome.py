"""What has become of one payload's posts. Pure."""

from collections import Counter

from talkroom.delivery.answers import Verdict
from talkroom.delivery.backlog import Backlog


class Outcome:
    """What has become of the posts of one payload so far."""

    def __init__(self, backlog: Backlog) -> None:
        self.backlog = backlog
        self.delivered = 0
        self.gone: list[str] = []
        self.failed: list[str] = []
        self.reasons: Counter[str] = Counter()
        self.is_too_large = False

    def add(self, connection_id: str, verdict: Verdict) -> None:
        """A post has ended for good."""
        if verdict is Verdict.DONE:
            self.delivered += 1
        elif verdict in (Verdict.GONE, Verdict.INVALID_ID):
            self.gone.append(connection_id)
        else:
            self.is_too_large |= verdict is Verdict.TOO_LARGE
            self.failed.append(connection_id)
            self.reasons[verdict.name.lower().replace("_", " ")] += 1
