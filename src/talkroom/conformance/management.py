"""`@connections` as AWS's own SDK calls it, and as no SDK would."""

import asyncio
import json
import ssl
import warnings
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import botocore.session
import msgspec
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from talkroom.conformance.endpoint import Endpoint
from talkroom.conformance.options import Options
from talkroom.conformance.wire import Response, request


class Answer(msgspec.Struct, frozen=True):
    """What the SDK made of a response."""

    status: int
    error: str | None = None
    """The name of the SDK's exception, such as GoneException."""
    message: str = ""
    data: dict[str, Any] = msgspec.field(default_factory=dict)
    """Of GET: `ConnectedAt`, `LastActiveAt` (datetime) and `Identity`."""


class Management:
    """One API's `@connections`, with one key. Nothing is tried twice."""

    def __init__(
        self, endpoint: Endpoint, credentials: Credentials, region: str, tls: ssl.SSLContext, options: Options
    ) -> None:
        self._tls = tls
        self.endpoint = endpoint
        self.region = region
        self._credentials = credentials
        self._options = options
        self._client: Any = None

    async def post(self, connection_id: str, payload: bytes) -> Answer:
        """PostToConnection."""
        return await self._call("post_to_connection", ConnectionId=connection_id, Data=payload)

    async def get(self, connection_id: str) -> Answer:
        """GetConnection."""
        return await self._call("get_connection", ConnectionId=connection_id)

    async def delete(self, connection_id: str) -> Answer:
        """DeleteConnection."""
        return await self._call("delete_connection", ConnectionId=connection_id)

    async def request(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        signed: bool = True,
        service: str = "execute-api",
        headers: Sequence[tuple[str, str]] = (),
    ) -> Response:
        """A request whose path, below the stage, is sent as it is spelled here."""
        target = self.endpoint.path + path
        sent = [("Host", self.endpoint.netloc), ("Content-Length", str(len(body))), *headers]
        if signed:
            sent += self._sign(method, target, body, service, headers)
        async with await self.endpoint.connect(self._tls, self._options.patience_s) as wire:
            wire.send(request(target, sent, method=method, body=body))
            return await wire.response()

    def _sign(
        self, method: str, target: str, body: bytes, service: str, headers: Sequence[tuple[str, str]]
    ) -> list[tuple[str, str]]:
        url = f"{self.endpoint.scheme}://{self.endpoint.netloc}{target}"
        to_sign = AWSRequest(method, url, data=body, headers=dict(headers))
        SigV4Auth(self._credentials, service, self.region).add_auth(to_sign)
        own = {name.lower() for name, _ in headers}
        return [(name, value) for name, value in to_sign.headers.items() if name.lower() not in own]

    def sign_handshake(
        self, websocket: Endpoint, *, in_query: bool = False, expires_s: int = 60
    ) -> list[tuple[str, str]]:
        """What a handshake without a query carries to be signed: headers, or the parameters of its query."""
        url = websocket.with_scheme(websocket=False).url
        to_sign = AWSRequest("GET", url)
        if in_query:
            SigV4QueryAuth(self._credentials, "execute-api", self.region, expires_s).add_auth(to_sign)
            return parse_qsl(urlsplit(to_sign.url).query)
        SigV4Auth(self._credentials, "execute-api", self.region).add_auth(to_sign)
        return list(to_sign.headers.items())

    async def _call(self, operation: str, **arguments: object) -> Answer:
        return await asyncio.to_thread(self._call_in_thread, operation, arguments)

    def _call_in_thread(self, operation: str, arguments: dict[str, object]) -> Answer:
        if self._client is None:
            self._client = self._make_client()
        try:
            response = getattr(self._client, operation)(**arguments)
        except ClientError as error:
            return _refused(error.response)
        metadata = response.pop("ResponseMetadata")
        return Answer(metadata["HTTPStatusCode"], data=response)

    def _make_client(self) -> Any:
        trust: bool | str = True if self._options.ca is None else str(self._options.ca)
        if self._tls.verify_mode is ssl.CERT_NONE:
            warnings.filterwarnings("ignore", message="Unverified HTTPS request")
            trust = False
        client = botocore.session.Session().create_client(
            "apigatewaymanagementapi",
            endpoint_url=msgspec.structs.replace(self.endpoint, host=self.endpoint.address).url,
            region_name=self.region,
            aws_access_key_id=self._credentials.access_key,
            aws_secret_access_key=self._credentials.secret_key,
            aws_session_token=self._credentials.token,
            verify=trust,
            config=Config(
                retries={"total_max_attempts": 1},
                connect_timeout=self._options.patience_s,
                read_timeout=self._options.patience_s,
            ),
        )
        if self.endpoint.address != self.endpoint.host:
            client.meta.events.register("before-sign", self._name_host)
        return client

    def _name_host(self, request: AWSRequest, **_: object) -> None:
        request.headers["Host"] = self.endpoint.netloc


def _refused(response: dict[str, Any]) -> Answer:
    error = response.get("Error", {})
    return Answer(
        response["ResponseMetadata"]["HTTPStatusCode"], str(error.get("Code", "")), str(error.get("Message", ""))
    )


def message_of(response: Response) -> object:
    """The `message` of a JSON body, or None."""
    try:
        body = json.loads(response.body)
    except ValueError:
        return None
    return body.get("message", body.get("Message")) if isinstance(body, dict) else None
