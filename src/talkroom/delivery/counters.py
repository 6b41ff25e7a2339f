"""What the calls of a process came to, for its metrics."""

import msgspec

from talkroom.delivery.answers import Verdict


class DeliveryCounters(msgspec.Struct):
    """Attempts since the process began, by how they ended; a post that was repeated counts with each attempt."""

    attempts: int = 0
    retried: int = 0
    """Attempts that were not the first of their call."""
    gone: int = 0
    throttled: int = 0
    forbidden: int = 0
    server_errors: int = 0
    not_sent: int = 0
    """No connection, or a kept one that had died: nothing was executed."""
    unknown: int = 0
    """Sent, and no answer."""
    refused: int = 0
    """Every other answer that is no success."""

    def count(self, verdict: Verdict) -> None:
        """One attempt has ended."""
        self.attempts += 1
        match verdict:
            case Verdict.DONE:
                pass
            case Verdict.GONE:
                self.gone += 1
            case Verdict.THROTTLED:
                self.throttled += 1
            case Verdict.FORBIDDEN:
                self.forbidden += 1
            case Verdict.SERVER_ERROR:
                self.server_errors += 1
            case Verdict.NOT_SENT:
                self.not_sent += 1
            case Verdict.UNKNOWN:
                self.unknown += 1
            case _:
                self.refused += 1
