"""Calls that are repeated: until there is an answer worth having, or the time is up."""

import asyncio
import random
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from talkroom.aws.backoff import backoff_s
from talkroom.aws.response import HttpResponse
from talkroom.aws.signed_http import HttpFailed, NoAnswer, NotSent, SignedHttp

_BUSY: Final = frozenset({429, 500, 502, 503, 504})


class Call(msgspec.Struct, frozen=True):
    """A POST to a service, as `SignedHttp.request` takes it."""

    url: str
    service: str
    body: bytes
    headers: Mapping[str, str]
    is_idempotent: bool
    """Whether it may be made again when nobody knows whether it was executed."""
    region: str | None = None


async def call_repeatedly(
    http: SignedHttp,
    call: Call,
    *,
    deadline_s: float,
    attempt_timeout_s: float,
    jitter: Callable[[], float] = random.random,
) -> HttpResponse:
    """The first answer that is neither a throttle nor a fault of the server, or the last one that is, at the deadline.

    Raises NotSent or NoAnswer when the last attempt ended so.
    """
    last: HttpResponse | HttpFailed = NotSent("no attempt was made in time")
    try:
        async with asyncio.timeout(deadline_s):
            for attempts in range(1, 1_000):  # the deadline ends it long before
                last = await _attempt(http, call, attempt_timeout_s)
                if _is_final(last, call):
                    break
                await asyncio.sleep(backoff_s(attempts, jitter()))
    except TimeoutError:
        pass
    if isinstance(last, HttpFailed):
        raise last
    return last


async def _attempt(http: SignedHttp, call: Call, timeout_s: float) -> HttpResponse | HttpFailed:
    try:
        return await http.request(
            "POST",
            call.url,
            service=call.service,
            body=call.body,
            headers=call.headers,
            region=call.region,
            timeout_s=timeout_s,
        )
    except HttpFailed as failure:
        return failure


def _is_final(last: HttpResponse | HttpFailed, call: Call) -> bool:
    if isinstance(last, HttpResponse):
        # Services with a JSON protocol throttle with 400 and a name that says so.
        return last.status not in _BUSY and not (last.status == 400 and b"Throttl" in last.body)
    return isinstance(last, NoAnswer) and not call.is_idempotent
