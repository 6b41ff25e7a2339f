"""Hand a page of a push to another function: an asynchronous invocation of Lambda.

Source: "Invoke" in the Lambda API reference: `X-Amz-Invocation-Type: Event` queues the event and answers 202 at once.
"""

import logging
import random
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from talkroom.aws.repeated import Call, call_repeatedly
from talkroom.aws.response import HttpResponse
from talkroom.aws.signed_http import HttpFailed, SignedHttp
from talkroom.chat.protocol.push_page import PushPage, encode_page
from talkroom.delivery.answers import error_type

DEADLINE_S: Final = 3.0
"""Seconds for handing a page over, with all repetitions: what is left of an invocation is for posting it oneself."""

ATTEMPT_TIMEOUT_S: Final = 2.0

_ACCEPTED: Final = 202

log = logging.getLogger("talkroom.delivery")


class LambdaPageHandover:
    """Implements `chat.ports.PageHandover`.

    When Lambda's answer is lost, the page counts as not accepted and the caller posts it, so its recipients may get the push twice:
    Lambda itself promises no more than at least once for such invocations, and a page that is lost has hundreds of recipients.
    """

    def __init__(
        self,
        http: SignedHttp,
        function: str,
        endpoint: str,
        *,
        deadline_s: float = DEADLINE_S,
        attempt_timeout_s: float = ATTEMPT_TIMEOUT_S,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`function` is a name or an ARN; `endpoint` is Lambda's, such as `https://lambda.eu-west-1.amazonaws.com`."""
        self._http = http
        self._url = f"{endpoint.rstrip('/')}/2015-03-31/functions/{quote(function, safe='')}/invocations"
        self._deadline_s = deadline_s
        self._attempt_timeout_s = attempt_timeout_s
        self._jitter = jitter
        self._has_told = False

    async def hand_over(self, page: PushPage) -> bool:
        """As the port says."""
        call = Call(
            url=self._url,
            service="lambda",
            body=encode_page(page),
            headers={"X-Amz-Invocation-Type": "Event", "Content-Type": "application/json"},
            is_idempotent=False,
        )
        try:
            response = await call_repeatedly(
                self._http,
                call,
                deadline_s=self._deadline_s,
                attempt_timeout_s=self._attempt_timeout_s,
                jitter=self._jitter,
            )
        except HttpFailed as failure:
            self._tell_once(str(failure))
            return False
        if response.status != _ACCEPTED:
            self._tell_once(_reason(response))
        return response.status == _ACCEPTED

    def _tell_once(self, reason: str) -> None:
        """Pages that are not accepted are posted all the same, only more slowly: one line in the life of a process."""
        if not self._has_told:
            self._has_told = True
            log.warning("pages are not handed over and are posted by the function that has them: %s", reason)


def _reason(response: HttpResponse) -> str:
    said = f"Lambda answers {response.status} ({error_type(response)})"
    if response.status == 403:
        return f"{said}; allow the function's role lambda:InvokeFunction on the fan-out function"
    if response.status == 404:
        return f"{said}; check the name of the fan-out function"
    return said
