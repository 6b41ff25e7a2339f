"""How quantities are metered."""

import pytest

from talkroom.cost.usage import GB, METERS, Usage, frames, read_units, sent, write_units


@pytest.mark.parametrize(("size", "metered"), [(0, 1), (1, 1), (32_768, 1), (32_769, 2), (131_072, 4)])
def test_a_websocket_message_is_metered_in_32_kilobytes(size: int, metered: int) -> None:
    """An empty one counts too."""
    assert metered == frames(size).websocket_messages


def test_what_is_sent_is_metered_and_transferred() -> None:
    """Three pushes of a kilobyte."""
    assert Usage(websocket_messages=3, data_out_gb=3 * 1024 / GB) == sent(1024, 3)


@pytest.mark.parametrize(("size", "units"), [(0, 1), (1, 1), (1024, 1), (1025, 2), (4096, 4)])
def test_a_write_unit_is_a_kilobyte(size: int, units: int) -> None:
    """Begun ones count."""
    assert units == write_units(size)


@pytest.mark.parametrize(
    ("size", "consistent", "units"), [(0, True, 1), (4096, True, 1), (4097, True, 2), (0, False, 0.5), (4097, False, 1)]
)
def test_a_read_unit_is_four_kilobytes_and_half_of_it_when_it_may_be_stale(
    size: int, consistent: bool, units: float
) -> None:
    """Finding nothing costs the smallest read."""
    assert units == read_units(size, consistent=consistent)


def test_usage_adds_up_meter_by_meter() -> None:
    """Each with its own, none lost."""
    one = Usage(**{name: index + 1.0 for index, name in enumerate(METERS)})

    assert one.times(3) == one + one + one
