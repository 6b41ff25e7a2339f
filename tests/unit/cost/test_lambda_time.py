"""How long a function runs, and what of it is charged."""

from typing import Final

import pytest

from talkroom.cost.lambda_time import (
    COLD_SHARE,
    FULL_CORE_MB,
    HANDLER_CPU_MS,
    INIT_MS,
    INVOKE_WAIT_MS,
    LAMBDA_LOG_BYTES,
    METRICS_LOG_BYTES,
    POST_CPU_MS,
    POST_WAIT_MS,
    STORE_CPU_MS,
    STORE_WAIT_MS,
    Functions,
    duration_ms,
    invocation,
)
from talkroom.cost.usage import GB

ONE_CORE: Final = Functions(memory_mb=FULL_CORE_MB)


def test_calls_to_the_store_are_made_one_after_the_other() -> None:
    """Each waits for the one before."""
    assert HANDLER_CPU_MS + 3 * (STORE_CPU_MS + STORE_WAIT_MS) == pytest.approx(duration_ms(ONE_CORE, store_calls=3))


@pytest.mark.parametrize(("posts", "waits"), [(1, 1), (57, 1), (65, 2)])
def test_few_posts_take_as_long_as_their_answers(posts: int, waits: int) -> None:
    """64 are under way at once."""
    expected = HANDLER_CPU_MS + max(waits * POST_WAIT_MS, posts * POST_CPU_MS)

    assert expected == pytest.approx(duration_ms(ONE_CORE, posts=posts))


def test_many_posts_take_as_long_as_the_processor_needs() -> None:
    """A quarter of a core takes four times as long."""
    quarter = Functions(memory_mb=FULL_CORE_MB // 4)

    assert HANDLER_CPU_MS + 500 * POST_CPU_MS == pytest.approx(duration_ms(ONE_CORE, posts=500))
    assert 4 * duration_ms(ONE_CORE, posts=500) == pytest.approx(duration_ms(quarter, posts=500), rel=0.01)


def test_more_memory_than_one_core_has_does_not_help() -> None:
    """The event loop uses one."""
    assert duration_ms(ONE_CORE, posts=500) == duration_ms(Functions(memory_mb=10_240), posts=500)


def test_pages_are_handed_over_at_once() -> None:
    """Ten take one wait."""
    assert HANDLER_CPU_MS + INVOKE_WAIT_MS == pytest.approx(duration_ms(ONE_CORE, invokes=10))


def test_an_invocation_is_charged_by_the_millisecond_and_its_share_of_cold_starts() -> None:
    """1 ms of decision is 1 ms, as it is whole."""
    usage = invocation(ONE_CORE)

    assert 1 == usage.lambda_requests
    assert FULL_CORE_MB / 1024 * (1 + COLD_SHARE * INIT_MS) / 1000 == pytest.approx(usage.lambda_gb_seconds_arm64)
    assert 0 == usage.lambda_gb_seconds_x86_64


def test_the_architecture_decides_which_time_is_used() -> None:
    """They have different prices."""
    usage = invocation(Functions(architecture="x86_64"))

    assert usage.lambda_gb_seconds_x86_64 > 0
    assert 0 == usage.lambda_gb_seconds_arm64


def test_an_invocation_that_delivers_logs_its_metrics() -> None:
    """One that delivers nothing logs what Lambda logs."""
    logged = [round(usage.log_gb * GB) for usage in (invocation(ONE_CORE), invocation(ONE_CORE, posts=1))]

    assert [LAMBDA_LOG_BYTES, LAMBDA_LOG_BYTES + METRICS_LOG_BYTES] == logged
