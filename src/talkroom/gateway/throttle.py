"""API Gateway's throttle: a token bucket ("Throttle requests to your WebSocket APIs" and the account's quotas)."""

from collections.abc import Callable

from talkroom.gateway.api import ThrottleConfig


class Throttle:
    """Refuses what exceeds a rate, after a burst; `monotonic` is a clock in seconds."""

    def __init__(self, config: ThrottleConfig, monotonic: Callable[[], float]) -> None:
        self._per_s = config.per_s
        self._burst = float(config.burst)
        self._monotonic = monotonic
        self._tokens = self._burst
        self._at_s = monotonic()

    def take(self) -> bool:
        """Count one request; False when it is one too many."""
        now_s = self._monotonic()
        self._tokens = min(self._burst, self._tokens + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
