"""What is kept of the texts that clients choose. All else of the server is tested over sockets in tests/gateway/."""

from talkroom.gateway.server import share


def test_equal_texts_are_one_object() -> None:
    """An idle connection does not pay for its browser's name."""
    one, other = (" ".join(["Mozilla/5.0", "Gecko"]) for _ in range(2))

    assert one is not other
    assert share(one) is share(other)


def test_texts_are_not_kept_for_ever() -> None:
    """A client that calls itself something else every time costs a bounded amount of memory."""
    first, again = (" ".join(["agent", "x"]) for _ in range(2))
    share(first)
    for number in range(10_000):
        share(f"agent {number}")

    assert share(again) is not first
