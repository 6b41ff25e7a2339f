"""The token buckets of the connections that have sent something lately.

They live in the process that runs the commands. On one machine that is exact; on Lambda every execution environment has its own,
so there the limit holds per environment and API Gateway's throttle stands behind it.
"""

from typing import Final

from talkroom.chat.model.limits import Limits
from talkroom.chat.model.token_bucket import Bucket, Verdict, is_full, take

_SWEEP_EVERY: Final = 10_000
"""Commands between two removals of the buckets that have refilled, so that idle connections cost nothing."""


class RateLimiter:
    """Decides for every command whether its connection is too fast."""

    def __init__(self, limits: Limits) -> None:
        self._per_s = limits.commands_per_s
        self._burst = limits.commands_burst
        self._refused_max = limits.refused_commands_max
        self._buckets: dict[str, Bucket] = {}
        self._until_sweep = _SWEEP_EVERY

    def take(self, connection_id: str, now_ms: int) -> Verdict:
        """Count one command."""
        bucket, verdict = take(
            self._buckets.get(connection_id),
            now_ms,
            per_s=self._per_s,
            burst=self._burst,
            refused_max=self._refused_max,
        )
        self._buckets[connection_id] = bucket
        self._until_sweep -= 1
        if self._until_sweep <= 0:
            self._sweep(now_ms)
        return verdict

    def end(self, connection_id: str) -> None:
        """Forget a connection."""
        self._buckets.pop(connection_id, None)

    def _sweep(self, now_ms: int) -> None:
        self._until_sweep = _SWEEP_EVERY
        self._buckets = {
            connection_id: bucket
            for connection_id, bucket in self._buckets.items()
            if not is_full(bucket, now_ms, per_s=self._per_s, burst=self._burst)
        }
