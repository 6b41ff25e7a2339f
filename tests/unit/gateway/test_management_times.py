"""When a connection was last active, by two clocks of which one counts whole milliseconds."""

from talkroom.gateway.management import InProcessManagement
from tests.unit.gateway.live import StandingClock, a_gateway, opened


class TruncatingClock(StandingClock):
    """The wall clock of computers: what is less than a millisecond is not shown. It may be set."""

    def __init__(self) -> None:
        super().__init__()
        self.set_by_ms = 0

    def wall_ms(self) -> int:
        """As StandingClock says."""
        return 1_764_072_000_000 + int((self.now_s - 1000) * 1000) + self.set_by_ms


async def test_looking_changes_nothing() -> None:
    """However often, and at whatever part of a millisecond."""
    clock = TruncatingClock()
    gateway, registry = a_gateway(clock=clock)
    clock.now_s += 0.0007
    connection, _ = opened(gateway)
    management = InProcessManagement(registry)
    seen = set()
    for _ in range(20):
        clock.now_s += 0.00031
        seen.add((await management.get_connection(connection.facts.connection_id)).last_active_at)

    assert 1 == len(seen)


async def test_a_clock_that_was_set_is_followed() -> None:
    """An hour later by the wall clock, and no time by the other, as after a sleep of the machine."""
    clock = TruncatingClock()
    gateway, registry = a_gateway(clock=clock)
    connection, _ = opened(gateway)
    management = InProcessManagement(registry)
    clock.set_by_ms = 3_600_000

    info = await management.get_connection(connection.facts.connection_id)

    assert "2025-11-25T13:00:00.000Z" == info.last_active_at
