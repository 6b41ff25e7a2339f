"""The management API over signed HTTPS: what the chat posts with when its gateway is API Gateway.

An attempt ends in a verdict (`answers.py`). Some are final; the others are tried again with full jitter until the deadline, or
until they were tried often enough. A post that was sent and not answered is final, so that posts stay at most once as the port
says: docs/topics/delivery.md weighs that.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from talkroom.aws.backoff import backoff_s
from talkroom.aws.response import HttpResponse
from talkroom.aws.signed_http import HttpFailed, NotSent, SignedHttp
from talkroom.contract.errors import InvalidConnectionId, PayloadTooLarge
from talkroom.contract.management import ConnectionInfo, Deliveries
from talkroom.contract.quotas import MESSAGE_BYTES_MAX
from talkroom.delivery.answers import ADVICE, Verdict, error_type, raise_for, read_answer
from talkroom.delivery.backlog import Backlog, Post
from talkroom.delivery.counters import DeliveryCounters
from talkroom.delivery.endpoint import Endpoint
from talkroom.delivery.errors import ManagementUnreachable
from talkroom.delivery.outcome import Outcome

CONCURRENCY: Final = 64
"""Calls under way at once, of all callers together."""

DEADLINE_S: Final = 10.0
"""Seconds for a call with all its repetitions, and for a post to many."""

ATTEMPT_TIMEOUT_S: Final = 5.0
"""Seconds for one attempt; it ends a post to a receiver that hangs, which is not repeated."""

ATTEMPTS_MAX: Final = 8
"""Attempts at one call: about 3.5 seconds of waits. A receiver whose buffer stays full does not hold its room for the deadline."""

_SERVICE: Final = "execute-api"
_REPEATABLE: Final = frozenset({Verdict.THROTTLED, Verdict.SERVER_ERROR, Verdict.NOT_SENT})

log = logging.getLogger("talkroom.delivery")


class RemoteManagement:
    """Implements `contract.management.ManagementApi`.

    A status 429 is API Gateway's throttle as well as a client that does not read, and nothing tells them apart. So `post_many`
    counts it as failed when repeating has not helped, and never as a slow consumer: that one would be disconnected.
    """

    def __init__(
        self,
        http: SignedHttp,
        endpoint: str,
        *,
        concurrency: int = CONCURRENCY,
        deadline_s: float = DEADLINE_S,
        attempt_timeout_s: float = ATTEMPT_TIMEOUT_S,
        attempts_max: int = ATTEMPTS_MAX,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`endpoint` as `Endpoint` has it; `jitter` gives numbers from 0 to 1. Raises EndpointUnusable."""
        self.counters = DeliveryCounters()
        self._http = http
        self._endpoint = Endpoint(endpoint)
        self._concurrency = concurrency
        self._deadline_s = deadline_s
        self._attempt_timeout_s = attempt_timeout_s
        self._attempts_max = attempts_max
        self._jitter = jitter
        self._slots = asyncio.Semaphore(concurrency)
        self._has_told: set[Verdict] = set()

    async def post_to_connection(self, connection_id: str, payload: bytes) -> None:
        """As the port says; raises Forbidden and ManagementUnreachable too."""
        _check_size(payload)
        verdict, _ = await self._call("POST", connection_id, payload)
        raise_for(verdict, connection_id)

    async def post_many(self, connection_ids: Sequence[str], payload: bytes) -> Deliveries:
        """As the port says; `limited` is always empty."""
        _check_size(payload)
        outcome = Outcome(Backlog(connection_ids))
        try:
            async with asyncio.timeout(self._deadline_s), asyncio.TaskGroup() as workers:
                for _ in range(min(self._concurrency, len(connection_ids))):
                    workers.create_task(self._work(outcome, payload))
        except TimeoutError:
            outcome.failed += outcome.backlog.rest()
            outcome.reasons["the deadline"] += 1
        if outcome.failed:
            reasons = ", ".join(f"{reason}: {times}" for reason, times in outcome.reasons.items())
            log.warning("%d of %d posts failed (%s)", len(outcome.failed), len(connection_ids), reasons)
        if outcome.is_too_large:
            raise PayloadTooLarge(f"a payload of {len(payload)} bytes is too large for the management API")
        return Deliveries(outcome.delivered, outcome.gone, (), outcome.failed)

    async def get_connection(self, connection_id: str) -> ConnectionInfo:
        """As the port says; raises LimitExceeded, Forbidden and ManagementUnreachable too."""
        verdict, response = await self._call("GET", connection_id)
        raise_for(verdict, connection_id)
        assert response is not None
        try:
            return msgspec.json.decode(response.body, type=ConnectionInfo)
        except msgspec.DecodeError as error:
            raise ManagementUnreachable(
                f"what the management API says of connection {connection_id} is unreadable"
            ) from error

    async def delete_connection(self, connection_id: str) -> None:
        """As the port says; raises LimitExceeded, Forbidden and ManagementUnreachable too."""
        verdict, _ = await self._call("DELETE", connection_id)
        raise_for(verdict, connection_id)

    async def _call(self, method: str, connection_id: str, payload: bytes = b"") -> tuple[Verdict, HttpResponse | None]:
        """One call with its repetitions; the last verdict. To look and to close may be repeated whatever became of them."""
        verdict, response = Verdict.UNKNOWN, None
        try:
            async with asyncio.timeout(self._deadline_s):
                for attempts in range(1, self._attempts_max + 1):
                    verdict, response = await self._attempt(method, connection_id, payload)
                    if verdict not in _REPEATABLE and (verdict is not Verdict.UNKNOWN or method == "POST"):
                        break
                    if attempts < self._attempts_max:
                        await asyncio.sleep(self._wait_s(verdict, attempts))
                        self.counters.retried += 1
        except TimeoutError:
            pass
        return verdict, response

    async def _work(self, outcome: Outcome, payload: bytes) -> None:
        """Make posts until there are none; as many of these run as posts may be under way."""
        loop = asyncio.get_running_loop()
        while True:
            post = outcome.backlog.find_due(loop.time())
            if post is not None:
                await self._post(outcome, post, payload)
                continue
            due_s = outcome.backlog.find_next_due_s()
            if due_s is None:
                return
            await asyncio.sleep(due_s - loop.time())

    async def _post(self, outcome: Outcome, post: Post, payload: bytes) -> None:
        connection_id, attempts = post.connection_id, post.attempts + 1
        self.counters.retried += attempts > 1
        try:
            verdict, _ = await self._attempt("POST", connection_id, payload)
        except asyncio.CancelledError:
            outcome.failed.append(connection_id)
            raise
        except InvalidConnectionId:
            verdict = Verdict.INVALID_ID
        if verdict in _REPEATABLE and attempts < self._attempts_max:
            due_s = asyncio.get_running_loop().time() + self._wait_s(verdict, attempts)
            outcome.backlog.repeat(Post(connection_id, attempts), due_s)
        else:
            outcome.add(connection_id, verdict)

    async def _attempt(self, method: str, connection_id: str, payload: bytes) -> tuple[Verdict, HttpResponse | None]:
        """One request. Raises InvalidConnectionId for what cannot be an id."""
        url = self._endpoint.url_of(connection_id)
        response = None
        async with self._slots:
            try:
                response = await self._http.request(
                    method, url, service=_SERVICE, body=payload, timeout_s=self._attempt_timeout_s
                )
                verdict = read_answer(response)
            except HttpFailed as error:
                verdict = Verdict.NOT_SENT if isinstance(error, NotSent) else Verdict.UNKNOWN
        if method == "GET" and verdict is Verdict.DONE and response is not None and not response.is_whole:
            verdict = Verdict.UNKNOWN
        self.counters.count(verdict)
        if response is not None and verdict in ADVICE:
            self._tell_once(verdict, response)
        return verdict, response

    def _wait_s(self, verdict: Verdict, attempts: int) -> float:
        """A connection that has died is replaced at once; whatever else failed is given time."""
        return 0.0 if verdict is Verdict.NOT_SENT and attempts == 1 else backoff_s(attempts, self._jitter())

    def _tell_once(self, verdict: Verdict, response: HttpResponse) -> None:
        """A fault of the configuration strikes every call: it is told once in the life of a process."""
        if verdict not in self._has_told:
            self._has_told.add(verdict)
            log.error("the management API answers %d (%s): %s", response.status, error_type(response), ADVICE[verdict])


def _check_size(payload: bytes) -> None:
    if len(payload) > MESSAGE_BYTES_MAX:
        raise PayloadTooLarge(f"the payload has {len(payload)} bytes; at most {MESSAGE_BYTES_MAX} are allowed")
