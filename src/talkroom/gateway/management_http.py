"""The management API over HTTP: `/{stage}/@connections/{connectionId}` as the AWS SDKs call it.

On a custom domain the API mapping's key, or nothing, stands in the stage's place. Paths, statuses and error names are those of
botocore's model of `apigatewaymanagementapi` and of section 1.3 of the contract page.

Every call is signed, and is checked in this order: whether the path leads to this stage, what the signature claims, the size and
then the bytes of the body, the signature, what the key may do, the throttle, and only then anything that depends on a connection.
So who has no key learns nothing, and cannot make us keep a body either.
"""

import asyncio
import logging
import traceback
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote
from uuid import uuid4

import msgspec
from aiohttp import web

from talkroom.contract.authorizer import MANAGE_CONNECTIONS
from talkroom.contract.errors import (
    FORBIDDEN,
    INTERNAL_SERVER_ERROR,
    TOO_MANY_REQUESTS,
    Forbidden,
    LimitExceeded,
    ManagementError,
    PayloadTooLarge,
)
from talkroom.contract.management import ManagementApi
from talkroom.contract.quotas import MESSAGE_BYTES_MAX
from talkroom.gateway.api import Api
from talkroom.gateway.permissions import check_permission, management_arn, stage_arn
from talkroom.gateway.signatures import SignatureVerifier
from talkroom.gateway.signed_request import RequestToVerify
from talkroom.gateway.signing_keys import ManagementKey

ERROR_TYPE_HEADER: Final = "x-amzn-ErrorType"
REQUEST_ID_HEADER: Final = "x-amzn-RequestId"

NO_KEY_MESSAGE: Final = (
    "The management API over HTTP is closed because the server has no key for it. Start the server with"
    " --management-access-key-id (TALKROOM_MANAGEMENT_ACCESS_KEY_ID) and"
    " --management-secret-access-key (TALKROOM_MANAGEMENT_SECRET_ACCESS_KEY), and sign with that key."
)

BODY_TIMEOUT_S: Final = 10.0
"""Seconds from the end of a request's head to the end of its body; then it is answered 408."""

_CONNECTIONS: Final = "@connections/"
_ROUTE: Final = "/{path:(?s:(?:.*/)?@connections(?:/.*)?)}"
"""Wherever it is in the path, because a call that misses the stage is answered here too; aiohttp matches either spelling of `@`."""
_METHODS: Final = frozenset({"POST", "GET", "DELETE"})

logger = logging.getLogger("talkroom.gateway")


class NoMethodFound(ManagementError):
    """The path or the method is not one of the API's.

    Of the management API the words were captured and the status was not: 403 or 404. The same words are answered with 404 and
    this name by other APIs behind API Gateway, AWS's own among them ("NotFoundException: No method found matching route
    security-profiles for http method GET" of IoT). So it is 404 here, and decided nowhere else.
    """

    http_status = 404
    name = "NotFoundException"


class BodyUnreadable(ManagementError):
    """The body broke off, or its chunks are malformed."""

    http_status = 400
    name = "BadRequestException"


class BodyTimedOut(ManagementError):
    """The body did not come in time."""

    http_status = 408
    name = "RequestTimeoutException"


class ManagementHttp:
    """Answers calls of one stage; without a verifier every one of them with 403."""

    def __init__(
        self,
        management: ManagementApi,
        verifier: SignatureVerifier | None,
        api: Callable[[], Api],
        payload_bytes_max: int = MESSAGE_BYTES_MAX,
        *,
        throttle: Callable[[], bool] | None = None,
        body_timeout_s: float = BODY_TIMEOUT_S,
        new_request_id: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        """`api` is what is deployed at the moment; `throttle` counts a call and returns False when it is one too many."""
        self._management = management
        self._verifier = verifier
        self._api = api
        self._payload_bytes_max = payload_bytes_max
        self._throttle = throttle
        self._body_timeout_s = body_timeout_s
        self._new_request_id = new_request_id
        self._has_warned = False

    def routes(self) -> list[web.RouteDef]:
        """For an aiohttp application: every path with `@connections` in it."""
        return [web.route("*", _ROUTE, self.answer)]

    def add_to(self, application: web.Application) -> None:
        """Add the routes."""
        application.add_routes(self.routes())

    async def answer(self, request: web.Request) -> web.Response:
        """The handler of all routes: every outcome of a call becomes a response here."""
        request_id = self._new_request_id()
        try:
            response = await self._call(request)
        except ManagementError as refusal:
            response = _refuse(refusal.http_status, refusal.name, str(refusal))
        except Exception as error:
            # The outermost loop of this shell. What an exception says may quote the payload; its type and place do not.
            place = "".join(traceback.format_tb(error.__traceback__))
            logger.error("management request %s failed: %s\n%s", request_id, type(error).__qualname__, place)
            response = _refuse(500, "InternalServerErrorException", INTERNAL_SERVER_ERROR)
        response.headers[REQUEST_ID_HEADER] = request_id
        return response

    async def _call(self, request: web.Request) -> web.Response:
        route = self._find_route(request)
        if route is None:
            # Observed on AWS (aws/aws-sdk-php#1955 and others); before the signature, as for handshakes.
            raise Forbidden(FORBIDDEN)
        key, payload = await self._authenticate(request)
        connection_id = route.removeprefix(_CONNECTIONS)
        is_found = route.startswith(_CONNECTIONS) and connection_id and "/" not in connection_id
        if not is_found or request.method not in _METHODS:
            # As captured: aws-samples/simple-websockets-chat-app#40, cognitect-labs/aws-api#201.
            raise NoMethodFound(f"No method found matching route {route} for http method {request.method}.")
        self._check_permission(key, request.method)
        if self._throttle is not None and not self._throttle():
            raise LimitExceeded(TOO_MANY_REQUESTS)
        return await self._invoke(request.method, connection_id, payload)

    def _check_permission(self, key: ManagementKey, method: str) -> None:
        api = self._api()
        of_stage = stage_arn(region=api.region, account_id=api.account_id, api_id=api.api_id, stage=api.stage)
        check_permission(key, MANAGE_CONNECTIONS, management_arn(of_stage, method))

    def _find_route(self, request: web.Request) -> str | None:
        """The path below the stage, if it leads there: as it came, because that was signed, and not what aiohttp made of it."""
        base = self._api().base_path(request.headers.get("Host", "")) + "/"
        path = unquote(request.raw_path.partition("?")[0])
        return path.removeprefix(base) if path.startswith(base) else None

    async def _invoke(self, method: str, connection_id: str, payload: bytes) -> web.Response:
        if method == "POST":
            await self._management.post_to_connection(connection_id, payload)
            return web.Response(status=200)
        if method == "GET":
            info = await self._management.get_connection(connection_id)
            return web.Response(body=msgspec.json.encode(info), content_type="application/json")
        await self._management.delete_connection(connection_id)
        return web.Response(status=204)

    async def _authenticate(self, request: web.Request) -> tuple[ManagementKey, bytes]:
        """Whose key has signed the request, and its body. Raises ManagementError."""
        if self._verifier is None:
            if not self._has_warned:
                self._has_warned = True
                logger.warning("%s", NO_KEY_MESSAGE)
            raise Forbidden(NO_KEY_MESSAGE)
        received = RequestToVerify(request.method, request.raw_path, tuple(request.headers.items()))
        claim = self._verifier.read_claim(received)
        body = await self._read_body(request)
        return self._verifier.verify(claim, received, body), body

    async def _read_body(self, request: web.Request) -> bytes:
        """Never holds more than the limit and one chunk; aiohttp drops the rest and ends the TCP connection."""
        if (request.content_length or 0) > self._payload_bytes_max:
            raise self._too_large()
        body = bytearray()
        try:
            async with asyncio.timeout(self._body_timeout_s):
                async for chunk in request.content.iter_any():
                    if len(body) + len(chunk) > self._payload_bytes_max:
                        raise self._too_large()
                    body += chunk
        except TimeoutError as error:
            raise BodyTimedOut(f"The body did not come within {self._body_timeout_s:g} seconds.") from error
        except (web.RequestPayloadError, ConnectionError) as error:
            raise BodyUnreadable("The body could not be read to its end.") from error
        return bytes(body)

    def _too_large(self) -> PayloadTooLarge:
        return PayloadTooLarge(f"The payload is larger than {self._payload_bytes_max} bytes.")


def _refuse(status: int, name: str, message: str) -> web.Response:
    """The SDKs make their exception from the header; the body is for people."""
    body = msgspec.json.encode({"message": message})
    return web.Response(status=status, body=body, content_type="application/json", headers={ERROR_TYPE_HEADER: name})
