"""The management API over HTTP: `/{stage}/@connections/{connectionId}` as the AWS SDKs call it.

Paths, statuses and error names are those of botocore's model of `apigatewaymanagementapi` and of section 1.3 of the
contract page. Every call is signed, and is checked in this order: what the signature's headers claim, the size and then
the bytes of the body, the signature, and only then anything that depends on a connection. So who has no key learns
nothing, and cannot make us keep a body either.
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

from talkroom.contract.errors import INTERNAL_SERVER_ERROR, Forbidden, ManagementError, PayloadTooLarge
from talkroom.contract.management import ManagementApi
from talkroom.contract.quotas import MESSAGE_BYTES_MAX
from talkroom.gateway.signatures import RequestToVerify, SignatureVerifier

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

logger = logging.getLogger("talkroom.gateway")


class NoMethodFound(ManagementError):
    """The path or the method is not one of the API's. The words were captured on AWS, the status was not."""

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
    """Answers calls of one stage; without a verifier, which takes a key to make, every one of them with 403."""

    def __init__(
        self,
        management: ManagementApi,
        verifier: SignatureVerifier | None,
        stage: str,
        payload_bytes_max: int = MESSAGE_BYTES_MAX,
        *,
        body_timeout_s: float = BODY_TIMEOUT_S,
        new_request_id: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self._management = management
        self._verifier = verifier
        self._prefix = f"/{stage}/"
        self._payload_bytes_max = payload_bytes_max
        self._body_timeout_s = body_timeout_s
        self._new_request_id = new_request_id
        self._has_warned = False

    def routes(self) -> list[web.RouteDef]:
        """For an aiohttp application: all at and below `@connections`, which aiohttp matches in either spelling."""
        path = f"{self._prefix}@connections"
        return [web.route("*", path, self.answer), web.route("*", path + "/{rest:.*}", self.answer)]

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
        payload = await self._authenticate(request)
        connection_id = self._read_connection_id(request)
        match request.method:
            case "POST":
                await self._management.post_to_connection(connection_id, payload)
                return web.Response(status=200)
            case "GET":
                info = await self._management.get_connection(connection_id)
                return web.Response(body=msgspec.json.encode(info), content_type="application/json")
            case "DELETE":
                await self._management.delete_connection(connection_id)
                return web.Response(status=204)
        raise self._no_method(request)

    async def _authenticate(self, request: web.Request) -> bytes:
        """The body of a request that the key's owner made. Raises ManagementError."""
        if self._verifier is None:
            if not self._has_warned:
                self._has_warned = True
                logger.warning("%s", NO_KEY_MESSAGE)
            raise Forbidden(NO_KEY_MESSAGE)
        received = RequestToVerify(request.method, request.raw_path, tuple(request.headers.items()))
        claim = self._verifier.read_claim(received)
        body = await self._read_body(request)
        self._verifier.verify(claim, received, body)
        return body

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

    def _read_connection_id(self, request: web.Request) -> str:
        """From the path as it came, because that was signed, and not from what aiohttp made of it to find the route."""
        route = self._route(request)
        connection_id = route.removeprefix(_CONNECTIONS)
        if not route.startswith(_CONNECTIONS) or not connection_id or "/" in connection_id:
            raise self._no_method(request)
        return connection_id

    def _route(self, request: web.Request) -> str:
        """The path below the stage."""
        return unquote(request.raw_path.partition("?")[0]).removeprefix(self._prefix)

    def _no_method(self, request: web.Request) -> NoMethodFound:
        # As captured: aws-samples/simple-websockets-chat-app#40, cognitect-labs/aws-api#201.
        return NoMethodFound(f"No method found matching route {self._route(request)} for http method {request.method}.")

    def _too_large(self) -> PayloadTooLarge:
        return PayloadTooLarge(f"The payload is larger than {self._payload_bytes_max} bytes.")


def _refuse(status: int, name: str, message: str) -> web.Response:
    """The SDKs make their exception from the header; the body is for people."""
    body = msgspec.json.encode({"message": message})
    return web.Response(status=status, body=body, content_type="application/json", headers={ERROR_TYPE_HEADER: name})
