"""The bars: what Talkroom is to reach, beside the peers in the same run or by itself."""

from collections.abc import Mapping
from dataclasses import dataclass

Medians = Mapping[tuple[str, str], Mapping[str, float]]
"""What each (scenario, server) gave: the median of every number over the rounds."""


@dataclass(frozen=True)
class Bar:
    """A promise about one number of Talkroom's. `beside` names the peer that it is divided by, or nobody."""

    scenario: str
    metric: str
    beside: str | None = None
    at_least: float | None = None
    at_most: float | None = None

    def value(self, medians: Medians) -> float | None:
        """The ratio or the number itself; None when a side was not measured."""
        ours = medians.get((self.scenario, "talkroom"), {}).get(self.metric)
        if ours is None or self.beside is None:
            return ours
        theirs = medians.get((self.scenario, self.beside), {}).get(self.metric)
        return ours / theirs if theirs else None

    def is_reached(self, value: float) -> bool:
        """Whether a value is within the bar."""
        low = self.at_least is not None and value < self.at_least
        high = self.at_most is not None and value > self.at_most
        return not (low or high)

    @property
    def limit(self) -> str | None:
        """The bar in words, such as `>= 3`; None for a mere comparison."""
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return f"<= {self.at_most:g}" if self.at_most is not None else None


# A thousand messages a second at 10 ms each are ten on their way at any moment: more is a backlog.
BARS = (
    Bar("fanout-1", "deliveries_per_s", beside="ws", at_least=1.0),
    Bar("fanout-8", "deliveries_per_s", beside="ws", at_least=3.0),
    Bar("fanout-64", "deliveries_per_s", beside="ws", at_least=6.0),
    Bar("fanout-1", "deliveries_per_s", beside="socketio", at_least=1.5),
    Bar("fanout-8", "deliveries_per_s", beside="socketio", at_least=4.0),
    Bar("fanout-64", "deliveries_per_s", beside="socketio", at_least=10.0),
    Bar("open-1000", "latency_p99_ms", at_most=10.0),
    Bar("open-1000", "backlog", at_most=10.0),
    Bar("idle", "kib_per_connection", beside="ws", at_most=0.5),
    Bar("handshakes", "handshakes_per_s", beside="ws", at_least=1.0),
)
