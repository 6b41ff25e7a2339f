"""The token buckets of the connections that have sent something lately."""

from talkroom.chat.model.limits import Limits
from talkroom.chat.model.token_bucket import Verdict
from talkroom.chat.rate_limiter import RateLimiter

LIMITS = Limits(commands_per_s=10, commands_burst=2, refused_commands_max=1)


def test_every_connection_has_its_own_bucket():
    """One that is empty leaves the others full."""
    limiter = RateLimiter(LIMITS)
    for _ in range(3):
        limiter.take("a", 0)

    assert Verdict.ACCEPTED is limiter.take("b", 0)


def test_a_connection_that_ended_is_forgotten():
    """An id that came again, which none does, would start afresh."""
    limiter = RateLimiter(LIMITS)
    for _ in range(3):
        limiter.take("a", 0)
    limiter.end("a")

    assert Verdict.ACCEPTED is limiter.take("a", 0)


def test_ending_what_was_never_there_is_no_error():
    """A connection that sent nothing has no bucket."""
    limiter = RateLimiter(LIMITS)
    limiter.end("a")

    assert Verdict.ACCEPTED is limiter.take("a", 0)


def test_sweeping_changes_no_verdict():
    """Full buckets are dropped every 10,000 commands; those that are not full are kept."""
    limiter = RateLimiter(LIMITS)
    for second in range(9_998):
        limiter.take("steady", second * 1000)
    for _ in range(2):
        limiter.take("busy", 10_000_000)
    for _ in range(5):
        limiter.take("other", 10_000_000)

    assert [Verdict.REFUSED, Verdict.ACCEPTED] == [
        limiter.take("busy", 10_000_000),
        limiter.take("steady", 10_000_000),
    ]
