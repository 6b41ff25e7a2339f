"""How long a Lambda function runs, and what of it is charged: a formula with the numbers that were measured and those assumed.

CPU times were measured on one full core of a 2-core x86 machine; a function has the share of a core that its memory buys. Waits
are assumed: nobody has measured this chat on AWS yet. docs/topics/cost.md says how much each matters.
"""

from math import ceil
from typing import Final, Literal

import msgspec

from talkroom.cost.usage import GB, Usage

Architecture = Literal["arm64", "x86_64"]

FULL_CORE_MB: Final = 1769
"""The memory with which a function has the time of one core (docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html)."""

POST_CPU_MS: Final = 0.26
"""Measured: one post to a connection, with aiohttp and botocore's signer."""
STORE_CPU_MS: Final = 0.40
"""Measured: one put (0.39) or query (0.42) with aiodynamo over aiohttp."""
INVOKE_CPU_MS: Final = 0.40
"""Assumed: handing one page to the fan_out function is a signed request like those."""
HANDLER_CPU_MS: Final = 1.0
"""Assumed: everything else of an invocation: reading the event, deciding, encoding, the line of metrics."""

STORE_WAIT_MS: Final = 6.0
POST_WAIT_MS: Final = 15.0
INVOKE_WAIT_MS: Final = 20.0
"""Assumed: how long DynamoDB, the management API and Lambda take to answer, in the same region."""
POSTS_AT_ONCE: Final = 64
"""TALKROOM_DELIVERY_CONCURRENCY's default."""
INVOKES_AT_ONCE: Final = 32

COLD_SHARE: Final = 0.01
"""Assumed: of invocations, those that begin an execution environment."""
INIT_MS: Final = 700.0
"""Assumed: what beginning one takes, which is charged since August 2025 (aws.amazon.com/lambda/pricing)."""

LAMBDA_LOG_BYTES: Final = 270
"""Lambda's three lines for each invocation (START, END, REPORT), counted from their format."""
METRICS_LOG_BYTES: Final = 350
"""Our line with the metrics of an invocation that delivered something; the others log none."""


class Functions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How the functions are configured."""

    memory_mb: int = 512
    architecture: Architecture = "arm64"
    inline_max: int = 500
    """TALKROOM_FAN_OUT_INLINE_MAX: recipients to whom the messages function posts by itself."""
    page_max: int = 500
    """TALKROOM_FAN_OUT_PAGE: recipients of one invocation of the fan_out function."""

    @property
    def core_share(self) -> float:
        """Of one core; an event loop uses no second one."""
        return min(1.0, self.memory_mb / FULL_CORE_MB)


def duration_ms(functions: Functions, *, store_calls: int = 0, posts: int = 0, invokes: int = 0) -> float:
    """Of one warm invocation that makes its calls to the store one after the other, then posts, or hands over, many at once."""
    share = functions.core_share
    decide = (HANDLER_CPU_MS + store_calls * STORE_CPU_MS) / share + store_calls * STORE_WAIT_MS
    post = max(posts * POST_CPU_MS / share, ceil(posts / POSTS_AT_ONCE) * POST_WAIT_MS)
    hand_over = max(invokes * INVOKE_CPU_MS / share, ceil(invokes / INVOKES_AT_ONCE) * INVOKE_WAIT_MS)
    return decide + post + hand_over


def invocation(functions: Functions, *, store_calls: int = 0, posts: int = 0, invokes: int = 0) -> Usage:
    """One request, its time rounded up to the millisecond, its share of cold starts, and its log."""
    log_bytes = LAMBDA_LOG_BYTES + (METRICS_LOG_BYTES if posts or invokes else 0)
    billed_ms = (
        ceil(duration_ms(functions, store_calls=store_calls, posts=posts, invokes=invokes)) + COLD_SHARE * INIT_MS
    )
    gb_seconds = functions.memory_mb / 1024 * billed_ms / 1000
    time = {f"lambda_gb_seconds_{functions.architecture}": gb_seconds}
    return Usage(lambda_requests=1, log_gb=log_bytes / GB, **time)
