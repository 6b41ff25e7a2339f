"""How fast one connection may send commands."""

from talkroom.chat.model.token_bucket import Bucket, is_full, take


def verdicts(times_ms: list[int], *, per_s: float = 10, burst: int = 3, refused_max: int = 2) -> list[str]:
    """What becomes of commands that come at these times, as initials: Accepted, Refused, Excessive."""
    bucket: Bucket | None = None
    result = []
    for now_ms in times_ms:
        bucket, verdict = take(bucket, now_ms, per_s=per_s, burst=burst, refused_max=refused_max)
        result.append(verdict.name[0])
    return result


def bucket_after(times_ms: list[int], *, per_s: float = 10, burst: int = 3) -> Bucket:
    """The bucket after commands at these times."""
    bucket: Bucket | None = None
    for now_ms in times_ms:
        bucket, _ = take(bucket, now_ms, per_s=per_s, burst=burst, refused_max=100)
    assert bucket is not None
    return bucket


def test_a_burst_is_accepted_at_once():
    """As many as the bucket holds."""
    assert ["A", "A", "A"] == verdicts([0, 0, 0])


def test_the_command_after_a_burst_is_refused():
    """Until something has refilled."""
    assert ["A", "A", "A", "R"] == verdicts([0, 0, 0, 0])


def test_the_bucket_refills_with_time():
    """Ten a second is one every 100 ms."""
    assert ["A", "A", "A", "R", "A", "R"] == verdicts([0, 0, 0, 99, 100, 150])


def test_commands_at_the_rate_are_accepted_for_ever():
    """The steady state."""
    assert ["A"] * 1000 == verdicts([100 * n for n in range(1000)])


def test_a_refused_command_costs_nothing():
    """Otherwise a client that retries would never be served."""
    assert ["A", "A", "A", "R", "R", "A"] == verdicts([0, 0, 0, 50, 60, 100])


def test_a_long_silence_refills_no_more_than_the_burst():
    """The bucket has a rim."""
    assert ["A", "A", "A", "R"] == verdicts([0, 10**9, 10**9, 10**9, 10**9])[1:]


def test_going_on_in_spite_of_refusals_is_excessive():
    """The connection is closed after `refused_max` refusals."""
    assert ["A", "A", "A", "R", "R", "E", "E"] == verdicts([0] * 7)


def test_refusals_add_up_until_the_bucket_is_full_again():
    """A client that stays just over the limit is closed in the end."""
    assert ["A", "A", "A", "R", "A", "R", "A", "E"] == verdicts([0, 0, 0, 0, 100, 100, 200, 200], refused_max=2)


def test_refusals_are_forgiven_when_the_bucket_was_full():
    """A pause long enough starts the count again."""
    assert ["R", "A", "A", "A", "R", "R", "E"] == verdicts([0, 0, 0, 0, *([1000] * 6)])[3:]


def test_a_clock_set_back_refills_nothing():
    """And raises nothing."""
    assert ["A", "A", "A", "R", "R"] == verdicts([1000, 1000, 1000, 500, 500])


def test_after_a_clock_was_set_back_time_counts_from_there():
    """A client is not punished for an hour because a time server corrected the clock by one."""
    assert ["A", "A", "A", "R", "A"] == verdicts([3_600_000, 3_600_000, 3_600_000, 0, 100])


def test_an_untouched_burst_means_nothing_need_be_kept():
    """The bucket is full again after the time that its tokens take."""
    bucket = bucket_after([0])

    assert [False, True] == [is_full(bucket, 99, per_s=10, burst=3), is_full(bucket, 100, per_s=10, burst=3)]


def test_a_clock_set_back_does_not_fill_a_bucket():
    """What is not known to be full is kept."""
    assert False is is_full(bucket_after([1000]), 0, per_s=10, burst=3)
